/* SPDX-License-Identifier: MIT */
/*
 * rope_pairs: as rope, but the pairs are neighbours (2j, 2j + 1) of each head ("NORM" order).
 *
 *     out     [heads * 2 * half]  f32, output
 *     x       [heads * 2 * half]  f32
 *     cosine  [half]              f32
 *     sine    [half]              f32
 *
 *     out[h][2j]     = x[h][2j] * cosine[j] - x[h][2j + 1] * sine[j]
 *     out[h][2j + 1] = x[h][2j] * sine[j] + x[h][2j + 1] * cosine[j]
 *
 * Each product and each sum is rounded once: every variant returns the reference's bits. out must not overlap
 * an input. Files of architecture llama have their rows of queries and keys in this order. Source: Su et al.,
 * "RoFormer", arXiv 2104.09864; which order belongs to which architecture: llama.cpp, src/llama-model.cpp.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qk_error; /* support.h */

typedef void qk_rope_pairs_fn(float *restrict out, const float *restrict x, const float *restrict cosine,
                              const float *restrict sine, size_t heads, size_t half);

int qk_rope_pairs(float *out, const float *x, const float *cosine, const float *sine, size_t heads,
                  size_t half, struct qk_error *err);
