/* SPDX-License-Identifier: MIT */
/*
 * Against scalar: 32 bytes are 128 codes. Three shifts and four masks make four vectors of codes, and
 * multiply-adds pair each with 32 activations. A pair of products is at most 3 * 128 + 3 * 128 = 768 in size,
 * and the four pairs of a block 3072. So ten blocks fit i16 and the eleventh would not; after ten blocks the
 * sum is widened. (The well-known form of this kernel widens every 32 blocks and wraps.) For: any AVX2 CPU.
 * 128 codes take 15 vector operations. The widening takes one more, and each row a sum across lanes. Source:
 * scheme of microsoft/BitNet, src/ggml-bitnet-mad.cpp.
 */
#ifndef __AVX2__
#error "avx2_madd.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/i2s_gemv/op.h"
#include "kernels/layout.h"

#include <immintrin.h>

enum { WIDEN = 10 * I2S_BLOCK }; /* columns */

static inline __m256i pairs(__m256i codes, const int8_t *q)
{
    return _mm256_maddubs_epi16(_mm256_and_si256(codes, _mm256_set1_epi8(3)),
                                _mm256_loadu_si256((const __m256i *)q));
}

static inline int32_t sum_lanes(__m256i v)
{
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
    return _mm_cvtsi128_si32(s);
}

void qk_i2s_gemv_avx2_madd(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                           int32_t q_sum, size_t rows, size_t columns)
{
    for (size_t m = 0; m < rows; m++) {
        const uint8_t *from = codes + m * (columns / 4);
        __m256i sum = _mm256_setzero_si256();
        for (size_t k = 0; k < columns;) {
            const size_t end = columns - k > WIDEN ? k + WIDEN : columns;
            __m256i narrow = _mm256_setzero_si256();
            for (; k < end; k += I2S_BLOCK, from += I2S_BLOCK_BYTES) {
                const __m256i v = _mm256_loadu_si256((const __m256i *)from);
                narrow = _mm256_add_epi16(narrow, pairs(_mm256_srli_epi16(v, 6), q + k));
                narrow = _mm256_add_epi16(narrow, pairs(_mm256_srli_epi16(v, 4), q + k + 32));
                narrow = _mm256_add_epi16(narrow, pairs(_mm256_srli_epi16(v, 2), q + k + 64));
                narrow = _mm256_add_epi16(narrow, pairs(v, q + k + 96));
            }
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(narrow, _mm256_set1_epi16(1)));
        }
        y[m] = (int32_t)((uint32_t)sum_lanes(sum) - (uint32_t)q_sum);
    }
}
