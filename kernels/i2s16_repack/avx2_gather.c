/* SPDX-License-Identifier: MIT */
/*
 * Against scalar: four codes of eight rows at once. Gathers fetch one dword of each of eight rows. Such a
 * dword holds four columns of each of the block's four groups. Four neighbouring dwords hold sixteen columns
 * of each group. The unit of a group thus takes one field of each dword, and moves it to the field with that
 * dword's number. That is a 4x4 transposition of fields, done by shifts and masks. The gather masks out rows
 * past the last. For: any AVX2 CPU; a gather of eight dwords is about eight loads. Source: own.
 */
#ifndef __AVX2__
#error "avx2_gather.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/i2s16_repack/op.h"
#include "kernels/layout.h"

#include <immintrin.h>

/* Field g (from the top) of dword j, moved to field j (from the bottom). */
static inline __attribute__((always_inline)) __m256i move(__m256i dword, const int g, const int j)
{
    const int right = 6 - 2 * g - 2 * j;
    const __m256i moved = right >= 0 ? _mm256_srli_epi32(dword, right) : _mm256_slli_epi32(dword, -right);
    return _mm256_and_si256(moved, _mm256_set1_epi8((char)(3 << 2 * j)));
}

void qk_i2s16_repack_avx2_gather(uint8_t *restrict out, const uint8_t *restrict codes, size_t rows,
                                 size_t columns)
{
    const size_t stride = columns / 4;
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), zeroes = _mm256_set1_epi8(0x55);
    for (size_t m = 0; m < rows; m += I2S16_ROWS, out += I2S16_ROWS * stride)
        for (int half = 0; half < 2; half++) {
            const int left = rows - m < I2S16_ROWS ? (int)(rows - m) : I2S16_ROWS;
            const __m256i row = _mm256_add_epi32(lane, _mm256_set1_epi32(8 * half));
            const __m256i here = _mm256_cmpgt_epi32(_mm256_set1_epi32(left), row);
            const __m256i offset = _mm256_mullo_epi32(row, _mm256_set1_epi32((int)stride));
            uint8_t *to = out + 32 * half;
            for (size_t at = 0; at < stride; at += I2S_BLOCK_BYTES, to += 8 * I2S16_UNIT_BYTES)
                for (int h = 0; h < 2; h++) { /* of a group: 16 columns */
                    __m256i d[4];
                    for (int j = 0; j < 4; j++) {
                        const int *from =
                            (const int *)(const void *)(codes + m * stride + at + 16 * h + 4 * j);
                        d[j] = _mm256_mask_i32gather_epi32(zeroes, from, offset, here, 1);
                    }
#if defined __clang__
#pragma clang loop unroll(full)
#else
#pragma GCC unroll 4
#endif
                    for (int g = 0; g < 4; g++)
                        _mm256_storeu_si256(
                            (__m256i *)(to + (2 * g + h) * I2S16_UNIT_BYTES),
                            _mm256_or_si256(_mm256_or_si256(move(d[0], g, 0), move(d[1], g, 1)),
                                            _mm256_or_si256(move(d[2], g, 2), move(d[3], g, 3))));
                }
        }
}
