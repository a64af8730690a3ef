/* SPDX-License-Identifier: MIT */
#include "baselines/gate/duet.h"

#include "baselines/gate/duet_private.h"
#include "harness/duet/trace.h"
#include "harness/engine/buffers.h"
#include "harness/machine/child.h"
#include "harness/machine/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A row that is wrong, or cannot be checked, makes the result INVALID. */
static int verify(const struct qk_variant *row, struct bench_build *build, const struct qk_shape *shape,
                  struct gate *g, struct baseline_result *r, struct qk_error *err)
{
    struct qk_error why;
    if (bench_job_stopped(&g->cfg->job))
        return qk_fail(err, QK_ERR_INTERRUPTED, r->name, "interrupted");
    const int code = bench_build_check(build, row, shape, &why);
    if (code == QK_ERR_MEMORY || code == QK_ERR_INTERRUPTED || code == QK_ERR_INTERNAL)
        return qk_fail(err, code, why.where, "%s", why.text);
    if (code && r->verdict != BASELINE_INVALID) {
        r->verdict = BASELINE_INVALID;
        snprintf(r->reason, sizeof r->reason, "%s build: %.200s%s%.150s", bench_side_names[build->side],
                 why.where, *why.where ? ": " : "", why.text);
    }
    return 0;
}

/* Is it one code? Nobody asks the modules. */
static bool is_identical(const struct gate *g, const struct qk_variant *base, const struct qk_variant *cand)
{
    return g->same || (g->cfg->identity && baseline_identity_same(g->cfg->identity, base, cand));
}

/* What can be said of a case before anything is timed; *time says that it must be. */
static int look(const struct baseline_suite_case *c, struct gate *g, struct baseline_result *r, bool *time,
                struct qk_error *err)
{
    const char *removed;
    *time = false;
    r->role = BASELINE_CASE;
    r->verdict = BASELINE_PASS;
    snprintf(r->name, sizeof r->name, "%s", c->name);
    snprintf(r->memory, sizeof r->memory, "%s", qk_memory_names[c->memory]);
    if (!c->cand || *c->gone) {
        removed = baseline_policy_removed(g->cfg->policy, c->name);
        r->verdict = removed ? BASELINE_REMOVED : BASELINE_MISSING;
        snprintf(r->reason, sizeof r->reason, "%s%s",
                 removed   ? removed
                 : c->cand ? c->gone
                           : "the candidate has no such row",
                 removed ? "" : ", and the policy's `removed` does not say so");
        return 0;
    }
    int code = verify(c->cand, g->cfg->cand, &c->shape, g, r, err);
    if (code || r->verdict == BASELINE_INVALID)
        return code;
    if (!c->base || c->base->outdated) {
        r->verdict = BASELINE_NEW;
        snprintf(r->reason, sizeof r->reason, "%s%s",
                 c->base ? "the base's row cannot be compared: " : "the base has no such row",
                 c->base ? c->base->unknown : "");
        return 0;
    }
    const bool identical = is_identical(g, c->base, c->cand);
    if (identical && !g->cfg->time_identical) {
        const char *note = bench_build_note(g->cfg->cand, c->cand);
        snprintf(r->reason, sizeof r->reason, "identical code, not timed%s%s%s%s", *c->changed ? "; " : "",
                 c->changed, *note ? "; " : "", note);
        return 0;
    }
    if (!identical)
        code = verify(c->base, g->cfg->base, &c->shape, g, r, err);
    *time = !code && r->verdict != BASELINE_INVALID;
    return code;
}

static struct timed *add_timed(struct gate *g, struct baseline_result *r, const struct baseline_suite_case *c)
{
    struct timed *t = &g->timed[g->count++];
    *t = (struct timed){.result = r, .note = ""};
    t->duet = &g->duet[g->count - 1];
    *t->duet = (struct bench_duet_case){.op = c->op,
                                        .shape = c->shape,
                                        .memory = c->memory,
                                        .budget_ns = 1e9 * g->cfg->policy->budget_s[c->memory]};
    snprintf(t->duet->name, sizeof t->duet->name, "%.159s", r->name);
    snprintf(r->memory, sizeof r->memory, "%s", qk_memory_names[c->memory]);
    r->verdict = BASELINE_INVALID;
    snprintf(r->reason, sizeof r->reason, "not measured");
    return t;
}

