/* SPDX-License-Identifier: MIT */
/*
 * Hardware counters and other events. Timed blocks interleave all arms, so a counter read around a block
 * would mix the arms. Events are therefore counted in a separate pass: one case alone, after its samples were
 * taken. The machine counts all events of a group at once. Nothing is multiplexed.
 *
 * PAPI counts what it can. PAPI may have no module here, no table for this CPU, or refuse a group. The
 * generic events of perf_event_open(2) then take over, where they serve the metric. Each value's reason
 * begins with who counted it.
 *
 * Before use, a group must count a loop of known length. Its instruction count must be right within 0.1 %,
 * else the group is refused, with the figures. A group that cannot count instructions is used, and its values
 * say that they are not validated. When nobody can count a metric, it has no value but the reasons of both
 * backends.
 *
 * The PAPI module is loaded on first use. It is $QK_PAPI_MODULE, else qkbench_papi.so. That is looked for
 * beside the program, in harness/counters/ beside it, and in the installed libdir/qkbench.
 */
#pragma once

#include "harness/engine/arms.h"

/* What is counted for each case, and how. Opaque. */
struct bench_counters;

/*
 * Finds out what the calling thread can count on its present CPU. `list` is one of these:
 * - "none"
 * - "auto": the metrics of metrics.def
 * - Names separated by commas. A name is a metric of metrics.def, a PAPI preset or native event, or "steps"
 *   (step.h). Events are stored per call under their own names: "PAPI_TOT_INS", "perf::PAGE-FAULTS",
 *   "sde:::qkbench::calls".
 * QK_ERR_ARG for an unknown name, with the valid ones. QK_ERR_MEMORY. Free with bench_counters_free, which
 * accepts NULL.
 */
int bench_counters_make(struct bench_counters **to, const char *list, struct qk_error *err);
void bench_counters_free(struct bench_counters *c);
/* Did the list name single steps? False for NULL. */
bool bench_counters_steps(const struct bench_counters *c);

/* A case to count. */
struct bench_counted {
    void (*call)(void *ctx, uint64_t calls); /* makes `calls` calls in a row, and nothing else */
    void *ctx;
    uint64_t calls;           /* calls for each group of events, >= 1: enough for some ms */
    uint64_t elements, bytes; /* work of one call; bytes read and written */
};

/*
 * Counts, and appends one metric per requested name to *rec, with a value or a reason. Appends nothing when c
 * is NULL or has no names. QK_ERR_MEMORY.
 */
int bench_counters_count(struct bench_counters *c, const struct bench_counted *what, struct bench_record *rec,
                         struct qk_error *err);

/*
 * The same for an arm, on the buffers that it was timed on. A call takes `ns`. The record tells the work of a
 * call. QK_ERR_MEMORY.
 */
int bench_counters_arm(struct bench_counters *c, struct bench_call *call, double ns, struct bench_record *rec,
                       struct qk_error *err);
/* Adds the arm's instructions and their kinds, by single steps. QK_ERR_MEMORY, QK_ERR_INTERRUPTED. */
int bench_counters_step(const struct bench_call *call, struct bench_record *rec, struct qk_error *err);
/*
 * The counting pass of a run, for bench_run_config.count. It calls bench_counters_arm. It also steps, when
 * the list named steps and the group has the op's smallest shape. Larger shapes would take minutes.
 */
int bench_counters_case(struct bench_counters *c, struct bench_call *call, double ns,
                        struct bench_record *rec, struct qk_error *err);

/*
 * Tells who counted a metric that has a value: "PAPI" or "perf_event_open". The result is *length bytes of
 * the metric's reason, after BENCH_COUNTED_BY. Other remarks follow "; ". NULL when the metric is no counter,
 * and in files of older versions.
 */
#define BENCH_COUNTED_BY "counted by "
const char *bench_counted_by(const struct bench_metric *metric, size_t *length);
/*
 * Did the same backend count both? If not, events of one name may differ. True where neither backend is
 * known.
 */
bool bench_counted_alike(const struct bench_metric *a, const struct bench_metric *b);

/* A row of metrics.def. */
struct bench_metric_row {
    const char *name, *unit, *numerator, *denominator;
    double factor;
    const char *leaves_out;
};
/* The row of that name. NULL for a metric of another kind. */
const struct bench_metric_row *bench_metric_find(const char *name);
