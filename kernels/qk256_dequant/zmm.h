/* SPDX-License-Identifier: MIT */
/* The body of avx512_best and avx512_stream: sixteen elements a store, into the caches or past them. */
#pragma once

#include "kernels/layout.h"
#include "kernels/qk256_dequant/stages.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

/*
 * past: store past the caches, by non-temporal stores. out must then be a multiple of 64, and a fence must
 * follow.
 */
static inline __attribute__((always_inline)) void dequant_zmm(QK_ARGS, const bool past)
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
            const __m512 v = _mm512_permutevar_ps(scaled, c);
            if (past)
                _mm512_stream_ps(to + 4 * i, v);
            else
                _mm512_storeu_ps(to + 4 * i, v);
        }
    }
}
