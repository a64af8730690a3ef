/* SPDX-License-Identifier: MIT */
#include "baselines/gate/duet_private.h"

#include "harness/duet/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool grow(struct timed *t)
{
    const size_t room = t->room ? 2 * t->room : 32;
    double **columns[] = {&t->log_ratio, &t->base_ns, &t->cand_ns};
    for (int i = 0; i < 3; i++) {
        double *more = reallocarray(*columns[i], room, sizeof *more);
        if (!more)
            return false;
        *columns[i] = more;
    }
    t->room = room;
    return true;
}

static bool keep(struct timed *t, const struct bench_duet_block *b)
{
    double scratch[BENCH_DUET_PAIRS_MAX];
    if (t->count == t->room && !grow(t))
        return false;
    t->log_ratio[t->count] = b->log_ratio;
    t->base_ns[t->count] = bench_median(b->base_ns, b->pairs, scratch);
    t->cand_ns[t->count] = bench_median(b->cand_ns, b->pairs, scratch);
    t->count++;
    t->dropped += b->dropped;
    t->result->timed = true;
    t->result->blocks = t->count;
    t->result->seconds += b->wall_ns * 1e-9;
    t->result->injected = b->extra;
    if (b->launch + 1 > t->result->launches)
        t->result->launches = b->launch + 1;
    return true;
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
    return !baseline_decision_add(&t->decision, &block);
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

/* Why it is not as the medians alone would have it, or not known, and what else is another. */
static void explain(const struct timed *t)
{
    struct baseline_result *r = t->result;
    char undecided[100] = "", stalls[100] = "", dropped[100] = "";
    const enum baseline_verdict by_median = t->decision.by_median;
    if (r->verdict == BASELINE_INCONCLUSIVE && r->role == BASELINE_SHAPE)
        snprintf(undecided, sizeof undecided, "undecided in %d s", BASELINE_SHAPE_SECONDS);
    else if (r->verdict == BASELINE_INCONCLUSIVE)
        snprintf(undecided, sizeof undecided, "%zu blocks in %.1f s did not decide", r->blocks, r->seconds);
    if (t->decision.by_sums != BASELINE_PASS && by_median != BASELINE_REGRESSION)
        snprintf(stalls, sizeof stalls, "rare stalls: mean %+.2f %%, median %+.2f %%",
                 100 * (r->mean_ratio - 1), 100 * (r->ratio.value - 1));
    if (t->dropped)
        snprintf(dropped, sizeof dropped,
                 "blocks dropped because the clock went back, jumped or stood still: %zu", t->dropped);
    const char *const parts[] = {undecided, stalls, dropped, t->changed, t->note};
    *r->reason = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const size_t used = strlen(r->reason);
        if (*parts[i])
            snprintf(r->reason + used, sizeof r->reason - used, "%s%s", used ? "; " : "", parts[i]);
    }
    if (r->verdict == BASELINE_INVALID)
        snprintf(r->reason, sizeof r->reason, "a block gave no number");
}

static int conclude(struct gate *g, struct timed *t, struct qk_error *err)
{
    struct baseline_result *r = t->result;
    double *scratch = calloc(t->count + 1, sizeof *scratch);
    if (!scratch)
        return qk_fail(err, QK_ERR_MEMORY, r->name, "no memory for %zu blocks", t->count);
    if (t->count) {
        const struct bench_interval log_ratio = bench_sign_interval(t->log_ratio, t->count, 0.95, scratch);
        r->ratio = (struct bench_interval){exp(log_ratio.value), exp(log_ratio.low), exp(log_ratio.high)};
        r->base_ns = bench_median(t->base_ns, t->count, scratch);
        r->cand_ns = bench_median(t->cand_ns, t->count, scratch);
        r->mean_ratio = baseline_decision_mean(&t->decision);
    }
    free(scratch);
    if (t->refused)
        return 0;
    if (!t->count) {
        snprintf(r->reason, sizeof r->reason, "no block was measured");
        return 0; /* and so it stays INVALID */
    }
    r->verdict = t->decision.verdict;
    explain(t);
    if (baseline_is_case(r) && r->verdict != BASELINE_PASS)
        count_instructions(g, t);
    return 0;
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
    for (size_t i = 0; i < g->count; i++) {
        free(g->timed[i].log_ratio);
        free(g->timed[i].base_ns);
        free(g->timed[i].cand_ns);
    }
    free(g->timed);
    free(g->duet);
}
