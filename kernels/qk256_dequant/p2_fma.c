/* SPDX-License-Identifier: MIT */
/*
 * Phase 2. Against p1_unpack: the multiply becomes a fused multiply-add. Its addend is -0.0, because +0.0
 * would turn a product of -0.0 into +0.0. The roadmap says it should be faster: 4 cycles instead of 8. That
 * compares the latencies of a multiply plus an add with one fused operation. Here it replaces a multiply
 * alone, and throughput decides. So expect nothing. For: any AVX2 + FMA CPU. Source: the roadmap's phase 2.
 */
#ifndef __AVX2__
#error "p2_fma.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/qk256_dequant/ladder.h"

QK_LADDER(p2_fma, .fma = true)
