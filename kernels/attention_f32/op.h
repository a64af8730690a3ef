/* SPDX-License-Identifier: MIT */
/*
 * attention_f32: query heads of consecutive tokens over a cache of keys and values. A group of heads /
 * kv_heads consecutive heads h shares one kv head g. Token t sees the first positions + t positions of the
 * cache, which are those up to its own.
 *
 *     out   [tokens * stride]                            f32, output: heads * dim of each, no others
 *     q     [tokens * stride]                            f32: heads * dim of each
 *     k, v  [(positions + tokens - 1) * kv_heads * dim]  f32, position by position as they are appended
 *
 *     score(p) = (sum over d of k[p][g][d] * q[t][h][d]) * scale
 *     out      = sum over p of e(p) * v[p][g] / sum over p of e(p),    e(p) = exp(score(p) - largest score)
 *
 * Positions go by in tiles of 32, which begin at multiples of 32. So a token's result has the same bits
 * whatever tokens are in the call. Every variant returns the reference's bits. This is their order:
 *
 *    - score: 128 columns d at a time. Term d goes to partial sum d mod 16, in ascending d, by a
 *      multiply-add that rounds once. Then the upper half of the partial sums is added to the lower half: 16
 *      to 8, and so on to 1. Sums of further columns are added to that. Then comes the multiply by scale.
 *    - `most` begins at -FLT_MAX. A tile makes it the largest score yet, and c = exp(most before - most).
 *      Then e(p) = exp(score(p) - most), by exp.h.
 *    - The sum begins at +0. A tile makes it sum * c + e, where e is the sum of the 32 e(p): upper half to
 *      lower half, as above. Positions that the token does not see have e(p) = 0.
 *    - out[d] begins at +0. A tile multiplies it by c. Then e(p) * v[p][g][d] are added in ascending p, by
 *      multiply-adds that round once.
 *    - At the end, out[d] is multiplied by 1 / sum.
 *
 * NaN or +infinity among a token's scores makes its head's whole output NaN, and so do scores that are all
 * -infinity. No position beyond those a token sees has any influence on its result. kv_heads divides heads,
 * stride >= heads * dim, and out may not overlap another buffer.
 *
 * Error of out against exact arithmetic on the same scores, with u = 2^-24, n positions, and M the largest
 * |score|: at most (2 n + 2 M + 20) u * sum over p of e(p) |v| / sum over p of e(p), to first order.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    QK_ATTENTION_KEYS = 32,     /* positions of a tile */
    QK_ATTENTION_COLUMNS = 128, /* of a dot product, at a time */
    QK_ATTENTION_SUMS = 16,     /* partial sums of it */
};

struct qk_error; /* support.h */

typedef void qk_attention_f32_fn(float *restrict out, const float *restrict q, const float *restrict k,
                                 const float *restrict v, size_t tokens, size_t stride, size_t positions,
                                 size_t heads, size_t kv_heads, size_t dim, float scale);

/*
 * QK_ERR_ARG also: no positions; kv_heads that is 0 or does not divide heads; a stride below heads * dim.
 */
int qk_attention_f32(float *out, const float *q, const float *k, const float *v, size_t tokens, size_t stride,
                     size_t positions, size_t heads, size_t kv_heads, size_t dim, float scale,
                     struct qk_error *err);
