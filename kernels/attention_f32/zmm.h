/* SPDX-License-Identifier: MIT */
/*
 * What avx512 does with vectors of sixteen, for tiles.h. Lanes of a dot product are columns. Four rows with
 * four keys have sixteen sums in registers. Weighted values have as many, of four rows and 64 columns.
 */
#pragma once

#include "kernels/attention_f32/op.h"
#include "kernels/rows/exp.h"
#include "kernels/rows/hints.h"
#include "kernels/rows/ordered_dot.h"

#include <stdbool.h>

#ifndef ELEMENT
#define ELEMENT float
#define SIXTEEN _mm512_loadu_ps
#endif

#ifndef HINTS
#define HINTS (QK_HINT_LINES | QK_HINT_WALK)
#endif
enum {
    ASKS_PAGES = (HINTS & QK_HINT_WALK) != 0,
    INTO_L2 = (HINTS & QK_HINT_L2) != 0,
    ASKS_TWICE = (HINTS & QK_HINT_FAR) != 0,
};

/*
 * Of a key or value, columns from d on, a multiple of 16: where a line begins, that line of the next tile. 32
 * hints at once made loads wait. A cache of 295 MB took 13.3 ms with such bursts and 9.2 line by line, where
 * reading alone takes 7.2 (Zen 5, one thread). With ASKS_TWICE the line one tile later still goes to L2. That
 * was 1.10 to 1.14 times as fast on a Xeon (Emerald Rapids); two tiles later, or values in order, was alike.
 */
#define ASK_NEXT(at, d, stride)                                                                              \
    do {                                                                                                     \
        const uintptr_t tile = QK_ATTENTION_KEYS * (stride) * sizeof *(at),                                  \
                        later = (uintptr_t)((at) + (d)) + tile;                                              \
        if ((d) * sizeof *(at) % 64 == 0) {                                                                  \
            _mm_prefetch((const char *)later, INTO_L2 ? _MM_HINT_T1 : _MM_HINT_T0);                          \
            if (ASKS_TWICE)                                                                                  \
                _mm_prefetch((const char *)(later + tile), _MM_HINT_T1);                                     \
        }                                                                                                    \
    } while (0)
#define ASK_AS_READ(at, d, stride)                                                                           \
    do {                                                                                                     \
        if (!INTO_L2)                                                                                        \
            ASK_NEXT(at, d, stride);                                                                         \
    } while (0)
/*
 * Values are read 64 columns at a time, from one position after the other. With INTO_L2, as many columns are
 * asked for at each position, in the order of memory where positions follow one another. A cache of 295 MB
 * took 21.2 ms when asked for as it is read, and 18.2 in order, where reading alone takes 14.7 (Granite
 * Rapids, one thread). The pointer always moves by one step. With the same addresses, found by a division or
 * with a branch at each other position, it took 22.
 */
#define ASK_IN_ORDER(later)                                                                                  \
    do {                                                                                                     \
        QK_UNROLL(4)                                                                                         \
        for (size_t line = 0; INTO_L2 && line < 64 * sizeof *(later); line += 64)                            \
            _mm_prefetch((const char *)(later) + line, _MM_HINT_T1);                                         \
    } while (0)
/* Of what is not read from the cache. */
#define ASK_NOTHING(at, d, stride) (void)0
#define ASK_NOTHING_LATER(later)   (void)(later)

#define INLINE static inline __attribute__((always_inline))
/* What fills the registers is no part of what has other uses for them. */
#define APART static __attribute__((noinline))

/* Products of a step of columns, x[row] with keys k, or more of them added. */
INLINE void dot_begin(__m512 *sum, const float *const *x, size_t d, const __m512 *k)
{
    QK_UNROLL(4)
    for (int r = 0; r < 4; r++) {
        const __m512 row = _mm512_loadu_ps(x[r] + d);
        QK_UNROLL(4)
        for (int i = 0; i < 4; i++)
            sum[4 * r + i] = _mm512_mul_ps(row, k[i]);
    }
}

INLINE void dot_add(__m512 *sum, const float *const *x, size_t d, const __m512 *k)
{
    QK_UNROLL(4)
    for (int r = 0; r < 4; r++) {
        const __m512 row = _mm512_loadu_ps(x[r] + d);
        QK_UNROLL(4)
        for (int i = 0; i < 4; i++)
            sum[4 * r + i] = _mm512_fmadd_ps(row, k[i], sum[4 * r + i]);
    }
}

