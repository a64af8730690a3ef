/* SPDX-License-Identifier: MIT */
/* The tensor half of the parser. Internal to model/. */
#pragma once

#include "model/gguf/cursor.h"

/*
 * Reads g->tensor_count tensor infos at the cursor into g->tensors, which is allocated. It checks each by
 * itself, but for what follows from its type. Sets g->infos_end. The cursor's g is g.
 */
int model_gguf_take_tensors(struct model_gguf *g, struct model_gguf_cursor *c);
/*
 * Finds the size of each tensor, checks it against the offsets, and places all in the data section, whose
 * g->data_offset it sets. g->alignment is known. QK_ERR_FORMAT.
 */
int model_gguf_lay_out(struct model_gguf *g, struct qk_error *err);
/* After that failed: what can be said all the same. See model_gguf.fault. */
void model_gguf_lay_out_roughly(struct model_gguf *g);
