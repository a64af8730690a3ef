/* SPDX-License-Identifier: MIT */
/*
 * Against scalar: lanes are rows, as in i2s16_gemv/avx2_madd.c. A byte is divided by 28 for all rows at once.
 *
 *    - 73 * (byte + 1) / 2048 is that quotient for every byte. A product of byte pairs with 73 and 0, or 0
 *      and 73, gives it for half of the bytes.
 *    - The quotient looks up c0, c1 and what it leaves of the byte. That rest, below 28, looks up the other
 *      three codes, in two tables of sixteen.
 *    - c4 is shifted down, so that no field is worth more than 4 times its code. A unit adds at most 2048 to
 *      either narrow sum: c3 up to 2 with worth 4, or c0 + c1 + c2 + c4 up to 8, from a pair of columns.
 *
 * For: AVX2 CPUs whose memory is slow. 160 codes take 28 vector operations and 0.3 for the widening. That is
 * 1.7 times as many per code as 2 bits a code need. From L2, Zen 3 took 2.2 to 2.3 times as long. Looking
 * ahead by a unit gained nothing there. Source: own.
 */
#ifndef __AVX2__
#error "avx2_divide.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/i2s16_gemv/store_eight.h"
#include "kernels/layout.h"
#include "kernels/rows/tails.h"
#include "kernels/trit5_gemv/op.h"

#include <immintrin.h>
#include <string.h>

enum { BLOCK = 15 }; /* units between two widenings: 15 * 2048 fits an i16 */

static inline __m256i broadcast(const int8_t *q)
{
    int32_t four;
    memcpy(&four, q, sizeof four);
    return _mm256_set1_epi32(four);
}

static inline __m256i table(const uint8_t sixteen[16])
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)sixteen));
}

/* byte / 28 of each byte. */
static inline __m256i quotient(__m256i v)
{
    const __m256i next = _mm256_adds_epu8(v, _mm256_set1_epi8(1));
    const __m256i even = _mm256_srli_epi16(_mm256_maddubs_epi16(next, _mm256_set1_epi16(73)), 11);
    const __m256i odd = _mm256_srli_epi16(_mm256_maddubs_epi16(next, _mm256_set1_epi16(73 << 8)), 3);
    return _mm256_blendv_epi8(even, odd, _mm256_set1_epi16((short)0xff00));
}

/* Eight rows of a unit: the quotients, and c2, c3 and c4 of the rests, in two bits each, lowest first. */
struct looked_up {
    __m256i pair, rest;
};

static inline __attribute__((always_inline)) struct looked_up look_up(const uint8_t *from)
{
    /* Less 0x70, so that the rests from 16 on have their top bit set, and look up 0 in the first table. */
    static const uint8_t leaves[16] = {0x90, 0xac, 0xc8, 0xe4, 0x00, 0x1c, 0x38, 0x54, 0x70, 0x8c};
#define REST(c2, c3, c4) (c2 | c3 << 2 | c4 << 4)
    static const uint8_t low[16] = {
        REST(0, 0, 0), REST(0, 0, 1), REST(0, 0, 2), REST(0, 1, 0), REST(0, 1, 1), REST(0, 1, 2),
        REST(0, 2, 0), REST(0, 2, 1), REST(0, 2, 2), REST(1, 0, 0), REST(1, 0, 1), REST(1, 0, 2),
        REST(1, 1, 0), REST(1, 1, 1), REST(1, 1, 2), REST(1, 2, 0),
    };
    static const uint8_t high[16] = {
        REST(1, 2, 1), REST(1, 2, 2), REST(2, 0, 0), REST(2, 0, 1), REST(2, 0, 2), REST(2, 1, 0),
        REST(2, 1, 1), REST(2, 1, 2), REST(2, 2, 0), REST(2, 2, 1), REST(2, 2, 2), REST(3, 0, 0),
    };
#undef REST
    const __m256i v = _mm256_loadu_si256((const __m256i *)from), pair = quotient(v);
    const __m256i rest = _mm256_sub_epi8(v, _mm256_shuffle_epi8(table(leaves), pair));
    const __m256i from16 = _mm256_xor_si256(rest, _mm256_set1_epi8((char)0x80));
    const __m256i first = _mm256_shuffle_epi8(table(low), rest);
    return (struct looked_up){pair, _mm256_or_si256(first, _mm256_shuffle_epi8(table(high), from16))};
}