static int add_case(struct gate *g, const struct baseline_suite_case *c, struct baseline_result *r,
                    struct qk_error *err)
{
    const struct baseline_margins *m =
        baseline_policy_margins(g->cfg->policy, c->name, qk_memory_names[c->memory]);
    bool time;
    const int code = look(c, g, r, &time, err);
    if (!m)
        return qk_fail(err, QK_ERR_INVALID, c->name, "no margin of the policy %s is for this case",
                       g->cfg->policy->source);
    r->ignorable = m->ignorable;
    r->must_catch = m->must_catch;
    r->mean = m->mean;
    if (code || !time)
        return code;
    struct timed *t = add_timed(g, r, c);
    t->duet->arm[0] = (struct bench_duet_arm){BENCH_SIDE_BASE, c->base->name};
    t->duet->arm[1] = (struct bench_duet_arm){BENCH_SIDE_CANDIDATE, c->cand->name};
    t->duet->extra = g->cfg->inject;
    snprintf(t->changed, sizeof t->changed, "%s", c->changed); /* cases move when shapes are added */
    t->note = bench_build_note(g->cfg->cand, c->cand);
    return 0;
}

/* A minimum speed-up is a bound on the ratio of two rows of the candidate. */
static int add_rule(struct gate *g, const struct baseline_suite_case *c,
                    const struct baseline_speedup_rule *rule, struct baseline_result *r, struct qk_error *err)
{
    const struct qk_variant *over = qk_table_find(&g->cfg->cand->table, qk_op_row(c->op)->name, rule->over);
    r->role = BASELINE_RULE;
    r->verdict = BASELINE_PASS;
    r->ignorable = r->must_catch = -log(rule->at_least);
    snprintf(r->name, sizeof r->name, "%.180s >= %gx %.40s", c->name, rule->at_least, rule->over);
    if (!c->cand || !over) {
        r->verdict = BASELINE_INVALID;
        snprintf(r->reason, sizeof r->reason, "the candidate has no row %.60s of %s",
                 c->cand ? rule->over : c->name, qk_op_row(c->op)->name);
        return 0;
    }
    int code = verify(c->cand, g->cfg->cand, &c->shape, g, r, err);
    if (!code)
        code = verify(over, g->cfg->cand, &c->shape, g, r, err);
    if (code || r->verdict == BASELINE_INVALID)
        return code;
    const struct qk_variant *was = qk_table_find(&g->cfg->base->table, qk_op_row(c->op)->name, rule->over);
    if (g->cfg->same_policy && !g->cfg->time_identical && c->base && was &&
        is_identical(g, c->base, c->cand) && is_identical(g, was, over)) {
        snprintf(r->reason, sizeof r->reason, "identical code and rule, not timed");
        return 0;
    }
    struct timed *t = add_timed(g, r, c);
    t->duet->arm[0] = (struct bench_duet_arm){BENCH_SIDE_CANDIDATE, over->name};
    t->duet->arm[1] = (struct bench_duet_arm){BENCH_SIDE_CANDIDATE, c->cand->name};
    return 0;
}

/*
 * Base against its copy, and base against itself with more work: both are known, so both must be judged
 * right.
 */
static void add_controls(struct gate *g, const struct baseline_suite_case *c, struct baseline_result *r)
{
    const struct baseline_margins *m =
        baseline_policy_margins(g->cfg->policy, c->name, qk_memory_names[c->memory]);
    for (int slowed = 0; slowed < 2; slowed++, r++) {
        r->role = slowed ? BASELINE_SLOWED : BASELINE_AA;
        r->ignorable = m->ignorable;
        r->must_catch = m->must_catch;
        snprintf(r->name, sizeof r->name, "%s", c->name);
        struct timed *t = add_timed(g, r, c);
        snprintf(t->duet->name, sizeof t->duet->name, "%.140s %s", c->name, baseline_role_names[r->role]);
        t->duet->arm[0] = (struct bench_duet_arm){BENCH_SIDE_BASE, c->base->name};
        t->duet->arm[1] = (struct bench_duet_arm){slowed ? BENCH_SIDE_BASE : BENCH_SIDE_COPY, c->base->name};
        t->duet->extra = slowed ? 2 * m->must_catch : 0;
    }
}

