/* SPDX-License-Identifier: MIT */
/*
 * Q2_0 tensors: blocks of an f16 scale and 64 or 128 codes (kernels/layout.h). Opening a file finds out which
 * of the two type 42 means. A third layout has the same type and size as 128, with the scale behind its codes
 * and other values of codes; one program writes it. Source: cool-japan/oxibonsai, docs/models.md.
 */
#pragma once

#include "model/gguf/gguf.h"

/*
 * Refuses the layout with the scale last: by keys that its writer leaves, or by blocks that no writer of the
 * other layouts makes. It reads some blocks, the first and the last among them. The tensor's type is Q2_0 or
 * PQ2_0. QK_ERR_FORMAT names key or byte.
 */
int model_q2_0_validate(const struct model_gguf *g, const struct model_gguf_tensor *t, struct qk_error *err);
