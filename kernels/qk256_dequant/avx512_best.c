/* SPDX-License-Identifier: MIT */
/*
 * The fastest AVX-512 form found: avx2_best with sixteen lanes, so four bytes of codes are exactly one
 * vector: a broadcast load, a variable shift, an in-lane permute, a store. For: AVX-512 CPUs. The limit is
 * the store port: 64 bytes per cycle on Zen 5 and Ice Lake and later, 64 bytes every other cycle on Zen 4,
 * where this is no faster than avx2_best. Source: as avx2_best; store rates own measurement (row
 * ceiling_store64).
 */
#ifndef __AVX512F__
#error "avx512_best.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/layout.h"
#include "kernels/qk256_dequant/stages.h"

#include <immintrin.h>
#include <string.h>

void qk_qk256_dequant_avx512_best(QK_ARGS)
{
    const __m512i shift = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512 table = _mm512_broadcast_f32x4(_mm_loadu_ps(lut));
    for (size_t b = 0; b < blocks; b++) {
        const __m512 scaled = _mm512_mul_ps(table, _mm512_set1_ps(scale[b]));
        const uint8_t *from = codes + b * QK256_BLOCK_BYTES;
        float *to = out + b * QK256_BLOCK;
        for (size_t i = 0; i < QK256_BLOCK_BYTES; i += 4) {
            uint32_t word;
            memcpy(&word, from + i, sizeof word);
            const __m512i c = _mm512_srlv_epi32(_mm512_set1_epi32((int)word), shift);
            _mm512_storeu_ps(to + 4 * i, _mm512_permutevar_ps(scaled, c));
        }
    }
}
