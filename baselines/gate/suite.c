/* SPDX-License-Identifier: MIT */
#include "baselines/gate/suite.h"

#include "harness/engine/buffers.h"
#include "harness/engine/matrix.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_glob(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}

/*
 * Why a row cannot be judged here; NULL when it can. A level that this program does not know may be here. So
 * such a row is not left out: its check refuses it.
 */
static const char *missing(const struct qk_variant *row, const struct baseline_suite_config *cfg, char *why,
                           size_t size)
{
    if (strcmp(qk_isa_row(row->isa)->name, row->isa_name) != 0)
        return NULL;
    if (*cfg->allowed && !qk_has_word(cfg->allowed, row->isa_name)) {
        snprintf(why, size, "the policy does not allow %s", row->isa_name);
        return why;
    }
    return cfg->isa->present[row->isa] ? NULL : cfg->isa->why[row->isa];
}

static bool is_case(const struct qk_variant *row)
{
    return row && row->kind != QK_CEILING;
}

/* What of the candidate's row is not as in the base. */
static void compare_rows(struct baseline_suite_case *c)
{
    static const char *const kinds[] = {"STAGED", "PLAIN", "CEILING", "PREPARED"};
    const struct qk_variant *was = c->base, *is = c->cand;
    const struct {
        const char *what, *was, *is;
    } columns[] = {{"phase", was->phase, is->phase},
                   {"kind", kinds[was->kind], kinds[is->kind]},
                   {"level", was->isa_name, is->isa_name}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        const size_t used = strlen(c->changed);
        if (strcmp(columns[i].was, columns[i].is) != 0)
            snprintf(c->changed + used, sizeof c->changed - used, "%s%s was %.20s and is %.20s",
                     used ? ", " : "", columns[i].what, columns[i].was, columns[i].is);
    }
}

static bool there(const struct baseline_suite_cases *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (!strcmp(s->cases[i].name, name))
            return true;
    return false;
}

struct adding {
    struct baseline_suite_cases *suite;
    const struct baseline_suite_config *cfg;
    enum qk_op op;
    struct qk_shape shape;
    struct qk_plan plan;
    bool named;   /* an op */
    bool matched; /* a row, available or not */
};

/* A row at a shape: named, with the memory its data comes from, unless it is there. */
static int append(struct baseline_suite_cases *s, struct baseline_suite_case *c, const struct qk_plan *plan,
                  const struct bench_environment *env, struct qk_error *err)
{
    const struct qk_variant *row = c->cand ? c->cand : c->base;
    char shape[QK_SHAPE_TEXT];
    qk_shape_print(&c->shape, shape);
    if ((size_t)snprintf(c->name, sizeof c->name, "%s/%s/%s", row->op_name, row->name, shape) >=
        sizeof c->name)
        return qk_fail(err, QK_ERR_INVALID, row->name, "the name of this row is too long");
    if (there(s, c->name))
        return 0;
    c->memory = bench_memory_of(c->op, plan, env);
    if (s->count == s->room) {
        const size_t room = s->room ? 2 * s->room : 32;
        struct baseline_suite_case *more = reallocarray(s->cases, room, sizeof *more);
        if (!more)
            return qk_fail(err, QK_ERR_MEMORY, c->name, "no memory for %zu cases", room);
        s->cases = more;
        s->room = room;
    }
    s->cases[s->count++] = *c;
    return 0;
}

/*
 * Can the rows of both builds be told apart by their times here? False: nothing of them is judged, as *why
 * says.
 */
static bool judgeable(const struct adding *a, struct baseline_suite_case *c, char *text, size_t size,
                      const char **why)
{
    const char *const of_base = c->base ? missing(c->base, a->cfg, text, size) : NULL;
    *why = c->cand ? missing(c->cand, a->cfg, text, size) : of_base;
    if (c->base && c->cand) {
        compare_rows(c);
        if (strcmp(c->base->isa_name, c->cand->isa_name) != 0 && !of_base != !*why)
            snprintf(c->gone, sizeof c->gone, "%.60s: %.50s", c->changed, of_base ? of_base : *why);
        if (!is_case(c->cand))
            snprintf(c->gone, sizeof c->gone, "%.118s", c->changed);
    }
    return *c->gone || !*why;
}

