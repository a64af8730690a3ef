/* SPDX-License-Identifier: MIT */
/*
 * Against scalar: gathers fetch a dword of eight rows at once, as in i2s16_repack/avx2_gather. A dword of Q2_0
 * has sixteen columns, and its fields need a transposition. A dword of the others has four columns of each
 * field or digit, so four dwords make a unit for each. For: any AVX2 CPU. Source: own.
 */
#ifndef __AVX2__
#error "avx2_gather.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/q2_0x16_repack/op.h"

#include <immintrin.h>

enum { LANES = 8 };
typedef uint32_t vector __attribute__((vector_size(32)));

struct rows_at {
    __m256i offset, here;
};

/* Rows `first` and after it, as far as there are `rows` of them. */
static inline struct rows_at rows_from(int first, int rows, int stride)
{
    const __m256i row = _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(first));
    return (struct rows_at){_mm256_mullo_epi32(row, _mm256_set1_epi32(stride)),
                            _mm256_cmpgt_epi32(_mm256_set1_epi32(rows), row)};
}

/* missing: each byte of a row that is not there. */
static inline vector fetch(const uint8_t *from, const struct rows_at *at, int missing)
{
    return (vector)_mm256_mask_i32gather_epi32(_mm256_set1_epi8((char)missing),
                                               (const int *)(const void *)from, at->offset, at->here, 1);
}
#include "kernels/q2_0x16_repack/gather.h"

void qk_q2_0x16_repack_avx2_gather(uint8_t *restrict codes, uint16_t *restrict scale,
                                   const uint8_t *restrict from, size_t rows, size_t columns,
                                   size_t block_bytes)
{
    repack(codes, scale, from, rows, columns, block_bytes);
}
