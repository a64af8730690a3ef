/* SPDX-License-Identifier: MIT */
/* Rows whose code is of another ISA level than they say. The results are right. */
#if defined BAD_base_avx2
#define KERNEL qk_qk256_dequant_avx2_best(QK_PASS)
#elif defined BAD_base_asks
/* As one would write it that wants one file for all machines. */
#define KERNEL                                                                                               \
    if (__builtin_cpu_supports("avx2"))                                                                      \
        qk_qk256_dequant_avx2_best(QK_PASS);                                                                 \
    else                                                                                                     \
        good(QK_PASS)
#elif defined BAD_base_fma
/* One instruction, between others of its level. */
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    __asm__ volatile("vfmadd231ss %%xmm0, %%xmm0, %%xmm0" ::: "xmm0")
#elif defined BAD_base_bmi2
#define KERNEL                                                                                               \
    size_t part;                                                                                             \
    good(QK_PASS);                                                                                           \
    __asm__ volatile("pext %1, %1, %0" : "=r"(part) : "r"(blocks))
#elif defined BAD_base_f16c
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    __asm__ volatile("vcvtps2ph $0, %%xmm0, %%xmm0" ::: "xmm0")
#elif defined BAD_avx2_avx512
#define AVX2_ROW
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    __asm__ volatile("vpxorq %%zmm0, %%zmm0, %%zmm0" ::: "xmm0")
#elif defined BAD_avx2_base
/* The reference under a better name. */
#define AVX2_ROW
#define KERNEL good(QK_PASS)
#elif defined BAD_avx2_level
#define START rows[0].isa = "AVX2"
#elif defined BAD_avx2_lowered
/* BASE would let it run anywhere. */
#define AVX2_ROW
#define START  rows[1].isa = "BASE"
#define KERNEL qk_qk256_dequant_avx2_best(QK_PASS)
#else
#error "no such member"
#endif
#include "baselines/gate/tests/bad/bad.h"
