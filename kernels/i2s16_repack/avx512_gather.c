/* SPDX-License-Identifier: MIT */
/*
 * Against avx2_gather: sixteen rows at once, so a unit is one store. For: AVX-512. Source: own.
 */
#ifndef __AVX512F__
#error "avx512_gather.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s16_repack/op.h"
#include "kernels/layout.h"

#include <immintrin.h>

/* Field g (from the top) of dword j, moved to field j (from the bottom). */
static inline __attribute__((always_inline)) __m512i move(__m512i dword, const int g, const int j)
{
    const int right = 6 - 2 * g - 2 * j;
    const __m512i moved =
        right >= 0 ? _mm512_srli_epi32(dword, (unsigned)right) : _mm512_slli_epi32(dword, (unsigned)-right);
    return _mm512_and_si512(moved, _mm512_set1_epi8((char)(3 << 2 * j)));
}

void qk_i2s16_repack_avx512_gather(uint8_t *restrict out, const uint8_t *restrict codes, size_t rows,
                                   size_t columns)
{
    const size_t stride = columns / 4;
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i offset = _mm512_mullo_epi32(lane, _mm512_set1_epi32((int)stride));
    for (size_t m = 0; m < rows; m += I2S16_ROWS) {
        const size_t left = rows - m;
        const __mmask16 here = left < I2S16_ROWS ? (__mmask16)((1u << left) - 1) : 0xffff;
        for (size_t at = 0; at < stride; at += I2S_BLOCK_BYTES, out += 8 * I2S16_UNIT_BYTES)
            for (int h = 0; h < 2; h++) { /* of a group: 16 columns */
                __m512i d[4];
                for (int j = 0; j < 4; j++)
                    d[j] = _mm512_mask_i32gather_epi32(_mm512_set1_epi8(0x55), here, offset,
                                                       codes + m * stride + at + 16 * h + 4 * j, 1);
#if defined __clang__
#pragma clang loop unroll(full)
#else
#pragma GCC unroll 4
#endif
                for (int g = 0; g < 4; g++)
                    _mm512_storeu_si512(out + (2 * g + h) * I2S16_UNIT_BYTES,
                                        _mm512_or_si512(_mm512_or_si512(move(d[0], g, 0), move(d[1], g, 1)),
                                                        _mm512_or_si512(move(d[2], g, 2), move(d[3], g, 3))));
            }
    }
}
