/* SPDX-License-Identifier: MIT */
/*
 * Phase 2.5. Against p2_fma: a tile of eight rows, each with one sum. A load of x serves eight rows, and
 * eight independent sums hide the addition's latency. Should be faster: seven of eight loads of x go. But
 * they hit the first-level cache, beside eight look-ups there, so expect little. For: any AVX2 + FMA CPU.
 * Source: the roadmap's phase 2.5.
 */
#ifndef __AVX2__
#error "p2_unroll8.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/qk256_gemv/ladder.h"

QK_LADDER(p2_unroll8, .fma = true, .tile = true)
