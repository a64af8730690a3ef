/* SPDX-License-Identifier: MIT */
#include "baselines/fleet/fleet.h"

#include <stdlib.h>
#include <string.h>

int baseline_fleet_begin(struct baseline_fleet *f, const struct baseline_fleet_plan *plan,
                         struct qk_error *err)
{
    *f = (struct baseline_fleet){
        .plan = plan, .node_count = plan->node_count, .nodes = calloc(plan->node_count, sizeof *f->nodes)};
    if (!f->nodes)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu nodes", plan->node_count);
    for (size_t i = 0; i < plan->node_count; i++) {
        struct baseline_fleet_node *const n = &f->nodes[i];
        bench_environment_init(&n->report.env);
        n->report.verdict = n->verdict = BASELINE_INVALID;
        n->answer.exit_code = -1;
        strcpy(n->answer.node, plan->nodes[i]);
        strcpy(n->answer.plan, plan->hash);
        strcpy(n->answer.reason, "it has not been measured");
    }
    return 0;
}

void baseline_fleet_free(struct baseline_fleet *f)
{
    for (size_t i = 0; f->nodes && i < f->node_count; i++) {
        baseline_fleet_answer_free(&f->nodes[i].answer);
        baseline_report_free(&f->nodes[i].report);
    }
    free(f->nodes);
    free(f->cases);
    free(f->cells);
    *f = (struct baseline_fleet){.plan = NULL};
}

static bool is_control(const struct baseline_result *r)
{
    return r->role == BASELINE_AA || r->role == BASELINE_SLOWED;
}

static const struct baseline_result *find(const struct baseline_report *r, const char *name,
                                          enum baseline_role role)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->results[i].role == role && !strcmp(r->results[i].name, name))
            return &r->results[i];
    return NULL;
}

/* "op/variant" of a case, whatever its shape. */
static size_t row_length(const char *name)
{
    const char *const slash = strchr(name, '/');
    return slash ? (size_t)(slash + 1 - name) + strcspn(slash + 1, "/") : strlen(name);
}

static bool has_row(const struct baseline_report *r, const char *name)
{
    const size_t length = row_length(name);
    for (size_t i = 0; i < r->count; i++)
        if (!is_control(&r->results[i]) && !strncmp(r->results[i].name, name, length) &&
            row_length(r->results[i].name) == length)
            return true;
    return false;
}

static bool same_caches(const struct bench_environment *a, const struct bench_environment *b)
{
    for (int level = 1; level <= 3; level++)
        if (bench_environment_cache(a, level) != bench_environment_cache(b, level))
            return false;
    return true;
}

/* Shapes may be made from cache sizes. Is the case at hand one of a machine whose caches are others? */
static bool has_other_shape(const struct baseline_fleet *f, const struct baseline_fleet_case *c, size_t node)
{
    const struct baseline_report *const here = &f->nodes[node].report;
    for (size_t i = 0; i < f->node_count; i++)
        if (c->cells[i].result && same_caches(&here->env, &f->nodes[i].report.env))
            return false;
    return has_row(here, c->name);
}

static void take_node(struct baseline_fleet_node *n, bool gate)
{
    const bool answered = n->answer.state == BASELINE_FLEET_ANSWERED;
    n->verdict = n->answer.state == BASELINE_FLEET_MISSING ? BASELINE_MISSING
                 : answered                                ? n->report.verdict
                                                           : BASELINE_INVALID;
    n->judged = answered && gate;
    for (size_t i = 0; answered && i < n->report.count; i++) {
        const struct baseline_result *const r = &n->report.results[i];
        if (is_control(r)) {
            n->controls++;
            n->right += baseline_control_right(r);
        } else {
            n->counts[r->verdict]++;
        }
    }
}

/* Fills f->cases with every name and role once. */
static void collect(struct baseline_fleet *f)
{
    for (size_t n = 0; n < f->node_count; n++) {
        const struct baseline_report *const r = &f->nodes[n].report;
        for (size_t i = 0; f->nodes[n].answer.state == BASELINE_FLEET_ANSWERED && i < r->count; i++) {
            const struct baseline_result *const one = &r->results[i];
            bool known = is_control(one);
            for (size_t k = 0; k < n && !known; k++)
                known = f->nodes[k].answer.state == BASELINE_FLEET_ANSWERED &&
                        find(&f->nodes[k].report, one->name, one->role);
            if (!known)
                f->cases[f->case_count++] =
                    (struct baseline_fleet_case){.name = one->name, .role = one->role};
        }
    }
}

