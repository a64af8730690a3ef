/* SPDX-License-Identifier: MIT */
/* The body of the vector rows. GEMV is the function's name. two_bits.h holds what they do differently. */
#pragma once

#include "kernels/layout.h"
#include "kernels/q2_0_gemv/op.h"
#include "kernels/rows/two_bits.h"
#include "kernels/rows/unroll.h"

#include <stdbool.h>

enum { STEP = 128, QUARTERS = 4 }; /* columns at once; a quarter is a block of x */

/* 128 columns of x. */
struct part {
    __m256i q[4];          /* q[f]: columns f, f + 4, f + 8 ... */
    __m256i sum[QUARTERS]; /* of a quarter's q, in all lanes */
    __m256 scale[QUARTERS];
};

static inline __attribute__((always_inline)) float half_at(const uint8_t *at)
{
    uint16_t half;
    memcpy(&half, at, sizeof half);
    return _cvtsh_ss(half);
}

/* Blocks from `blocks` on, of which x has none, are 0. */
static inline __attribute__((always_inline)) void take(struct part *p, const uint8_t *x, int blocks)
{
    /* Within 16 bytes the columns 0, 4, 8, 12, then 1, 5, 9, 13 and so on; then the halves' fours in turn. */
    const __m256i fours =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    const __m256i halves = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i of[QUARTERS];
    QK_UNROLLED
    for (int k = 0; k < QUARTERS; k++) {
        const uint8_t *block = x + k * Q8_0_BLOCK_BYTES;
        of[k] = k < blocks ? _mm256_loadu_si256((const __m256i *)(block + 2)) : _mm256_setzero_si256();
        of[k] = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(of[k], fours), halves);
        p->scale[k] = _mm256_set1_ps(k < blocks ? half_at(block) : 0);
    }
    const __m256i even0 = _mm256_unpacklo_epi64(of[0], of[1]), odd0 = _mm256_unpackhi_epi64(of[0], of[1]);
    const __m256i even1 = _mm256_unpacklo_epi64(of[2], of[3]), odd1 = _mm256_unpackhi_epi64(of[2], of[3]);
    p->q[0] = _mm256_permute2x128_si256(even0, even1, 0x20);
    p->q[1] = _mm256_permute2x128_si256(odd0, odd1, 0x20);
    p->q[2] = _mm256_permute2x128_si256(even0, even1, 0x31);
    p->q[3] = _mm256_permute2x128_si256(odd0, odd1, 0x31);
    /* Codes that are all 1. */
    const __m256i ones = qk_add_codes(_mm256_setzero_si256(), _mm256_set1_epi8(0x55), p->q);
    const __m256i sums = qk_quarters(ones, ones);
    p->sum[0] = _mm256_permutevar8x32_epi32(sums, _mm256_set1_epi32(0));
    p->sum[1] = _mm256_permutevar8x32_epi32(sums, _mm256_set1_epi32(1));
    p->sum[2] = _mm256_permutevar8x32_epi32(sums, _mm256_set1_epi32(4));
    p->sum[3] = _mm256_permutevar8x32_epi32(sums, _mm256_set1_epi32(5));
}

/* Lanes are rows: the sums of a quarter, times its scale. */
static inline __attribute__((always_inline)) __m256 scaled(const struct part *p, int k, __m256i sums)
{
    return _mm256_mul_ps(p->scale[k], _mm256_cvtepi32_ps(_mm256_sub_epi32(sums, p->sum[k])));
}

static inline __attribute__((always_inline)) __m256i pick(__m256i a, __m256i b, const int even)
{
    const __m256 x = _mm256_castsi256_ps(a), y = _mm256_castsi256_ps(b);
    return _mm256_castps_si256(even ? _mm256_shuffle_ps(x, y, 0x88) : _mm256_shuffle_ps(x, y, 0xdd));
}

