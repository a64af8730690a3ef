/* SPDX-License-Identifier: MIT */
/* Selects the rows and shapes of a breakdown. */
#include "harness/breakdown/breakdown.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Into its stages, or into what a PREPARED row does before its kernel and the kernel. */
static bool can_be_cut(const struct qk_variant *v)
{
    return v->kind == QK_STAGED || v->kind == QK_PREPARED;
}

static bool row_wanted(const struct qk_table *table, const struct bench_group *g, size_t i)
{
    const struct qk_variant *v = &table->rows[i];
    return can_be_cut(v) && g->wanted[i] && (g->reference_asked || v != qk_table_reference(table, g->op));
}

/* Keeps the staged rows that were asked for, and the groups that have one. */
static void keep_staged(struct bench_matrix *m)
{
    size_t kept = 0;
    for (size_t g = 0; g < m->count; g++) {
        bool any = false;
        for (size_t i = 0; i < m->table->count; i++)
            any |= m->groups[g].wanted[i] = row_wanted(m->table, &m->groups[g], i);
        if (any)
            m->groups[kept++] = m->groups[g];
        else
            free(m->groups[g].wanted);
    }
    m->count = kept;
}

static size_t working_set(const struct bench_group *g)
{
    struct qk_plan plan;
    return qk_op_row(g->op)->on->plan(&g->shape, &plan, NULL) ? SIZE_MAX : bench_plan_bytes(g->op, &plan);
}

/* One group per op: the largest that fits L1, or the smallest when none does. */
static void keep_default_shape(struct bench_matrix *m, const struct bench_environment *env)
{
    const uint64_t known = bench_environment_cache(env, 1), l1 = known ? known : 32 << 10;
    size_t kept = 0;
    for (int op = 0; op < QK_OP_COUNT; op++) {
        size_t best = SIZE_MAX;
        for (size_t g = kept; g < m->count; g++) {
            if ((int)m->groups[g].op != op)
                continue;
            const size_t bytes = working_set(&m->groups[g]);
            const size_t old = best == SIZE_MAX ? 0 : working_set(&m->groups[best]);
            if (best == SIZE_MAX || (bytes <= l1 ? bytes > old || old > l1 : bytes < old))
                best = g;
        }
        if (best == SIZE_MAX)
            continue;
        const struct bench_group chosen = m->groups[best];
        m->groups[best] = m->groups[kept];
        m->groups[kept++] = chosen;
    }
    for (size_t g = kept; g < m->count; g++)
        free(m->groups[g].wanted);
    m->count = kept;
    const size_t used = strlen(m->source);
    snprintf(m->source + used, sizeof m->source - used, "; the largest that fits L1 (%llu KiB%s)",
             (unsigned long long)(l1 >> 10), known ? "" : ", assumed");
}

static bool names_shape(const char *pattern)
{
    const char *slash = strchr(pattern, '/');
    return slash && strchr(slash + 1, '/');
}

int bench_breakdown_matrix(struct bench_matrix *m, const struct qk_table *table, char *const *patterns,
                           size_t count, const char *shapes, const struct bench_environment *env,
                           struct qk_error *err)
{
    char there[300] = "";
    bool choose = !shapes;
    const int code = bench_matrix_make(m, table, patterns, count, shapes, env, err);
    if (code)
        return code;
    keep_staged(m);
    for (size_t k = 0; k < count; k++)
        choose &= !names_shape(patterns[k]);
    if (choose && m->count)
        keep_default_shape(m, env);
    if (m->count)
        return 0;
    for (size_t i = 0; i < m->table->count; i++) {
        const size_t used = strlen(there);
        if (can_be_cut(&table->rows[i]) && used < sizeof there)
            snprintf(there + used, sizeof there - used, " %s/%s", table->rows[i].op_name,
                     table->rows[i].name);
    }
    return qk_fail(err, QK_ERR_ARG, "pattern",
                   "'%.80s' matches no staged variant, and only those can be cut; staged:%s",
                   count ? patterns[0] : "*", there);
}
