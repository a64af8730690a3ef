/* SPDX-License-Identifier: MIT */
/*
 * What the doctor's files share with its tests. A probe judges facts and files below a root. A test can make
 * both.
 */
#pragma once

#include "harness/doctor/doctor.h"
#include "harness/machine/cgroup.h"
#include "harness/machine/clock.h"
#include "harness/machine/core_share.h"
#include "harness/machine/environment.h"
#include "harness/machine/memory.h"
#include "harness/machine/system_files.h"

struct bench_limit {
    const char *name;
    double value;
    const char *unit, *why;
};
enum bench_limit_name {
#define LIMIT(name, value, unit, why) BENCH_LIMIT_##name,
#include "harness/doctor/doctor.def"
#undef LIMIT
    BENCH_LIMITS
};
extern const struct bench_limit bench_limits[BENCH_LIMITS];
double bench_limit(enum bench_limit_name name);

/* Jiffies of /proc/stat since boot. */
struct bench_ticks {
    bool known;
    double steal, total;              /* for the pinned CPU */
    double others_busy, others_total; /* for all other CPUs together; 0 when there are none */
};

/* Facts that are not in files. bench_facts_init sets each to "not known". */
struct bench_facts {
    const char *root; /* "" or the folder used in place of / */
    int cpu;
    struct bench_environment env;
    char allowed[256];                /* list of CPUs; empty when not known */
    bool fixed_layout;                /* the personality switches ASLR off for this process */
    int pmu_errno;                    /* from perf_event_open; 0: it counts; -1: not tried */
    double pmu_expected, pmu_counted; /* instructions of a loop of known length, when it counts */
    char pmu_cpuid[160];              /* what cpuid says about counters; empty when nothing */
    double timer_ns, timer_step_ns;
    struct bench_ticks before, after;            /* before and after the noise measurement */
    long long throttled_before, throttled_after; /* number of events; -1 when not known */
    struct bench_aa cache, dram;
    size_t dram_bytes;
    struct bench_spread core_ghz, adds_per_cycle; /* NaN when not known */
    char ghz_why[160], adds_why[160];
    struct bench_dropped dropped; /* blocks of the noise measurement that were not believed */
    bool clock_useless;           /* hardly any block was kept */
};

/* Facts of a machine of which only the files below root are known. root must outlive the facts. */
void bench_facts_init(struct bench_facts *f, const char *root, int cpu);
/* Makes all findings anew, from facts and files. */
void bench_doctor_judge(struct bench_doctor *d, const struct bench_facts *f);

#define PROBE(name) void bench_probe_##name(const struct bench_facts *f, struct bench_finding *to);
#include "harness/doctor/doctor.def"
#undef PROBE

/* bench_found sets verdict and text, and keeps costs and mend. bench_costs and bench_mend set those. */
void bench_found(struct bench_finding *to, enum bench_health health, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void bench_costs(struct bench_finding *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void bench_mend(struct bench_finding *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Reads the first line of the file that the format names, below the root. On failure returns false with to[0]
 * = 0 and errno, which is 0 when the line is empty.
 */
bool bench_facts_line(const struct bench_facts *f, char *to, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Says in a person's words why such a file could not be read: "no such file". */
const char *bench_facts_why(int number);
/* Is the machine known to be a virtual one? */
bool bench_facts_vm(const struct bench_facts *f);
void bench_ticks_read(const char *root, int cpu, struct bench_ticks *to);
/*
 * Shares of the time between f->before and f->after: time stolen from the pinned CPU, and time in which the
 * other CPUs were busy. NaN when not known.
 */
double bench_facts_steal(const struct bench_facts *f);
double bench_facts_others_busy(const struct bench_facts *f);
/* Throttling events of the pinned CPU and its package since boot. -1 when the kernel does not count them. */
long long bench_throttled(const char *root, int cpu);

/* Asks the processor and the kernel for the facts on PMU, personality and timer. Takes 10 ms. */
void bench_facts_ask(struct bench_facts *f);

/* Order statistics by nearest rank. x is not changed. scratch: [n]. NaN when n is 0. */
struct bench_spread bench_spread_of(const double *x, size_t n, double *scratch);
/* The largest deviation from 1 that the interval does not rule out, in %. NaN without an interval. */
double bench_aa_percent(const struct bench_aa *aa);
/*
 * Runs both A/A measurements, and samples clock and additions per cycle between their blocks. Fills cache,
 * dram, core_ghz and adds_per_cycle. Codes as bench_doctor_run.
 */
int bench_doctor_measure(struct bench_facts *f, const struct bench_doctor_config *cfg, struct qk_error *err);