/* Adds 128 columns of eight rows to `sum`: two blocks of 64, or one of 64 or 128 when `one`. */
static inline __attribute__((always_inline)) __m256 add_part(__m256 sum, const struct part *p,
                                                             const uint8_t *const *row, size_t at,
                                                             const size_t group, const bool one)
{
    const size_t block = 2 + group / 4;
    __m256i pair[4];
    QK_UNROLLED
    for (int r = 0; r < QK_EIGHT; r += 2) {
        __m256i lanes[2];
        for (int i = 0; i < 2; i++) {
            const uint8_t *from = row[r + i] + at + 2;
            __m256i codes;
            if (group == Q2_0_GROUP_LARGE)
                codes = _mm256_loadu_si256((const __m256i *)from);
            else
                codes = _mm256_inserti128_si256(
                    _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)from)),
                    one ? _mm_setzero_si128() : _mm_loadu_si128((const __m128i *)(from + block)), 1);
            lanes[i] = qk_add_codes(_mm256_setzero_si256(), codes, p->q);
        }
        pair[r / 2] = qk_quarters(lanes[0], lanes[1]);
    }
    /* Of four rows: quarters 0 and 2, or 1 and 3. */
    const __m256i even0 = pick(pair[0], pair[1], 1), odd0 = pick(pair[0], pair[1], 0);
    const __m256i even1 = pick(pair[2], pair[3], 1), odd1 = pick(pair[2], pair[3], 0);
    const __m256 t0 = scaled(p, 0, _mm256_permute2x128_si256(even0, even1, 0x20));
    const __m256 t1 = scaled(p, 1, _mm256_permute2x128_si256(odd0, odd1, 0x20));
    const __m256 d = qk_eight_scales(row, at);
    __m256 of_block = _mm256_add_ps(t0, t1);
    if (group == Q2_0_GROUP && one)
        return _mm256_add_ps(sum, _mm256_mul_ps(d, of_block));
    const __m256 t2 = scaled(p, 2, _mm256_permute2x128_si256(even0, even1, 0x31));
    const __m256 t3 = scaled(p, 3, _mm256_permute2x128_si256(odd0, odd1, 0x31));
    if (group == Q2_0_GROUP_LARGE) {
        of_block = _mm256_add_ps(_mm256_add_ps(of_block, t2), t3);
        return _mm256_add_ps(sum, _mm256_mul_ps(d, of_block));
    }
    sum = _mm256_add_ps(sum, _mm256_mul_ps(d, of_block));
    return _mm256_add_ps(sum, _mm256_mul_ps(qk_eight_scales(row, at + block), _mm256_add_ps(t2, t3)));
}

static inline __attribute__((always_inline)) void gemv(float *restrict y, const uint8_t *restrict w,
                                                       const uint8_t *restrict x, size_t rows, size_t columns,
                                                       const size_t group)
{
    const size_t block = 2 + group / 4, row_bytes = columns / group * block;
    for (size_t r = 0; r < rows; r += QK_EIGHT, w += QK_EIGHT * row_bytes) {
        const uint8_t *row[QK_EIGHT], *from = x;
        size_t at = 0, c = 0;
        __m256 sum = _mm256_setzero_ps();
        struct part p;
        qk_eight_rows(row, w, row_bytes, rows - r);
        for (; c + STEP <= columns; c += STEP) {
            take(&p, from, QUARTERS);
            sum = add_part(sum, &p, row, at, group, group == STEP);
            from += QUARTERS * Q8_0_BLOCK_BYTES;
            at += STEP / group * block;
        }
        if (group < STEP && c < columns) {
            take(&p, from, QUARTERS / 2);
            sum = add_part(sum, &p, row, at, group, true);
        }
        qk_store_rows(y + r, sum, rows - r);
    }
}

void GEMV(float *restrict y, const uint8_t *restrict w, const uint8_t *restrict x, size_t rows,
          size_t columns, size_t group)
{
    if (group == Q2_0_GROUP)
        gemv(y, w, x, rows, columns, Q2_0_GROUP);
    else
        gemv(y, w, x, rows, columns, Q2_0_GROUP_LARGE);
}
