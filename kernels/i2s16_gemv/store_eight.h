/* SPDX-License-Identifier: MIT */
/* How the 256-bit variants write sixteen rows, of which the last may be missing. */
#pragma once

#include "kernels/layout.h"

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Writes y[first ...] of at most `left` rows. It does not use memcpy: gcc makes that a string instruction,
 * which takes tens of cycles to start.
 */
static inline void store_eight(int32_t *y, __m256i sum, size_t left, int first)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    if (left >= I2S16_ROWS)
        _mm256_storeu_si256((__m256i *)(y + first), sum);
    else
        _mm256_maskstore_epi32(y + first, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)left - first), lane),
                               sum);
}
