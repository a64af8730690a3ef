/* SPDX-License-Identifier: MIT */
/*
 * Phase 3. Against p2_unroll8: 32-byte loads and byte shuffles fetch the codes instead of 2-byte broadcasts,
 * and the next block is prefetched. Should be faster: a sixteenth of the loads, and an iteration is two
 * tiles. But the shuffle that hands out the pairs costs what the load did, and the hardware prefetcher
 * already follows a linear stream. For: any AVX2 + FMA CPU. Source: the roadmap's phase 3.
 */
#ifndef __AVX2__
#error "p3_prefetch.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/qk256_dequant/ladder.h"

QK_LADDER(p3_prefetch, .fma = true, .unroll8 = true, .wide_loads = true)