/*
 * A case that did not pass its check, or is too large; one that is still to be timed is INVALID too, with
 * another reason.
 */
static bool refused_before(const struct gate *g, size_t i)
{
    const struct baseline_result *r = &g->report->results[i];
    for (size_t k = 0; k < g->count; k++)
        if (g->timed[k].result == r)
            return false;
    return r->verdict == BASELINE_INVALID || r->verdict == BASELINE_INCONCLUSIVE;
}

/* One of each memory class that is timed. */
static void control(struct gate *g, size_t *used)
{
    const struct baseline_suite_cases *s = g->cfg->suite;
    const size_t judged = g->count;
    for (int memory = 0; memory < QK_MEMORIES; memory++) {
        bool timed = false, controlled = false;
        for (size_t i = 0; i < judged; i++)
            timed |= (int)g->duet[i].memory == memory;
        for (size_t i = 0; timed && !controlled && i < s->count; i++)
            if ((int)s->cases[i].memory == memory && s->cases[i].base && !refused_before(g, i)) {
                add_controls(g, &s->cases[i], &g->report->results[*used]);
                *used += 2;
                controlled = true;
            }
        if (timed && !controlled)
            snprintf(g->report->reason, sizeof g->report->reason,
                     "no row of the base that is right runs in %s, so the run has no control there",
                     qk_memory_names[memory]);
    }
}

static bool applies(const struct baseline_speedup_rule *rule, const struct baseline_suite_case *c)
{
    return baseline_case_matches(rule->cases, c->name);
}

static size_t results_wanted(const struct baseline_duet_config *cfg)
{
    size_t n = cfg->suite->count + 2 * QK_MEMORIES;
    for (size_t i = 0; i < cfg->suite->count; i++) {
        for (size_t k = 0; k < cfg->policy->speedup_count; k++)
            n += applies(&cfg->policy->speedups[k], &cfg->suite->cases[i]);
        if (cfg->all_shapes)
            n += baseline_suite_shapes(cfg->suite->cases[i].op);
    }
    return n;
}

/* Its buffers take more than half of this machine's memory: INCONCLUSIVE, and said. */
static bool too_large(const struct baseline_suite_case *c, struct baseline_result *r)
{
    const struct bench_group group = {.op = c->op, .shape = c->shape};
    const double half = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / 2;
    size_t bytes;
    const bool known = bench_group_bytes(&group, &bytes);
    if (known && (double)bytes <= half)
        return false;
    r->verdict = BASELINE_INCONCLUSIVE;
    snprintf(r->name, sizeof r->name, "%s", c->name);
    snprintf(r->memory, sizeof r->memory, "%s", qk_memory_names[c->memory]);
    snprintf(r->reason, sizeof r->reason, "its buffers do not fit half of this machine's memory, %.0f MiB",
             half / 0x1p20);
    return true;
}

/* Other shapes of what is timed so far. */
static int add_shapes(struct gate *g, size_t *used, struct qk_error *err)
{
    struct baseline_suite_cases *s = g->cfg->suite;
    const size_t timed = g->count;
    int code = 0;
    for (size_t k = 0; k < timed && !code; k++)
        code =
            baseline_suite_add_shapes(s, (size_t)(g->timed[k].result - g->report->results), g->cfg->env, err);
    for (; *used < s->count && !code; ++*used) {
        struct baseline_result *r = &g->report->results[*used];
        const size_t before = g->count;
        bench_job_tell(&g->cfg->job, 0, s->cases[*used].name);
        if (!too_large(&s->cases[*used], r))
            code = add_case(g, &s->cases[*used], r, err);
        r->role = BASELINE_SHAPE;
        if (g->count > before)
            g->duet[before].budget_ns = 1e9 * BASELINE_SHAPE_SECONDS;
    }
    return code;
}

