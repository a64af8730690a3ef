/* SPDX-License-Identifier: MIT */
#include "harness/breakdown/breakdown.h"

#include "harness/engine/group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Where neighbours take the CPU away, a run takes longer than planned. It ends early after twice the planned
 * time, or when its share of a budget is spent. It then has at least as many blocks as the shortest full run.
 */
enum { LATE = 2, ENOUGH_BLOCKS = 16, FEWEST_BLOCKS = 6 /* for an interval at 95 % */ };

static void give_up(struct bench_breakdown_row *row, const char *what, const char *why)
{
    row->status = BENCH_ERROR;
    snprintf(row->reason, sizeof row->reason, "%s%s", what, why);
}

/* A set of a row's prefixes and, last, the kernel. A PREPARED row's first is what comes before its kernel. */
static int ready_arms(struct bench_breakdown_row *row, struct bench_stand *stand, const struct bench_job *job,
                      struct bench_arms *set, struct qk_error *err)
{
    const struct qk_variant *v = row->variant;
    const int stages = qk_stage_count(v->op);
    char name[sizeof set->name];
    const char *why = NULL;
    qk_fn *fn = NULL;
    if (stages < 1 || stages > BENCH_STAGES_MAX)
        return qk_fail(err, QK_ERR_INTERNAL, v->op_name, "%d stages; a breakdown has room for %d", stages,
                       BENCH_STAGES_MAX);
    row->stages = (size_t)stages;
    const int code = bench_arms_make(set, bench_breakdown_name(row, name, sizeof name), row->stages + 1, err);
    if (code)
        return code;
    for (int i = 0; i <= stages && !why; i++) {
        if (bench_job_stopped(job))
            return qk_fail(err, QK_ERR_INTERRUPTED, row->shape, "interrupted before timing");
        row->same_code = fn == v->fn;
        if (i == stages || v->form)
            fn = v->fn;
        else if (!qk_variant_upto(v, i, &fn))
            return qk_fail(err, QK_ERR_INTERNAL, v->name, "no prefix for stage %d", i);
        why = bench_arms_add(set, bench_time_gbench, v->form && !i ? &stand->prepare : &stand->view, fn);
        row->calls[i] = set->arm[i].units;
    }
    if (why) {
        give_up(row, "", why);
        set->count = 0;
    } else {
        set->schedule = bench_schedule_fit(set->round_ns, job->quick);
    }
    return 0;
}

/* All rows of a group have equally many blocks. */
static size_t fewest_blocks(struct bench_arms *sets, size_t count)
{
    size_t blocks = BENCH_BLOCKS_MAX;
    for (size_t i = 0; i < count; i++)
        if (sets[i].count && sets[i].schedule.blocks < blocks)
            blocks = sets[i].schedule.blocks;
    for (size_t i = 0; i < count; i++) {
        struct bench_schedule *s = &sets[i].schedule;
        s->ns = sets[i].count ? s->ns / (double)s->blocks * (double)blocks : 0;
        s->blocks = sets[i].count ? blocks : 0;
    }
    return blocks;
}

/* What was measured of a row becomes the row's. */
static int keep_row(struct bench_breakdown_row *row, struct bench_arms *set, size_t blocks,
                    const struct bench_run_config *cfg, struct qk_error *err)
{
    row->blocks = blocks;
    row->rounds = set->schedule.rounds;
    row->samples_ns = set->ns;
    set->ns = NULL;
    memcpy(row->core_ghz, set->ghz, sizeof row->core_ghz);
    const int code = bench_breakdown_estimate(row, err);
    return code ? code : bench_breakdown_count_row(row, set->arm, cfg, err);
}

static int time_group(struct bench_rounds *r, struct bench_breakdown_row *rows, struct bench_arms *sets,
                      size_t count, const struct bench_run_config *cfg, struct qk_error *err)
{
    size_t blocks = fewest_blocks(sets, count);
    int code = bench_arms_time(r, sets, count, err);
    for (size_t i = 0; i < count && !code; i++) {
        if (sets[i].odd && sets[i].blocks < FEWEST_BLOCKS)
            give_up(&rows[i], "too many blocks cannot be believed: ", sets[i].odd);
        else if (sets[i].count && sets[i].blocks < blocks)
            blocks = sets[i].blocks;
    }
    for (size_t i = 0; i < count && !code; i++)
        if (rows[i].status == BENCH_OK)
            code = keep_row(&rows[i], &sets[i], blocks, cfg, err);
    return code;
}

