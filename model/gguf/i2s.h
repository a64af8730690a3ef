/* SPDX-License-Identifier: MIT */
/*
 * I2_S tensors: ternary weights as bitnet.cpp stores them on x86 (ggml type 36), and their codes in QK256
 * order (kernels/layout.h).
 *
 * The tensor is one row-major run of n = rows * cols elements, cols a multiple of 128:
 *
 *     OFFSET  SIZE  DESCRIPTION
 *          0   n/4  blocks of 32 bytes = 128 elements. Element j of a block is in byte j % 32, in bits 7-2g
 *                   and 6-2g, g = j / 32
 *        n/4     4  scale of the whole tensor, f32 little endian
 *      n/4+4    28  padding with unspecified content
 *
 * Codes 0, 1, 2 stand for -1, 0, +1. The quantiser never writes code 3. Its readers disagree about that code,
 * so it is an error here. Source: microsoft/BitNet src/ggml-bitnet-mad.cpp (the layout of the published 2B
 * model).
 *
 * All tensors passed in must have type MODEL_GGUF_TYPE_I2_S and come from a parsed model_gguf. Parsing has
 * made sure that the tail lies inside the file and that the scale is finite and > 0.
 */
#pragma once

#include "model/gguf/gguf.h"

/* cols = dims[0]; rows = the product of all other dimensions. */
uint64_t model_i2s_rows(const struct model_gguf_tensor *tensor);
uint64_t model_i2s_cols(const struct model_gguf_tensor *tensor);

/* The tensor's one scale: finite, > 0. */
float model_i2s_scale(const struct model_gguf_tensor *tensor);

/* Read element i < tensor->elements from the file: its code 0..3, and its value scale * (code - 1). */
unsigned model_i2s_code(const struct model_gguf_tensor *tensor, uint64_t i);
float model_i2s_value(const struct model_gguf_tensor *tensor, uint64_t i);

/*
 * Reads all codes. QK_ERR_FORMAT names tensor, element and byte of the first element with code 3, in order of
 * elements.
 */
int model_i2s_validate(const struct model_gguf *g, const struct model_gguf_tensor *tensor,
                       struct qk_error *err);
/* True when no code of these bytes in I2_S order is 3. `bytes` is a multiple of 32. */
bool model_i2s_below_3(const unsigned char *codes, size_t bytes);

/*
 * *blocks = rows * ceil(cols / 256). False, with *blocks untouched, when that or its 64 bytes a block
 * overflow.
 */
bool model_i2s_qk256_blocks(uint64_t rows, uint64_t cols, size_t *blocks);

/*
 * Writes the tensor's codes in QK256 order to to[size]. size must be 64 * model_i2s_qk256_blocks(rows, cols).
 * When cols % 256 == 128, padding of code 1 fills the last half block of every row: code 1 is zero in the
 * ternary table. Codes are copied as they are; model_i2s_validate says whether they are all below 3. `to`
 * must not overlap the tensor. QK_ERR_ARG, with nothing written, when size is another.
 */
int model_i2s_to_qk256(const struct model_gguf_tensor *tensor, unsigned char *to, size_t size,
                       struct qk_error *err);
/* The same with some rows, whose codes are from[rows * cols / 4] in I2_S order. */
void model_i2s_rows_to_qk256(const unsigned char *from, uint64_t rows, uint64_t cols, unsigned char *to);
