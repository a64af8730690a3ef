/* SPDX-License-Identifier: MIT */
/* The loops of avx2_madd, and of the same with hints (rows/hints.h). */
#pragma once

#include "kernels/i2s16_gemv/store_eight.h"
#include "kernels/layout.h"
#include "kernels/rows/hints.h"

#include <immintrin.h>
#include <string.h>

#if defined __clang__
#define UNROLL4 _Pragma("clang loop unroll(full)")
#else
#define UNROLL4 _Pragma("GCC unroll 4")
#endif

enum {
    SHORT = 4, /* units between two widenings: a row has a multiple of eight, so none are left over */
    LONG = 16, /* and of the sum worth 1 */
};

static inline __m256i broadcast(const int8_t *q)
{
    int32_t four;
    memcpy(&four, q, sizeof four);
    return _mm256_set1_epi32(four);
}

/* Eight rows of one unit: a1 and a4 are the narrow sums worth 1 and 4 times a code. */
static inline __attribute__((always_inline)) void add_unit(__m256i *a1, __m256i *a4, __m256i v,
                                                           const __m256i q[4])
{
    const __m256i one = _mm256_set1_epi8(0x03), four = _mm256_set1_epi8(0x0c), high = _mm256_srli_epi16(v, 4);
    *a1 = _mm256_add_epi16(*a1, _mm256_maddubs_epi16(_mm256_and_si256(v, one), q[0]));
    *a4 = _mm256_add_epi16(*a4, _mm256_maddubs_epi16(_mm256_and_si256(v, four), q[1]));
    *a1 = _mm256_add_epi16(*a1, _mm256_maddubs_epi16(_mm256_and_si256(high, one), q[2]));
    *a4 = _mm256_add_epi16(*a4, _mm256_maddubs_epi16(_mm256_and_si256(high, four), q[3]));
    /*
     * Keeps gcc 12 from doing the multiplications of all units first and their additions last, out of memory.
     */
    __asm__("" : "+x"(*a1), "+x"(*a4));
}

static inline __m256i widen(__m256i sum, __m256i narrow, short times)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(narrow, _mm256_set1_epi16(times)));
}

/* What is narrow of sixteen rows: low and high eight. */
struct narrow {
    __m256i low1, low4, high1, high4;
};

static inline __attribute__((always_inline)) void add_sixteen(struct narrow *n, const uint8_t *from,
                                                              const int8_t *q)
{
    const __m256i four[4] = {broadcast(q), broadcast(q + 4), broadcast(q + 8), broadcast(q + 12)};
    add_unit(&n->low1, &n->low4, _mm256_loadu_si256((const __m256i *)from), four);
    add_unit(&n->high1, &n->high4, _mm256_loadu_si256((const __m256i *)(from + 32)), four);
}

/* to[0], to[1]: four times the sums of sixteen rows. */
static inline void sixteen_rows(__m256i to[2], const uint8_t *from, const int8_t *q, size_t units,
                                const int hint)
{
    const __m256i zero = _mm256_setzero_si256();
    qk_walk(hint, from, units * I2S16_UNIT_BYTES);
    __m256i low = zero, high = zero;
    while (units) {
        const size_t end = units < LONG ? 0 : units - LONG;
        struct narrow n = {.low1 = zero, .high1 = zero};
        for (; units > end; units -= SHORT) {
            n.low4 = n.high4 = zero;
            qk_hint(hint, from, SHORT * I2S16_UNIT_BYTES);
            UNROLL4
            for (int u = 0; u < SHORT; u++, from += I2S16_UNIT_BYTES, q += I2S16_COLUMNS)
                add_sixteen(&n, from, q);
            low = widen(low, n.low4, 1);
            high = widen(high, n.high4, 1);
        }
        low = widen(low, n.low1, 4);
        high = widen(high, n.high1, 4);
    }
    to[0] = low;
    to[1] = high;
}

static inline __attribute__((always_inline)) void madd_rows(int32_t *restrict y,
                                                            const uint8_t *restrict codes,
                                                            const int8_t *restrict q, int32_t q_sum,
                                                            size_t rows, size_t columns, const int hint)
{
    for (size_t m = 0; m < rows; m += I2S16_ROWS, codes += I2S16_ROWS * (columns / 4)) {
        __m256i sum[2];
        sixteen_rows(sum, codes, q, columns / I2S16_COLUMNS, hint);
        for (int i = 0; i < 2; i++) {
            sum[i] = _mm256_sub_epi32(_mm256_srai_epi32(sum[i], 2), _mm256_set1_epi32(q_sum));
            store_eight(y + m, sum[i], rows - m, 8 * i);
        }
    }
}
