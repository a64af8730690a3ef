/* SPDX-License-Identifier: MIT */
/*
 * q2_0_gemv: a matrix in Q2_0 order, as files hold it, times a row in Q8_0 order (layout.h has both).
 *
 *     y[r] = sum over the blocks b of row r of d[r][b] * t[r][b]
 *     t[r][b] = sum over the blocks k of x within b of x_d[k] * s[r][k]
 *     s[r][k] = sum of (code[r][c] - 1) * q[c] over the 32 columns of block k
 *
 *   y  [rows] f32
 *
 *   w  [rows * columns / group * (2 + group / 4)] bytes, any scales and codes; any alignment
 *
 *   x  [columns / 32 * 34] bytes, any scales and values; any alignment
 *
 * s is exact. Every product and every sum of f32 is rounded. Both sums over blocks add one term after another
 * in ascending order, from +0. ggml's plain C has this order too. Every variant gives the same bits, but a
 * NaN's payload is free.
 *
 * group is 64 or 128 (Q2_0_GROUP, Q2_0_GROUP_LARGE), columns a multiple of it. y overlaps nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_q2_0_gemv_fn(float *restrict y, const uint8_t *restrict w, const uint8_t *restrict x,
                             size_t rows, size_t columns, size_t group);

/* QK_ERR_ARG also: group or columns as above. */
int qk_q2_0_gemv(float *y, const uint8_t *w, const uint8_t *x, size_t rows, size_t columns, size_t group,
                 struct qk_error *err);
