/* SPDX-License-Identifier: MIT */
/*
 * Phase 2.5. Against p2_fma: 64 elements (eight vectors) per iteration, with an 8-element clean-up loop. A
 * block is four such tiles, so for this op the compiler proves that the clean-up never runs. Should be
 * faster: an eighth of the loop control, and independent work side by side. An out-of-order core finds that
 * parallelism across iterations by itself, so little is left to gain. For: any AVX2 + FMA CPU; in-order cores
 * would gain most. Source: the roadmap's phase 2.5. Its listing advanced 64 elements but wrote 8; this writes
 * all 64.
 */
#ifndef __AVX2__
#error "p2_unroll8.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/qk256_dequant/ladder.h"

QK_LADDER(p2_unroll8, .fma = true, .unroll8 = true)
