/* SPDX-License-Identifier: MIT */
/*
 * Against avx2_madd: one dot-accumulate adds four products to an i32, so there are no narrow sums to widen.
 * The codes stay in place in their bytes, and need one mask each instead of a shift and a mask. Each field
 * has a sum of its own, a multiple of 64, 16, 4 or 1, which is shifted down once at the end. 128 codes take
 * eight vector operations. For: AVX-VNNI without AVX-512 (Alder Lake and later); Zen 5 and Sapphire Rapids
 * have both. Source: own. The instruction multiplies unsigned by signed bytes (Intel SDM vol. 2, VPDPBUSD),
 * so 3 << 6 = 192 is no overflow.
 */
#ifndef __AVXVNNI__
#error "avxvnni_mask.c must be built with the flags of isa.def's AVXVNNI row"
#endif
#include "kernels/i2s_gemv/op.h"
#include "kernels/i2s_gemv/vnni.h"
#include "kernels/layout.h"

#include <immintrin.h>

static inline __m256i field(__m256i sum, __m256i v, int mask, const int8_t *q)
{
    return qk_dot32(sum, _mm256_and_si256(v, _mm256_set1_epi8((char)mask)),
                    _mm256_loadu_si256((const __m256i *)q));
}

static inline int32_t sum_lanes(__m256i v)
{
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
    return _mm_cvtsi128_si32(s);
}

void qk_i2s_gemv_avxvnni_mask(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                              int32_t q_sum, size_t rows, size_t columns)
{
    for (size_t m = 0; m < rows; m++) {
        const uint8_t *from = codes + m * (columns / 4);
        __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0;
        for (size_t k = 0; k < columns; k += I2S_BLOCK, from += I2S_BLOCK_BYTES) {
            const __m256i v = _mm256_loadu_si256((const __m256i *)from);
            s0 = field(s0, v, 0xc0, q + k);
            s1 = field(s1, v, 0x30, q + k + 32);
            s2 = field(s2, v, 0x0c, q + k + 64);
            s3 = field(s3, v, 0x03, q + k + 96);
        }
        const __m256i high = _mm256_add_epi32(_mm256_srai_epi32(s0, 6), _mm256_srai_epi32(s1, 4));
        const __m256i low = _mm256_add_epi32(_mm256_srai_epi32(s2, 2), s3);
        y[m] = (int32_t)((uint32_t)sum_lanes(_mm256_add_epi32(high, low)) - (uint32_t)q_sum);
    }
}
