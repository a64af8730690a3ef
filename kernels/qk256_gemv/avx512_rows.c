/* SPDX-License-Identifier: MIT */
/*
 * avx2_best with sixteen lanes, so that four bytes of codes are exactly one vector. Should be up to twice as
 * fast: shift, permute and multiply-add for sixteen columns. For: AVX-512 CPUs; best where rows are few. On
 * Ice Lake three 512-bit instructions on two ports take 12 cycles per 128 weights. Zen 4 splits each in two
 * halves, so there it has avx2_best's rate. Source: as avx2_best.
 */
#ifndef __AVX512F__
#error "avx512_rows.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/qk256_gemv/rows512.h"

void qk_qk256_gemv_avx512_rows(QK_ARGS)
{
    rows512(QK_PASS);
}
