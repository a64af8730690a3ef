/* SPDX-License-Identifier: MIT */
/*
 * What avx2 does with vectors of eight, for tiles.h. Lanes of a dot product are columns. Four rows with two
 * keys have eight sums in registers, of one half of the partial sums; then comes the other half. Weighted
 * values have eight sums, of four rows and sixteen columns.
 */
#pragma once

#include "kernels/attention_f32/op.h"
#include "kernels/rows/exp.h"
#include "kernels/rows/ordered_dot.h"

#include <stdbool.h>

#ifndef ELEMENT
#define ELEMENT float
#define EIGHT   qk_eight_f32
#endif

/* A single block asks for pages. */
enum { ASKS_PAGES = true };

#define INLINE static inline __attribute__((always_inline))
/* What fills the registers is no part of what has other uses for them. */
#ifdef __clang__
#define APART static __attribute__((noinline))
#else /* gcc would unroll loops whole when it knows how long they can be: 10 % slower */
#define APART static __attribute__((noipa))
#endif

/* A row's columns, in a register: gcc would read them once for each key. */
INLINE __m256 row_of(const float *x)
{
    __m256 row = _mm256_loadu_ps(x);
    __asm__("" : "+x"(row));
    return row;
}

/* x[row] with keys a and b: products of eight columns, then more of them added. */
INLINE void dot_begin(__m256 *sum, const float *const *x, size_t d, __m256 a, __m256 b)
{
    QK_UNROLL(4)
    for (int r = 0; r < 4; r++) {
        const __m256 row = row_of(x[r] + d);
        sum[2 * r] = _mm256_mul_ps(row, a);
        sum[2 * r + 1] = _mm256_mul_ps(row, b);
    }
}

INLINE void dot_add(__m256 *sum, const float *const *x, size_t d, __m256 a, __m256 b)
{
    QK_UNROLL(4)
    for (int r = 0; r < 4; r++) {
        const __m256 row = row_of(x[r] + d);
        sum[2 * r] = _mm256_fmadd_ps(row, a, sum[2 * r]);
        sum[2 * r + 1] = _mm256_fmadd_ps(row, b, sum[2 * r + 1]);
    }
}

/* Both halves of the partial sums of [row][key]: eight dot products in one vector, [key][row]. */
INLINE __m256 dot_fold(const __m256 *low, const __m256 *high)
{
    __m256 four[4], two[2];
    QK_UNROLL(4)
    for (int r = 0; r < 4; r++) {
        const __m256 a = _mm256_add_ps(low[2 * r], high[2 * r]),
                     b = _mm256_add_ps(low[2 * r + 1], high[2 * r + 1]);
        four[r] = _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
    }
    for (int i = 0; i < 2; i++)
        two[i] = _mm256_add_ps(_mm256_shuffle_ps(four[2 * i], four[2 * i + 1], 0x44),
                               _mm256_shuffle_ps(four[2 * i], four[2 * i + 1], 0xee));
    return _mm256_add_ps(_mm256_shuffle_ps(two[0], two[1], 0x88), _mm256_shuffle_ps(two[0], two[1], 0xdd));
}

/*
 * w[key][row]: dot products of four rows with n keys, `stride` apart, over `columns`, a multiple of 16. They
 * are added to what is there, unless these are the first columns.
 */
#define SCORES(name, element, eight)                                                                         \
    APART void name(float *w, const float *const *q, const element *k, size_t stride, size_t n,              \
                    size_t columns, bool first)                                                              \
    {                                                                                                        \
        for (size_t p = 0; p < n; p += 2, w += 8, k += 2 * stride) {                                         \
            const element *const next = p + 1 < n ? k + stride : k;                                          \
            __m256 low[8], high[8];                                                                          \
            dot_begin(low, q, 0, eight(k), eight(next));                                                     \
            for (size_t d = 16; d < columns; d += 16)                                                        \
                dot_add(low, q, d, eight(k + d), eight(next + d));                                           \
            dot_begin(high, q, 8, eight(k + 8), eight(next + 8));                                            \
            for (size_t d = 24; d < columns; d += 16)                                                        \
                dot_add(high, q, d, eight(k + d), eight(next + d));                                          \
            const __m256 sums = dot_fold(low, high);                                                         \
            _mm256_store_ps(w, first ? sums : _mm256_add_ps(_mm256_load_ps(w), sums));                       \
        }                                                                                                    \
    }
SCORES(scores_of_cache, ELEMENT, EIGHT)
SCORES(scores_of_wide, float, qk_eight_f32)

