/* SPDX-License-Identifier: MIT */
/* As avx512, where a single block asks for the next tile into L2, and for no pages (rows/hints.h). */
#ifndef __AVX512F__
#error "avx512_l2.c must be built with the flags of isa.def's AVX512 row"
#endif
#define ELEMENT    uint16_t
#define SIXTEEN(p) qk_sixteen_f16(p, 0xffff)
#define HINTS      QK_HINT_L2
#include "kernels/attention_f32/tiles.h"

QK_ATTENTION(qk_attention_f16_avx512_l2)
