/* SPDX-License-Identifier: MIT */
/*
 * Eight rows at once, 128 columns of each. Four fields of 32 bytes meet activations that were put into that
 * order once for the eight rows. Byte pairs are multiplied into i16. Then the sums of a block of 32 columns
 * are turned so that lanes are rows, and scales apply to eight rows at once. For: any AVX2 CPU with F16C.
 * Source: own.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#define GEMV qk_q2_0_gemv_avx2
#include "kernels/q2_0_gemv/eight_rows.h"
