/* SPDX-License-Identifier: MIT */
/* Sixteen columns a vector; masks do the tails. For: AVX-512 CPUs. */
#ifndef __AVX512F__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/attention_f32/body.h"

QK_MIX_AVX512(mix, uint16_t, qk_sixteen_f16)
QK_ATTENTION(qk_attention_f16_avx512, uint16_t, qk_dot_f16_avx512, qk_softmax_row_avx512, mix)