/* The partial sums of [row][key]: sixteen dot products in one vector, [key][row]. */
INLINE __m512 dot_fold(const __m512 *sum)
{
    __m512 four[4], two[2];
    QK_UNROLL(4)
    for (int r = 0; r < 4; r++) {
        const __m512 *s = sum + 4 * r;
        const __m512 a = _mm512_add_ps(_mm512_shuffle_f32x4(s[0], s[1], 0x44),
                                       _mm512_shuffle_f32x4(s[0], s[1], 0xee)),
                     b = _mm512_add_ps(_mm512_shuffle_f32x4(s[2], s[3], 0x44),
                                       _mm512_shuffle_f32x4(s[2], s[3], 0xee));
        four[r] = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
    }
    QK_UNROLL(2)
    for (int i = 0; i < 2; i++)
        two[i] = _mm512_add_ps(_mm512_shuffle_ps(four[2 * i], four[2 * i + 1], 0x44),
                               _mm512_shuffle_ps(four[2 * i], four[2 * i + 1], 0xee));
    return _mm512_add_ps(_mm512_shuffle_ps(two[0], two[1], 0x88), _mm512_shuffle_ps(two[0], two[1], 0xdd));
}

#define ASK_FOUR(ask, d)                                                                                     \
    do {                                                                                                     \
        ask(k, d, stride);                                                                                   \
        ask(b, d, stride);                                                                                   \
        ask(c, d, stride);                                                                                   \
        ask(e, d, stride);                                                                                   \
    } while (0)

/*
 * w[key][row]: dot products of four rows with n keys, `stride` apart, over `columns`, a multiple of 16. They
 * are added to what is there, unless these are the first columns.
 */
#define SCORES(name, element, sixteen, ask)                                                                  \
    APART void name(float *w, const float *const *q, const element *k, size_t stride, size_t n,              \
                    size_t columns, bool first)                                                              \
    {                                                                                                        \
        for (size_t p = 0; p < n; p += 4, w += 16, k += 4 * stride) {                                        \
            const element *const b = p + 1 < n ? k + stride : k, *const c = p + 2 < n ? b + stride : k,      \
                                 *const e = p + 3 < n ? c + stride : k;                                      \
            __m512 sum[16], keys[4] = {sixteen(k), sixteen(b), sixteen(c), sixteen(e)};                      \
            ASK_FOUR(ask, 0);                                                                                \
            dot_begin(sum, q, 0, keys);                                                                      \
            for (size_t d = 16; d < columns; d += 16) {                                                      \
                ASK_FOUR(ask, d);                                                                            \
                keys[0] = sixteen(k + d);                                                                    \
                keys[1] = sixteen(b + d);                                                                    \
                keys[2] = sixteen(c + d);                                                                    \
                keys[3] = sixteen(e + d);                                                                    \
                dot_add(sum, q, d, keys);                                                                    \
            }                                                                                                \
            const __m512 sums = dot_fold(sum);                                                               \
            _mm512_store_ps(w, first ? sums : _mm512_add_ps(_mm512_load_ps(w), sums));                       \
        }                                                                                                    \
    }
SCORES(scores_of_cache, ELEMENT, SIXTEEN, ASK_NEXT)
SCORES(scores_of_wide, float, _mm512_loadu_ps, ASK_NOTHING)

/* Adds values of keys `from` to `end`, times w[row][4 * key], to 16 * `vectors` columns of out[row]. */
#define MIX(name, element, sixteen, ask, ask_in_order)                                                       \
    INLINE void name(float *const *out, size_t d, const float *const *w, const element *v, size_t stride,    \
                     size_t from, size_t end, size_t columns, const int vectors)                             \
    {                                                                                                        \
        const bool follow = stride == columns;                                                               \
        const size_t step = follow ? 64 : stride;                                                            \
        const element *next =                                                                                \
            v + QK_ATTENTION_KEYS * stride + (follow ? QK_ATTENTION_KEYS * d : d) + from * step;             \
        __m512 sum[4][4];                                                                                    \
        QK_UNROLL(4)                                                                                         \
        for (int r = 0; r < 4; r++)                                                                          \
            for (int i = 0; i < vectors; i++)                                                                \
                sum[r][i] = _mm512_loadu_ps(out[r] + d + 16 * i);                                            \
        v += from * stride + d;                                                                              \
        for (size_t p = from; p < end; p++, v += stride) {                                                   \
            __m512 value[4];                                                                                 \
            QK_UNROLL(4)                                                                                     \
            for (int i = 0; i < vectors; i++) {                                                              \
                ask(v, 16 * (size_t)i, stride);                                                              \
                value[i] = sixteen(v + 16 * i);                                                              \
            }                                                                                                \
            QK_UNROLL(4)                                                                                     \
            for (int r = 0; r < 4; r++) {                                                                    \
                const __m512 weight = _mm512_set1_ps(w[r][4 * p]);                                           \
                QK_UNROLL(4)                                                                                 \
                for (int i = 0; i < vectors; i++)                                                            \
                    sum[r][i] = _mm512_fmadd_ps(weight, value[i], sum[r][i]);                                \
            }                                                                                                \
            if (vectors == 4)                                                                                \
                ask_in_order(next);                                                                          \
            next += step;                                                                                    \
        }                                                                                                    \
        QK_UNROLL(4)                                                                                         \
        for (int r = 0; r < 4; r++)                                                                          \
            for (int i = 0; i < vectors; i++)                                                                \
                _mm512_storeu_ps(out[r] + d + 16 * i, sum[r][i]);                                            \
    }
