/* SPDX-License-Identifier: MIT */
/*
 * Phase 1. Against scalar: eight codes at once, by a broadcast of their two bytes and a per-lane variable
 * shift. The look-up stays scalar; the multiply and the store are eight wide. Should be faster: eight codes
 * take one shift and one mask instead of fourteen, and one store instead of eight. But the indices must come
 * back to integer registers for the look-up, which eats most of that. For: any AVX2 CPU (Haswell, Zen 1 and
 * later). Source: the roadmap's phase 1; extraction as in BitNet-rs, i2s_qk256_avx2.rs.
 */
#ifndef __AVX2__
#error "p1_unpack.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/qk256_dequant/ladder.h"

QK_LADDER(p1_unpack, .fma = false)
