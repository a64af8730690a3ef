/* SPDX-License-Identifier: MIT */
#include "harness/engine/run.h"

#include "harness/engine/gbench_shim.h"
#include "harness/engine/group.h"
#include "harness/engine/trust.h"
#include "harness/machine/clock.h"
#include "harness/machine/core_share.h"
#include "harness/machine/events.h"
#include "harness/machine/memory.h"
#include "harness/machine/pinning.h"
#include "harness/records/stats.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Groups that are ready at the same time may take this much memory together; a larger one runs alone. */
static const size_t batch_bytes = (size_t)2 << 30;

static void call_nothing(void *ctx, uint64_t calls)
{
    (void)ctx, (void)calls;
}

/* What google-benchmark's timed stretch costs when nothing is in it: the clock reads. */
static int time_empty(double *timer_ns, struct qk_error *err)
{
    enum { SLICES = 200, WARM = 20 }; /* the first run also pays for google-benchmark's own start */
    struct bench_slice slices[SLICES];
    double ns[SLICES], scratch[SLICES];
    char why[160];
    for (int i = 0; i < SLICES; i++)
        slices[i] = (struct bench_slice){.name = "empty", .call = call_nothing, .calls = 1};
    if (bench_shim_run(slices, SLICES, why, sizeof why))
        return qk_fail(err, QK_ERR_INTERNAL, "empty slices", "%s", why);
    for (int i = WARM; i < SLICES; i++)
        ns[i - WARM] = slices[i].real_ns;
    *timer_ns = fmax(0, bench_median(ns, SLICES - WARM, scratch));
    return 0;
}

/* Sorts one block's slices back to their arms: round r of arm a becomes sample r of its new block. */
static int keep_block(const struct bench_ready *ready, const struct bench_slice *slices, const size_t *order,
                      double ghz, const struct bench_events *events, struct bench_sample_set *set)
{
    const size_t rounds = ready->schedule.rounds, arms = ready->arm_count;
    double *cpu = calloc(2 * rounds, sizeof *cpu);
    bool kept = cpu;
    for (size_t a = 0; a < arms && kept; a++) {
        struct bench_block *block = bench_record_add_block(&set->records[ready->arms[a].record], rounds);
        kept = block;
        for (size_t i = 0; i < rounds * arms && kept; i++)
            if (order[i] == a) {
                block->samples_ns[i / arms] = slices[i].real_ns / (double)slices[i].calls;
                cpu[i / arms] = slices[i].cpu_ns / (double)slices[i].calls;
            }
        if (kept) {
            block->core_ghz = ghz;
            block->events = *events;
            block->cpu_ns = bench_median(cpu, rounds, cpu + rounds);
        }
    }
    free(cpu);
    return kept ? 0 : QK_ERR_MEMORY;
}

/* Why not; NULL when the block is to be believed. slices and order as in keep_block; scratch[2 * rounds]. */
static const char *odd_block(const struct bench_ready *ready, const struct bench_slice *slices,
                             const size_t *order, double *scratch)
{
    const size_t rounds = ready->schedule.rounds, arms = ready->arm_count;
    const char *why = NULL;
    for (size_t a = 0; a < arms && !why; a++) {
        for (size_t i = 0; i < rounds * arms; i++) {
            if (order[i] != a)
                continue;
            scratch[i / arms] = slices[i].real_ns;
            if (!(slices[i].cpu_ns >= 0)) /* the clock of google-benchmark's CPU time */
                return "the thread's CPU clock went back";
        }
        why = bench_slices_odd(scratch, rounds, ready->arms[a].slice_ns, scratch + rounds);
    }
    return why;
}

/* Is the block to be measured again? Not for ever: a group may lose as many blocks as it has. */
static bool drop_block(struct bench_ready *ready, const char *why, struct bench_sample_set *set)
{
    bench_dropped_add(&set->dropped, why);
    if (++ready->dropped < ready->schedule.blocks)
        return true;
    ready->schedule.blocks = 0;
    return false;
}

/* One block of a group: its rounds, each in its own drawn order, with the clock estimated on both sides and the
 * thread's events read outside of everything that is timed. */
