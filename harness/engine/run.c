/* SPDX-License-Identifier: MIT */
#include "harness/engine/run.h"

#include "harness/engine/gbench_shim.h"
#include "harness/engine/group.h"
#include "harness/machine/memory.h"
#include "harness/records/json_writer.h"
#include "harness/records/stats.h"
#include "kernels/cases/ternary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Groups may be ready at the same time while they fit in this much memory together. A larger group runs
 * alone.
 */
static const size_t batch_bytes = (size_t)2 << 30;

/* What a budget leaves to each group at least: two more than an interval needs. */
enum { LEAST_BLOCKS = 8 };

static void call_nothing(void *ctx, uint64_t calls)
{
    (void)ctx, (void)calls;
}

/* What google-benchmark's timed stretch costs when nothing is in it: the clock reads. */
static int time_empty(double *timer_ns, struct qk_error *err)
{
    enum { SLICES = 200, WARM = 20 }; /* the first run also pays for google-benchmark's own start */
    double ns[WARM + SLICES], cpu, scratch[SLICES];
    char why[160];
    for (int i = 0; i < WARM + SLICES; i++)
        if (bench_shim_time(call_nothing, NULL, 1, &ns[i], &cpu, why, sizeof why))
            return qk_fail(err, QK_ERR_INTERNAL, "empty slices", "%s", why);
    *timer_ns = bench_stored(fmax(0, bench_median(ns + WARM, SLICES, scratch)));
    return 0;
}

static bool describe(struct bench_record *rec, const struct qk_variant *v, const struct qk_plan *plan)
{
    rec->elements = (double)plan->elements;
    rec->bytes_written = (double)plan->bytes_written;
    rec->ops = v->kind == QK_CEILING ? 0 : (double)plan->ops;
    rec->bytes_read = v->touches != QK_TOUCHES_STORES ? (double)plan->bytes_read : 0;
    return bench_record_describe(rec, v->isa_name, v->phase, v->flags);
}

/* What is known of a PREPARED row before it is timed. */
static bool describe_form(struct bench_record *rec, const struct bench_stand *stand)
{
    const struct qk_plan *const plan = &stand->view.plan;
    const struct qk_ternary t = qk_ternary_sizes(plan);
    const double weights = (double)t.rows * (double)t.columns;
    return bench_record_add_metric(rec, "bits_per_weight", "bits",
                                   8 * (double)plan->buffers[QK_TERNARY_WEIGHTS].bytes / weights, NULL) &&
           bench_record_add_metric(rec, "load_ms", "ms", 1e-6 * stand->view.load_ns, NULL) &&
           bench_record_add_metric(rec, "tolerance", "2^-24 B", qk_ternary_tolerance(plan), NULL);
}

/* Adds an arm for a row that may be timed, or stops its record. */
static bool add_arm(struct bench_arms *arms, struct bench_buffers *view, const struct bench_stand *stand,
                    size_t row, struct bench_record *rec)
{
    const char *const reason = bench_arms_add(arms, bench_time_gbench, view, stand->variant->fn);
    if (reason)
        return bench_record_stop(rec, BENCH_ERROR, reason);
    struct bench_arm *const arm = &arms->arm[arms->count - 1];
    arm->row = row;
    arm->product = view == &stand->product;
    if (!arm->product)
        rec->calls = arm->units;
    return true;
}

/*
 * What all calls of a group cost that no row is to blame for: an empty function takes a row's place in the
 * same rounds. It gets the row's arguments. Of a PREPARED row that is the product alone.
 */
static void call_empty(void)
{
}

static int add_empty(struct bench_arms *arms, struct bench_ready *ready, struct qk_error *err)
{
    if (!arms->count)
        return 0;
    const size_t row = arms->arm[0].row;
    struct bench_stand *const stand = &ready->stands[row];
    const char *const reason = bench_arms_add(
        arms, bench_time_gbench, stand->variant->form ? &stand->product : &stand->view, call_empty);
    if (reason)
        return qk_fail(err, QK_ERR_INTERNAL, ready->group->name, "the call loop cannot be timed: %s", reason);
    arms->arm[arms->count - 1].row = row;
    arms->arm[arms->count - 1].empty = true;
    return 0;
}

/*
 * One record per row that the group wants, and an arm for each that may be timed. A PREPARED row has another
 * one, for the product alone.
 */