/* The sums of eight rows: narrow ones, worth 1 and 4 times a code, and four times the whole. */
struct sums {
    __m256i a1, a4, wide;
};

static inline __attribute__((always_inline)) void add_unit(struct sums *s, struct looked_up l,
                                                           const __m256i q[5])
{
    static const uint8_t c0[16] = {0, 0, 0, 1, 1, 1, 2, 2, 2, 3}, c1[16] = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0};
    const __m256i three = _mm256_set1_epi8(0x03);
    const __m256i c2 = _mm256_and_si256(l.rest, three), c3 = _mm256_and_si256(l.rest, _mm256_set1_epi8(0x0c)),
                  c4 = _mm256_and_si256(_mm256_srli_epi16(l.rest, 4), three);
    s->a1 = _mm256_add_epi16(s->a1, _mm256_maddubs_epi16(_mm256_shuffle_epi8(table(c0), l.pair), q[0]));
    s->a1 = _mm256_add_epi16(s->a1, _mm256_maddubs_epi16(_mm256_shuffle_epi8(table(c1), l.pair), q[1]));
    s->a1 = _mm256_add_epi16(s->a1, _mm256_maddubs_epi16(c2, q[2]));
    s->a4 = _mm256_add_epi16(s->a4, _mm256_maddubs_epi16(c3, q[3]));
    s->a1 = _mm256_add_epi16(s->a1, _mm256_maddubs_epi16(c4, q[4]));
}

static inline void widen(struct sums *s)
{
    s->wide = _mm256_add_epi32(s->wide, _mm256_madd_epi16(s->a1, _mm256_set1_epi16(4)));
    s->wide = _mm256_add_epi32(s->wide, _mm256_madd_epi16(s->a4, _mm256_set1_epi16(1)));
    s->a1 = s->a4 = _mm256_setzero_si256();
}

/* At most BLOCK units of sixteen rows. */
static inline __attribute__((always_inline)) void add_units(struct sums s[2], const uint8_t *from,
                                                            const int8_t *q, size_t units)
{
    struct sums low = s[0], high = s[1];
    for (; units; units--, from += TRIT5_UNIT_BYTES, q += TRIT5_COLUMNS) {
        const __m256i fours[5] = {broadcast(q), broadcast(q + 4), broadcast(q + 8), broadcast(q + 12),
                                  broadcast(q + 16)};
        const struct looked_up l = look_up(from), h = look_up(from + 32);
        add_unit(&low, l, fours);
        add_unit(&high, h, fours);
    }
    widen(&low);
    widen(&high);
    s[0] = low;
    s[1] = high;
}

void qk_trit5_gemv_avx2_divide(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                               int32_t q_sum, size_t rows, size_t columns)
{
    const size_t units = columns / TRIT5_COLUMNS, left = columns % TRIT5_COLUMNS;
    int8_t last[TRIT5_COLUMNS]; /* zeros take the padding's codes out of the sum */
    QK_CLEAR(last, TRIT5_COLUMNS);
    QK_COPY(last, q + columns - left, left);
    for (size_t m = 0; m < rows; m += TRIT5_ROWS) {
        const __m256i zero = _mm256_setzero_si256();
        struct sums s[2] = {{zero, zero, zero}, {zero, zero, zero}};
        for (size_t u = 0; u < units; u += BLOCK) {
            const size_t n = units - u < BLOCK ? units - u : BLOCK;
            add_units(s, codes, q + u * TRIT5_COLUMNS, n);
            codes += n * TRIT5_UNIT_BYTES;
        }
        if (left) {
            add_units(s, codes, last, 1);
            codes += TRIT5_UNIT_BYTES;
        }
        for (int i = 0; i < 2; i++)
            store_eight(y + m, _mm256_sub_epi32(_mm256_srai_epi32(s[i].wide, 2), _mm256_set1_epi32(q_sum)),
                        rows - m, 8 * i);
    }
}
