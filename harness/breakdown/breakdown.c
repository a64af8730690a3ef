/* SPDX-License-Identifier: MIT */
#include "harness/breakdown/breakdown.h"

#include "harness/engine/group.h"
#include "harness/engine/trust.h"
#include "harness/machine/clock.h"
#include "harness/machine/pinning.h"
#include "harness/records/json_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Where neighbours take the CPU away a run takes longer than planned. After twice the time, or at the end of its share
 * of a budget, the blocks so far will do, when there are as many as the shortest full run has.
 */
enum { LATE = 2, ENOUGH_BLOCKS = 16, FEWEST_BLOCKS = 6 /* for an interval at 95 % */ };

/* A row that is being timed: its prefixes and, last, the plain kernel. */
struct timed {
    struct bench_breakdown_row *row; /* NULL: not timed */
    qk_fn *arm[BENCH_STAGES_MAX + 1];
    double ns[BENCH_STAGES_MAX + 1]; /* of a call, as it was first seen */
    size_t dropped;                  /* blocks that were not believed */
    struct bench_schedule schedule;
};

static int give_up(struct timed *t, const char *why)
{
    t->row->status = BENCH_ERROR;
    t->row->blocks = 0;
    snprintf(t->row->reason, sizeof t->row->reason, "%s", why);
    t->row = NULL;
    return 0;
}

static int ready_arms(struct timed *t, const struct bench_buffers *buffers, bool quick, struct qk_error *err)
{
    struct bench_breakdown_row *row = t->row;
    const struct qk_variant *v = row->variant;
    const int stages = qk_stage_count(v->op);
    double round_ns = 0;
    if (stages < 1 || stages > BENCH_STAGES_MAX)
        return qk_fail(err, QK_ERR_INTERNAL, v->op_name, "%d stages; a breakdown has room for %d", stages,
                       BENCH_STAGES_MAX);
    row->stages = (size_t)stages;
    for (int i = 0; i < stages; i++)
        if (!qk_variant_upto(v, i, &t->arm[i]))
            return qk_fail(err, QK_ERR_INTERNAL, v->name, "no prefix for stage %d", i);
    t->arm[stages] = v->fn;
    row->same_code = t->arm[stages - 1] == v->fn;
    for (size_t a = 0; a <= row->stages; a++) {
        t->ns[a] = bench_buffers_time(buffers, t->arm[a]);
        if (isnan(t->ns[a]))
            return give_up(t, "the system clock stood still while calls were timed");
        row->calls[a] = bench_schedule_calls(t->ns[a]);
        round_ns += t->ns[a] * (double)row->calls[a];
    }
    t->schedule = bench_schedule_fit(round_ns, quick);
    return 0;
}

/* Skip, error, or ready to be timed. */
static int ready_row(struct timed *t, struct bench_breakdown_row *row, const struct bench_buffers *buffers,
                     const struct bench_run_config *cfg, struct bench_verdicts *verdicts,
                     struct qk_error *err)
{
    const struct qk_variant *v = row->variant;
    const char *missing = qk_variant_missing(v, cfg->job.isa),
               *failed = verdicts->text[qk_table_index(cfg->job.table, v)];
    char why[300];
    if (bench_job_stopped(&cfg->job))
        return qk_fail(err, QK_ERR_INTERRUPTED, row->shape, "interrupted before timing");
    row->status = missing ? BENCH_SKIP : BENCH_ERROR;
    if (missing || *failed) {
        snprintf(row->reason, sizeof row->reason, "%s", missing ? missing : failed);
        return 0;
    }
    if (!bench_buffers_same(buffers, v, why, sizeof why)) {
        verdicts->failed = true;
        snprintf(row->reason, sizeof row->reason, "output differs from the reference's on these inputs: %s",
                 why);
        return 0;
    }
    row->status = BENCH_OK;
    t->row = row;
    return ready_arms(t, buffers, cfg->job.quick, err);
}

