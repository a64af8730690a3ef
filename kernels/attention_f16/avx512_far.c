/* SPDX-License-Identifier: MIT */
/* As avx512, where a single block asks for the tile after the next one too, into L2 (rows/hints.h). */
#ifndef __AVX512F__
#error "avx512_far.c must be built with the flags of isa.def's AVX512 row"
#endif
#define ELEMENT    uint16_t
#define SIXTEEN(p) qk_sixteen_f16(p, 0xffff)
#define HINTS      (QK_HINT_LINES | QK_HINT_WALK | QK_HINT_FAR)
#include "kernels/attention_f32/tiles.h"

QK_ATTENTION(qk_attention_f16_avx512_far)
