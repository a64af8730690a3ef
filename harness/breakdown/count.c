/* SPDX-License-Identifier: MIT */
#include "harness/breakdown/breakdown.h"
#include "harness/counters/counters.h"
#include "harness/counters/step.h"
#include "harness/engine/buffers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double bench_breakdown_counted(const struct bench_breakdown_count *count, size_t stage)
{
    if (!count->adds_up)
        return NAN;
    return count->value[stage] - (stage ? count->value[stage - 1] : 0);
}

/* Counts are per call or per element; every other denominator of counters/metrics.def is itself counted or measured. */
static bool adds_up(const char *name)
{
    const struct bench_metric_row *row = bench_metric_find(name);
    return !row || !strcmp(row->denominator, "elements");
}

static struct bench_breakdown_count *add(struct bench_breakdown_row *row, const char *name, const char *unit,
                                         const char *shape)
{
    size_t bytes;
    struct bench_breakdown_count *grown =
        qk_mul_size(row->count_count + 1, sizeof *row->counts, &bytes) ? realloc(row->counts, bytes) : NULL;
    if (!grown)
        return NULL;
    row->counts = grown;
    struct bench_breakdown_count *count = &row->counts[row->count_count++];
    *count = (struct bench_breakdown_count){.adds_up = adds_up(name)};
    snprintf(count->name, sizeof count->name, "%s", name);
    snprintf(count->unit, sizeof count->unit, "%s", unit);
    snprintf(count->shape, sizeof count->shape, "%s", shape);
    return count;
}

/* One value missing, none is worth having: no component can be told. */
static void drop(struct bench_breakdown_count *count, size_t arms, const char *why)
{
    for (size_t a = 0; a < arms; a++)
        count->value[a] = NAN;
    snprintf(count->why, sizeof count->why, "%s", why);
}

struct called {
    const struct bench_buffers *buffers;
    qk_fn *fn;
};

static void call_prefix(void *ctx, uint64_t calls)
{
    const struct called *c = ctx;
    bench_buffers_call(c->buffers, c->fn, calls);
}

/* A record of its own for each arm, then the arms' values side by side. */
static int count_events(struct bench_breakdown_row *row, qk_fn *const *arm,
                        const struct bench_buffers *buffers, struct bench_counters *counters,
                        struct qk_error *err)
{
    static const double enough_ns = 4e6;
    const size_t arms = row->stages + 1;
    struct bench_sample_set set;
    int code = 0;
    bench_sample_set_init(&set);
    for (size_t a = 0; a < arms && !code; a++) {
        struct called one = {buffers, arm[a]};
        const double ns = a < row->stages ? row->prefix_ns[a] : row->kernel.ns.value;
        const struct bench_counted what = {.call = call_prefix,
                                           .ctx = &one,
                                           .calls = ns < enough_ns ? (uint64_t)(enough_ns / ns) : 1,
                                           .elements = buffers->plan.elements,
                                           .bytes = buffers->plan.bytes_read + buffers->plan.bytes_written};
        struct bench_record *rec =
            bench_sample_set_add(&set, row->variant->op_name, row->variant->name, row->shape);
        code = rec ? bench_counters_count(counters, &what, rec, err)
                   : qk_fail(err, QK_ERR_MEMORY, row->shape, "no memory for counters");
    }
    for (size_t m = 0; !code && m < set.records[0].metric_count; m++) {
        const struct bench_metric *first = &set.records[0].metrics[m];
        struct bench_breakdown_count *count = add(row, first->name, first->unit, row->shape);
        if (!count) {
            code = qk_fail(err, QK_ERR_MEMORY, row->shape, "no memory for counters");
            break;
        }
        snprintf(count->why, sizeof count->why, "%s", first->reason ? first->reason : "");
        for (size_t a = 0; a < arms; a++)
            count->value[a] = set.records[a].metrics[m].value;
        for (size_t a = 0; a < arms; a++)
            if (isnan(count->value[a]))
                drop(count, arms, set.records[a].metrics[m].reason);
    }
    bench_sample_set_free(&set);
    return code;
}

