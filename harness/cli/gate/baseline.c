/* SPDX-License-Identifier: MIT */
#include "harness/cli/gate/gate.h"

#include "baselines/stored/compare.h"
#include "harness/cli/baseline/baseline.h"
#include "harness/cli/cli.h"
#include "harness/engine/matrix.h"
#include "harness/machine/pinning.h"
#include "kernels/module.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wish {
    const struct qk_table *table;
    char **patterns;
    size_t count;
    const char *isa; /* of the policy */
};

/* The row of a case "op/variant/shape"; NULL when this build has none. */
static const struct qk_variant *row_of(const struct qk_table *table, const char *name)
{
    char row[BASELINE_NAME];
    for (size_t i = 0; i < table->count; i++) {
        const struct qk_variant *v = &table->rows[i];
        const int n = snprintf(row, sizeof row, "%s/%s/", v->op_name, v->name);
        if (!strncmp(row, name, (size_t)n))
            return v;
    }
    return NULL;
}

/* Of a variant that this build does not know the level is not known either: it stays, and is missing. */
static bool allowed_isa(const struct qk_table *table, const char *levels, const char *name)
{
    const struct qk_variant *v = *levels ? row_of(table, name) : NULL;
    return !v || qk_has_word(levels, v->isa_name);
}

static bool wanted(void *ctx, const char *name)
{
    const struct wish *w = ctx;
    bool any = !w->count;
    for (size_t i = 0; i < w->count; i++)
        any |= baseline_case_matches(w->patterns[i], name);
    return any && allowed_isa(w->table, w->isa, name);
}

/* The cases of the base with the flags that they have in this build. */
static bool take_flags(struct baseline *here, const struct baseline *base, const struct qk_table *table)
{
    here->cases = calloc(base->count + 1, sizeof *here->cases);
    for (size_t i = 0; here->cases && i < base->count; i++) {
        const struct qk_variant *v = row_of(table, base->cases[i].name);
        struct baseline_case *c = &here->cases[here->count];
        if (!v)
            continue;
        *c =
            (struct baseline_case){.ns = NAN, .speedup = {NAN, NAN, NAN}, .spread = NAN, .instructions = NAN};
        memcpy(c->name, base->cases[i].name, sizeof c->name);
        c->flags = strdup(v->flags);
        here->count++;
        if (!c->flags)
            return false;
    }
    return here->cases != NULL;
}

/* What is known before anything is measured: enough to see that it would be for nothing. */
static int look_ahead(struct baseline *here, const struct baseline *base, const struct bench_job *job,
                      bool *same, struct qk_error *err)
{
    struct baseline_field *list = NULL;
    size_t count = 0;
    bench_environment_read(&here->env, job->cpu);
    bench_environment_built(&here->env, job->isa, job->table->compiler);
    here->abi = QK_KERNELS_ABI;
    if (!take_flags(here, base, job->table))
        return qk_fail(err, QK_ERR_MEMORY, base->name, "no memory for %zu cases", base->count);
    const int code = baseline_identity(base, here, true, &list, &count, err);
    *same = !count;
    free(list);
    return code;
}

static void describe(struct baseline_report *r, const struct cli_gate *o, const struct baseline *base,
                     const struct baseline *fresh)
{
    strcpy(r->mode, "baseline");
    snprintf(r->base, sizeof r->base, "%s", o->baseline);
    snprintf(r->candidate, sizeof r->candidate, "%s", o->result ? o->result : "this machine");
    memcpy(r->base_compiler, base->env.compiler, sizeof r->base_compiler);
    memcpy(r->cand_compiler, fresh->env.compiler, sizeof r->cand_compiler);
    r->env = fresh->env;
    r->seed = o->measure.job.seed;
}

static bool has_group(const struct baseline *base, const char *op, const char *shape)
{
    struct baseline_parts p;
    for (size_t i = 0; i < base->count; i++)
        if (baseline_cut(base->cases[i].name, &p) && !strcmp(p.op, op) && !strcmp(p.shape, shape))
            return true;
    return false;
}

/*
 * What to run when nobody says: all rows of the ops and shapes that the baseline has, as of others there is
 * nothing to judge. What this build has not is missing, which is the judge's to say. *m gets patterns of its
 * own, to be freed.
 */
static int take_groups(struct cli_measure *m, const struct baseline *base,
                       const struct bench_environment *env, struct qk_error *err)
{
    struct bench_matrix all;
    int code = bench_matrix_make(&all, m->job.table, NULL, 0, m->shapes, env, err);
    m->patterns = calloc(all.count + 1, sizeof *m->patterns);
    m->count = 0;
    if (!code && !m->patterns)
        code = qk_fail(err, QK_ERR_MEMORY, base->name, "no memory for %zu patterns", all.count);
    for (size_t g = 0; g < all.count && !code; g++) {
        const char *op = qk_op_row(all.groups[g].op)->name, *shape = all.groups[g].name;
        if (!has_group(base, op, shape))
            continue;
        if (asprintf(&m->patterns[m->count], "%s/*/%s", op, shape) < 0)
            code = qk_fail(err, QK_ERR_MEMORY, shape, "no memory for a pattern");
        else
            m->count++;
    }
    bench_matrix_free(&all);
    return code;
}

/* This machine as it is now. Nothing is measured where the baseline is of another one. */
static int take_fresh(struct baseline *fresh, const struct baseline *base, const struct cli_measure *asked,
                      const struct baseline_policy *policy, struct qk_error *err)
{
    struct cli_measure m = *asked;
    bool same = false;
    /* A set of another op's may be called otherwise: what was everybody's first set then is so now. */
    const bool first = !strcmp(base->shapes, qk_op_row(0)->on->sets[0].name);
    m.shapes = first ? NULL : base->shapes;
    int code = look_ahead(fresh, base, &m.job, &same, err);
    if (!code && same && !m.count)
        code = take_groups(&m, base, &fresh->env, err);
    if (!code && same) {
        baseline_free(fresh);
        code = cli_gate_measure(fresh, base, &m, policy, err);
    }
    if (m.patterns == asked->patterns)
        return code;
    for (size_t i = 0; i < m.count; i++)
        free(m.patterns[i]);
    free(m.patterns);
    return code;
}

int cli_gate_baseline(struct cli_gate *o, struct baseline_policy *policy, struct baseline_report *report,
                      struct qk_error *err)
{
    struct wish wish = {o->measure.job.table, o->measure.patterns, o->measure.count, policy->isa};
    struct baseline base, fresh = {0};
    *report = (struct baseline_report){.verdict = BASELINE_INVALID};
    int code = cli_baseline_open(&base, o->baseline, o->dir, err);
    if (code)
        return code == QK_ERR_MEMORY ? code : QK_ERR_INVALID;
    o->measure.job.budget_s = o->budget_s;
    baseline_keep(&base, wanted, &wish);
    code = o->result ? cli_baseline_open(&fresh, o->result, o->dir, err)
                     : take_fresh(&fresh, &base, &o->measure, policy, err);
    if (!code) {
        baseline_keep(&fresh, wanted, &wish);
        code = baseline_judge_stored(&base, &fresh, policy, report, err);
    }
    if (!code)
        describe(report, o, &base, &fresh);
    baseline_free(&fresh);
    baseline_free(&base);
    return code;
}
