/* SPDX-License-Identifier: MIT */
/* Against avx2_gather: sixteen rows at once, so a unit is one store. For: AVX-512. Source: own. */
#ifndef __AVX512F__
#error "avx512_gather.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/q2_0x16_repack/gather.h"
#include "kernels/q2_0x16_repack/op.h"

void qk_q2_0x16_repack_avx512_gather(uint8_t *restrict codes, uint16_t *restrict scale,
                                     const uint8_t *restrict from, size_t rows, size_t columns,
                                     size_t block_bytes)
{
    repack(codes, scale, from, rows, columns, block_bytes);
}
