/* SPDX-License-Identifier: MIT */
#include "harness/breakdown/breakdown.h"
#include "harness/counters/counters.h"
#include "harness/counters/step.h"

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

/*
 * True for counts per call or per element. Every other denominator of counters/metrics.def is itself counted
 * or measured.
 */
static bool adds_up(const char *name)
{
    const struct bench_metric_row *row = bench_metric_find(name);
    return !row || !strcmp(row->denominator, "elements");
}

/* The count of that name, which is appended when it is new; NULL without memory. */
static struct bench_breakdown_count *find(struct bench_breakdown_row *row, const struct bench_metric *metric,
                                          const char *shape)
{
    size_t bytes;
    for (size_t c = 0; c < row->count_count; c++)
        if (!strcmp(row->counts[c].name, metric->name))
            return &row->counts[c];
    struct bench_breakdown_count *grown =
        qk_mul_size(row->count_count + 1, sizeof *row->counts, &bytes) ? realloc(row->counts, bytes) : NULL;
    if (!grown)
        return NULL;
    row->counts = grown;
    struct bench_breakdown_count *count = &row->counts[row->count_count++];
    *count = (struct bench_breakdown_count){.adds_up = adds_up(metric->name)};
    snprintf(count->name, sizeof count->name, "%s", metric->name);
    snprintf(count->unit, sizeof count->unit, "%s", metric->unit);
    snprintf(count->shape, sizeof count->shape, "%s", shape);
    return count;
}

/*
 * The records' metrics side by side; there is one record for each arm. A kind of which an arm made no step is
 * not in its record: 0. Where an arm's steps have no kinds at all, none is taken.
 */
static bool join(struct bench_breakdown_row *row, const struct bench_sample_set *set, const char *shape)
{
    const size_t first = row->count_count;
    size_t most = SIZE_MAX;
    for (size_t a = 0; a < set->record_count; a++)
        most = set->records[a].metric_count > 1 ? most : 1;
    for (size_t a = 0; a < set->record_count; a++)
        for (size_t m = 0; m < set->records[a].metric_count && m < most; m++) {
            const struct bench_metric *metric = &set->records[a].metrics[m];
            struct bench_breakdown_count *count = find(row, metric, shape);
            if (!count)
                return false;
            count->value[a] = metric->value;
            if (metric->reason && (isnan(metric->value) || !*count->why))
                snprintf(count->why, sizeof count->why, "%.299s", metric->reason);
        }
    /* One value missing, none is worth having: no component can be told. */
    for (size_t c = first; c < row->count_count; c++) {
        double sum = 0;
        for (size_t a = 0; a < set->record_count; a++)
            sum += row->counts[c].value[a];
        for (size_t a = 0; a < set->record_count && isnan(sum); a++)
            row->counts[c].value[a] = NAN;
    }
    return true;
}

/* Each arm: events on its own buffers, or without counters its steps on the smallest. */
static int count_arms(struct bench_breakdown_row *row, const struct bench_arm *arm,
                      struct bench_buffers *smallest, struct bench_counters *counters,
                      const struct bench_job *job, struct qk_error *err)
{
    const char *const group = arm->call.buffers->group->name;
    struct bench_sample_set set;
    int code = 0;
    bench_sample_set_init(&set);
    for (size_t a = 0; a <= row->stages && !code; a++) {
        struct bench_buffers *const buffers = smallest ? smallest : arm[a].call.buffers;
        struct bench_call call = {buffers, arm[a].call.fn};
        const double ns = a < row->stages ? row->prefix_ns[a] : row->kernel.ns.value;
        struct bench_record *rec =
            bench_sample_set_add(&set, row->variant->op_name, row->variant->name, row->shape);
        if (bench_job_stopped(job))
            code = qk_fail(err, QK_ERR_INTERRUPTED, row->shape, "interrupted while counting");
        else if (!rec)
            code = qk_fail(err, QK_ERR_MEMORY, row->shape, "no memory for counters");
        if (code)
            break;
        rec->elements = (double)buffers->plan.elements;
        rec->bytes_read = (double)buffers->plan.bytes_read;
        rec->bytes_written = (double)buffers->plan.bytes_written;
        code = counters ? bench_counters_arm(counters, &call, ns, rec, err)
                        : bench_counters_step(&call, rec, err);
    }
    if (!code && !join(row, &set, smallest ? smallest->group->name : group))
        code = qk_fail(err, QK_ERR_MEMORY, row->shape, "no memory for counters");
    bench_sample_set_free(&set);
    return code;
}

int bench_breakdown_count_row(struct bench_breakdown_row *row, const struct bench_arm *arm,
                              const struct bench_run_config *cfg, struct qk_error *err)
{
    struct bench_group group = {.op = row->variant->op};
    struct bench_buffers buffers = {0};
    struct qk_plan plan;
    if (!cfg->counters)
        return 0;
    int code = count_arms(row, arm, NULL, cfg->counters, &cfg->job, err);
    if (code || !bench_counters_steps(cfg->counters) || row->variant->form)
        return code;
    /* On the op's smallest shape, whatever is timed: a step costs some ten us. */
    code = bench_steps_smallest_shape(group.op, &group.shape, &plan, err);
    if (code)
        return code;
    qk_shape_print(&group.shape, group.name);
    code = bench_buffers_fill(&buffers, &group, cfg->job.seed, err);
    if (!code)
        code = count_arms(row, arm, &buffers, NULL, &cfg->job, err);
    bench_buffers_free(&buffers);
    return code;
}
