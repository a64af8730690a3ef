/* SPDX-License-Identifier: MIT */
#include "baselines/gate/duet_private.h"

#include "harness/duet/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Half an interval that a report should have, by where the data lies. 77 gates of an unchanged build then
 * repeated its ratio with a sd of at most 0.031 and 0.213 % (Zen 4). Without, 12 had up to 0.067 % in cache.
 */
static const double half_width[QK_MEMORIES] = {[QK_MEMORY_CACHE] = 0.0006, [QK_MEMORY_DRAM] = 0.004};

static bool keep(struct timed *t, const struct bench_duet_block *b)
{
    double scratch[BENCH_DUET_PAIRS_MAX];
    const struct baseline_timed_block block = {
        .log_ratio = b->log_ratio,
        .base_ns = bench_median(b->base_ns, b->pairs, scratch),
        .cand_ns = bench_median(b->cand_ns, b->pairs, scratch),
        .wall_ns = b->wall_ns,
        .extra = b->extra,
        .launch = b->launch,
        .dropped = b->dropped,
    };
    return baseline_timed_keep(t, &block);
}

static bool more(void *ctx, const struct bench_duet_block *b)
{
    struct gate *g = ctx;
    struct timed *t = &g->timed[b->index];
    if (!g->code && g->cfg->trace)
        g->code = bench_trace_block(&g->run, b, g->cfg->trace, &g->err);
    if (!g->code && !keep(t, b))
        g->code = qk_fail(&g->err, QK_ERR_MEMORY, t->duet->name, "no memory for a block");
    if (g->code)
        return false;
    double base_ns[BENCH_DUET_PAIRS_MAX], cand_ns[BENCH_DUET_PAIRS_MAX];
    for (size_t p = 0; p < b->pairs; p++) { /* what others ran meanwhile is no stall */
        base_ns[p] = b->base_ns[p] - b->base_wait_ns[p];
        cand_ns[p] = b->cand_ns[p] - b->cand_wait_ns[p];
    }
    const struct baseline_block block = {b->log_ratio, b->pairs, base_ns, cand_ns};
    if (!baseline_decision_add(&t->decision, &block))
        return true;
    /* Who gave the run its own budget wants verdicts in it. */
    return t->result->role == BASELINE_CASE && t->decision.verdict != BASELINE_INVALID &&
           !(g->cfg->budget_s > 0) && !baseline_timed_precise(t, half_width[t->duet->memory]);
}

static void refused(void *ctx, size_t index, int code, const char *why)
{
    struct gate *g = ctx;
    struct baseline_result *r = g->timed[index].result;
    (void)code;
    g->timed[index].refused = true;
    r->verdict = BASELINE_INVALID;
    snprintf(r->reason, sizeof r->reason, "%s", why);
}

/* Instructions of both rows: they tell a reader whether code or machine made the difference. */
static void count_instructions(const struct gate *g, const struct timed *t)
{
    double *const to[] = {&t->result->old_instructions, &t->result->new_instructions};
    const struct bench_build *const builds[] = {g->cfg->base, g->cfg->cand};
    for (int side = 0; side < 2; side++) {
        const struct qk_variant *v =
            qk_table_find(&builds[side]->table, qk_op_row(t->duet->op)->name, t->duet->arm[side].variant);
        if (v)
            *to[side] = bench_build_instructions(builds[side], v);
    }
}

static int conclude(struct gate *g, struct timed *t, struct qk_error *err)
{
    const int code = baseline_timed_conclude(t, err);
    if (!code && !t->refused && t->count && baseline_is_case(t->result) &&
        t->result->verdict != BASELINE_PASS)
        count_instructions(g, t);
    return code;
}

int baseline_gate_measure(struct gate *g, struct qk_error *err)
{
    g->run = (struct bench_duet_config){
        .job = g->cfg->job,
        .launcher = g->launcher,
        .image = {[BENCH_SIDE_BASE] = &g->cfg->base->image, [BENCH_SIDE_CANDIDATE] = &g->cfg->cand->image},
        .cases = g->duet,
        .case_count = g->count,
        .launches = g->cfg->policy->launches,
        .more = more,
        .refused = refused,
        .ctx = g};
    int code = g->cfg->trace
                   ? bench_trace_header(&g->run, g->cfg->env, g->cfg->policy->json, g->cfg->trace, err)
                   : 0;
    if (!code)
        code = bench_duet_run(&g->run, err);
    if (g->code) {
        *err = g->err;
        code = g->code;
    }
    for (size_t i = 0; i < g->count && !code; i++)
        code = conclude(g, &g->timed[i], err);
    return code;
}

void baseline_gate_free(struct gate *g)
{
    for (size_t i = 0; i < g->count; i++)
        baseline_timed_free(&g->timed[i]);
    free(g->timed);
    free(g->duet);
}
