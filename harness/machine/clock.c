/* SPDX-License-Identifier: MIT */
#include "harness/machine/clock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <threads.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

static uint64_t read_clock(clockid_t id)
{
    struct timespec t = {0};
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t bench_clock_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static double between(uint64_t start, uint64_t end)
{
    return (double)(int64_t)(end - start);
}

static double step_ns;
static once_flag stepped = ONCE_FLAG_INIT;

/*
 * This takes a few us where the clock is fine. Five steps are enough of a slow clock: other programs will not
 * have doubled all of them. Ten million readings take some 0.3 s, more than two steps of 100 ms.
 */
static void look_for_step(void)
{
    enum { STEPS = 100, FEW = 5, PATIENT = 1000000, MOST = 10000000 };
    uint64_t last = bench_clock_ns();
    step_ns = INFINITY;
    for (int reads = 0, steps = 0; reads < MOST && steps < STEPS && !(steps >= FEW && reads > PATIENT);
         reads++) {
        const uint64_t now = bench_clock_ns();
        const double step = between(last, now);
        if (step > 0) {
            step_ns = fmin(step_ns, step);
            steps++;
        }
        last = now;
    }
}

double bench_clock_step(void)
{
    call_once(&stepped, look_for_step);
    return step_ns;
}

int bench_clock_check(double ns, const char *what, struct qk_error *err)
{
    enum { STEPS = 100 }; /* an error of one step at each end is then 2 % at most, and no median's */
    const double step = bench_clock_step();
    if (isinf(step))
        return qk_fail(err, QK_ERR_INVALID, "clock",
                       "the system clock does not advance; nothing can be timed");
    if (ns >= STEPS * step)
        return 0;
    return qk_fail(err, QK_ERR_INVALID, "clock",
                   "the system clock is too coarse: it advances every %g us, %s takes %g us, expected at "
                   "least %d steps of the clock",
                   step * 1e-3, what, ns * 1e-3, STEPS);
}

void bench_clocks_read(struct bench_clocks *now)
{
    struct rusage u;
    const bool known = !getrusage(RUSAGE_THREAD, &u);
    now->task_ns = known ? ((double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec) * 1e9 +
                               ((double)u.ru_utime.tv_usec + (double)u.ru_stime.tv_usec) * 1e3
                         : NAN;
    now->beside[0] = read_clock(CLOCK_MONOTONIC_RAW);
    now->beside[1] = read_clock(CLOCK_REALTIME);
    now->ns = bench_clock_ns();
}

/*
 * NTP may slew the clock by 10 % against the raw one, and the kernel may count a thread's time by ticks of 10
 * ms.
 */
const char *bench_clocks_differ(const struct bench_clocks *begin, const struct bench_clocks *end)
{
    const double share = 1.1, slack_ns = 10e6;
    const double ns = between(begin->ns, end->ns);
    if (ns < 0)
        return "the clock went back";
    if (ns == 0)
        return "the clock stood still";
    if (end->task_ns - begin->task_ns > share * ns + slack_ns)
        return "the clock lost time: the thread ran for longer than the clock says";
    for (int i = 0; i < BENCH_CLOCKS_BESIDE; i++) {
        const double other = between(begin->beside[i], end->beside[i]);
        if (other > share * ns + slack_ns)
            return "the clock lost time against another of the system's";
        if (ns > share * other + slack_ns)
            return "the clock gained time against another of the system's";
    }
    return NULL;
}

const char *bench_clocks_watch(void)
{
    enum { MOST = 1000000 };
    const double long_ns = 30e6;
    const char *why = "";
    for (int attempt = 0; attempt < 2 && why; attempt++) {
        struct bench_clocks begin, now;
        bench_clocks_read(&begin);
        now = begin;
        for (int i = 0; i < MOST && now.task_ns - begin.task_ns < long_ns; i++)
            bench_clocks_read(&now);
        why = bench_clocks_differ(&begin, &now);
    }
    return why;
}

void bench_dropped_add(struct bench_dropped *to, const char *why)
{
    if (!to->count++)
        snprintf(to->why, sizeof to->why, "%s", why);
}

#if defined(__x86_64__)

/*
 * The 32-bit form, because its latency is the same in more cores than the 64-bit one's: 3 cycles in Intel's
 * since Sandy Bridge, small ones included, and in AMD's Zen 1 to 5 (uops.info; Agner Fog, "Instruction
 * tables"), where the 64-bit form takes 4 in Zen 1 and 5 in Intel's small cores up to Gracemont.
 */
enum { LATENCY = 3, UNROLLED = 8, ROUNDS = 1500, CHAINS = 5, EMPTY = 8 };

static const char *why_unknown(void)
{
    unsigned a, b, c, d;
    char vendor[13] = "";
    if (!__get_cpuid(0, &a, &b, &c, &d))
        return "no cpuid";
    memcpy(vendor, &b, 4);
    memcpy(vendor + 4, &d, 4);
    memcpy(vendor + 8, &c, 4);
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return "no cpuid";
    unsigned family = a >> 8 & 15;
    const unsigned model = (a >> 4 & 15) | (a >> 12 & 0xf0);
    if (family == 15)
        family += a >> 20 & 0xff;
    if (!strcmp(vendor, "AuthenticAMD") || !strcmp(vendor, "HygonGenuine"))
        return family >= 0x17 && family <= 0x1a ? NULL : "multiply latency of this AMD family is not known";
    if (!strcmp(vendor, "GenuineIntel")) {
        /* AVX came with Sandy Bridge; 0x57 and 0x85 are Xeon Phi, which was not looked up. */
        const int known = family == 6 && (c & bit_AVX) && model != 0x57 && model != 0x85;
        return known ? NULL : "multiply latency of this Intel CPU is not known";
    }
    return "multiply latency of this CPU's vendor is not known";
}

/* Asked once: cpuid leaves a virtual machine, which costs as much as a chain. */
static const char *unknown;
static once_flag asked = ONCE_FLAG_INIT;

static void ask(void)
{
    unknown = why_unknown();
}

static void multiply_chain(void)
{
    uint32_t x = 3;
    unsigned rounds = ROUNDS;
    /* The counter runs beside the chain: one round of it is a cycle, one round of the chain is 24. */
    __asm__ volatile("1:\n\timull %0, %0\n\timull %0, %0\n\timull %0, %0\n\timull %0, %0\n\timull %0, "
                     "%0\n\timull %0, %0\n\timull %0, %0\n\timull %0, %0\n\tdecl %1\n\tjnz 1b"
                     : "+r"(x), "+r"(rounds)
                     :
                     : "cc");
}

static uint64_t fastest(int times, void (*body)(void))
{
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < times; i++) {
        const uint64_t start = bench_clock_ns();
        if (body)
            body();
        const uint64_t took = bench_clock_ns() - start;
        if (took < best)
            best = took;
    }
    return best;
}

double bench_clock_ghz(char *why, size_t size)
{
    call_once(&asked, ask);
    const char *reason = unknown;
    if (!reason) {
        const uint64_t empty = fastest(EMPTY, NULL), chain = fastest(CHAINS, multiply_chain);
        const double took = between(empty, chain), cycles = (double)LATENCY * UNROLLED * ROUNDS;
        const double least = cycles / 20, most = cycles * 20; /* 20 GHz, 50 MHz: no core of these does that */
        if (took >= least && took <= most)
            return cycles / took;
        reason = took < least ? "the system clock does not advance during 12 us, or goes back"
                              : "12 us take too long on the system clock";
    }
    snprintf(why, size, "%s", reason);
    return NAN;
}

#else

double bench_clock_ghz(char *why, size_t size)
{
    snprintf(why, size, "%s", "no multiply chain for this architecture");
    return NAN;
}

#endif
