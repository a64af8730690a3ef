/* SPDX-License-Identifier: MIT */
/*
 * Against avx2_divide: nothing is divided. A byte permute looks up six bits among 64 bytes, and byte / 4 has
 * six.
 *
 *    - It gives c0 and c1, and how many fours of the rest byte / 4 holds. These and byte % 4 are the rest,
 *      which looks up c2, c3 and c4.
 *    - All codes stay in place in the bytes looked up, and five masks take them from there to the
 *      dot-accumulates.
 *    - Five chains of sums are too few for two dot-accumulates per cycle. So two units are added in turn.
 *
 * 320 codes take 14 vector operations and six loads. Limits: the operations take 3.5 cycles at four per
 * cycle, the loads 3 at two. That is 18 bytes per cycle, more than memory gives. For: AVX-512 VBMI and VNNI
 * (Ice Lake, Zen 4 and later). Source: own.
 */
#if !defined __AVX512VNNI__ || !defined __AVX512VBMI__
#error "avx512_permute.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s_gemv/vnni.h"
#include "kernels/layout.h"
#include "kernels/rows/hints.h"
#include "kernels/rows/tails.h"
#include "kernels/trit5_gemv/op.h"

#include <immintrin.h>

/* By byte / 4: c0 in bits 7:6, c1 in bits 1:0, and the fours of the rest in bits 4:2. */
#define PAIR(c0, c1)                                                                                         \
    c0 << 6 | c1, c0 << 6 | 1 << 2 | c1, c0 << 6 | 2 << 2 | c1, c0 << 6 | 3 << 2 | c1,                       \
        c0 << 6 | 4 << 2 | c1, c0 << 6 | 5 << 2 | c1, c0 << 6 | 6 << 2 | c1
static const uint8_t pairs[64] = {
    PAIR(0, 0), PAIR(0, 1), PAIR(0, 2), PAIR(1, 0), PAIR(1, 1),
    PAIR(1, 2), PAIR(2, 0), PAIR(2, 1), PAIR(2, 2), 3 << 6,
};
/* By the rest: c2, c3 and c4, lowest bits first. */
#define REST(c2, c3) c2 | c3 << 2, c2 | c3 << 2 | 1 << 4, c2 | c3 << 2 | 2 << 4
static const uint8_t rests[64] = {
    REST(0, 0), REST(0, 1), REST(0, 2), REST(1, 0), REST(1, 1),
    REST(1, 2), REST(2, 0), REST(2, 1), REST(2, 2), 3,
};

struct sums {
    __m512i s[5];
};

static inline __m512i masked(__m512i v, int mask)
{
    return _mm512_and_si512(v, _mm512_set1_epi8((char)mask));
}

static inline __attribute__((always_inline)) void add_unit(struct sums *sum, const uint8_t *from,
                                                           const int8_t *q)
{
    const __m512i v = _mm512_loadu_si512(from);
    /* A permute leaves out the two highest bits of its index. */
    const __m512i pair = _mm512_permutexvar_epi8(_mm512_srli_epi16(v, 2), _mm512_loadu_si512(pairs));
    /* By bits: the low two of v, all others of pair; of those bit 5 is 0, and two are left out. */
    const __m512i rest = _mm512_ternarylogic_epi32(v, pair, _mm512_set1_epi8(3), 0xe4);
    const __m512i codes = _mm512_permutexvar_epi8(rest, _mm512_loadu_si512(rests));
    sum->s[0] = qk_dot64_four(sum->s[0], masked(pair, 3 << 6), q);
    sum->s[1] = qk_dot64_four(sum->s[1], masked(pair, 3), q + 4);
    sum->s[2] = qk_dot64_four(sum->s[2], masked(codes, 3), q + 8);
    sum->s[3] = qk_dot64_four(sum->s[3], masked(codes, 3 << 2), q + 12);
    sum->s[4] = qk_dot64_four(sum->s[4], masked(codes, 3 << 4), q + 16);
}

static inline __m512i join(const struct sums *a, const struct sums *b, int32_t q_sum)
{
    __m512i s[5];
    for (int i = 0; i < 5; i++)
        s[i] = _mm512_add_epi32(a->s[i], b->s[i]);
    s[0] = _mm512_add_epi32(_mm512_srai_epi32(s[0], 6), _mm512_srai_epi32(s[4], 4));
    s[1] = _mm512_add_epi32(_mm512_add_epi32(s[1], s[2]), _mm512_srai_epi32(s[3], 2));
    return _mm512_sub_epi32(_mm512_add_epi32(s[0], s[1]), _mm512_set1_epi32(q_sum));
}

void qk_trit5_gemv_avx512_permute(int32_t *restrict y, const uint8_t *restrict codes,
                                  const int8_t *restrict q, int32_t q_sum, size_t rows, size_t columns)
{
    enum { STEP = 2 * TRIT5_COLUMNS, STEP_BYTES = 2 * TRIT5_UNIT_BYTES };
    const size_t left = columns % STEP, whole = columns - left;
    int8_t last[STEP]; /* zeros take the padding's codes out of the sum */
    QK_CLEAR(last, STEP);
    QK_COPY(last, q + whole, left);
    for (size_t m = 0; m < rows; m += TRIT5_ROWS) {
        const __m512i zero = _mm512_setzero_si512();
        struct sums a = {{zero, zero, zero, zero, zero}}, b = a;
        const size_t to_come = rows - m;
        for (size_t k = 0; k < whole; k += STEP, codes += STEP_BYTES) {
            qk_hint(QK_HINT_PAGES, codes, STEP_BYTES);
            add_unit(&a, codes, q + k);
            add_unit(&b, codes + TRIT5_UNIT_BYTES, q + k + TRIT5_COLUMNS);
        }
        if (left) {
            add_unit(&a, codes, last);
            codes += TRIT5_UNIT_BYTES;
        }
        if (left > TRIT5_COLUMNS) {
            add_unit(&b, codes, last + TRIT5_COLUMNS);
            codes += TRIT5_UNIT_BYTES;
        }
        _mm512_mask_storeu_epi32(y + m, to_come < TRIT5_ROWS ? (__mmask16)((1u << to_come) - 1) : 0xffff,
                                 join(&a, &b, q_sum));
    }
}