static int run_block(struct bench_ready *ready, const struct bench_sw *sw, struct qk_rng *rng,
                     struct bench_patience *patience, bool *again, struct bench_sample_set *set,
                     struct qk_error *err)
{
    const size_t arms = ready->arm_count, count = ready->schedule.rounds * arms;
    struct bench_slice *slices = calloc(count, sizeof *slices);
    size_t *order = calloc(count, sizeof *order);
    double *scratch = calloc(ready->schedule.rounds, 2 * sizeof *scratch);
    char why[160] = "";
    int code = slices && order && scratch ? 0 : QK_ERR_MEMORY;
    if (!code) {
        for (size_t i = 0; i < count; i++) {
            if (i % arms == 0)
                bench_schedule_order(rng, order + i, arms);
            struct bench_arm *arm = &ready->arms[order[i]];
            slices[i] = (struct bench_slice){
                .name = arm->name, .call = bench_arm_call, .ctx = arm, .calls = arm->calls};
        }
        /* Another group ran before: bring this one's buffers back into the caches they fit. */
        bench_arm_call(&ready->arms[0], 1);
        struct bench_sw_reading begin;
        struct bench_events events;
        struct bench_clocks start, end;
        const double before = bench_clock_ghz(set->clock_why, sizeof set->clock_why);
        bench_clocks_read(&start);
        bench_sw_begin(sw, &begin);
        code = bench_shim_run(slices, count, why, sizeof why) ? QK_ERR_INTERNAL : 0;
        bench_sw_end(sw, &begin, &events);
        bench_clocks_read(&end);
        const char *odd = bench_clocks_differ(&start, &end);
        odd = odd ? odd : odd_block(ready, slices, order, scratch);
        const double ghz = (before + bench_clock_ghz(NULL, 0)) / 2;
        *again = !code && (odd ? drop_block(ready, odd, set) : bench_patience_again(patience));
        if (!code && !*again && !odd)
            code = keep_block(ready, slices, order, ghz, &events, set);
    }
    free(slices);
    free(order);
    free(scratch);
    return code
               ? qk_fail(err, code, ready->group->name, "%s", *why ? why : "no memory for a block of samples")
               : 0;
}

/* What a budget leaves to each group at least: two more than an interval needs. */
enum { LEAST_BLOCKS = 8 };

struct batch {
    struct bench_ready *ready; /* [count] */
    size_t first, count;
    double start_ns, end_ns; /* of timing; end_ns is INFINITY without a budget */
};

static double now_ns(void)
{
    return (double)bench_clock_ns();
}

/* Of the budget a batch gets what its groups are of those that are still to be timed. */
static void begin_batch(struct batch *batch, size_t groups, double end_ns, struct bench_patience *patience)
{
    double total = 0;
    batch->start_ns = now_ns();
    batch->end_ns =
        batch->start_ns + (end_ns - batch->start_ns) * (double)batch->count / (double)(groups - batch->first);
    const double left = batch->end_ns - batch->start_ns;
    for (size_t g = 0; g < batch->count; g++)
        total += batch->ready[g].schedule.ns;
    for (size_t g = 0; g < batch->count && total > left; g++)
        batch->ready[g].schedule = bench_schedule_shorten(&batch->ready[g].schedule);
    patience->left_ns = fmin(patience->left_ns, fmax(0, left / 10));
}

/* The share of its time or of its blocks that a batch has behind it. */
static double share_done(const struct batch *batch, double blocks)
{
    const double time = (now_ns() - batch->start_ns) / (batch->end_ns - batch->start_ns);
    return fmin(0.999, fmax(blocks, time > 0 ? time : 0));
}

static int run_batch(struct batch *batch, size_t groups, double end_ns, const struct bench_run_config *cfg,
                     const struct bench_sw *sw, struct qk_rng *rng, struct bench_sample_set *set,
                     struct qk_error *err)
{
    double total = 0, done = 0;
    bool more = true;
    struct bench_patience patience =
        bench_patience_make(&set->env, cfg->job.quick, BENCH_BLOCKS_MAX * batch->count);
    begin_batch(batch, groups, end_ns, &patience);
    for (size_t g = 0; g < batch->count; g++)
        total += batch->ready[g].schedule.ns;
    for (size_t b = 0; more; b++) {
        const bool late = now_ns() > batch->end_ns;
        more = false;
        if (late && b >= LEAST_BLOCKS)
            break;
        patience.left = late ? 0 : patience.left;
        for (size_t g = 0; g < batch->count; g++) {
            struct bench_ready *ready = &batch->ready[g];
            const double block_ns = ready->schedule.ns / (double)ready->schedule.blocks;
            if (b >= ready->schedule.blocks)
                continue;
            bench_job_tell(&cfg->job,
                           ((double)batch->first + share_done(batch, done / total) * (double)batch->count) /
                               (double)groups,
                           ready->group->name);
            int code = 0;
            for (bool again = true; again && !code;) {
                bench_patience_wait(&patience, cfg->job.stop);
                if (bench_job_stopped(&cfg->job))
                    return qk_fail(err, QK_ERR_INTERRUPTED, ready->group->name, "interrupted");
                code = bench_pin_again(cfg->job.cpu, err);
                if (!code)
                    code = run_block(ready, sw, rng, &patience, &again, set, err);
            }
            if (code)
                return code;
            done += block_ns;
            more = true;
        }
    }
    for (size_t g = 0; g < batch->count; g++)
        for (size_t a = 0; a < batch->ready[g].arm_count; a++) {
            struct bench_record *rec = &set->records[batch->ready[g].arms[a].record];
            char why[200];
            snprintf(why, sizeof why, "no block can be believed: %s", set->dropped.why);
            if (!rec->block_count && !bench_record_stop(rec, BENCH_ERROR, why))
                return qk_fail(err, QK_ERR_MEMORY, batch->ready[g].group->name, "no memory for a reason");
        }
    set->waited_ms += (uint64_t)(patience.waited_ns * 1e-6);
    set->repeated_blocks += patience.repeated;
    return 0;
}

