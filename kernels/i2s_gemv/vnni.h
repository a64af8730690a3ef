/* SPDX-License-Identifier: MIT */
/*
 * vpdpbusd: sum[lane] += u[4 lane + i] * s[4 lane + i] over i = 0..3. u holds unsigned bytes, s signed ones;
 * the i32 sums wrap. This is asm and not the intrinsic because of gcc 12. Around the intrinsic it copies
 * every sum to another register and back (sixteen moves in a loop of eight). It also does not fold the load
 * or broadcast into the instruction. 64 bytes need AVX512 VNNI. 32 bytes need AVX-VNNI, or AVX512 VNNI and
 * VL; a file built for the latter uses its encoding.
 */
#pragma once

#include <immintrin.h>
#include <stdint.h>

/* Memory of any type and alignment. */
typedef int32_t __attribute__((may_alias, aligned(1))) qk_any_i32;

#if defined __AVX512VNNI__
static inline __m512i qk_dot64(__m512i sum, __m512i u, __m512i s)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(u), "v"(s));
    return sum;
}

/* s: the four bytes at `four`, repeated in every lane. */
static inline __m512i qk_dot64_four(__m512i sum, __m512i u, const int8_t *four)
{
    __asm__("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(sum) : "v"(u), "m"(*(const qk_any_i32 *)four));
    return sum;
}
#endif

#if defined __AVX512VNNI__ && defined __AVX512VL__
#define QK_VEX ""
#else
#define QK_VEX "%{vex%} "
#endif

static inline __m256i qk_dot32(__m256i sum, __m256i u, __m256i s)
{
    __asm__(QK_VEX "vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(u), "xm"(s));
    return sum;
}