/* Why the block is not to be believed; NULL when it is. */
static const char *odd_block(const struct timed *t, const double *samples, double *scratch)
{
    const struct bench_breakdown_row *row = t->row;
    const char *why = NULL;
    for (size_t a = 0; a <= row->stages && !why; a++) {
        for (size_t r = 0; r < row->rounds; r++)
            scratch[r] = samples[a * row->rounds + r] * (double)row->calls[a];
        why = bench_slices_odd(scratch, row->rounds, t->ns[a] * (double)row->calls[a], scratch + row->rounds);
    }
    return why;
}

/* scratch[2 * rounds]. Returns why the block is not to be believed; NULL when it is. */
static const char *run_block(struct timed *t, const struct bench_buffers *buffers, size_t block,
                             struct qk_rng *rng, double *scratch, struct bench_breakdown *bd)
{
    struct bench_breakdown_row *row = t->row;
    const size_t arms = row->stages + 1;
    size_t order[BENCH_STAGES_MAX + 1];
    double *samples = row->samples_ns + block * arms * row->rounds;
    /* Another variant ran before: its code and its branches are in the core's memory, and not this one's. */
    for (size_t a = 0; a < arms; a++)
        bench_buffers_call(buffers, t->arm[a], 1);
    struct bench_clocks begin, end;
    const double before = bench_clock_ghz(bd->clock_why, sizeof bd->clock_why);
    bench_clocks_read(&begin);
    for (size_t r = 0; r < row->rounds; r++) {
        bench_schedule_order(rng, order, arms);
        for (size_t i = 0; i < arms; i++) {
            const size_t a = order[i];
            const uint64_t start = bench_clock_ns();
            bench_buffers_call(buffers, t->arm[a], row->calls[a]);
            samples[a * row->rounds + r] = bench_stored(bench_clock_since(start) / (double)row->calls[a]);
        }
    }
    bench_clocks_read(&end);
    row->core_ghz[block] = bench_stored((before + bench_clock_ghz(NULL, 0)) / 2);
    const char *why = bench_clocks_differ(&begin, &end);
    return why ? why : odd_block(t, samples, scratch);
}

/* A block that is to be believed; *odd says why there is none. A row may lose as many as it is to have. */
static int take_block(struct timed *t, const struct bench_buffers *buffers, size_t block, struct qk_rng *rng,
                      struct bench_breakdown *bd, const char **odd, struct qk_error *err)
{
    double *scratch = calloc(t->row->rounds, 2 * sizeof *scratch);
    *odd = "";
    if (!scratch)
        return qk_fail(err, QK_ERR_MEMORY, t->row->shape, "no memory for a block");
    while (*odd && t->dropped < t->schedule.blocks) {
        *odd = run_block(t, buffers, block, rng, scratch, bd);
        if (*odd)
            bench_dropped_add(&bd->dropped, *odd);
        t->dropped += *odd != NULL;
    }
    free(scratch);
    return 0;
}

struct walk {
    struct bench_breakdown *bd;
    const struct bench_matrix *m;
    const struct bench_run_config *cfg;
    struct bench_verdicts verdicts;
    struct qk_rng rng;
    double end_ns; /* of all timing; INFINITY without a budget */
};

/* All rows of a group have equally many blocks. */
static void cut_blocks(struct timed *timed, size_t count, size_t blocks)
{
    for (size_t i = 0; i < count; i++)
        if (timed[i].row)
            timed[i].row->blocks = blocks;
}

