/* SPDX-License-Identifier: MIT */
/*
 * Peaks: the same instruction on twelve registers, twice a round. Two instructions a cycle with a latency of
 * six cycles need twelve chains. The slowest ones that we know of are vpermps and vpdpbusd, with 4 to 6
 * cycles (uops.info). Registers and clobbers are as in loops_x86.c.
 */
#include "harness/ceilings/loops.h"

#if defined(__x86_64__)

#include <assert.h>
#include <string.h>

#define CEILING_LOOP(kind, isa, instruction, registers, ops) bench_loop_fn bench_loop_##kind##_##isa;
#include "harness/ceilings/loops.def"
#undef CEILING_LOOP

#define EACH(text) ".irp k,0,1,2,3,4,5,6,7,8,9,10,11\n\t" text "\n\t.endr\n\t"

/*
 * Ordinary numbers, so that no lane is denormal, and none is zero, which some cores save power on: the chains
 * of a multiply-add run x -> x * 0.5 + 1 towards 2. Read as integers they are permutation indices and, in
 * `count`, shifts.
 */
struct operands {
    uint32_t chain[16], half[16], one[16], count[16];
} __attribute__((aligned(64)));

static void fill(struct operands *o)
{
    const uint32_t half = 0x3f000000, one = 0x3f800000;
    for (uint32_t i = 0; i < 16; i++) {
        o->chain[i] = one + 0x10101u * (i + 1);
        o->half[i] = half;
        o->one[i] = one;
        o->count[i] = 1 + i % 7;
    }
}

/* 12 is one half, 13 is one, 14 the counts or indices. The text has \k for the chain. */
#define PEAK(kind, isa, load, reg, text, end)                                                                \
    void bench_loop_##kind##_##isa(char *to, const char *from, size_t bytes, uint64_t passes)                \
    {                                                                                                        \
        struct operands o;                                                                                   \
        (void)to, (void)from, (void)bytes;                                                                   \
        assert(passes > 0);                                                                                  \
        fill(&o);                                                                                            \
        __asm__ volatile(EACH(load " (%[chain]), %%" reg "\\k") load                                         \
                         " (%[half]), %%" reg "12\n\t" load " (%[one]), %%" reg "13\n\t" load                \
                         " (%[count]), %%" reg "14\n\t"                                                      \
                         ".p2align 6\n"                                                                      \
                         "1:\n\t" EACH(text) EACH(text) "dec %[passes]\n\t"                                  \
                                                        "jnz 1b\n\t" end                                     \
                         : [passes] "+r"(passes)                                                             \
                         : [chain] "r"(o.chain), [half] "r"(o.half), [one] "r"(o.one), [count] "r"(o.count)  \
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",   \
                           "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "memory", "cc");                     \
    }

#define SSE(kind, text)           PEAK(kind, BASE, "movaps", "xmm", text, "")
#define AVX(kind, isa, reg, text) PEAK(kind, isa, "vmovaps", reg, text, "vzeroupper\n\t")

SSE(multiply_pair, "pmaddubsw %%xmm12, %%xmm\\k")
SSE(shuffle, "pshufb %%xmm14, %%xmm\\k")
AVX(dot, AVXVNNI, "ymm", "%{vex%} vpdpbusd %%ymm12, %%ymm13, %%ymm\\k")
AVX(dot, AVX512, "zmm", "vpdpbusd %%zmm12, %%zmm13, %%zmm\\k")

#define BOTH(isa, reg)                                                                                       \
    AVX(fma, isa, reg, "vfmadd213ps %%" reg "13, %%" reg "12, %%" reg "\\k")                                 \
    AVX(multiply_pair, isa, reg, "vpmaddubsw %%" reg "12, %%" reg "\\k, %%" reg "\\k")                       \
    AVX(permute, isa, reg, "vpermps %%" reg "\\k, %%" reg "14, %%" reg "\\k")                                \
    AVX(permute_lane, isa, reg, "vpermilps %%" reg "14, %%" reg "\\k, %%" reg "\\k")                         \
    AVX(shuffle, isa, reg, "vpshufb %%" reg "14, %%" reg "\\k, %%" reg "\\k")                                \
    AVX(shift, isa, reg, "vpsrlvd %%" reg "14, %%" reg "13, %%" reg "\\k")

/*
 * Tiles are of 16 rows of 64 bytes: six chains, as two of the eight are the operands. A multiplication takes
 * 52 cycles and one can begin each 16 (Intel Optimization Reference Manual, "TMUL"). Its operands are not
 * zero.
 */
void bench_loop_tile_AMX(char *to, const char *from, size_t bytes, uint64_t passes)
{
    uint8_t shape[64] __attribute__((aligned(64))) = {1};
    char ones[1024];
    (void)to, (void)from, (void)bytes;
    assert(passes > 0);
    memset(ones, 1, sizeof ones);
    for (int i = 0; i < 8; i++) {
        shape[16 + 2 * i] = 64;
        shape[48 + i] = 16;
    }
    __asm__ volatile("ldtilecfg (%[shape])\n\t"
                     ".irp k,0,1,2,3,4,5\n\ttilezero %%tmm\\k\n\t.endr\n\t"
                     "tileloadd (%[ones],%[line]), %%tmm6\n\t"
                     "tileloadd (%[ones],%[line]), %%tmm7\n\t"
                     ".p2align 6\n"
                     "1:\n\t.rept 4\n\t.irp k,0,1,2,3,4,5\n\t"
                     "tdpbsud %%tmm7, %%tmm6, %%tmm\\k\n\t.endr\n\t.endr\n\t"
                     "dec %[passes]\n\t"
                     "jnz 1b\n\t"
                     "tilerelease"
                     : [passes] "+r"(passes)
                     : [shape] "r"(shape), [ones] "r"(ones), [line] "r"((size_t)64)
                     : "memory", "cc");
}

BOTH(AVX2, "ymm")
BOTH(AVX512, "zmm")

#endif