static int run_group(struct bench_rounds *r, struct bench_breakdown *bd, const struct bench_group *group,
                     const struct bench_run_config *cfg, struct bench_verdicts *verdicts,
                     struct qk_error *err)
{
    struct bench_breakdown_row *rows = &bd->rows[bd->count];
    struct bench_ready ready;
    int code = bench_ready_make(&ready, group, &cfg->job, verdicts, err);
    struct bench_arms *sets = calloc(ready.count + 1, sizeof *sets);
    if (!code && !sets)
        code = qk_fail(err, QK_ERR_MEMORY, group->name, "no memory for the arms");
    for (size_t i = 0; i < ready.count && !code; i++) {
        struct bench_breakdown_row *row = &rows[i];
        row->variant = ready.stands[i].variant;
        row->status = ready.stands[i].status;
        row->elements = (double)ready.buffers.plan.elements;
        snprintf(row->shape, sizeof row->shape, "%s", group->name);
        snprintf(row->reason, sizeof row->reason, "%s", ready.stands[i].reason);
        bd->count++;
        if (row->status == BENCH_OK)
            code = ready_arms(row, &ready.stands[i], &cfg->job, &sets[i], err);
    }
    if (!code)
        code = time_group(r, rows, sets, ready.count, cfg, err);
    for (size_t i = 0; i < ready.count && sets; i++)
        bench_arms_free(&sets[i]);
    free(sets);
    bench_ready_free(&ready);
    return code;
}

static size_t count_rows(const struct bench_matrix *m)
{
    size_t count = 0;
    for (size_t g = 0; g < m->count; g++)
        for (size_t i = 0; i < m->table->count; i++)
            count += m->groups[g].wanted[i];
    return count;
}

static int judge(const struct bench_breakdown *bd, struct qk_error *err)
{
    for (size_t i = 0; i < bd->count; i++)
        if (bd->rows[i].status == BENCH_OK)
            return 0;
    return qk_fail(err, QK_ERR_INVALID, NULL, "nothing was measured: no variant could be timed: %s",
                   bd->rows[0].reason);
}

int bench_breakdown_run(struct bench_breakdown *bd, const struct bench_matrix *m,
                        const struct bench_run_config *cfg, struct qk_error *err)
{
    struct bench_rounds rounds = {
        .job = &cfg->job, .sets = count_rows(m), .enough = ENOUGH_BLOCKS, .late = LATE};
    struct bench_verdicts verdicts;
    bd->seed = cfg->job.seed;
    bd->quick = cfg->job.quick;
    bd->cpu = cfg->job.cpu;
    snprintf(bd->source, sizeof bd->source, "%s", m->source);
    bench_rounds_open(&rounds);
    int code = bench_verdicts_make(&verdicts, m, &cfg->job, err);
    bd->rows = calloc(rounds.sets, sizeof *bd->rows);
    if (!code)
        code = bench_schedule_check_clock(err);
    if (!code && !bd->rows)
        code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu rows", rounds.sets);
    for (size_t g = 0; g < m->count && !code; g++)
        code = run_group(&rounds, bd, &m->groups[g], cfg, &verdicts, err);
    if (!code)
        code = judge(bd, err);
    bd->failed = verdicts.failed;
    bd->clock_ghz = bench_rounds_clock(&rounds);
    snprintf(bd->clock_why, sizeof bd->clock_why, "%s", rounds.clock_why);
    bd->dropped = rounds.dropped;
    bench_rounds_close(&rounds);
    bench_verdicts_free(&verdicts);
    return code;
}

void bench_breakdown_forget(struct bench_breakdown_row *row, struct qk_variant *read)
{
    free(row->samples_ns);
    free(row->counts);
    if (!read)
        return;
    const char *const texts[] = {read->op_name, read->name, read->isa_name, read->phase, read->flags};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free((char *)texts[i]);
}

void bench_breakdown_free(struct bench_breakdown *bd)
{
    for (size_t i = 0; i < bd->count; i++)
        bench_breakdown_forget(&bd->rows[i], bd->variants ? &bd->variants[i] : NULL);
    free(bd->rows);
    free(bd->variants);
    json_decref(bd->claims);
    bd->rows = NULL;
    bd->variants = NULL;
    bd->claims = NULL;
    bd->count = 0;
}
