/* SPDX-License-Identifier: MIT */
/*
 * The fastest AVX-512 form found: avx2_best with sixteen lanes. Four bytes of codes are then exactly one
 * vector, which takes a broadcast load, a variable shift, an in-lane permute and a store. For: AVX-512 CPUs.
 * The limit is the store port. Zen 5, and Ice Lake and later, store 64 bytes per cycle. Zen 4 stores them
 * every other cycle; there this is no faster than avx2_best. Source: as avx2_best; store rates from own
 * measurement (row ceiling_store64).
 */
#ifndef __AVX512F__
#error "avx512_best.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/qk256_dequant/zmm.h"

void qk_qk256_dequant_avx512_best(QK_ARGS)
{
    dequant_zmm(out, codes, scale, lut, blocks, false);
}