static int add_rows(const struct bench_job *job, struct bench_ready *ready, struct bench_arms *arms,
                    struct bench_sample_set *set, struct qk_error *err)
{
    for (size_t i = 0; i < ready->count; i++) {
        struct bench_stand *stand = &ready->stands[i];
        const struct qk_variant *v = stand->variant;
        const bool timed = stand->status == BENCH_OK;
        struct bench_record *rec = bench_sample_set_add(set, v->op_name, v->name, ready->group->name);
        if (!rec || !describe(rec, v, timed ? &stand->view.plan : &ready->buffers.plan))
            return qk_fail(err, QK_ERR_MEMORY, ready->group->name, "no memory for a record");
        if (bench_job_stopped(job))
            return qk_fail(err, QK_ERR_INTERRUPTED, ready->group->name, "interrupted before timing");
        rec->reference = v == qk_table_reference(job->table, v->op);
        bool kept = timed ? add_arm(arms, &stand->view, stand, i, rec)
                          : bench_record_stop(rec, stand->status, stand->reason);
        if (kept && v->form && rec->status == BENCH_OK)
            kept = describe_form(rec, stand) && add_arm(arms, &stand->product, stand, i, rec);
        if (!kept)
            return qk_fail(err, QK_ERR_MEMORY, ready->group->name, "no memory for a record");
    }
    const int code = add_empty(arms, ready, err);
    if (!code && arms->count)
        arms->schedule = bench_schedule_fit(arms->round_ns, job->quick);
    return code;
}

/* What was measured of an arm becomes the blocks of its record. */
static int keep_arm(const struct bench_arms *arms, size_t a, const struct bench_dropped *dropped,
                    struct bench_record *rec, struct qk_error *err)
{
    const size_t rounds = arms->schedule.rounds;
    char why[200];
    for (size_t b = 0; b < arms->blocks; b++) {
        struct bench_block *block = bench_record_add_block(rec, rounds);
        if (!block)
            return qk_fail(err, QK_ERR_MEMORY, arms->name, "no memory for a block of samples");
        memcpy(block->samples_ns, arms->ns + (b * arms->count + a) * rounds, rounds * sizeof *arms->ns);
        block->core_ghz = arms->ghz[b];
        block->cpu_ns = arms->cpu_ns[b * arms->count + a];
        block->events = arms->events[b];
    }
    snprintf(why, sizeof why, "no block can be believed: %s", dropped->why);
    return rec->block_count || bench_record_stop(rec, BENCH_ERROR, why)
               ? 0
               : qk_fail(err, QK_ERR_MEMORY, arms->name, "no memory for a reason");
}

/*
 * What was measured of the product alone, or of the call loop. The row itself may have no block that can be
 * believed.
 */
static int keep_median(const struct bench_arms *arms, size_t a, const char *name, const char *what,
                       struct bench_record *rec, struct qk_error *err)
{
    const size_t rounds = arms->schedule.rounds, n = arms->blocks * rounds;
    if (rec->status != BENCH_OK || !n)
        return 0;
    double *const ns = calloc(n, 2 * sizeof *ns);
    for (size_t b = 0; ns && b < arms->blocks; b++)
        memcpy(ns + b * rounds, arms->ns + (b * arms->count + a) * rounds, rounds * sizeof *ns);
    const bool kept =
        ns && bench_record_add_metric(rec, name, "ns", bench_stored(bench_median(ns, n, ns + n)), what);
    free(ns);
    return kept ? 0 : qk_fail(err, QK_ERR_MEMORY, arms->name, "no memory for a metric");
}

/* The rows' records begin at rec. The counting pass is last: samples are taken, buffers still there. */
static int keep_arms(struct bench_arms *arms, const struct bench_run_config *cfg,
                     const struct bench_dropped *dropped, struct bench_record *rec, struct qk_error *err)
{
    int code = 0;
    for (size_t a = 0; a < arms->count && !code; a++) {
        struct bench_arm *const arm = &arms->arm[a];
        struct bench_record *const of = &rec[arm->row];
        if (arm->empty)
            code = keep_median(arms, a, "call_loop_ns", "an empty function in the same rounds", of, err);
        else if (arm->product)
            code = keep_median(arms, a, "product_ns", "the activations were prepared before", of, err);
        else
            code = keep_arm(arms, a, dropped, of, err);
        if (!code && cfg->count && bench_job_stopped(&cfg->job))
            return qk_fail(err, QK_ERR_INTERRUPTED, arms->name, "interrupted while counting");
        if (!code && cfg->count && of->status == BENCH_OK && !arm->product && !arm->empty)
            code = cfg->count(cfg->counters, &arm->call, of->blocks[0].samples_ns[0], of, err);
    }
    return code;
}

