/* SPDX-License-Identifier: MIT */
/*
 * Against avx2_madd: one dot-accumulate adds a dword's four products to its row's i32. So all four fields
 * stay in place in their bytes, and nothing is widened. 128 codes take eight vector operations. There are
 * eight chains of sums: four fields of twice eight rows. For: AVX-VNNI without AVX-512 (Alder Lake and
 * later). Source: own.
 */
#ifndef __AVXVNNI__
#error "avxvnni_mask.c must be built with the flags of isa.def's AVXVNNI row"
#endif
#include "kernels/i2s16_gemv/op.h"
#include "kernels/i2s16_gemv/store_eight.h"
#include "kernels/i2s_gemv/vnni.h"
#include "kernels/layout.h"

#include <immintrin.h>
#include <string.h>

static inline __m256i broadcast(const int8_t *q)
{
    int32_t four;
    memcpy(&four, q, sizeof four);
    return _mm256_set1_epi32(four);
}

/* Field f of eight rows. */
static inline __m256i field(__m256i sum, __m256i v, int f, __m256i q)
{
    return qk_dot32(sum, _mm256_and_si256(v, _mm256_set1_epi8((char)(3 << 2 * f))), q);
}

static inline __m256i join(__m256i s0, __m256i s1, __m256i s2, __m256i s3, int32_t q_sum)
{
    const __m256i low = _mm256_add_epi32(s0, _mm256_srai_epi32(s1, 2));
    const __m256i high = _mm256_add_epi32(_mm256_srai_epi32(s2, 4), _mm256_srai_epi32(s3, 6));
    return _mm256_sub_epi32(_mm256_add_epi32(low, high), _mm256_set1_epi32(q_sum));
}

void qk_i2s16_gemv_avxvnni_mask(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                                int32_t q_sum, size_t rows, size_t columns)
{
    for (size_t m = 0; m < rows; m += I2S16_ROWS) {
        __m256i a0 = _mm256_setzero_si256(), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        for (size_t k = 0; k < columns; k += I2S16_COLUMNS, codes += I2S16_UNIT_BYTES) {
            const __m256i a = _mm256_loadu_si256((const __m256i *)codes);
            const __m256i b = _mm256_loadu_si256((const __m256i *)(codes + 32));
            const __m256i q0 = broadcast(q + k), q1 = broadcast(q + k + 4), q2 = broadcast(q + k + 8),
                          q3 = broadcast(q + k + 12);
            a0 = field(a0, a, 0, q0), b0 = field(b0, b, 0, q0);
            a1 = field(a1, a, 1, q1), b1 = field(b1, b, 1, q1);
            a2 = field(a2, a, 2, q2), b2 = field(b2, b, 2, q2);
            a3 = field(a3, a, 3, q3), b3 = field(b3, b, 3, q3);
        }
        store_eight(y + m, join(a0, a1, a2, a3, q_sum), rows - m, 0);
        store_eight(y + m, join(b0, b1, b2, b3, q_sum), rows - m, 8);
    }
}
