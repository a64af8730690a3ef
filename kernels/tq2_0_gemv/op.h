/* SPDX-License-Identifier: MIT */
/*
 * tq2_0_gemv: a matrix in TQ2_0 order, as files hold it, times a row in Q8_K order (layout.h has both).
 *
 *     y[r] = sum over the blocks b of (float)s[r][b] * (d[r][b] * x_d[b])
 *     s[r][b] = sum of code[r][c] * q[c] over the 256 columns of b, minus the block's sixteen sums of q
 *
 *   y  [rows] f32
 *
 *   w  [rows * columns / 256 * 66] bytes, any scales and codes; any alignment
 *
 *   x  [columns / 256 * 292] bytes, any scale, values and sums; any alignment
 *
 * If the sums are those of q, a code means code - 1. s is exact. The two scales are multiplied, and so are
 * both, each rounded. Blocks are added one by one in ascending order, from +0. ggml's plain C has this order
 * too. Every variant gives the same bits, but a NaN's payload is free.
 *
 * columns is a multiple of 256 (TQ2_0_BLOCK). y overlaps nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_tq2_0_gemv_fn(float *restrict y, const uint8_t *restrict w, const uint8_t *restrict x,
                              size_t rows, size_t columns);

/*
 * QK_ERR_ARG also: columns as above; sums that are not those of their q. ggml does not write the sums of a
 * block whose scale is 0, so those may be anything.
 */
int qk_tq2_0_gemv(float *y, const uint8_t *w, const uint8_t *x, size_t rows, size_t columns,
                  struct qk_error *err);