#define MIX_COLUMNS(name, one, element)                                                                      \
    APART void name(float *const *out, const float *const *w, const element *v, size_t stride, size_t from,  \
                    size_t end, size_t columns)                                                              \
    {                                                                                                        \
        size_t d = 0;                                                                                        \
        for (; d + 64 <= columns; d += 64)                                                                   \
            one(out, d, w, v, stride, from, end, columns, 4);                                                \
        for (; d < columns; d += 16)                                                                         \
            one(out, d, w, v, stride, from, end, columns, 1);                                                \
    }
MIX(mix_some_of_cache, ELEMENT, SIXTEEN, ASK_AS_READ, ASK_IN_ORDER)
MIX(mix_some_of_wide, float, _mm512_loadu_ps, ASK_NOTHING, ASK_NOTHING_LATER)
MIX_COLUMNS(mix_of_cache, mix_some_of_cache, ELEMENT)
MIX_COLUMNS(mix_of_wide, mix_some_of_wide, float)

/* Sixteen floats of the cache. */
INLINE void widen16(float *to, const ELEMENT *from)
{
    _mm512_store_ps(to, SIXTEEN(from));
}

INLINE void clear16(float *x)
{
    _mm512_storeu_ps(x, _mm512_setzero_ps());
}

INLINE void scale16(float *x, float factor)
{
    _mm512_storeu_ps(x, _mm512_mul_ps(_mm512_loadu_ps(x), _mm512_set1_ps(factor)));
}

INLINE __m512 weights_of(float *w, __m512 most)
{
    const __m512 e = qk_exp_avx512(_mm512_sub_ps(_mm512_load_ps(w), most));
    _mm512_store_ps(w, e);
    return e;
}

/* A tile of scores w[key][row], not scaled yet, to weights. Row r has lanes r, r + 4 ... of the others. */
INLINE void soften(float *w, float *most, float *sum, float *factor, float scale)
{
    const __m512 before = _mm512_load_ps(most);
    __m512 now = before, two[2];
    for (int j = 0; j < QK_ATTENTION_KEYS / 4; j++) {
        const __m512 s = _mm512_mul_ps(_mm512_load_ps(w + 16 * j), _mm512_set1_ps(scale));
        _mm512_store_ps(w + 16 * j, s);
        now = _mm512_max_ps(s, now); /* of NaN and `now`: the second operand */
    }
    now = _mm512_max_ps(now, _mm512_shuffle_f32x4(now, now, 0x4e));
    now = _mm512_max_ps(now, _mm512_shuffle_f32x4(now, now, 0xb1));
    for (int j = 0; j < 2; j++) {
        float *const at = w + 16 * j;
        two[j] = _mm512_add_ps(_mm512_add_ps(weights_of(at, now), weights_of(at + 64, now)),
                               _mm512_add_ps(weights_of(at + 32, now), weights_of(at + 96, now)));
    }
    __m512 all = _mm512_add_ps(two[0], two[1]);
    all = _mm512_add_ps(all, _mm512_shuffle_f32x4(all, all, 0x4e));
    all = _mm512_add_ps(all, _mm512_shuffle_f32x4(all, all, 0xb1));
    const __m512 c = qk_exp_avx512(_mm512_sub_ps(before, now));
    _mm512_store_ps(most, now);
    _mm512_store_ps(sum, _mm512_add_ps(_mm512_mul_ps(_mm512_load_ps(sum), c), all));
    _mm512_store_ps(factor, c);
}
