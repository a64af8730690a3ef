/* SPDX-License-Identifier: MIT */
#include "baselines/gate/e2e.h"

#include "baselines/gate/timed.h"
#include "harness/machine/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char memory_class[] = "e2e";
static const enum baseline_role roles[BENCH_PROGRAMS_PAIRS] = {[BENCH_PROGRAMS_CANDIDATE] = BASELINE_CASE,
                                                               [BENCH_PROGRAMS_COPY] = BASELINE_AA,
                                                               [BENCH_PROGRAMS_SLOWED] = BASELINE_SLOWED};

/* How well a ratio should be known: half of its interval. */
static const double HALF_WIDTH = 0.005;

struct e2e {
    bool hurried; /* with a budget of the caller's */
    struct timed timed[BENCH_PROGRAMS_PAIRS];
    double base_said_ns, said_ns; /* sums over the case's pairs */
    double base_ns, ns;
    size_t tokens, orders; /* of the last group's orders; so many */
    bool no_memory;
};

double baseline_e2e_budget(const struct baseline_policy *policy)
{
    return BENCH_PROGRAMS_PAIRS * policy->e2e_s;
}

void baseline_e2e_name(const char *model, char to[BASELINE_NAME])
{
    static const char synth[] = "synth:";
    const char *const slash = strrchr(model, '/');
    const bool made = !strncmp(model, synth, strlen(synth));
    snprintf(to, BASELINE_NAME, "e2e/generate/%.200s", slash && !made ? slash + 1 : model);
}

static bool more(void *ctx, const struct bench_programs_block *b)
{
    struct e2e *const e = ctx;
    struct timed *const t = &e->timed[b->pair];
    double scratch[BENCH_PROGRAMS_MOST];
    const struct baseline_timed_block kept = {
        .log_ratio = b->log_ratio,
        .base_ns = bench_median(b->base_ns, b->pairs, scratch),
        .cand_ns = bench_median(b->ns, b->pairs, scratch),
        .wall_ns = b->wall_ns,
        .extra = b->extra,
        .launch = b->launch,
        .dropped = b->dropped,
    };
    e->no_memory = e->no_memory || !baseline_timed_keep(t, &kept);
    double base_ns = 0, ns = 0;
    for (size_t i = 0; i < b->pairs; i++) {
        base_ns += b->base_ns[i];
        ns += b->ns[i];
    }
    if (b->pair == BENCH_PROGRAMS_CANDIDATE) {
        e->tokens = b->tokens;
        e->orders = b->orders;
        e->base_said_ns += b->base_said_ns;
        e->said_ns += b->said_ns;
        e->base_ns += base_ns;
        e->ns += ns;
    }
    /* The block had one coin, so it is one pair to the test of sums. */
    const struct baseline_block block = {b->log_ratio, 1, &base_ns, &ns};
    const bool open = !baseline_decision_add(&t->decision, &block);
    const bool vague =
        b->pair == BENCH_PROGRAMS_CANDIDATE && !e->hurried && !baseline_timed_precise(t, HALF_WIDTH);
    return (open || vague) && !e->no_memory;
}

static int begin(struct e2e *e, const struct baseline_e2e_config *cfg, const struct baseline_margins *m,
                 const char *name, struct baseline_report *report, struct qk_error *err)
{
    struct baseline_report made;
    int code = baseline_report_make(&made, BENCH_PROGRAMS_PAIRS, err);
    if (code)
        return code;
    report->results = made.results;
    report->count = made.count;
    for (int pair = 0; pair < BENCH_PROGRAMS_PAIRS && !code; pair++) {
        struct baseline_result *const r = &report->results[pair];
        r->role = roles[pair];
        r->ignorable = m->ignorable;
        r->must_catch = m->must_catch;
        r->mean = r->role == BASELINE_CASE ? m->mean : 0;
        snprintf(r->name, sizeof r->name, "%s", name);
        strcpy(r->memory, memory_class);
        e->timed[pair].result = r;
        const struct baseline_margins margins = {r->ignorable, r->must_catch, r->mean};
        code = baseline_decision_init(&e->timed[pair].decision, &margins, cfg->policy->alpha,
                                      BENCH_PROGRAMS_PAIRS, err);
    }
    return code;
}

/* What a reader should know of the case besides its times. */
static void describe(const struct e2e *e, const struct baseline_result *r, char *to, size_t size)
{
    const double base = 100 * (e->base_said_ns / e->base_ns), cand = 100 * (e->said_ns / e->ns);
    size_t used =
        (size_t)snprintf(to, size, "%zu tokens a group, in %zu %s; %zu launches", e->tokens * e->orders,
                         e->orders, e->orders == 1 ? "order" : "orders", r->launches);
    if (r->injected > 0)
        used += (size_t)snprintf(to + used, size - used, "; the candidate was given %.2f %% more tokens",
                                 100 * r->injected);
    snprintf(to + used, size - used,
             "; by their own clocks, which are not judged, the base took %.2f %% of these times and the "
             "candidate %.2f %%",
             base, cand);
}

/* Nothing of it can be trusted, so only the reason is left. */
static void refuse(struct baseline_report *report, const char *why)
{
    struct baseline_result *const r = report->results;
    r->timed = false;
    r->verdict = BASELINE_INVALID;
    snprintf(r->reason, sizeof r->reason, "%.399s", why);
    snprintf(report->reason, sizeof report->reason, "%.399s", why);
    report->count = 1;
}

int baseline_gate_e2e(const struct baseline_e2e_config *cfg, struct baseline_report *report,
                      struct qk_error *err)
{
    struct e2e e = {.hurried = cfg->budget_s > 0};
    struct bench_programs_config run = cfg->programs;
    struct qk_error why = {.text = ""};
    char name[BASELINE_NAME], note[400];
    baseline_e2e_name(cfg->model ? cfg->model : "trained", name);
    const struct baseline_margins *const m = baseline_policy_margins(cfg->policy, name, memory_class);
    if (!m)
        return qk_fail(err, QK_ERR_INVALID, name, "no margin of the policy %s is for this case",
                       cfg->policy->source);
    int code = begin(&e, cfg, m, name, report, err);
    if (code)
        return code;
    run.slowed = 2 * m->must_catch;
    run.launches = cfg->policy->launches;
    run.budget_ns = 1e9 * cfg->policy->e2e_s;
    run.until_ns = cfg->budget_s > 0 ? bench_clock_ns() + (uint64_t)(cfg->budget_s * 1e9) : 0;
    /* A program that hangs must not take longer than all of it may. */
    run.patience_ms = cfg->budget_s > 0 && cfg->budget_s < 120 ? (unsigned)(cfg->budget_s * 1e3) : 0;
    run.more = more;
    run.ctx = &e;
    code = bench_programs_run(&run, &why);
    if (!code && e.no_memory)
        code = qk_fail(&why, QK_ERR_MEMORY, name, "no memory for a block");
    if (!code) {
        describe(&e, report->results, note, sizeof note);
        e.timed[BENCH_PROGRAMS_CANDIDATE].note = e.ns > 0 ? note : NULL;
        for (int pair = 0; pair < BENCH_PROGRAMS_PAIRS && !code; pair++)
            code = baseline_timed_conclude(&e.timed[pair], &why);
    }
    for (int pair = 0; pair < BENCH_PROGRAMS_PAIRS; pair++)
        baseline_timed_free(&e.timed[pair]);
    if (code == QK_ERR_CHECK) {
        refuse(report, why.text);
        return 0;
    }
    return code ? qk_fail(err, code, why.where, "%s", why.text) : 0;
}
