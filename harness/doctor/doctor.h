/* SPDX-License-Identifier: MIT */
/*
 * What makes measuring worse on this machine, what it costs, and how to mend it. The doctor reads settings
 * from /proc and /sys. It measures the noise itself, by timing one kernel against itself.
 */
#pragma once

#include "harness/machine/job.h"
#include "harness/records/fields/fields.h"
#include "harness/records/stats.h"
#include "kernels/cpu.h"

#include <stdio.h>

enum { BENCH_DOCTOR_SCHEMA_VERSION = 1, BENCH_FINDINGS_MAX = 32 };

enum bench_health { BENCH_HEALTH_OK, BENCH_HEALTH_WARN, BENCH_HEALTH_BAD };

struct bench_finding {
    char name[32];            /* "governor": as in doctor.def */
    enum bench_health health; /* also warn when something that matters could not be found out */
    bool fatal;               /* bad, and so bad that measuring is meaningless */
    char found[320];          /* one line each; found is never empty */
    char costs[320];          /* its effect on results; empty when ok */
    char mend[240];           /* a command or a kernel option; empty when ok or when there is no remedy */
};

/* Median, and 5th and 95th percentile. NaN when not known; the reason stands where the spread is used. */
struct bench_spread {
    double low, median, high;
};

/*
 * The best variant of the first op against itself, in pairs of slices on the same buffers, in a drawn order.
 */
struct bench_aa {
    char name[160]; /* "qk256_dequant/avx512_best/123456"; empty when no variant was chosen */
    size_t bytes;   /* wanted working set */
    size_t blocks, pairs;
    struct bench_interval ratio; /* paired as everywhere; the true value is 1 */
    struct bench_spread ns;      /* plain times of one call */
    char why[200];               /* why it was not measured; empty when it was */
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
    struct bench_spread adds_per_cycle; /* of a loop that does 4 on a core without a neighbour */
    double timer_ns, timer_step_ns;     /* cost of a read; smallest step seen */
    double steal, others_busy;          /* shares of time while measuring; NaN when not known */
};

struct bench_doctor_config {
    struct bench_job job;
    const char *allowed; /* CPUs that the process could run on before it was pinned: "0-3,8" */
};

/*
 * Reads and measures. It takes about 6 s, or 3 s when quick. What cannot be found out is a finding that says
 * so, never an error. QK_ERR_INTERRUPTED. QK_ERR_CHECK when the kernel's result is wrong. QK_ERR_MEMORY.
 */
int bench_doctor_run(struct bench_doctor *d, const struct bench_doctor_config *cfg, struct qk_error *err);

/*
 * Writes the CPUs that the calling thread may run on to to[size], as sysfs writes lists. Empty when not
 * known.
 */
void bench_doctor_allowed(char *to, size_t size);

/* The worst verdict of all findings; and the first fatal finding, or NULL. */
enum bench_health bench_doctor_worst(const struct bench_doctor *d);
const struct bench_finding *bench_doctor_fatal(const struct bench_doctor *d);
/* "ok", "warn", "bad", NULL. */
extern const char *const bench_health_words[];

/* The findings as JSON, with the limits behind the verdicts. */
extern const struct bench_fields bench_doctor_fields;
