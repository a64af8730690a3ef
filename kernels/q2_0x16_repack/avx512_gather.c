/* SPDX-License-Identifier: MIT */
/* Against avx2_gather: sixteen rows at once, so a unit is one store. For: AVX-512. Source: own. */
#ifndef __AVX512F__
#error "avx512_gather.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/q2_0x16_repack/op.h"

#include <immintrin.h>

enum { LANES = 16 };
typedef uint32_t vector __attribute__((vector_size(64)));

struct rows_at {
    __m512i offset;
    __mmask16 here;
};

/* Rows `first` and after it, as far as there are `rows` of them. */
static inline struct rows_at rows_from(int first, int rows, int stride)
{
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i row = _mm512_add_epi32(lane, _mm512_set1_epi32(first));
    return (struct rows_at){_mm512_mullo_epi32(row, _mm512_set1_epi32(stride)),
                            _mm512_cmpgt_epi32_mask(_mm512_set1_epi32(rows), row)};
}

/* missing: each byte of a row that is not there. */
static inline vector fetch(const uint8_t *from, const struct rows_at *at, int missing)
{
    return (vector)_mm512_mask_i32gather_epi32(_mm512_set1_epi8((char)missing), at->here, at->offset, from,
                                               1);
}
#include "kernels/q2_0x16_repack/gather.h"

void qk_q2_0x16_repack_avx512_gather(uint8_t *restrict codes, uint16_t *restrict scale,
                                     const uint8_t *restrict from, size_t rows, size_t columns,
                                     size_t block_bytes)
{
    repack(codes, scale, from, rows, columns, block_bytes);
}
