/* SPDX-License-Identifier: MIT */
/*
 * Phase 4. Against p3_prefetch: the look-up is one 8-lane permute of the table, which a register holds twice.
 * It replaces eight loads from memory and the moves between register files that they need. Should be much
 * faster: some thirty instructions per eight columns become one. For: any AVX2 + FMA CPU. Source: the
 * roadmap's phase 4.
 */
#ifndef __AVX2__
#error "p4_permute.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/qk256_gemv/ladder.h"

QK_LADDER(p4_permute, .fma = true, .tile = true, .wide_loads = true, .permute = true)
