/* SPDX-License-Identifier: MIT */
/*
 * Phase 3. Against p2_unroll8: 32-byte loads and byte shuffles fetch the codes instead of 2-byte broadcasts,
 * and each row's next block is prefetched. A tile goes through its rows' blocks one after the other, because
 * the bytes of eight rows do not fit the registers beside eight sums. Should be faster: a sixteenth of the
 * loads of codes. But the shuffle costs what the load did. For: any AVX2 + FMA CPU. Source: the roadmap's
 * phase 3.
 */
#ifndef __AVX2__
#error "p3_prefetch.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/qk256_gemv/ladder.h"

QK_LADDER(p3_prefetch, .fma = true, .tile = true, .wide_loads = true)