/* Adds values of keys `from` to `end`, times w[row][4 * key], to sixteen columns of out[row]. */
#define MIX(name, element, eight)                                                                            \
    INLINE void name(float *const *out, const float *const *w, const element *v, size_t stride, size_t from, \
                     size_t end)                                                                             \
    {                                                                                                        \
        __m256 a[4], b[4];                                                                                   \
        QK_UNROLL(4)                                                                                         \
        for (int r = 0; r < 4; r++) {                                                                        \
            a[r] = _mm256_loadu_ps(out[r]);                                                                  \
            b[r] = _mm256_loadu_ps(out[r] + 8);                                                              \
        }                                                                                                    \
        v += from * stride;                                                                                  \
        for (size_t p = from; p < end; p++, v += stride) {                                                   \
            const __m256 va = eight(v), vb = eight(v + 8);                                                   \
            QK_UNROLL(4)                                                                                     \
            for (int r = 0; r < 4; r++) {                                                                    \
                const __m256 weight = _mm256_set1_ps(w[r][4 * p]);                                           \
                a[r] = _mm256_fmadd_ps(weight, va, a[r]);                                                    \
                b[r] = _mm256_fmadd_ps(weight, vb, b[r]);                                                    \
            }                                                                                                \
        }                                                                                                    \
        QK_UNROLL(4)                                                                                         \
        for (int r = 0; r < 4; r++) {                                                                        \
            _mm256_storeu_ps(out[r], a[r]);                                                                  \
            _mm256_storeu_ps(out[r] + 8, b[r]);                                                              \
        }                                                                                                    \
    }
#define MIX_COLUMNS(name, one, element)                                                                      \
    APART void name(float *const *out, const float *const *w, const element *v, size_t stride, size_t from,  \
                    size_t end, size_t columns)                                                              \
    {                                                                                                        \
        for (size_t d = 0; d < columns; d += 16) {                                                           \
            float *const to[4] = {out[0] + d, out[1] + d, out[2] + d, out[3] + d};                           \
            one(to, w, v + d, stride, from, end);                                                            \
        }                                                                                                    \
    }
MIX(mix16_of_cache, ELEMENT, EIGHT)
MIX(mix16_of_wide, float, qk_eight_f32)
MIX_COLUMNS(mix_of_cache, mix16_of_cache, ELEMENT)
MIX_COLUMNS(mix_of_wide, mix16_of_wide, float)

/* Sixteen floats of the cache. */
INLINE void widen16(float *to, const ELEMENT *from)
{
    _mm256_store_ps(to, EIGHT(from));
    _mm256_store_ps(to + 8, EIGHT(from + 8));
}

INLINE void clear16(float *x)
{
    _mm256_storeu_ps(x, _mm256_setzero_ps());
    _mm256_storeu_ps(x + 8, _mm256_setzero_ps());
}

INLINE void scale16(float *x, float factor)
{
    const __m256 f = _mm256_set1_ps(factor);
    _mm256_storeu_ps(x, _mm256_mul_ps(_mm256_loadu_ps(x), f));
    _mm256_storeu_ps(x + 8, _mm256_mul_ps(_mm256_loadu_ps(x + 8), f));
}

INLINE __m256 weights_of(float *w, __m256 most)
{
    const __m256 e = qk_exp_avx2(_mm256_sub_ps(_mm256_load_ps(w), most));
    _mm256_store_ps(w, e);
    return e;
}

/* A tile of scores w[key][row], not scaled yet, to weights. Row r has lanes r and r + 4 of the others. */
INLINE void soften(float *w, float *most, float *sum, float *factor, float scale)
{
    const __m256 before = _mm256_load_ps(most);
    __m256 now = before, four[4];
    for (int j = 0; j < QK_ATTENTION_KEYS / 2; j++) {
        const __m256 s = _mm256_mul_ps(_mm256_load_ps(w + 8 * j), _mm256_set1_ps(scale));
        _mm256_store_ps(w + 8 * j, s);
        now = _mm256_max_ps(s, now); /* of NaN and `now`: the second operand */
    }
    now = _mm256_max_ps(now, _mm256_permute2f128_ps(now, now, 1));
    QK_UNROLL(4)
    for (int j = 0; j < 4; j++) {
        float *const at = w + 8 * j;
        const __m256 a = _mm256_add_ps(weights_of(at, now), weights_of(at + 64, now)),
                     b = _mm256_add_ps(weights_of(at + 32, now), weights_of(at + 96, now));
        four[j] = _mm256_add_ps(a, b);
    }
    const __m256 keys = _mm256_add_ps(_mm256_add_ps(four[0], four[2]), _mm256_add_ps(four[1], four[3])),
                 all = _mm256_add_ps(keys, _mm256_permute2f128_ps(keys, keys, 1)),
                 c = qk_exp_avx2(_mm256_sub_ps(before, now));
    _mm256_store_ps(most, now);
    _mm256_store_ps(sum, _mm256_add_ps(_mm256_mul_ps(_mm256_load_ps(sum), c), all));
    _mm256_store_ps(factor, c);
}
