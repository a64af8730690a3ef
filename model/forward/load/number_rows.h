/* SPDX-License-Identifier: MIT */
/*
 * Rows of numbers in a type of a file: the embedding, whose rows are read one by one, and the head, whose
 * rows an op multiplies. tensor_ops.def lists the types.
 */
#pragma once

#include "kernels/kernels.h"
#include "model/gguf/gguf.h"

struct model_number_type {
    enum model_gguf_type type;
    enum qk_op op;       /* multiplies a head's rows */
    size_t block, bytes; /* columns of a block, and its bytes */
    size_t alignment;    /* of rows that the op takes */
    bool q8_0;           /* the op takes activations in Q8_0 blocks, not f32 */
};
/* Row i of the list. NULL after the last. */
const struct model_number_type *model_number_type(size_t i);
/* The row of that type. NULL: the embedding and the head cannot have it. */
const struct model_number_type *model_number_type_of(enum model_gguf_type type);

/* Of `columns` numbers of a type of the list. columns is a multiple of its block. */
size_t model_number_bytes(enum model_gguf_type type, size_t columns);
/* The same numbers in f32, which is exact. `from` may have any alignment. */
void model_number_widen(float *to, const void *from, enum model_gguf_type type, size_t columns);

/* Of `columns` activations in Q8_0 blocks. */
size_t model_q8_0_bytes(size_t columns);
/*
 * x[n] in Q8_0 blocks (kernels/layout.h), n a multiple of 32: the scale is the largest magnitude / 127,
 * values are rounded to even. A block with a NaN or an infinity gets a scale that is not finite.
 */
void model_to_q8_0(uint8_t *to, const float *x, size_t n);