/* Suite, rules and controls share alpha; where there are other shapes, these share half of it. */
static int begin(struct gate *g, struct qk_error *err)
{
    const struct baseline_policy *policy = g->cfg->policy;
    size_t shapes = 0;
    int code = 0;
    for (size_t i = 0; i < g->count; i++)
        shapes += g->timed[i].result->role == BASELINE_SHAPE;
    const double alpha = shapes ? policy->alpha / 2 : policy->alpha;
    for (size_t i = 0; i < g->count && !code; i++) {
        const struct baseline_result *r = g->timed[i].result;
        const struct baseline_margins m = {r->ignorable, r->must_catch, r->mean};
        const size_t share = r->role == BASELINE_SHAPE ? shapes : g->count - shapes;
        code = r->role == BASELINE_RULE
                   ? baseline_decision_bound(&g->timed[i].decision, r->must_catch, alpha, share, err)
                   : baseline_decision_init(&g->timed[i].decision, &m, alpha, share, err);
    }
    return code;
}

static int plan(struct gate *g, struct qk_error *err)
{
    const struct baseline_suite_cases *s = g->cfg->suite;
    const size_t asked = s->count;
    size_t used = 0;
    int code = 0;
    for (; used < asked && !code; used++) {
        bench_job_tell(&g->cfg->job, 0, s->cases[used].name);
        code = add_case(g, &s->cases[used], &g->report->results[used], err);
    }
    if (!code && g->cfg->all_shapes)
        code = add_shapes(g, &used, err);
    for (size_t i = 0; i < asked && !code; i++)
        for (size_t k = 0; k < g->cfg->policy->speedup_count && !code; k++)
            if (applies(&g->cfg->policy->speedups[k], &s->cases[i]))
                code =
                    add_rule(g, &s->cases[i], &g->cfg->policy->speedups[k], &g->report->results[used++], err);
    if (!code)
        control(g, &used);
    g->report->count = used;
    return code ? code : begin(g, err);
}

/* At most: a row may have several cases, or none that is timed. */
static double shapes_budget(const struct baseline_suite_cases *suite)
{
    double sum = 0;
    for (size_t i = 0; i < suite->count; i++)
        if (!i || suite->cases[i].cand != suite->cases[i - 1].cand)
            sum += BASELINE_SHAPE_SECONDS * (double)baseline_suite_shapes(suite->cases[i].op);
    return sum;
}

double baseline_gate_budget(const struct baseline_policy *policy, const struct baseline_suite_cases *suite,
                            bool all_shapes)
{
    bool used[QK_MEMORIES] = {all_shapes, all_shapes};
    double sum = all_shapes ? shapes_budget(suite) : 0;
    for (size_t i = 0; i < suite->count; i++) {
        const struct baseline_suite_case *c = &suite->cases[i];
        sum += policy->budget_s[c->memory];
        for (size_t k = 0; k < policy->speedup_count; k++)
            sum += applies(&policy->speedups[k], c) ? policy->budget_s[c->memory] : 0;
        used[c->memory] = true;
    }
    for (int memory = 0; memory < QK_MEMORIES; memory++)
        sum += used[memory] ? 2 * policy->budget_s[memory] : 0;
    return sum;
}

int baseline_gate_duet(const struct baseline_duet_config *cfg, struct baseline_report *report,
                       struct qk_error *err)
{
    const size_t room = results_wanted(cfg);
    const double budget_s =
        cfg->budget_s > 0 ? cfg->budget_s : baseline_gate_budget(cfg->policy, cfg->suite, cfg->all_shapes);
    struct gate g = {.cfg = cfg, .report = report, .launcher = cfg->launcher};
    struct baseline_report made;
    g.launcher.until_ns = bench_clock_ns() + (uint64_t)(budget_s * 1e9);
    cfg->base->launcher = cfg->cand->launcher = &g.launcher;
    g.same = bench_image_same(&cfg->base->image, &cfg->cand->image);
    int code = baseline_report_make(&made, room, err);
    if (!code) {
        report->results = made.results;
        report->count = made.count;
    }
    g.timed = calloc(room, sizeof *g.timed);
    g.duet = calloc(room, sizeof *g.duet);
    if (!code && (!g.timed || !g.duet))
        code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu cases", room);
    if (!code)
        code = plan(&g, err);
    bench_build_rest(cfg->base);
    bench_build_rest(cfg->cand);
    bench_strays_end();
    if (!code && g.count)
        code = baseline_gate_measure(&g, err);
    cfg->base->launcher = cfg->cand->launcher = &cfg->launcher;
    baseline_gate_free(&g);
    return code;
}
