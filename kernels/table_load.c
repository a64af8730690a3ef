/* SPDX-License-Identifier: MIT */
#include "kernels/table.h"

#include "kernels/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { UNKNOWN_TEXT = 96 };

/* The loader would look a bare name up in its search path, and wait for somebody to write into a pipe. */
static int find_file(const char *path, char to[PATH_MAX], struct qk_error *err)
{
    struct stat st;
    if ((size_t)snprintf(to, PATH_MAX, "%s%s", strchr(path, '/') ? "" : "./", path) >= PATH_MAX)
        return qk_fail(err, QK_ERR_IO, path,
                       "cannot open the kernel module '%.100s...': its path is too long", path);
    if (stat(to, &st))
        return qk_fail(err, QK_ERR_IO, path, "cannot open the kernel module '%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return qk_fail(err, QK_ERR_IO, path, "'%s' is no kernel module: it is not a regular file", path);
    return 0;
}

static bool row_complete(const struct qk_module_row *row)
{
    return row->op && row->name && row->isa && row->phase && row->kind && row->flags &&
           memchr(row->hash, '\0', sizeof row->hash);
}

static int check_module(const struct qk_module *m, const char *path, struct qk_error *err)
{
    if (!m || m->magic != QK_MODULE_MAGIC)
        return qk_fail(err, QK_ERR_INVALID, path,
                       "'%s' is no kernel module: what %s returns starts with 0x%08x, expected 0x%08x", path,
                       QK_MODULE_SYMBOL, m ? m->magic : 0, (unsigned)QK_MODULE_MAGIC);
    if (m->abi != QK_MODULE_ABI)
        return qk_fail(err, QK_ERR_INVALID, path,
                       "'%s' was built with ABI version %u of the kernels, this program has version %d: "
                       "they cannot be compared",
                       path, m->abi, QK_MODULE_ABI);
    if (m->row_bytes != sizeof(struct qk_module_row) || !m->rows || !m->row_count)
        return qk_fail(err, QK_ERR_INVALID, path,
                       "'%s' has a broken table: %u rows of %u bytes, expected one or more of %zu", path,
                       m->rows ? m->row_count : 0, m->row_bytes, sizeof(struct qk_module_row));
    for (uint32_t i = 0; i < m->row_count; i++)
        if (!row_complete(&m->rows[i]))
            return qk_fail(err, QK_ERR_INVALID, path, "'%s' has a broken table: row %u lacks a text", path,
                           i);
    return m->compiler && m->version
               ? 0
               : qk_fail(err, QK_ERR_INVALID, path, "'%s' has a broken table: no compiler or version", path);
}

static int check_traits(const struct qk_module_traits *t, uint32_t rows, const char *path,
                        struct qk_error *err)
{
    if (!t || t->magic != QK_MODULE_MAGIC || t->row_bytes != sizeof(struct qk_module_trait) || !t->rows ||
        t->row_count != rows)
        return qk_fail(err, QK_ERR_INVALID, path, "'%s' has a broken table: what %s returns does not fit it",
                       path, QK_MODULE_TRAITS_SYMBOL);
    for (uint32_t i = 0; i < rows; i++)
        if (!t->rows[i].made || !t->rows[i].touches)
            return qk_fail(err, QK_ERR_INVALID, path, "'%s' has a broken table: row %u lacks a text", path,
                           i);
    return 0;
}

/*
 * The word as a value of an enum: its place. A word that is not in the list is said in unknown[UNKNOWN_TEXT], value 0.
 */
static int value(const char *const *list, int count, const char *word, const char *what, char *unknown)
{
    for (int i = 0; i < count; i++)
        if (!strcmp(list[i], word))
            return i;
    snprintf(unknown, UNKNOWN_TEXT, "this program %s '%.40s'", what, word);
    return 0;
}

static void read_row(struct qk_variant *v, const struct qk_module_row *row,
                     const struct qk_module_trait *trait, char *unknown)
{
    static const char *const kinds[] = {"STAGED", "PLAIN", "CEILING"}, *const made[] = {"HAND", "COMPILER"},
                             *const touches[] = {"ALL", "STORES", "LOADS"};
    const char *ops[QK_OP_COUNT], *isas[QK_ISA_COUNT];
    for (int i = 0; i < QK_OP_COUNT; i++)
        ops[i] = qk_op_row((enum qk_op)i)->name;
    for (int i = 0; i < QK_ISA_COUNT; i++)
        isas[i] = qk_isa_row((enum qk_isa)i)->name;
    *v = (struct qk_variant){.op_name = row->op,
                             .name = row->name,
                             .isa_name = row->isa,
                             .phase = row->phase,
                             .why = "",
                             .flags = row->flags,
                             .hash = row->hash,
                             .fn = row->fn,
                             .upto = row->upto};
    if (trait) {
        v->made = (enum qk_made)value(made, 2, trait->made, "knows no maker", unknown);
        v->touches = (enum qk_touches)value(touches, 3, trait->touches, "knows no row that touches", unknown);
    } else {
        const struct qk_variant *ours = qk_table_find(qk_table_builtin(), row->op, row->name);
        v->made = ours ? ours->made : QK_BY_HAND;
        v->touches = ours ? ours->touches : QK_TOUCHES_ALL;
    }
    v->kind = (enum qk_kind)value(kinds, 3, row->kind, "knows no kind of row", unknown);
    v->isa = (enum qk_isa)value(isas, QK_ISA_COUNT, row->isa, "knows no ISA level", unknown);
    v->op = (enum qk_op)value(ops, QK_OP_COUNT, row->op, "has no op", unknown);
    v->unknown = *unknown ? unknown : NULL;
}

/* The rows and, behind them, a text for each. */
static int read_rows(struct qk_table *t, const struct qk_module *m, const struct qk_module_traits *traits,
                     const char *path, struct qk_error *err)
{
    struct qk_variant *rows = calloc(m->row_count, sizeof *rows + UNKNOWN_TEXT);
    if (!rows)
        return qk_fail(err, QK_ERR_MEMORY, path, "no memory for %u rows", m->row_count);
    char *texts = (char *)(rows + m->row_count);
    for (uint32_t i = 0; i < m->row_count; i++)
        read_row(&rows[i], &m->rows[i], traits ? &traits->rows[i] : NULL, texts + (size_t)i * UNKNOWN_TEXT);
    t->rows = rows;
    t->count = m->row_count;
    t->compiler = m->compiler;
    t->version = m->version;
    return 0;
}

int qk_table_load(struct qk_table *t, const char *path, struct qk_error *err)
{
    char real[PATH_MAX];
    *t = (struct qk_table){.path = ""};
    int code = find_file(path, real, err);
    if (code)
        return code;
    t->handle = dlopen(real, RTLD_NOW | RTLD_LOCAL);
    if (!t->handle)
        return qk_fail(err, QK_ERR_IO, path, "cannot load the kernel module '%s': %s", path, dlerror());
    void *symbol = dlsym(t->handle, QK_MODULE_SYMBOL), *more = dlsym(t->handle, QK_MODULE_TRAITS_SYMBOL);
    qk_module_fn *module;
    qk_module_traits_fn *traits;
    memcpy(&module, &symbol, sizeof module); /* ISO C has no conversion from a data pointer */
    memcpy(&traits, &more, sizeof traits);
    if (!module)
        code = qk_fail(err, QK_ERR_INVALID, path, "'%s' is no kernel module: it has no function %s", path,
                       QK_MODULE_SYMBOL);
    else
        code = check_module(module(), path, err);
    if (!code && traits)
        code = check_traits(traits(), module()->row_count, path, err);
    if (!code)
        code = read_rows(t, module(), traits ? traits() : NULL, path, err);
    if (!code && !(t->path = strdup(path)))
        code = qk_fail(err, QK_ERR_MEMORY, path, "no memory for a path");
    if (code)
        qk_table_free(t);
    return code;
}

void qk_table_free(struct qk_table *t)
{
    if (t->handle) {
        free((void *)t->rows);
        if (t->path && *t->path)
            free((void *)t->path);
        dlclose(t->handle);
    }
    *t = (struct qk_table){.path = ""};
}
