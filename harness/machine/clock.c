/* SPDX-License-Identifier: MIT */
#include "harness/machine/clock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <threads.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

uint64_t bench_clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
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
    __asm__ volatile("1:\n\t"
                     "imull %0, %0\n\timull %0, %0\n\timull %0, %0\n\timull %0, %0\n\t"
                     "imull %0, %0\n\timull %0, %0\n\timull %0, %0\n\timull %0, %0\n\t"
                     "decl %1\n\t"
                     "jnz 1b"
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
        if (chain > empty)
            return (double)LATENCY * UNROLLED * ROUNDS / (double)(chain - empty);
        reason = "the system clock does not advance during 12 us";
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
