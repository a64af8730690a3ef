/* SPDX-License-Identifier: MIT */
/* What the ladders over QK256 codes share: eight codes into eight lanes, and eight look-ups in memory. */
#pragma once

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

/* The two bytes that hold eight codes, repeated in every dword lane. */
static inline __m256i load_pair(const uint8_t *from)
{
    uint16_t pair;
    memcpy(&pair, from, sizeof pair);
    return _mm256_set1_epi16((short)pair);
}

/* The j-th pair of the sixteen bytes that both halves of `tile` hold, repeated in every dword lane. */
static inline __attribute__((always_inline)) __m256i pick_pair(__m256i tile, int j)
{
    return _mm256_shuffle_epi8(tile, _mm256_set1_epi16((short)((2 * j + 1) << 8 | 2 * j)));
}

/* The eight codes of a pair, one in each dword lane. */
static inline __m256i spread_codes(__m256i pair)
{
    const __m256i shifted = _mm256_srlv_epi32(pair, _mm256_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14));
    return _mm256_and_si256(shifted, _mm256_set1_epi32(3));
}

/*
 * Table look-up in memory. Indices leave the vector two at a time. _mm256_setr_ps gathers the floats by
 * inserts. A small array, stored and then read as one vector, would stall on store forwarding.
 */
static inline __m256 lookup_memory(const float *lut, __m256i c)
{
    const __m128i low = _mm256_castsi256_si128(c), high = _mm256_extracti128_si256(c, 1);
    const uint64_t c01 = (uint64_t)_mm_cvtsi128_si64(low), c23 = (uint64_t)_mm_extract_epi64(low, 1);
    const uint64_t c45 = (uint64_t)_mm_cvtsi128_si64(high), c67 = (uint64_t)_mm_extract_epi64(high, 1);
    return _mm256_setr_ps(lut[(uint32_t)c01], lut[c01 >> 32], lut[(uint32_t)c23], lut[c23 >> 32],
                          lut[(uint32_t)c45], lut[c45 >> 32], lut[(uint32_t)c67], lut[c67 >> 32]);
}