static int add(struct adding *a, const struct qk_variant *base, const struct qk_variant *cand,
               struct qk_error *err)
{
    struct baseline_suite_cases *s = a->suite;
    /* What was a ceiling is no base to be compared with. */
    struct baseline_suite_case c = {
        .op = a->op, .shape = a->shape, .base = is_case(base) ? base : NULL, .cand = cand};
    char text[160];
    const char *why;
    if (!c.base && !is_case(cand))
        return 0;
    a->matched = true;
    if (qk_row_lacks(cand ? cand : base, &a->plan))
        return 0;
    if (!judgeable(a, &c, text, sizeof text, &why)) {
        if (!s->unavailable++)
            snprintf(s->why, sizeof s->why, "%s", why);
        return 0;
    }
    return append(s, &c, &a->plan, a->cfg->env, err);
}

/* Rows of the candidate first, in its table's order, then those that only the base has. */
static int add_rows(struct adding *a, const struct baseline_parts *e, struct qk_error *err)
{
    const struct qk_table *tables[] = {a->cfg->cand, a->cfg->base};
    int code = 0;
    for (int m = 0; m < 2; m++)
        for (size_t i = 0; i < tables[m]->count && !code; i++) {
            const struct qk_variant *row = &tables[m]->rows[i];
            const struct qk_variant *other = qk_table_find(tables[!m], row->op_name, row->name);
            if ((m == 0 || !other) && !strcmp(row->op_name, qk_op_row(a->op)->name) &&
                !fnmatch(e->variant, row->name, 0))
                code = m == 0 ? add(a, other, row, err) : add(a, row, NULL, err);
        }
    return code;
}

static int add_shape(struct adding *a, const struct baseline_parts *e, const struct qk_shape *shape,
                     struct qk_error *err)
{
    a->shape = *shape;
    const int code = qk_op_row(a->op)->on->plan(shape, &a->plan, err);
    if (code == QK_ERR_ARG && is_glob(e->op))
        return 0; /* an op that cannot have it is not meant */
    return code ? code : add_rows(a, e, err);
}

/* The shapes an entry means for one op. */
static int add_shapes(struct adding *a, const struct baseline_parts *e, struct qk_error *err)
{
    struct qk_shape shape;
    int code = 0;
    if (*e->shape == '@') {
        static const char *const levels[] = {"@L1", "@L2", "@L3", "@DRAM"};
        for (int i = 0; i < 4; i++)
            if (!strcmp(e->shape, levels[i]))
                return bench_cache_shape(a->op, (enum bench_level)(BENCH_LEVEL_L1 + i), a->cfg->env, &shape)
                           ? add_shape(a, e, &shape, err)
                           : 0;
        return qk_fail(err, QK_ERR_ARG, e->shape, "no such memory level; expected @L1, @L2, @L3 or @DRAM");
    }
    if (!is_glob(e->shape)) {
        code = qk_shape_parse(e->shape, &shape, err);
        return code ? code : add_shape(a, e, &shape, err);
    }
    char text[QK_SHAPE_TEXT];
    for (const char *rest = qk_op_row(a->op)->on->sets->shapes; !code && (rest = qk_shape_word(rest, text));)
        if (!fnmatch(e->shape, text, 0)) {
            code = qk_shape_parse(text, &shape, err);
            if (!code)
                code = add_shape(a, e, &shape, err);
        }
    return code;
}

