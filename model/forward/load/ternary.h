/* SPDX-License-Identifier: MIT */
/*
 * Matrices of 2-bit codes as files hold them. Whatever the type, rows come out as codes in I2_S order
 * (kernels/layout.h), from which the loader makes the layouts of kernels, and an f16 scale for each group of
 * columns. A code c means (c - 1) times the scale.
 *
 * Sources: ggml-org/llama.cpp ggml/src/ggml-common.h and ggml-quants.c; for 128 codes a scale
 * PrismML-Eng/llama.cpp.
 */
#pragma once

#include "model/gguf/gguf.h"

/* Columns that share a scale: 64, 128 or 256. 0: one scale for the tensor, as I2_S has it. */
size_t model_ternary_group(enum model_gguf_type type);

/*
 * Some rows of a tensor of a type with groups: to[rows * columns / 4], scales[rows * columns / group].
 * columns is a multiple of 128 and of the group.
 */
void model_ternary_rows(const struct model_gguf_tensor *t, size_t first, size_t rows, uint8_t *to,
                        uint16_t *scales);

/* What is wrong with one of those rows, found when they were read. */
enum model_ternary_fault { MODEL_TERNARY_FINE, MODEL_TERNARY_CODE, MODEL_TERNARY_SCALE };
/*
 * A code 3, but in Q2_0, where it means 2; a scale that is not finite; in PQ2_0 also one below 0, a sign of
 * scales behind the codes.
 */
enum model_ternary_fault model_ternary_check(enum model_gguf_type type, const uint8_t *codes, size_t bytes,
                                             const uint16_t *scales, size_t count);
/* QK_ERR_FORMAT, with tensor and byte of the first such fault in its rows. */
int model_ternary_report(const struct model_gguf *g, const struct model_gguf_tensor *t, struct qk_error *err);
