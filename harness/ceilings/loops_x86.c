/* SPDX-License-Identifier: MIT */
/*
 * Bandwidth loops. A round of the inner loop covers BENCH_LOOP_UNIT bytes with at least eight instructions,
 * so that counting uses slots that are free. The loops use registers 0 to 15 only. The clobbers name them as
 * xmm, which covers their upper parts, too: code built for BASE keeps nothing there. vzeroupper leaves those
 * parts as such code wants them.
 */
#include "harness/ceilings/loops.h"

#if defined(__x86_64__)

#include <assert.h>
#include <string.h>

#define CEILING_LOOP(kind, isa, instruction, registers, ops) bench_loop_fn bench_loop_##kind##_##isa;
#include "harness/ceilings/loops.def"
#undef CEILING_LOOP

/*
 * For each vector of a unit: its offset is \base + \k * WIDTH. Eight per base, because that many registers
 * take part.
 */
#define EACH_K(text)      ".irp k,0,1,2,3,4,5,6,7\n\t" text "\n\t.endr"
#define EACH_BASE(text)   ".irp base,0,128,256,384\n\t" EACH_K(text) "\n\t.endr\n\t"
#define EACH_AVX2(text)   ".irp base,0,256\n\t" EACH_K(text) "\n\t.endr\n\t"
#define EACH_AVX512(text) ".irp base,0\n\t" EACH_K(text) "\n\t.endr\n\t"
#define SOURCE(width)     "\\base+\\k*" width "(%[src])"
#define TARGET(width)     "\\base+\\k*" width "(%[dst])"

/*
 * What the function does to its arguments: register 0 is the pattern, `body` one unit, `end` once at the end.
 */
#define STREAM(kind, isa, load, reg, body, end)                                                              \
    void bench_loop_##kind##_##isa(char *to, const char *from, size_t bytes, uint64_t passes)                \
    {                                                                                                        \
        char pattern[64] __attribute__((aligned(64)));                                                       \
        const char *src;                                                                                     \
        char *dst;                                                                                           \
        size_t left;                                                                                         \
        assert(bytes > 0 && bytes % BENCH_LOOP_UNIT == 0 && passes > 0);                                     \
        memset(pattern, 0xa5, sizeof pattern);                                                               \
        __asm__ volatile(load " (%[pattern]), %%" reg "0\n"                                                  \
                              "1:\n\t"                                                                       \
                              "mov %[from], %[src]\n\t"                                                      \
                              "mov %[to], %[dst]\n\t"                                                        \
                              "mov %[bytes], %[left]\n\t"                                                    \
                              ".p2align 6\n"                                                                 \
                              "2:\n\t" body "add %[unit], %[src]\n\t"                                        \
                              "add %[unit], %[dst]\n\t"                                                      \
                              "sub %[unit], %[left]\n\t"                                                     \
                              "jnz 2b\n\t"                                                                   \
                              "dec %[passes]\n\t"                                                            \
                              "jnz 1b\n\t" end                                                               \
                         : [src] "=&r"(src), [dst] "=&r"(dst), [left] "=&r"(left), [passes] "+r"(passes)     \
                         : [to] "r"(to), [from] "r"(from), [bytes] "r"(bytes), [pattern] "r"(pattern),       \
                           [unit] "i"(BENCH_LOOP_UNIT)                                                       \
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "memory", "cc");  \
    }

/* Non-temporal stores are done when the buffers they gather in are empty: that belongs to their time. */
#define STREAMS(isa, load, nt, reg, width, end)                                                              \
    STREAM(read, isa, load, reg, EACH_##isa(load " " SOURCE(width) ", %%" reg "\\k"), end)                   \
    STREAM(read_ahead, isa, load, reg,                                                                       \
           "prefetcht1 65536(%[src])\n\t" EACH_##isa(load " " SOURCE(width) ", %%" reg "\\k"), end)          \
    STREAM(                                                                                                  \
        read_lines, isa, load, reg,                                                                          \
        EACH_K("prefetcht1 3072+\\k*64(%[src])") "\n\t" EACH_##isa(load " " SOURCE(width) ", %%" reg "\\k"), \
        end)                                                                                                 \
    STREAM(write, isa, load, reg, EACH_##isa(load " %%" reg "0, " TARGET(width)), end)                       \
    STREAM(copy, isa, load, reg,                                                                             \
           EACH_##isa(load " " SOURCE(width) ", %%" reg "\\k\n\t" load " %%" reg "\\k, " TARGET(width)),     \
           end)                                                                                              \
    STREAM(nt_write, isa, load, reg, EACH_##isa(nt " %%" reg "0, " TARGET(width)), "sfence\n\t" end)

STREAMS(BASE, "movaps", "movntps", "xmm", "16", "")
STREAMS(AVX2, "vmovaps", "vmovntps", "ymm", "32", "vzeroupper\n\t")
STREAMS(AVX512, "vmovaps", "vmovntps", "zmm", "64", "vzeroupper\n\t")

#endif