/* How many groups, from `first` on, fit a batch: at least one. */
static size_t batch_size(const struct bench_matrix *m, size_t first)
{
    const double share = 0.8; /* of what there is now: others may take some meanwhile */
    size_t sum = 0, count = 0, bytes;
    struct bench_memory_free memory;
    bench_memory_read("", &memory);
    for (size_t g = first; g < m->count; g++, count++)
        if (!bench_group_bytes(&m->groups[g], &bytes) || !qk_add_size(sum, bytes, &sum) ||
            sum > batch_bytes || (double)sum > share * memory.room)
            break;
    return count ? count : 1;
}

/* Groups that take turns block by block. ready, sets: [count], zeroed */
static int run_batch(struct bench_rounds *r, const struct bench_group *groups, size_t count,
                     struct bench_ready *ready, struct bench_arms *sets, const struct bench_run_config *cfg,
                     struct bench_verdicts *verdicts, struct bench_sample_set *set, struct qk_error *err)
{
    size_t rec = set->record_count;
    int code = 0;
    for (size_t g = 0; g < count && !code; g++) {
        code = bench_ready_make(&ready[g], &groups[g], &cfg->job, verdicts, err);
        if (!code)
            code = bench_arms_make(&sets[g], groups[g].name, 2 * ready[g].count + 1, err);
        if (!code)
            code = add_rows(&cfg->job, &ready[g], &sets[g], set, err);
    }
    if (!code)
        code = bench_arms_time(r, sets, count, err);
    for (size_t g = 0; g < count; g++) {
        if (!code)
            code = keep_arms(&sets[g], cfg, &r->dropped, &set->records[rec], err);
        rec += ready[g].count;
        bench_arms_free(&sets[g]);
        bench_ready_free(&ready[g]);
    }
    return code;
}

static int run_groups(struct bench_rounds *r, const struct bench_matrix *m,
                      const struct bench_run_config *cfg, struct bench_verdicts *verdicts,
                      struct bench_sample_set *set, struct qk_error *err)
{
    struct bench_ready *ready = calloc(m->count, sizeof *ready);
    struct bench_arms *sets = calloc(m->count, sizeof *sets);
    int code = ready && sets ? 0 : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu groups", m->count);
    for (size_t first = 0, count; first < m->count && !code; first += count) {
        count = batch_size(m, first);
        code = run_batch(r, &m->groups[first], count, ready, sets, cfg, verdicts, set, err);
    }
    free(ready);
    free(sets);
    return code;
}

static int judge(const struct bench_sample_set *set, struct qk_error *err)
{
    const char *why = NULL;
    for (size_t r = 0; r < set->record_count; r++) {
        if (set->records[r].status == BENCH_OK)
            return 0;
        why = why ? why : set->records[r].reason;
    }
    return qk_fail(err, QK_ERR_INVALID, NULL, "nothing was measured: no case could be timed: %.300s",
                   why ? why : "there is none");
}

int bench_run(const struct bench_matrix *m, const struct bench_run_config *cfg, struct bench_sample_set *set,
              bool *failed, struct qk_error *err)
{
    struct bench_rounds rounds = {
        .job = &cfg->job, .sets = m->count, .enough = LEAST_BLOCKS, .patient = &set->env};
    struct bench_verdicts verdicts = {.failed = false};
    set->seed = cfg->job.seed;
    set->quick = cfg->job.quick;
    set->cpu = cfg->job.cpu;
    snprintf(set->source, sizeof set->source, "%s", m->source);
    bench_rounds_open(&rounds);
    int code = bench_schedule_check_clock(err);
    if (!code)
        code = time_empty(&set->timer_ns, err);
    if (!code)
        code = bench_verdicts_make(&verdicts, m, &cfg->job, err);
    if (!code)
        code = run_groups(&rounds, m, cfg, &verdicts, set, err);
    if (!code)
        code = judge(set, err);
    set->clock_ghz = bench_rounds_clock(&rounds);
    snprintf(set->clock_why, sizeof set->clock_why, "%s", rounds.clock_why);
    snprintf(set->events_why, sizeof set->events_why, "%s", rounds.sw.why);
    set->waited_ms = (uint64_t)(rounds.waited_ns * 1e-6);
    set->repeated_blocks = rounds.repeated;
    set->dropped = rounds.dropped;
    *failed = verdicts.failed;
    bench_rounds_close(&rounds);
    bench_verdicts_free(&verdicts);
    return code;
}
