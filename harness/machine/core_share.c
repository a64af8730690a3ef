/* SPDX-License-Identifier: MIT */
#include "harness/machine/core_share.h"

#include "harness/machine/clock.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#if defined(__x86_64__)

#define ADD8                                                                                                 \
    "addl %9, %1\n\taddl %9, %2\n\taddl %9, %3\n\taddl %9, %4\n\t"                                           \
    "addl %9, %5\n\taddl %9, %6\n\taddl %9, %7\n\taddl %9, %8\n\t"

/*
 * Eight chains of 1-cycle additions keep all adders of the core busy. Another thread on the core takes its
 * share of them. The addend is in a register, because some cores fold constants away. A round has 64
 * additions, so that the loop's own branch costs only 1.5 %.
 */
bool bench_adds(uint64_t rounds)
{
    uint32_t a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
    __asm__ volatile(".p2align 6\n1:\n\t" ADD8 ADD8 ADD8 ADD8 ADD8 ADD8 ADD8 ADD8 "decq %0\n\tjnz 1b"
                     : "+r"(rounds), "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f), "+r"(g), "+r"(h)
                     : "r"((uint32_t)rounds)
                     : "cc");
    return true;
}

#else

bool bench_adds(uint64_t rounds)
{
    (void)rounds;
    return false;
}

#endif

/*
 * The median of a few bursts of some 10 us: the slowest hold an interrupt, the fastest a neighbour's pause.
 */
double bench_adds_per_cycle(double ghz, char *why, size_t size)
{
    enum { BURSTS = 5, ROUNDS = 2500, IN_A_ROUND = 64 };
    double ns[BURSTS]; /* sorted */
    if (isnan(ghz)) {
        snprintf(why, size, "the core clock is not known");
        return NAN;
    }
    for (int i = 0; i < BURSTS; i++) {
        const uint64_t start = bench_clock_ns();
        if (!bench_adds(ROUNDS)) {
            snprintf(why, size, "no such loop for this architecture");
            return NAN;
        }
        const double took = bench_clock_since(start);
        int at = i;
        for (; at > 0 && ns[at - 1] > took; at--)
            ns[at] = ns[at - 1];
        ns[at] = took;
    }
    if (ns[BURSTS / 2] > 0)
        return (double)ROUNDS * IN_A_ROUND / (ns[BURSTS / 2] * ghz);
    snprintf(why, size, "the system clock does not advance during 10 us");
    return NAN;
}

bool bench_adds_known(const struct bench_environment *env)
{
    return qk_has_word(env->cpu_flags, "avx2");
}

/* doctor/doctor.def warns at the same share of the four additions per cycle; unknown counts as ours. */
static bool shared(const struct bench_patience *p)
{
    char why[160];
    return p->known && bench_adds_per_cycle(bench_clock_ghz(why, sizeof why), why, sizeof why) < 3.6;
}

struct bench_patience bench_patience_make(const struct bench_environment *env, bool quick, size_t blocks)
{
    return (struct bench_patience){
        .known = bench_adds_known(env), .left_ns = quick ? 0 : 30e9, .left = quick ? 0 : blocks};
}

void bench_patience_wait(struct bench_patience *p, bool (*stop)(void))
{
    const double nap_ns = 3e6;
    while (p->left_ns > 0 && !(stop && stop()) && shared(p)) {
        const uint64_t start = bench_clock_ns();
        usleep(3000);
        /* A clock that stands still or jumps must neither make this endless nor take all patience at once. */
        const double slept = fmin(fmax(bench_clock_since(start), nap_ns), 100 * nap_ns);
        p->left_ns -= slept;
        p->waited_ns += slept;
    }
}

bool bench_patience_again(struct bench_patience *p)
{
    if (!p->left || !shared(p))
        return false;
    p->left--;
    p->repeated++;
    return true;
}