/* One block of every row. *more: another one is to be had. */
static int take_blocks(struct walk *w, size_t b, const struct bench_buffers *buffers, struct timed *timed,
                       size_t count, double before, double total, bool *more, struct qk_error *err)
{
    char name[BENCH_SHAPE_NAME + 80], why[200];
    double done = before;
    for (size_t i = 0; i < count && *more; i++) {
        const char *odd;
        if (!timed[i].row)
            continue;
        bench_breakdown_name(timed[i].row, name, sizeof name);
        if (bench_job_stopped(&w->cfg->job))
            return qk_fail(err, QK_ERR_INTERRUPTED, name, "interrupted");
        bench_job_tell(&w->cfg->job, done / (double)w->m->count, name);
        int code = bench_pin_again(w->cfg->job.cpu, err);
        if (!code)
            code = take_block(&timed[i], buffers, b, &w->rng, w->bd, &odd, err);
        if (code)
            return code;
        done += timed[i].schedule.ns / (double)timed[i].schedule.blocks / total;
        *more = !odd || b < FEWEST_BLOCKS;
        if (!odd)
            continue;
        snprintf(why, sizeof why, "too many blocks cannot be believed: %s", odd);
        if (*more)
            give_up(&timed[i], why);
        else
            cut_blocks(timed, count, b);
    }
    return 0;
}

static int time_group(struct walk *w, size_t g, const struct bench_buffers *buffers, struct timed *timed,
                      size_t count, struct qk_error *err)
{
    const double start = (double)bench_clock_ns(),
                 planned = start + (w->end_ns - start) / (double)(w->m->count - g);
    size_t blocks = BENCH_BLOCKS_MAX;
    double total = 0, all = 0;
    bool more = true;
    int code = 0;
    for (size_t i = 0; i < count; i++)
        if (timed[i].row && timed[i].schedule.blocks < blocks)
            blocks = timed[i].schedule.blocks;
    for (size_t i = 0; i < count; i++)
        all += timed[i].row ? timed[i].schedule.ns : 0;
    for (size_t i = 0; i < count; i++) {
        struct bench_breakdown_row *row = timed[i].row;
        size_t samples;
        if (!row)
            continue;
        if (all > planned - start)
            timed[i].schedule = bench_schedule_shorten(&timed[i].schedule);
        total += timed[i].schedule.ns / (double)timed[i].schedule.blocks * (double)blocks;
        row->blocks = blocks;
        row->rounds = timed[i].schedule.rounds;
        if (qk_mul_size(blocks * (row->stages + 1), row->rounds, &samples))
            row->samples_ns = calloc(samples, sizeof *row->samples_ns);
        if (!row->samples_ns)
            return qk_fail(err, QK_ERR_MEMORY, row->shape, "no memory for %zu blocks of samples", blocks);
    }
    const double end = fmin(planned, start + LATE * total);
    for (size_t b = 0; b < blocks && more && !code; b++) {
        if (b >= ENOUGH_BLOCKS && (double)bench_clock_ns() > end) {
            cut_blocks(timed, count, b);
            break;
        }
        code = take_blocks(w, b, buffers, timed, count, (double)g + (double)b / (double)blocks, total, &more,
                           err);
    }
    for (size_t i = 0; i < count && !code; i++) {
        if (!timed[i].row)
            continue;
        code = bench_breakdown_estimate(timed[i].row, err);
        if (!code)
            code = bench_breakdown_count_row(timed[i].row, timed[i].arm, buffers, w->cfg, err);
    }
    return code;
}

static int run_group(struct walk *w, size_t g, struct qk_error *err)
{
    const struct bench_group *group = &w->m->groups[g];
    struct timed *timed = calloc(w->m->table->count, sizeof *timed);
    struct bench_buffers buffers = {0};
    size_t count = 0;
    if (!timed)
        return qk_fail(err, QK_ERR_MEMORY, group->name, "no memory for the arms");
    struct qk_error why;
    int code = bench_buffers_make(&buffers, group, w->cfg->job.seed, &why);
    const bool fits = code != QK_ERR_MEMORY;
    if (code && fits)
        qk_fail(err, code, why.where, "%s", why.text);
    code = fits ? code : 0;
    for (size_t i = 0; i < w->m->table->count && !code; i++) {
        if (!group->wanted[i])
            continue;
        struct bench_breakdown_row *row = &w->bd->rows[w->bd->count++];
        row->variant = &w->m->table->rows[i];
        row->elements = (double)buffers.plan.elements;
        snprintf(row->shape, sizeof row->shape, "%s", group->name);
        row->status = BENCH_SKIP;
        snprintf(row->reason, sizeof row->reason, "%.390s", fits ? "" : why.text);
        if (fits)
            code = ready_row(&timed[count++], row, &buffers, w->cfg, &w->verdicts, err);
    }
    bench_buffers_drop_expected(&buffers);
    if (!code)
        code = time_group(w, g, &buffers, timed, count, err);
    bench_buffers_free(&buffers);
    free(timed);
    return code;
}

