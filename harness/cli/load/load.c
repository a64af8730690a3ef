/* SPDX-License-Identifier: MIT */
/* The list of libraries, and one table of their rows and ours. */
#include "harness/cli/load/private.h"

#include "harness/cli/cli.h"
#include "harness/machine/child.h"
#include "harness/machine/clock.h"

#include <stdlib.h>
#include <string.h>

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";

/* "build/libmine.so.1" is "mine". */
static void name_of_file(const char *path, char *to, size_t size)
{
    const char *const slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *at, *end = NULL;
    name += strncmp(name, "lib", 3) == 0 ? 3 : 0;
    for (at = name; (at = strstr(at, ".so")); at += 3)
        end = !at[3] || at[3] == '.' ? at : end;
    snprintf(to, size, "%.*s", (int)(end ? end - name : (ptrdiff_t)strlen(name)), name);
}

bool cli_load_is_name(const char *text)
{
    return *text && strlen(text) < CLI_LOAD_NAME && !text[strspn(text, name_letters)];
}

#define NO_NAME                                                                                              \
    "'%.60s', the name of '%.200s', is no name of 1 to %d letters, digits, and ._+-; "                       \
    "NAME=FILE gives it another one"

bool cli_load_read(struct cli_load_file *file, const char *text, char *why, size_t size)
{
    const char *const equals = strchr(text, '='), *const slash = strchr(text, '/');
    const bool named = equals && (!slash || equals < slash);
    *file = (struct cli_load_file){.path = named ? equals + 1 : text, .text = text};
    if (named) {
        char name[256];
        snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
        if (!cli_load_is_name(name)) {
            snprintf(why, size, NO_NAME, name, file->path, CLI_LOAD_NAME - 1);
            return false;
        }
        snprintf(file->name, sizeof file->name, "%.*s", CLI_LOAD_NAME - 1, name);
    }
    return true;
}

bool cli_load_add(struct cli_load_list *list, const char *text, char *why, size_t size)
{
    if (list->count == CLI_LOADS_MAX) {
        snprintf(why, size, "'%.200s' is one too many; at most %d files can be loaded", text, CLI_LOADS_MAX);
        return false;
    }
    const bool good = cli_load_read(&list->file[list->count], text, why, size);
    list->count += good;
    return good;
}

/* Its module is open. */
static int find_name(struct cli_loads *l, size_t i, struct qk_error *err)
{
    struct cli_load_file *file = &l->list.file[i];
    const char *const own = l->build[i].table.name;
    char name[256];
    if (!*file->name) {
        if (*own)
            snprintf(name, sizeof name, "%s", own);
        else
            name_of_file(file->path, name, sizeof name);
        if (!cli_load_is_name(name))
            return qk_fail(err, *own ? QK_ERR_FORMAT : QK_ERR_ARG, "--load", NO_NAME, name, file->path,
                           CLI_LOAD_NAME - 1);
        snprintf(file->name, sizeof file->name, "%.*s", CLI_LOAD_NAME - 1, name);
    }
    l->build[i].called = file->name;
    for (size_t k = 0; k < i; k++)
        if (!strcmp(l->list.file[k].name, file->name))
            return qk_fail(err, QK_ERR_ARG, "--load",
                           "'%.120s' and '%.120s' are both called '%s'; NAME=FILE gives one another name",
                           l->list.file[k].path, file->path, file->name);
    return 0;
}

/* A row of an op that nobody can judge is of no use, and whoever loads it wants to know. */
int cli_load_strangers(const struct bench_build *b, struct qk_error *err)
{
    char ops[240] = "";
    enum qk_op known;
    for (int i = 0; i < QK_OP_COUNT; i++)
        snprintf(ops + strlen(ops), sizeof ops - strlen(ops), " %s", qk_op_row((enum qk_op)i)->name);
    for (size_t i = 0; i < b->table.count; i++) {
        const struct qk_variant *v = &b->table.rows[i];
        if (!qk_op_find(v->op_name, &known))
            return qk_fail(err, QK_ERR_FORMAT, NULL,
                           "%s '%.120s': row %zu is %.40s/%.40s, but this program has no op '%.40s'; ops:%s",
                           b->called, b->image.path, i, v->op_name, v->name, v->op_name, ops);
    }
    return 0;
}

