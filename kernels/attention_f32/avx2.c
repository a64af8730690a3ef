/* SPDX-License-Identifier: MIT */
/*
 * Eight columns a vector. The dot products and the weighted sum have eight accumulators. For: any AVX2 CPU.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/attention_f32/body.h"

QK_MIX_AVX2(mix, float, qk_eight_f32, (float))
QK_ATTENTION(qk_attention_f32_avx2, float, qk_dot_f32_avx2, qk_softmax_row_avx2, mix)
