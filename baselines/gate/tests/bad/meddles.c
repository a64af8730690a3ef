/* SPDX-License-Identifier: MIT */
/*
 * Modules that bring their own copy of something the host uses. The host must not use the copy, so nothing
 * changes: the row is twice as slow, and the verdict says so.
 */
#if defined BAD_own_clock || defined BAD_own_memory || defined BAD_own_checker
#define EXPORTS
#elif defined BAD_picks
/* One function or another, by the process. */
#define KERNEL picked(QK_PASS)
#elif defined BAD_masks_levels
#define START setenv("QK_DISABLE_ISA", "avx512,avxvnni,avx2", 1)
#elif defined BAD_preloads
#define START setenv("LD_PRELOAD", "/nonexistent.so", 1), setenv("LD_BIND_NOW", "", 1)
#elif defined BAD_no_environment
#define START clearenv()
#elif defined BAD_no_clock
/* Reading the counter that the clock is made of is a fault from now on. */
#define START prctl(PR_SET_TSC, PR_TSC_SIGSEGV)
#elif defined BAD_no_calls
/* read, write, exit and sigreturn are left. */
#define START prctl(PR_SET_SECCOMP, 1)
#elif defined BAD_undumpable
#define START prctl(PR_SET_DUMPABLE, 0)
#else
#error "no such member"
#endif
#ifndef KERNEL
#define KERNEL TWICE
#endif
#ifdef BAD_picks
#include "kernels/qk256_dequant/stages.h"
static qk_qk256_dequant_fn picked;
#endif
#include "baselines/gate/tests/bad/bad.h"

#ifdef BAD_picks
static void three(QK_ARGS)
{
    times(3, QK_PASS);
}

static void two(QK_ARGS)
{
    TWICE;
}

typedef qk_qk256_dequant_fn *pick_fn(void);
static pick_fn pick;
static qk_qk256_dequant_fn *pick(void)
{
    return getpid() % 2 ? two : three;
}
static void picked(QK_ARGS) __attribute__((ifunc("pick")));
#endif

#define EXPORTED __attribute__((visibility("default")))
#ifdef BAD_own_clock
EXPORTED int clock_gettime(clockid_t clock, struct timespec *t)
{
    (void)clock;
    *t = (struct timespec){1, 0};
    return 0;
}
EXPORTED uint64_t bench_clock_ns(void);
uint64_t bench_clock_ns(void)
{
    return 1;
}
#elif defined BAD_own_memory
EXPORTED void *malloc(size_t size)
{
    (void)size;
    return NULL;
}
EXPORTED void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    (void)from;
    (void)n;
    return to;
}
EXPORTED int memcmp(const void *a, const void *b, size_t n)
{
    (void)a;
    (void)b;
    return n == SIZE_MAX;
}
#elif defined BAD_own_checker
EXPORTED int qk_check_variant(void);
int qk_check_variant(void)
{
    return 0;
}
EXPORTED int bench_duet_send(void);
int bench_duet_send(void)
{
    return 0;
}
#endif