static int open_one(struct cli_loads *l, size_t i, struct qk_error *err)
{
    struct bench_build *b = &l->build[i];
    const char *const given = l->list.file[i].name;
    struct qk_error why;
    /* Loading takes no time: one that is not there after the launcher's grace is not going to be. */
    l->launcher.until_ns = bench_clock_ns();
    int code = bench_build_open(b, l->list.file[i].path, BENCH_SIDE_CANDIDATE, *given ? given : "module",
                                &l->launcher, &l->job, &why);
    l->launcher.until_ns = 0;
    /* In a gate such a module is judged. */
    if (code)
        return qk_fail(err, code == QK_ERR_CHECK ? QK_ERR_FORMAT : code, "--load", "%s", why.text);
    const int named = find_name(l, i, err);
    if (named)
        return named;
    code = cli_load_strangers(b, &why);
    if (code)
        return qk_fail(err, code, "--load", "%s", why.text);
    for (size_t k = 0; k < b->table.count; k++)
        if (strcmp(qk_op_row(b->table.rows[k].op)->name, b->table.rows[k].op_name) != 0)
            return qk_fail(err, QK_ERR_ARG, "--load", "%s '%.200s': %s", b->called, b->image.path,
                           b->table.rows[k].unknown);
    return 0;
}

/* The rows of one op, built-in or of one library, behind those that are there. */
static int add_rows(struct cli_loads *l, struct bench_build *from, enum qk_op op, struct qk_error *err)
{
    const struct qk_table *t = from ? &from->table : qk_table_builtin();
    struct qk_variant *rows = (struct qk_variant *)(uintptr_t)l->table.rows;
    for (size_t i = 0; i < t->count; i++) {
        struct qk_variant *v = &rows[l->table.count];
        if (t->rows[i].op != op)
            continue;
        *v = t->rows[i];
        l->row[l->table.count++] = (struct cli_load_row){.build = from, .index = i};
        if (!from)
            continue;
        v->name = NULL;
        if (asprintf((char **)(uintptr_t)&v->name, "%s:%s", from->called, t->rows[i].name) < 0) {
            v->name = NULL;
            return qk_fail(err, QK_ERR_MEMORY, "--load", "no memory for a row's name");
        }
        v->why = from->image.path;
        v->phase = "-";
        v->fn = bench_build_has(from, &t->rows[i]) ? cli_load_not_here : NULL;
    }
    return 0;
}

void cli_load_not_here(void)
{
    abort();
}

int cli_loads_open(struct cli_loads *l, const struct cli_load_list *list, const struct bench_job *job,
                   struct qk_error *err)
{
    size_t rows = qk_table_builtin()->count;
    int code = 0;
    *l = (struct cli_loads){.table = *qk_table_builtin(),
                            .list = *list,
                            .launcher = {.program = "/proc/self/exe", .argument = CLI_DUET_LAUNCH},
                            .job = *job};
    l->table.count = 0;
    bench_strays_adopt();
    for (size_t i = 0; i < list->count && !code; i++) {
        l->count = i + 1;
        code = open_one(l, i, err);
        rows += l->build[i].table.count;
    }
    l->table.rows = calloc(rows, sizeof *l->table.rows);
    l->row = calloc(rows, sizeof *l->row);
    if (!code && (!l->table.rows || !l->row))
        code = qk_fail(err, QK_ERR_MEMORY, "--load", "no memory for %zu rows", rows);
    for (int op = 0; op < qk_op_count() && !code; op++) {
        code = add_rows(l, NULL, (enum qk_op)op, err);
        for (size_t i = 0; i < l->count && !code; i++)
            code = add_rows(l, &l->build[i], (enum qk_op)op, err);
    }
    return code;
}

void cli_loads_close(struct cli_loads *l)
{
    const bool opened = l->count;
    for (size_t i = 0; i < l->table.count && l->row; i++)
        if (l->row[i].build)
            free((char *)(uintptr_t)l->table.rows[i].name);
    free(l->row);
    free(opened ? (void *)(uintptr_t)l->table.rows : NULL);
    for (size_t i = 0; i < l->count; i++)
        bench_build_close(&l->build[i]);
    if (opened)
        bench_strays_end();
    *l = (struct cli_loads){.count = 0};
}

struct bench_build *cli_loads_build(struct cli_loads *l, const struct qk_variant *v,
                                    const struct qk_variant **row)
{
    const struct cli_load_row *from = &l->row[qk_table_index(&l->table, v)];
    if (from->build)
        *row = &from->build->table.rows[from->index];
    return from->build;
}
