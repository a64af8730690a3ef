/* SPDX-License-Identifier: MIT */
/*
 * Against scalar: gathers fetch a dword of eight rows at once, as in i2s16_repack/avx2_gather. One of Q2_0
 * has sixteen columns, and its fields need a transposition. A dword of the others has four columns of each
 * field or digit, so four dwords make a unit for each. For: any AVX2 CPU. Source: own.
 */
#ifndef __AVX2__
#error "avx2_gather.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/q2_0x16_repack/gather.h"
#include "kernels/q2_0x16_repack/op.h"

void qk_q2_0x16_repack_avx2_gather(uint8_t *restrict codes, uint16_t *restrict scale,
                                   const uint8_t *restrict from, size_t rows, size_t columns,
                                   size_t block_bytes)
{
    repack(codes, scale, from, rows, columns, block_bytes);
}
