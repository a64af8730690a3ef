/* SPDX-License-Identifier: MIT */
#include "harness/engine/matrix.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A pattern, cut at its first two slashes. Missing parts become "*". */
struct parts {
    char text[256];
    const char *op, *variant, *shape;
};

static int cut(const char *pattern, struct parts *p, struct qk_error *err)
{
    static const char any[] = "*";
    if (strlen(pattern) >= sizeof p->text)
        return qk_fail(err, QK_ERR_ARG, "pattern", "'%.40s...' is longer than %zu characters", pattern,
                       sizeof p->text - 1);
    strcpy(p->text, pattern);
    char *rest = p->text;
    p->op = strsep(&rest, "/");
    p->variant = rest ? strsep(&rest, "/") : any;
    p->shape = rest ? rest : any;
    return 0;
}

static bool wants_variant(const struct parts *p, const struct qk_variant *v)
{
    return !fnmatch(p->op, v->op_name, 0) && !fnmatch(p->variant, v->name, 0);
}

/* Adds a name to a blank-separated list, unless it stands there. */
static void append(char *to, size_t size, const char *name)
{
    const size_t used = strlen(to), length = strlen(name);
    for (const char *at = to; (at = strstr(at, name)); at += length)
        if ((at == to || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return;
    if (used + length + 2 < size)
        snprintf(to + used, size - used, "%s%s", used ? " " : "", name);
}

/* Says which part of a pattern that matches no row is to blame, and what there is. */
static int no_row(const struct qk_table *table, const char *pattern, const struct parts *p,
                  struct qk_error *err)
{
    char there[360] = "";
    bool op_matches = false;
    for (int i = 0; i < qk_op_count(); i++) {
        op_matches |= !fnmatch(p->op, qk_op_row(i)->name, 0);
        append(there, sizeof there, qk_op_row(i)->name);
    }
    if (!op_matches)
        return qk_fail(err, QK_ERR_ARG, "pattern", "'%.80s' matches no case: no op '%.40s'; ops: %s", pattern,
                       p->op, there);
    there[0] = '\0';
    for (size_t i = 0; i < table->count; i++)
        if (!fnmatch(p->op, table->rows[i].op_name, 0))
            append(there, sizeof there, table->rows[i].name);
    return qk_fail(err, QK_ERR_ARG, "pattern", "'%.80s' matches no case: no variant '%.40s'; variants: %s",
                   pattern, p->variant, there);
}

int bench_matrix_variants(const struct qk_table *table, char *const *patterns, size_t count, bool *wanted,
                          struct qk_error *err)
{
    for (size_t i = 0; i < table->count; i++)
        wanted[i] = !count;
    for (size_t k = 0; k < count; k++) {
        struct parts p;
        bool any = false;
        const int code = cut(patterns[k], &p, err);
        if (code)
            return code;
        for (size_t i = 0; i < table->count; i++)
            if (wants_variant(&p, &table->rows[i]))
                any = wanted[i] = true;
        if (!any)
            return no_row(table, patterns[k], &p, err);
    }
    return 0;
}

/* Appends a group that wants nothing yet. */
static int add_group(struct bench_matrix *m, enum qk_op op, const struct qk_shape *shape, const char *name,
                     struct qk_error *err)
{
    if (m->count == m->room) {
        const size_t room = m->room ? 2 * m->room : 16;
        struct bench_group *more = reallocarray(m->groups, room, sizeof *more);
        if (!more)
            return qk_fail(err, QK_ERR_MEMORY, name, "no memory for %zu groups", room);
        m->groups = more;
        m->room = room;
    }
    struct bench_group *g = &m->groups[m->count];
    memset(g, 0, sizeof *g);
    g->op = op;
    g->shape = *shape;
    snprintf(g->name, sizeof g->name, "%s", name);
    g->wanted = calloc(m->table->count, sizeof *g->wanted);
    if (!g->wanted)
        return qk_fail(err, QK_ERR_MEMORY, name, "no memory for a group");
    m->count++;
    return 0;
}

static int add_shape(struct bench_matrix *m, enum qk_op op, const struct qk_shape *shape,
                     struct qk_error *err)
{
    char name[QK_SHAPE_TEXT];
    qk_shape_print(shape, name);
    return add_group(m, op, shape, name, err);
}

static int add_set(struct bench_matrix *m, enum qk_op op, const struct qk_shape_set *set,
                   struct qk_error *err)
{
    char text[QK_SHAPE_TEXT];
    int code = 0;
    for (const char *rest = set->shapes; !code && (rest = qk_shape_word(rest, text));) {
        struct qk_shape shape;
        code = qk_shape_parse(text, &shape, err);
        if (!code)
            code = add_shape(m, op, &shape, err);
    }
    return code;
}

size_t bench_cache_bytes(const struct bench_environment *env)
{
    const uint64_t l2 = bench_environment_cache(env, 2);
    return l2 ? l2 : 256 << 10;
}

/* Half of a cache, because the other half holds what else runs; DRAM as large as makes the caches useless. */
bool bench_cache_shape(enum qk_op op, enum bench_level level, const struct bench_environment *env,
                       struct qk_shape *shape)
{
    const uint64_t dram = 256u << 20, l3 = bench_environment_cache(env, 3);
    const uint64_t bytes = level == BENCH_LEVEL_DRAM ? (4 * l3 > dram ? 4 * l3 : dram)
                                                     : bench_environment_cache(env, (int)level) / 2;
    return qk_shape_for_bytes(qk_op_row(op)->on, (size_t)bytes, shape);
}

static int add_cache(struct bench_matrix *m, enum qk_op op, const struct bench_environment *env,
                     struct qk_error *err)
{
    int code = 0;
    for (int level = BENCH_LEVEL_L1; level <= BENCH_LEVEL_DRAM && !code; level++) {
        struct qk_shape shape;
        if (bench_cache_shape(op, (enum bench_level)level, env, &shape))
            code = add_shape(m, op, &shape, err);
    }
    return code;
}

static int add_model(struct bench_matrix *m, const char *path, struct qk_error *err)
{
    int code = bench_model_open(path, &m->model, err);
    for (size_t i = 0; !code && i < bench_model_count(m->model); i++) {
        char name[BENCH_SHAPE_NAME];
        struct qk_inputs inputs;
        struct qk_shape shape;
        enum qk_op op;
        code = bench_model_shape(m->model, i, &op, &shape, name, &inputs, err);
        if (!code)
            code = add_group(m, op, &shape, name, err);
        if (!code)
            m->groups[m->count - 1].inputs = inputs;
    }
    return code;
}

static bool looks_like_file(const char *shapes)
{
    return strchr(shapes, '/') || strchr(shapes, '.');
}

static int add_shapes(struct bench_matrix *m, const char *shapes, const struct bench_environment *env,
                      struct qk_error *err)
{
    char there[200] = "";
    int code = 0;
    if (shapes && looks_like_file(shapes))
        return add_model(m, shapes, err);
    for (int op = 0; op < qk_op_count() && !code; op++) {
        if (shapes && !strcmp(shapes, "cache"))
            code = add_cache(m, (enum qk_op)op, env, err);
        for (const struct qk_shape_set *set = qk_op_row(op)->on->sets; set->name && !code; set++) {
            append(there, sizeof there, set->name);
            if (shapes ? !strcmp(shapes, set->name) : set == qk_op_row(op)->on->sets)
                code = add_set(m, (enum qk_op)op, set, err);
        }
    }
    if (!code && !m->count)
        code = qk_fail(err, QK_ERR_ARG, "--shapes",
                       "unknown set '%.60s'; expected %s cache, or the path of a .gguf file", shapes, there);
    return code;
}

/* Marks what one pattern wants; *any when it wants something. */
static void want(struct bench_matrix *m, const struct parts *p, bool *any)
{
    for (size_t g = 0; g < m->count; g++)
        for (size_t i = 0; i < m->table->count; i++)
            if (m->table->rows[i].op == m->groups[g].op && wants_variant(p, &m->table->rows[i]) &&
                !fnmatch(p->shape, m->groups[g].name, 0))
                *any = m->groups[g].wanted[i] = true;
}

static int no_shape(const struct bench_matrix *m, const char *pattern, const struct parts *p,
                    struct qk_error *err)
{
    char there[240] = "";
    for (size_t g = 0; g < m->count; g++)
        if (!fnmatch(p->op, qk_op_row(m->groups[g].op)->name, 0))
            append(there, sizeof there, m->groups[g].name);
    return qk_fail(err, QK_ERR_ARG, "pattern", "'%.80s' matches no case: no shape '%.40s'; shapes of %s: %s",
                   pattern, p->shape, m->source, *there ? there : "none for its ops");
}

/* Drops groups nobody wants; in the others the reference runs along. */
static void keep_wanted(struct bench_matrix *m)
{
    size_t kept = 0;
    for (size_t g = 0; g < m->count; g++) {
        struct bench_group *group = &m->groups[g];
        bool any = false;
        for (size_t i = 0; i < m->table->count; i++)
            any |= group->wanted[i];
        if (any) {
            bool *reference =
                &group->wanted[qk_table_index(m->table, qk_table_reference(m->table, group->op))];
            group->reference_asked = *reference;
            *reference = true;
            m->groups[kept++] = *group;
        } else {
            free(group->wanted);
        }
    }
    m->count = kept;
}

int bench_matrix_make(struct bench_matrix *m, const struct qk_table *table, char *const *patterns,
                      size_t count, const char *shapes, const struct bench_environment *env,
                      struct qk_error *err)
{
    static char any_text[] = "*";
    static char *const everything[] = {any_text};
    *m = (struct bench_matrix){.table = table};
    snprintf(m->source, sizeof m->source, "%s", shapes ? shapes : qk_op_row(0)->on->sets[0].name);
    int code = add_shapes(m, shapes, env, err);
    if (!count)
        patterns = everything, count = 1;
    for (size_t k = 0; k < count && !code; k++) {
        struct parts p;
        bool any = false, row = false;
        code = cut(patterns[k], &p, err);
        if (code)
            break;
        want(m, &p, &any);
        for (size_t i = 0; i < table->count; i++)
            row |= wants_variant(&p, &table->rows[i]);
        if (!any)
            code = row ? no_shape(m, patterns[k], &p, err) : no_row(table, patterns[k], &p, err);
    }
    if (!code)
        keep_wanted(m);
    return code;
}

void bench_matrix_free(struct bench_matrix *m)
{
    for (size_t g = 0; g < m->count; g++)
        free(m->groups[g].wanted);
    free(m->groups);
    bench_model_close(m->model);
    memset(m, 0, sizeof *m);
}
