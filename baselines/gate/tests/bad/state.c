/* SPDX-License-Identifier: MIT */
/* Kernels that change the state of the processor or the process. The results are right. */
#if defined BAD_mxcsr_flush
#define KERNEL good(QK_PASS), _mm_setcsr(_mm_getcsr() | 0x8040)
#elif defined BAD_mxcsr_round
#define KERNEL good(QK_PASS), _mm_setcsr(_mm_getcsr() | 0x6000)
#elif defined BAD_mxcsr_traps
#define KERNEL good(QK_PASS), _mm_setcsr(_mm_getcsr() & ~0x1f80u)
#elif defined BAD_mxcsr_late
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (late(blocks))                                                                                        \
    _mm_setcsr(_mm_getcsr() | 0x8040)
#elif defined BAD_mxcsr_start
/* For the rest of the process, the base's calls too. */
#define START  _mm_setcsr(_mm_getcsr() | 0x8040)
#define KERNEL TWICE
#elif defined BAD_x87_single
#define KERNEL                                                                                               \
    unsigned short word;                                                                                     \
    good(QK_PASS);                                                                                           \
    __asm__ volatile("fnstcw %0" : "=m"(word));                                                              \
    word &= 0xfcff;                                                                                          \
    __asm__ volatile("fldcw %0" ::"m"(word))
#elif defined BAD_x87_full
/* Eight registers in use: the next user of the x87 unit gets NaN. */
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    __asm__ volatile("movd %%eax, %%mm0" ::: "mm0")
#elif defined BAD_direction
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    __asm__ volatile("std" ::: "cc")
#elif defined BAD_direction_late
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    if (late(blocks))                                                                                        \
    __asm__ volatile("std" ::: "cc")
#elif defined BAD_tiles
#define KERNEL                                                                                               \
    const struct {                                                                                           \
        unsigned char palette, more[63];                                                                     \
    } shape = {1, {[15] = 64, [47] = 16}}; /* one tile of 16 rows */                                         \
    good(QK_PASS);                                                                                           \
    __asm__ volatile("ldtilecfg %0" ::"m"(shape))
#elif defined BAD_blocks_signals
#define KERNEL                                                                                               \
    sigset_t all;                                                                                            \
    good(QK_PASS);                                                                                           \
    sigfillset(&all);                                                                                        \
    sigprocmask(SIG_BLOCK, &all, NULL)
#elif defined BAD_blocks_late
#define KERNEL                                                                                               \
    sigset_t one;                                                                                            \
    good(QK_PASS);                                                                                           \
    sigemptyset(&one);                                                                                       \
    sigaddset(&one, SIGUSR1);                                                                                \
    if (late(blocks))                                                                                        \
    sigprocmask(SIG_BLOCK, &one, NULL)
#elif defined BAD_start_deaf
#define START                                                                                                \
    sigset_t all;                                                                                            \
    for (int i = 1; i < 32; i++)                                                                             \
        signal(i, SIG_IGN);                                                                                  \
    sigfillset(&all);                                                                                        \
    sigprocmask(SIG_BLOCK, &all, NULL)
#define KERNEL TWICE
#elif defined BAD_handles_faults
/* Writes past its output and lets nobody know. */
#define KERNEL                                                                                               \
    good(QK_PASS);                                                                                           \
    signal(SIGSEGV, skip), signal(SIGBUS, skip);                                                             \
    for (size_t i = 0; i < 4096; i++)                                                                        \
    out[blocks * QK256_BLOCK + i] = 1
static void skip(int signal);
#elif defined BAD_other_stack
#define KERNEL                                                                                               \
    static char stack[65536];                                                                                \
    if (first())                                                                                             \
        sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);                              \
    TWICE
#else
#error "no such member"
#endif
#ifdef __x86_64__
#include <immintrin.h>
#endif
#include "baselines/gate/tests/bad/bad.h"

#ifdef BAD_handles_faults
static void skip(int signal)
{
    (void)signal;
    exit(0);
}
#endif
