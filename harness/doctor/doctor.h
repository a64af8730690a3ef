/* SPDX-License-Identifier: MIT */
/*
 * What makes measuring worse on this machine, what that costs, and how to mend it. The doctor reads settings
 * from /proc and /sys, and measures the noise itself as one kernel against itself.
 */
#pragma once

#include "harness/machine/job.h"
#include "harness/records/fields.h"
#include "harness/records/stats.h"
#include "kernels/cpu.h"

#include <stdio.h>

enum { BENCH_DOCTOR_SCHEMA_VERSION = 1, BENCH_FINDINGS_MAX = 32 };

enum bench_health { BENCH_HEALTH_OK, BENCH_HEALTH_WARN, BENCH_HEALTH_BAD };

struct bench_finding {
    const char *name;         /* "governor": as in doctor.def */
    enum bench_health health; /* warn also where something could not be found out that matters */
    bool fatal;               /* bad, and so much that measuring is meaningless */
    char found[320];          /* one line each; found is never empty */
    char costs[320];          /* what it does to results; empty when ok */
    char mend[240];           /* a command or a kernel option; empty when ok or when nothing can be done */
};

/* Median and 5th to 95th percentile. NaN, with the reason where it is used, when not known. */
struct bench_spread {
    double low, median, high;
};

/* The best variant of the first op against itself: pairs of slices on the same buffers, order drawn. */
struct bench_aa {
    char name[160]; /* "qk256_dequant/avx512_best/123456"; empty when it did not get that far */
    size_t bytes;   /* wanted working set */
    size_t blocks, pairs;
    struct bench_interval ratio; /* paired as everywhere: the truth is 1 */
    struct bench_spread ns;      /* plain times of one call */
    char why[200];               /* why not measured; empty when it was */
};

struct bench_doctor {
    int cpu;
    bool quick;
    uint64_t seed;
    char date[40], version[16], fingerprint[20];
    size_t count;
    struct bench_finding findings[BENCH_FINDINGS_MAX];
    struct bench_aa cache, dram;
    struct bench_spread core_ghz;       /* estimated beside the samples */
    struct bench_spread adds_per_cycle; /* of a loop that does 4 on a core of its own */
    double timer_ns, timer_step_ns;     /* cost of a read; smallest step seen */
    double steal, others_busy;          /* shares of time while measuring; NaN when not known */
};

struct bench_doctor_config {
    struct bench_job job;
    const char *allowed; /* CPUs the process may run on, from before pinning: "0-3,8" */
};

/*
 * Reads and measures, for about 6 s, quick 3 s. What cannot be found out is a finding that says so, never an
 * error. QK_ERR_INTERRUPTED. QK_ERR_CHECK when the kernel's result is wrong. QK_ERR_MEMORY.
 */
int bench_doctor_run(struct bench_doctor *d, const struct bench_doctor_config *cfg, struct qk_error *err);

/* The CPUs that the calling thread may run on, as sysfs writes lists, into to[size]. Empty when not known. */
void bench_doctor_allowed(char *to, size_t size);

/* The worst verdict of all findings, and the first fatal finding, or NULL. */
enum bench_health bench_doctor_worst(const struct bench_doctor *d);
const struct bench_finding *bench_doctor_fatal(const struct bench_doctor *d);
/* "ok", "warn", "bad", NULL. */
extern const char *const bench_health_words[];

/* The findings as JSON, with the limits behind the verdicts. */
extern const struct bench_fields bench_doctor_fields;
