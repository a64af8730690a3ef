/* SPDX-License-Identifier: MIT */
/* The tensor half of the parser. Internal to model/. */
#pragma once

#include "model/gguf/cursor.h"

/*
 * Reads g->tensor_count tensor infos at the cursor into g->tensors, which is allocated; g->alignment is
 * known. It checks each by itself and against the running end of those before. Then it places all in the data
 * section that follows, and sets g->data_offset. The cursor's g is g.
 */
int model_gguf_take_tensors(struct model_gguf *g, struct model_gguf_cursor *c);
