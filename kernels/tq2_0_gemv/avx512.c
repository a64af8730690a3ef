/* SPDX-License-Identifier: MIT */
/*
 * Against avx2: a dot-accumulate takes the place of a multiply and an addition, and sums four products into
 * 32 bits. Vectors stay at 32 bytes. For: AVX-512 VNNI with VL (Ice
 * Lake, Zen 4 and later). Source: own.
 */
#if !defined __AVX512VNNI__ || !defined __AVX512VL__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#define GEMV qk_tq2_0_gemv_avx512
#include "kernels/tq2_0_gemv/eight_rows.h"
