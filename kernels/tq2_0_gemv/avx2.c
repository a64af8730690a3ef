/* SPDX-License-Identifier: MIT */
/*
 * Eight rows at once, a block of each. The fields of 32 bytes meet activations as they lie. Byte pairs are
 * multiplied into i16, and the sums are turned so that lanes are rows. The activations' own sums, stored
 * beside them, are taken off for eight rows at once. For: any AVX2 CPU with F16C. Source: own.
 */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#define GEMV qk_tq2_0_gemv_avx2
#include "kernels/tq2_0_gemv/eight_rows.h"