static int expand(struct baseline_suite_cases *s, const char *text, const struct baseline_suite_config *cfg,
                  struct qk_error *err)
{
    struct baseline_parts e;
    struct adding a = {.suite = s, .cfg = cfg};
    int code = 0;
    if (!baseline_cut(text, &e))
        return qk_fail(err, QK_ERR_ARG, "pattern", "'%.40s...' is longer than %zu characters", text,
                       sizeof e.text - 1);
    for (int op = 0; op < qk_op_count() && !code; op++)
        if (!fnmatch(e.op, qk_op_row(op)->name, 0)) {
            a.op = (enum qk_op)op;
            a.named = true;
            code = add_shapes(&a, &e, err);
        }
    if (!code && !a.named)
        code = qk_fail(err, QK_ERR_ARG, "pattern",
                       "'%.80s' matches no case: no op '%.40s'; `qkbench list` shows ops and variants", text,
                       e.op);
    else if (!code && !a.matched)
        code = qk_fail(err, QK_ERR_ARG, "pattern",
                       "'%.80s' matches no case of either build: no op '%.40s' has a variant '%.40s' and the "
                       "shape '%.40s'; `qkbench list` shows ops and variants",
                       text, e.op, e.variant, e.shape);
    return code;
}

int baseline_suite_expand(struct baseline_suite_cases *s, const char *const *entries, size_t count,
                          const struct baseline_suite_config *cfg, struct qk_error *err)
{
    int code = 0;
    *s = (struct baseline_suite_cases){0};
    for (size_t i = 0; i < count && !code; i++)
        code = expand(s, entries[i], cfg, err);
    if (!code && !s->count)
        code = s->unavailable
                   ? qk_fail(err, QK_ERR_UNAVAILABLE, NULL, "none of the %zu cases named can run here: %s",
                             s->unavailable, s->why)
                   : qk_fail(err, QK_ERR_INVALID, NULL, "the suite names no case");
    return code;
}

int baseline_suite_add_shapes(struct baseline_suite_cases *s, size_t index,
                              const struct bench_environment *env, struct qk_error *err)
{
    struct baseline_suite_case c = s->cases[index];
    struct qk_plan plan;
    char text[QK_SHAPE_TEXT];
    int code = 0;
    for (const struct qk_shape_set *set = qk_op_row(c.op)->on->sets; set->name && !code; set++)
        for (const char *rest = set->shapes; !code && (rest = qk_shape_word(rest, text));) {
            code = qk_shape_parse(text, &c.shape, err);
            if (!code)
                code = qk_op_row(c.op)->on->plan(&c.shape, &plan, err);
            if (!code)
                code = append(s, &c, &plan, env, err);
        }
    return code;
}

size_t baseline_suite_shapes(enum qk_op op)
{
    size_t count = 0;
    char text[QK_SHAPE_TEXT];
    for (const struct qk_shape_set *set = qk_op_row(op)->on->sets; set->name; set++)
        for (const char *rest = set->shapes; (rest = qk_shape_word(rest, text));)
            count++;
    return count;
}

void baseline_suite_free(struct baseline_suite_cases *s)
{
    free(s->cases);
    *s = (struct baseline_suite_cases){0};
}

/* Tells the policy of all cases the entries mean, on a machine that has every ISA level. */
static int use(struct baseline_policy *policy, const char *const *entries, size_t count,
               const struct baseline_suite_config *cfg, struct qk_error *err)
{
    struct baseline_suite_config every = *cfg;
    struct baseline_suite_cases all = {0};
    struct qk_cpu isa = {0};
    for (int i = 0; i < QK_ISA_COUNT; i++)
        isa.present[i] = true;
    every.isa = &isa;
    every.allowed = "";
    const int code = baseline_suite_expand(&all, entries, count, &every, err);
    for (size_t i = 0; i < all.count && !code; i++)
        baseline_policy_match_case(policy, all.cases[i].name, qk_memory_names[all.cases[i].memory]);
    baseline_suite_free(&all);
    return code;
}

int baseline_suite_rules(struct baseline_policy *policy, const char *const *entries, size_t count,
                         const struct baseline_suite_config *cfg, struct qk_error *err)
{
    const struct baseline_suite *full = baseline_policy_suite(policy, "full");
    int code = use(policy, entries, count, cfg, err);
    if (!code && full) {
        const char **all = calloc(full->count + 1, sizeof *all);
        if (!all)
            return qk_fail(err, QK_ERR_MEMORY, full->name, "no memory for %zu entries", full->count);
        for (size_t i = 0; i < full->count; i++)
            all[i] = full->cases[i];
        code = use(policy, all, full->count, cfg, err);
        free(all);
    }
    return code ? code : baseline_policy_unmatched(policy, err);
}