/* The counting pass of a group: its samples are taken, its buffers still there. */
static int count_group(const struct bench_ready *ready, const struct bench_run_config *cfg,
                       struct bench_sample_set *set, struct qk_error *err)
{
    int code = 0;
    for (size_t a = 0; a < ready->arm_count && !code; a++) {
        struct bench_arm *arm = &ready->arms[a];
        if (bench_job_stopped(&cfg->job))
            return qk_fail(err, QK_ERR_INTERRUPTED, arm->name, "interrupted while counting");
        if (set->records[arm->record].status == BENCH_OK)
            code = cfg->count(cfg->counters, arm, &set->records[arm->record], err);
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

static int run_groups(const struct bench_matrix *m, const struct bench_run_config *cfg, double start_ns,
                      struct bench_verdicts *verdicts, struct bench_sample_set *set, struct qk_error *err)
{
    struct batch batch = {.ready = calloc(m->count + 1, sizeof *batch.ready)};
    struct bench_sw sw;
    struct qk_rng rng;
    int code = batch.ready ? 0 : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu groups", m->count);
    const double end_ns = cfg->job.budget_s > 0 ? start_ns + cfg->job.budget_s * 1e9 : INFINITY;
    qk_rng_seed(&rng, cfg->job.seed);
    bench_sw_open("", &sw, cfg->job.cpu);
    snprintf(set->events_why, sizeof set->events_why, "%s", sw.why);
    for (size_t first = 0; first < m->count && !code; first += batch.count) {
        size_t made = 0;
        batch.first = first;
        batch.count = batch_size(m, first);
        for (; made < batch.count && !code; made++) {
            if (bench_job_stopped(&cfg->job))
                code = qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted");
            else
                code = bench_ready_make(&batch.ready[made], &m->groups[first + made], &cfg->job, verdicts,
                                        set, err);
        }
        if (!code)
            code = run_batch(&batch, m->count, end_ns, cfg, &sw, &rng, set, err);
        for (size_t g = 0; g < made && !code && cfg->count; g++)
            code = count_group(&batch.ready[g], cfg, set, err);
        for (size_t g = 0; g < made; g++)
            bench_ready_free(&batch.ready[g]);
    }
    bench_sw_close(&sw);
    free(batch.ready);
    return code;
}

/* Median of the blocks' clocks. */
static int clock_of(struct bench_sample_set *set, struct qk_error *err)
{
    size_t n = 0;
    for (size_t r = 0; r < set->record_count; r++)
        n += set->records[r].block_count;
    double *ghz = calloc(2 * n + 1, sizeof *ghz);
    if (!ghz)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu clocks", n);
    n = 0;
    for (size_t r = 0; r < set->record_count; r++)
        for (size_t b = 0; b < set->records[r].block_count; b++)
            if (!isnan(set->records[r].blocks[b].core_ghz))
                ghz[n++] = set->records[r].blocks[b].core_ghz;
    set->clock_ghz = bench_median(ghz, n, ghz + n);
    free(ghz);
    return 0;
}

/* Is anything that was asked for there? Otherwise *why is the first reason why not. */
static bool anything_available(const struct bench_matrix *m, const struct qk_cpu *isa, const char **why)
{
    *why = "nothing was asked for";
    bool first = true;
    for (size_t g = 0; g < m->count; g++)
        for (size_t i = 0; i < m->table->count; i++) {
            const bool along = &m->table->rows[i] == qk_table_reference(m->table, m->groups[g].op) &&
                               !m->groups[g].reference_asked;
            if (!m->groups[g].wanted[i] || along)
                continue;
            const char *missing = qk_variant_missing(&m->table->rows[i], isa);
            if (!missing)
                return true;
            if (first)
                *why = missing;
            first = false;
        }
    return false;
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
    struct bench_verdicts verdicts = {0};
    const double start_ns = now_ns();
    const char *why;
    *failed = false;
    if (!anything_available(m, cfg->job.isa, &why))
        return qk_fail(err, QK_ERR_UNAVAILABLE, NULL, "none of the cases named can run here: %s", why);
    set->seed = cfg->job.seed;
    set->quick = cfg->job.quick;
    set->cpu = cfg->job.cpu;
    snprintf(set->source, sizeof set->source, "%s", m->source);
    int code = bench_schedule_check_clock(err);
    if (!code)
        code = time_empty(&set->timer_ns, err);
    if (!code)
        code = bench_verdicts_make(&verdicts, m, &cfg->job, err);
    if (!code)
        code = run_groups(m, cfg, start_ns, &verdicts, set, err);
    if (!code)
        code = clock_of(set, err);
    if (!code)
        code = judge(set, err);
    *failed = verdicts.failed;
    bench_verdicts_free(&verdicts);
    return code;
}
