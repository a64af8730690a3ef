/* SPDX-License-Identifier: MIT */
/* The body of the vector rows. GEMV is the function's name. two_bits.h holds what they do differently. */
#pragma once

#include "kernels/layout.h"
#include "kernels/rows/two_bits.h"
#include "kernels/rows/unroll.h"
#include "kernels/tq2_0_gemv/op.h"

/* Of a block of x, in all lanes. */
static inline __attribute__((always_inline)) __m256i sum_of(const uint8_t *x)
{
    const __m256i sums = _mm256_loadu_si256((const __m256i *)(x + Q8_K_SUMS));
    __m256i all = _mm256_madd_epi16(sums, _mm256_set1_epi16(1));
    all = _mm256_add_epi32(all, _mm256_permute2x128_si256(all, all, 1));
    all = _mm256_hadd_epi32(all, all);
    return _mm256_hadd_epi32(all, all);
}

/* A block of four rows times q: in both halves of the vector a part of each row's sum. */
static inline __attribute__((always_inline)) __m256i four_rows(const uint8_t *const *row, size_t at,
                                                               const __m256i *q)
{
    __m256i lanes[4];
    QK_UNROLLED
    for (int r = 0; r < 4; r++) {
        const __m256i *codes = (const __m256i *)(row[r] + at);
        lanes[r] = qk_add_codes(_mm256_setzero_si256(), _mm256_loadu_si256(codes), q);
        lanes[r] = qk_add_codes(lanes[r], _mm256_loadu_si256(codes + 1), q + 4);
    }
    return _mm256_hadd_epi32(qk_quarters(lanes[0], lanes[1]), qk_quarters(lanes[2], lanes[3]));
}

void GEMV(float *restrict y, const uint8_t *restrict w, const uint8_t *restrict x, size_t rows,
          size_t columns)
{
    const size_t row_bytes = columns / TQ2_0_BLOCK * TQ2_0_BLOCK_BYTES;
    for (size_t r = 0; r < rows; r += QK_EIGHT, w += QK_EIGHT * row_bytes) {
        const uint8_t *row[QK_EIGHT], *from = x;
        __m256 sum = _mm256_setzero_ps();
        qk_eight_rows(row, w, row_bytes, rows - r);
        for (size_t at = 0; at < row_bytes; at += TQ2_0_BLOCK_BYTES, from += Q8_K_BLOCK_BYTES) {
            __m256i q[8];
            float scale;
            memcpy(&scale, from, sizeof scale);
            QK_UNROLLED
            for (int f = 0; f < 8; f++)
                q[f] = _mm256_loadu_si256((const __m256i *)(from + Q8_K_VALUES + 32 * f));
            const __m256i a = four_rows(row, at, q), b = four_rows(row + 4, at, q);
            const __m256i exact = _mm256_add_epi32(_mm256_permute2x128_si256(a, b, 0x20),
                                                   _mm256_permute2x128_si256(a, b, 0x31));
            const __m256 both = _mm256_mul_ps(qk_eight_scales(row, at + TQ2_0_SCALE), _mm256_set1_ps(scale));
            const __m256 s = _mm256_cvtepi32_ps(_mm256_sub_epi32(exact, sum_of(from)));
            sum = _mm256_add_ps(sum, _mm256_mul_ps(s, both));
        }
        qk_store_rows(y + r, sum, rows - r);
    }
}