/* A node's cells, but for those of rows that it may lack: these are counted. */
static size_t fill(struct baseline_fleet *f, size_t node)
{
    size_t lacking = 0;
    for (size_t i = 0; i < f->case_count; i++) {
        struct baseline_fleet_cell *const cell = &f->cases[i].cells[node];
        if (f->nodes[node].answer.state != BASELINE_FLEET_ANSWERED || cell->result)
            continue;
        /* Rules fall away with their rows, and reports do not count them. */
        const bool gone = f->cases[i].role == BASELINE_RULE && f->nodes[node].report.unavailable;
        cell->unavailable = gone || has_other_shape(f, &f->cases[i], node);
        lacking += !cell->unavailable;
    }
    return lacking;
}

/* A node that left out more cases than it says hides something. */
static void settle(struct baseline_fleet *f, size_t node)
{
    struct baseline_fleet_node *const n = &f->nodes[node];
    const size_t lacking = fill(f, node);
    const bool fair = lacking <= n->report.unavailable;
    for (size_t i = 0; i < f->case_count; i++) {
        struct baseline_fleet_cell *const cell = &f->cases[i].cells[node];
        if (cell->result)
            cell->verdict = cell->result->verdict;
        else if (n->answer.state == BASELINE_FLEET_ANSWERED)
            cell->unavailable |= fair;
        else
            cell->verdict = n->verdict;
        if (cell->unavailable || cell->result || n->answer.state != BASELINE_FLEET_ANSWERED)
            continue;
        cell->verdict = BASELINE_MISSING;
        if (baseline_verdict_rank(n->verdict, f->plan->strict) >=
            baseline_verdict_rank(BASELINE_MISSING, f->plan->strict))
            continue;
        n->verdict = BASELINE_MISSING;
        snprintf(n->answer.reason, sizeof n->answer.reason,
                 "says nothing of %zu cases that other nodes judged, but left out only %zu", lacking,
                 n->report.unavailable);
    }
}

static bool counts(const struct baseline_fleet_case *c, const struct baseline_fleet_cell *cell)
{
    return !cell->unavailable && !(c->role == BASELINE_SHAPE && cell->verdict == BASELINE_INCONCLUSIVE);
}

/* What a code of another command than a gate tells: from 0 up, as bad as that. */
static int badness(int exit_code)
{
    static const int order[] = {0, 77, 4, 3, 2, 1, 5};
    for (int i = 0; i < (int)(sizeof order / sizeof *order); i++)
        if (order[i] == exit_code)
            return i;
    return 5; /* as 1 is: the program has no such code */
}

static int exit_of_commands(const struct baseline_fleet *f)
{
    int worst = 0;
    for (size_t i = 0; i < f->node_count; i++) {
        const struct baseline_fleet_answer *const a = &f->nodes[i].answer;
        const int code = a->state == BASELINE_FLEET_ANSWERED ? a->exit_code : 5;
        worst = badness(code) > badness(worst) ? code : worst;
    }
    return worst;
}

static void judge(struct baseline_fleet *f)
{
    const bool strict = f->plan->strict;
    struct baseline_report all = {.strict = strict};
    for (size_t i = 0; i < f->case_count; i++) {
        struct baseline_fleet_case *const c = &f->cases[i];
        for (size_t n = 0; n < f->node_count; n++)
            if (counts(c, &c->cells[n]) && baseline_verdict_rank(c->cells[n].verdict, strict) >
                                               baseline_verdict_rank(c->verdict, strict))
                c->verdict = c->cells[n].verdict;
    }
    f->verdict = BASELINE_PASS;
    for (size_t n = 0; n < f->node_count; n++)
        if (baseline_verdict_rank(f->nodes[n].verdict, strict) > baseline_verdict_rank(f->verdict, strict))
            f->verdict = f->nodes[n].verdict;
    all.verdict = f->verdict;
    f->exit_code = f->plan->gate ? baseline_report_exit(&all) : exit_of_commands(f);
}

int baseline_fleet_merge(struct baseline_fleet *f, struct qk_error *err)
{
    size_t most = 1, bytes;
    for (size_t n = 0; n < f->node_count; n++)
        most += f->nodes[n].report.count;
    f->cases = calloc(most, sizeof *f->cases);
    if (qk_mul_size(most, f->node_count * sizeof *f->cells, &bytes))
        f->cells = calloc(1, bytes);
    if (!f->cases || !f->cells)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu cases on %zu nodes", most, f->node_count);
    for (size_t n = 0; n < f->node_count; n++)
        take_node(&f->nodes[n], f->plan->gate);
    collect(f);
    for (size_t i = 0; i < f->case_count; i++) {
        f->cases[i].cells = f->cells + i * f->node_count;
        for (size_t n = 0; n < f->node_count; n++)
            if (f->nodes[n].answer.state == BASELINE_FLEET_ANSWERED)
                f->cases[i].cells[n].result = find(&f->nodes[n].report, f->cases[i].name, f->cases[i].role);
    }
    for (size_t n = 0; n < f->node_count; n++)
        settle(f, n);
    judge(f);
    return 0;
}
