/* SPDX-License-Identifier: MIT */
/*
 * rope: rotates pairs (j, j + half) of each head ("NeoX" order) by angles that the caller has tabled.
 *
 *     out     [heads * 2 * half]  f32, output
 *     x       [heads * 2 * half]  f32
 *     cosine  [half]              f32
 *     sine    [half]              f32
 *
 *     out[h][j]        = x[h][j] * cosine[j] - x[h][j + half] * sine[j]
 *     out[h][j + half] = x[h][j] * sine[j] + x[h][j + half] * cosine[j]
 *
 * Each product and each sum is rounded once: every variant returns the reference's bits. There is no
 * trigonometry here. The angles are pos * base^(-2j / dim), the same for every head and layer. A table made
 * once in f64 is both faster and closer. out must not overlap an input. Source: Su et al., "RoFormer", arXiv
 * 2104.09864.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_rope_fn(float *restrict out, const float *restrict x, const float *restrict cosine,
                        const float *restrict sine, size_t heads, size_t half);

int qk_rope(float *out, const float *x, const float *cosine, const float *sine, size_t heads, size_t half,
            struct qk_error *err);
