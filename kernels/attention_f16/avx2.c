/* SPDX-License-Identifier: MIT */
/*
 * Tiles of 32 keys and up to 64 rows of queries (tiles.h), in vectors of eight (ymm.h). Limit: a multiply-add
 * for eight columns of a row and a key. For: any AVX2 CPU.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#define ELEMENT uint16_t
#define EIGHT   qk_eight_f16
#include "kernels/attention_f32/tiles.h"

QK_ATTENTION(qk_attention_f16_avx2)
