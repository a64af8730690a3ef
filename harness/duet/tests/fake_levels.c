/* SPDX-License-Identifier: MIT */
/*
 * A kernel module whose rows run instructions that their level does not have. All results are right. The
 * assembler takes any instruction, whatever level this file is built for.
 */
#include "harness/duet/tests/fake.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

KERNEL(right)
{
    dequantise(out, codes, scale, lut, blocks);
}

#if defined __x86_64__
__attribute__((noinline)) static void use_avx2(void)
{
    __asm__ volatile("vpaddd %%ymm0, %%ymm0, %%ymm0\n\tvzeroupper" ::: "xmm0");
}
/* Two instructions beyond AVX2, where the CPU has them. */
static void use_avx512(void)
{
    if (__builtin_cpu_supports("avx512f"))
        __asm__ volatile("vpaddd %%zmm16, %%zmm16, %%zmm16\n\tvpxord %%zmm16, %%zmm16, %%zmm16" ::: "xmm0");
}
#define USE(text) __asm__ volatile(text ::: "xmm0", "eax")
#else
static void use_avx2(void)
{
}
static void use_avx512(void)
{
}
#define USE(text)
#endif

KERNEL(beyond_in_a_helper)
{
    right(out, codes, scale, lut, blocks);
    use_avx2();
}

/* Late in a call that is not the smallest. */
KERNEL(beyond_late)
{
    right(out, codes, scale, lut, blocks);
    if (blocks >= 2)
        USE("vpaddd %%ymm0, %%ymm0, %%ymm0");
}

/* At the start of a call that is stepped no further. */
KERNEL(beyond_when_large)
{
    if (blocks >= 60)
        USE("vpaddd %%ymm0, %%ymm0, %%ymm0");
    right(out, codes, scale, lut, blocks);
}

KERNEL(beyond_by_vex)
{
    USE("vmulss %%xmm0, %%xmm0, %%xmm0");
    right(out, codes, scale, lut, blocks);
}

KERNEL(beyond_by_sse4)
{
    USE("pmulld %%xmm0, %%xmm0");
    right(out, codes, scale, lut, blocks);
}

/* A system call ends the steps. */
KERNEL(beyond_then_asks)
{
    USE("popcntl %%eax, %%eax");
    right(out, codes, scale, lut, blocks);
    getppid();
}

KERNEL(beyond_avx2)
{
    use_avx2();
    right(out, codes, scale, lut, blocks);
    use_avx512();
}

static void (*generated)(void);

KERNEL(beyond_in_generated_code)
{
    generated();
    right(out, codes, scale, lut, blocks);
}

__attribute__((constructor)) static void generate(void)
{
#if defined __x86_64__
    static const unsigned char code[] = {0xc5, 0xfd, 0xfe, 0xc0,  /* vpaddd %ymm0, %ymm0, %ymm0 */
                                         0xc5, 0xf8, 0x77, 0xc3}; /* vzeroupper; ret */
    void *page = mmap(NULL, sizeof code, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        abort();
    memcpy(page, code, sizeof code);
    if (mprotect(page, sizeof code, PROT_READ | PROT_EXEC))
        abort();
    memcpy(&generated, &page, sizeof generated);
#else
    generated = use_avx2;
#endif
}

/* glibc's memcpy and expf run what BASE has not; they are not the kernel's. */
KERNEL(calls_libraries)
{
    static volatile size_t bytes = 256 * sizeof *out;
    static volatile float zero;
    float block[256];
    for (size_t i = 0; i < blocks; i++) {
        right(block, codes + 64 * i, scale + i, lut, 1);
        memcpy(out + 256 * i, block, bytes);
        out[256 * i] *= expf(zero);
    }
}

static const struct qk_module_row rows[] = {
    ROW(right, "BASE"),
    ROW(beyond_in_a_helper, "BASE"),
    ROW(beyond_late, "BASE"),
    ROW(beyond_when_large, "BASE"),
    ROW(beyond_by_vex, "BASE"),
    ROW(beyond_by_sse4, "BASE"),
    ROW(beyond_then_asks, "BASE"),
    ROW(beyond_in_generated_code, "BASE"),
    ROW(beyond_avx2, "AVX2"),
    ROW(calls_libraries, "BASE"),
};

MODULE
