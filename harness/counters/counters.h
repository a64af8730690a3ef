/* SPDX-License-Identifier: MIT */
/*
 * Hardware counters and other events. Timed blocks interleave all arms, so a counter read at their ends would
 * mix the arms. Events are therefore counted in a pass of their own: one case alone, after its samples were
 * taken. Each group of events fits the machine at once. Nothing is multiplexed.
 *
 * PAPI counts what it can. What it cannot (no module, no table for this CPU, a group refused) is left to the
 * generic events of perf_event_open(2), where they serve the metric. Each value's reason begins with who
 * counted it.
 *
 * A group is used only after it has counted a loop of known length, its instructions within 0.1 %. One that
 * counts them wrongly is refused, with the figures. One that cannot count instructions is used, and its
 * values say that they are not validated. What cannot be counted is a metric without a value, with the
 * reasons of both.
 *
 * PAPI is reached through a module that is loaded on first use. It is $QK_PAPI_MODULE, else qkbench_papi.so
 * beside the program, in harness/counters/ beside it, or in the installed libdir/qkbench.
 */
#pragma once

#include "harness/engine/arms.h"

/* What is counted for each case, and how; opaque. */
struct bench_counters;

/*
 * Finds out what the calling thread can count on the CPU it is on. list is one of these:
 *   "none"
 *   "auto"   the metrics of metrics.def
 *   a list   with commas, of names in metrics.def, of PAPI's names of presets and native events
 *            ("PAPI_TOT_INS", "perf::PAGE-FAULTS", "sde:::qkbench::calls"; stored per call under the event's
 *            own name), and of "steps" (step.h)
 * QK_ERR_ARG for an unknown name, with the valid ones. QK_ERR_MEMORY. Free with bench_counters_free, which
 * takes NULL.
 */
int bench_counters_make(struct bench_counters **to, const char *list, struct qk_error *err);
void bench_counters_free(struct bench_counters *c);
/* Were single steps asked for? NULL: no. */
bool bench_counters_steps(const struct bench_counters *c);

/* One case to be counted. */
struct bench_counted {
    void (*call)(void *ctx, uint64_t calls); /* `calls` calls in a row and nothing else */
    void *ctx;
    uint64_t calls;           /* per group of events, >= 1: enough for some ms */
    uint64_t elements, bytes; /* of one call; bytes read and written */
};

/*
 * Counts, and appends to *rec one metric per name asked for, with a value or a reason. Appends nothing when c
 * is NULL or asks for none. QK_ERR_MEMORY.
 */
int bench_counters_count(struct bench_counters *c, const struct bench_counted *what, struct bench_record *rec,
                         struct qk_error *err);

/*
 * The same of an arm on the buffers that it was timed on, a call taking ns; the work is the record's.
 * QK_ERR_MEMORY.
 */
int bench_counters_arm(struct bench_counters *c, struct bench_call *call, double ns, struct bench_record *rec,
                       struct qk_error *err);
/* The arm's instructions by single steps, and their kinds. QK_ERR_MEMORY, QK_ERR_INTERRUPTED. */
int bench_counters_step(const struct bench_call *call, struct bench_record *rec, struct qk_error *err);
/*
 * The counting pass of a run, for bench_run_config.count: bench_counters_arm, and steps where they were asked
 * for and the group has the op's smallest shape. Elsewhere they would take minutes.
 */
int bench_counters_case(struct bench_counters *c, struct bench_call *call, double ns,
                        struct bench_record *rec, struct qk_error *err);

/*
 * Who counted a metric that has a value: "PAPI" or "perf_event_open", *length bytes of its reason, after
 * BENCH_COUNTED_BY. Other remarks follow "; ". NULL for what is no counter, and in files of older versions.
 */
#define BENCH_COUNTED_BY "counted by "
const char *bench_counted_by(const struct bench_metric *metric, size_t *length);
/*
 * Were both counted by one backend? Else events of one name may differ. True where it is not known of either.
 */
bool bench_counted_alike(const struct bench_metric *a, const struct bench_metric *b);

/* A row of metrics.def. */
struct bench_metric_row {
    const char *name, *unit, *numerator, *denominator;
    double factor;
    const char *leaves_out;
};
/* The row of that name, or NULL: a metric of another kind. */
const struct bench_metric_row *bench_metric_find(const char *name);
