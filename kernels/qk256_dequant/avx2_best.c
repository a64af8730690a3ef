/* SPDX-License-Identifier: MIT */
/*
 * The fastest AVX2 form found. Against p4_permute:
 *
 *    - The table is multiplied by the scale once per block, so there is no multiply per element.
 *    - The look-up is the in-lane variable permute. It reads only two bits of its index, so there is no mask.
 *    - Four bytes are broadcast straight from memory, so there is no shuffle.
 *
 * Two instructions and one store are left per vector. There is still one rounding per element: the same
 * product, made earlier. For: any AVX2 CPU. The limit is then the store port: 32 bytes per cycle on Zen 2 to
 * 4 and before Ice Lake. Source: vpermilps index bits from Intel SDM vol. 2; own measurement.
 */
#ifndef __AVX2__
#error "avx2_best.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/layout.h"
#include "kernels/qk256_dequant/stages.h"

#include <immintrin.h>
#include <string.h>

void qk_qk256_dequant_avx2_best(QK_ARGS)
{
    const __m256i low = _mm256_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14);
    const __m256i high = _mm256_setr_epi32(16, 18, 20, 22, 24, 26, 28, 30);
    const __m128 once = _mm_loadu_ps(lut);
    const __m256 twice = _mm256_set_m128(once, once);
    for (size_t b = 0; b < blocks; b++) {
        const __m256 scaled = _mm256_mul_ps(twice, _mm256_set1_ps(scale[b]));
        const uint8_t *from = codes + b * QK256_BLOCK_BYTES;
        float *to = out + b * QK256_BLOCK;
        for (size_t i = 0; i < QK256_BLOCK_BYTES; i += 4) {
            uint32_t word;
            memcpy(&word, from + i, sizeof word);
            const __m256i c = _mm256_set1_epi32((int)word);
            _mm256_storeu_ps(to + 4 * i, _mm256_permutevar_ps(scaled, _mm256_srlv_epi32(c, low)));
            _mm256_storeu_ps(to + 4 * i + 8, _mm256_permutevar_ps(scaled, _mm256_srlv_epi32(c, high)));
        }
    }
}
