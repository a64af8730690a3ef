/* SPDX-License-Identifier: MIT */
/*
 * Phase 2. Against p1_unpack: a fused multiply-add, into four sums in turn. Should be faster where the chain
 * of additions is the limit: four cycles for each eight columns. But the look-up in memory takes longer than
 * that. For: any AVX2 + FMA CPU. Source: the roadmap's phase 2; four accumulators as in BitNet-rs,
 * i2s_qk256_avx2.rs.
 */
#ifndef __AVX2__
#error "p2_fma.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/qk256_gemv/ladder.h"

QK_LADDER(p2_fma, .fma = true)