/* Room for all rows; says why when none of them can run here. */
static int make_rows(struct bench_breakdown *bd, const struct bench_matrix *m, const struct qk_cpu *isa,
                     struct qk_error *err)
{
    const char *why = NULL;
    bool available = false;
    size_t count = 0;
    for (size_t g = 0; g < m->count; g++)
        for (size_t i = 0; i < m->table->count; i++) {
            if (!m->groups[g].wanted[i])
                continue;
            const char *missing = qk_variant_missing(&m->table->rows[i], isa);
            available |= !missing;
            why = why ? why : missing;
            count++;
        }
    if (!available)
        return qk_fail(err, QK_ERR_UNAVAILABLE, NULL, "none of the variants named can run here: %s",
                       why ? why : "nothing was asked for");
    bd->rows = calloc(count, sizeof *bd->rows);
    return bd->rows ? 0 : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu rows", count);
}

static int judge(struct bench_breakdown *bd, struct qk_error *err)
{
    double *ghz = calloc(bd->count, 2 * sizeof *ghz);
    size_t n = 0, timed = 0;
    if (!ghz)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu clocks", bd->count);
    for (size_t i = 0; i < bd->count; i++) {
        if (bd->rows[i].status != BENCH_OK)
            continue;
        timed++;
        if (!isnan(bd->rows[i].clock_ghz))
            ghz[n++] = bd->rows[i].clock_ghz;
    }
    bd->clock_ghz = bench_median(ghz, n, ghz + n);
    free(ghz);
    return timed ? 0
                 : qk_fail(err, QK_ERR_INVALID, NULL, "nothing was measured: no variant could be timed: %s",
                           bd->rows[0].reason);
}

int bench_breakdown_run(struct bench_breakdown *bd, const struct bench_matrix *m,
                        const struct bench_run_config *cfg, struct qk_error *err)
{
    struct walk w = {.bd = bd, .m = m, .cfg = cfg, .end_ns = INFINITY};
    if (cfg->job.budget_s > 0)
        w.end_ns = (double)bench_clock_ns() + cfg->job.budget_s * 1e9;
    int code = make_rows(bd, m, cfg->job.isa, err);
    if (code)
        return code;
    bd->seed = cfg->job.seed;
    bd->quick = cfg->job.quick;
    bd->cpu = cfg->job.cpu;
    snprintf(bd->source, sizeof bd->source, "%s", m->source);
    qk_rng_seed(&w.rng, cfg->job.seed);
    code = bench_schedule_check_clock(err);
    if (!code)
        code = bench_verdicts_make(&w.verdicts, m, &cfg->job, err);
    for (size_t g = 0; g < m->count && !code; g++)
        code = run_group(&w, g, err);
    if (!code)
        code = judge(bd, err);
    bd->failed = w.verdicts.failed;
    bench_verdicts_free(&w.verdicts);
    return code;
}

void bench_breakdown_free(struct bench_breakdown *bd)
{
    for (size_t i = 0; i < bd->count; i++) {
        free(bd->rows[i].samples_ns);
        free(bd->rows[i].counts);
    }
    free(bd->rows);
    bd->rows = NULL;
    bd->count = 0;
}
