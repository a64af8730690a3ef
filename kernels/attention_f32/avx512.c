/* SPDX-License-Identifier: MIT */
/* As avx2, in vectors of sixteen (zmm.h). For: AVX-512 CPUs. */
#ifndef __AVX512F__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#define ELEMENT    float
#define SIXTEEN(p) qk_sixteen_f32(p, 0xffff)
#include "kernels/attention_f32/tiles.h"

QK_ATTENTION(qk_attention_f32_avx512)
