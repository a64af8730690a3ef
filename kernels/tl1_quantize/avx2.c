/* SPDX-License-Identifier: MIT */
/*
 * 32 elements a step: three comparisons each, then two multiply-adds that put four codes into a byte. For:
 * any AVX2 CPU.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/tl1_quantize/body.h"

QK_TL_AVX2(qk_tl1_quantize_avx2, TL1)