/* Steps of each arm on these buffers; *why is left empty when all were counted. */
static int step_arms(const struct bench_breakdown_row *row, qk_fn *const *arm,
                     const struct bench_buffers *buffers, bool (*stop)(void), struct bench_steps *steps,
                     char *why, size_t size, struct qk_error *err)
{
    *why = '\0';
    for (size_t a = 0; a <= row->stages && !*why; a++) {
        struct qk_error failed = {.text = ""};
        if (stop && stop())
            return qk_fail(err, QK_ERR_INTERRUPTED, row->shape, "interrupted while counting");
        const int code =
            bench_steps_fn(row->variant->op, arm[a], &buffers->plan, buffers->at, NULL, &steps[a], &failed);
        if (code == QK_ERR_MEMORY || code == QK_ERR_INTERRUPTED)
            return qk_fail(err, code, failed.where, "%s", failed.text);
        if (code)
            snprintf(why, size, "%.290s", *failed.text ? failed.text : "not counted");
    }
    return 0;
}

static int keep_steps(struct bench_breakdown_row *row, const struct bench_steps *steps, const char *shape,
                      const char *why, struct qk_error *err)
{
    const size_t arms = row->stages + 1;
    struct bench_breakdown_count *count = add(row, "steps", "instructions", shape);
    bool kinds = !*why && count;
    for (size_t a = 0; a < arms && count; a++) {
        count->value[a] = (double)steps[a].instructions;
        kinds &= steps[a].has_kinds;
        if (!steps[a].has_kinds)
            snprintf(count->why, sizeof count->why, "%.159s", steps[a].why_no_kinds);
    }
    if (count && *why)
        drop(count, arms, why);
    for (int k = 0; kinds && count && k < BENCH_STEP_KINDS; k++) {
        char name[64];
        bool any = false;
        for (size_t a = 0; a < arms; a++)
            any |= steps[a].kinds[k] > 0;
        if (!any)
            continue;
        snprintf(name, sizeof name, "steps.%s", bench_step_kind_name(k));
        count = add(row, name, "instructions", shape);
        for (size_t a = 0; a < arms && count; a++)
            count->value[a] = (double)steps[a].kinds[k];
    }
    return count ? 0 : qk_fail(err, QK_ERR_MEMORY, row->shape, "no memory for counted steps");
}

/* On the op's smallest shape, whatever is timed: a step costs some ten us. */
static int count_steps(struct bench_breakdown_row *row, qk_fn *const *arm, uint64_t seed, bool (*stop)(void),
                       struct qk_error *err)
{
    struct bench_group group = {.op = row->variant->op};
    struct bench_steps steps[BENCH_STAGES_MAX + 1];
    struct bench_buffers buffers = {0};
    struct qk_plan plan;
    char why[300];
    memset(steps, 0, sizeof steps);
    int code = bench_steps_smallest_shape(group.op, &group.shape, &plan, err);
    if (code)
        return code;
    qk_shape_print(&group.shape, group.name);
    code = bench_buffers_make(&buffers, &group, seed, err);
    if (!code)
        code = step_arms(row, arm, &buffers, stop, steps, why, sizeof why, err);
    if (!code)
        code = keep_steps(row, steps, group.name, why, err);
    bench_buffers_free(&buffers);
    return code;
}

int bench_breakdown_count_row(struct bench_breakdown_row *row, qk_fn *const *arm,
                              const struct bench_buffers *buffers, const struct bench_run_config *cfg,
                              struct qk_error *err)
{
    if (!cfg->counters)
        return 0;
    if (bench_job_stopped(&cfg->job))
        return qk_fail(err, QK_ERR_INTERRUPTED, row->shape, "interrupted while counting");
    const int code = count_events(row, arm, buffers, cfg->counters, err);
    return code || !bench_counters_steps(cfg->counters)
               ? code
               : count_steps(row, arm, cfg->job.seed, cfg->job.stop, err);
}
