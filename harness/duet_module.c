/* SPDX-License-Identifier: MIT */
#include "harness/duet.h"

#include "harness/counters_step.h"
#include "harness/datafile.h"
#include "harness/harness_config.h"
#include "kernels/check/check.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The loader would look a bare name up in its search path, and wait for somebody to write into a pipe. */
static int find_file(const char *path, char to[PATH_MAX], struct qk_error *err)
{
    struct stat st;
    if (!realpath(path, to) || stat(to, &st))
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

static int check_table(const struct qk_module *t, const char *path, struct qk_error *err)
{
    if (!t || t->magic != QK_MODULE_MAGIC)
        return qk_fail(err, QK_ERR_INVALID, path,
                       "'%s' is no kernel module: what %s returns starts with 0x%08x, expected 0x%08x", path,
                       QK_MODULE_SYMBOL, t ? t->magic : 0, (unsigned)QK_MODULE_MAGIC);
    if (t->abi != QK_MODULE_ABI)
        return qk_fail(err, QK_ERR_INVALID, path,
                       "'%s' was built with ABI version %u of the kernels, this program has version %d: "
                       "they cannot be compared",
                       path, t->abi, QK_MODULE_ABI);
    if (t->row_bytes != sizeof(struct qk_module_row) || !t->rows || !t->row_count)
        return qk_fail(err, QK_ERR_INVALID, path,
                       "'%s' has a broken table: %u rows of %u bytes, expected one or more of %zu", path,
                       t->rows ? t->row_count : 0, t->row_bytes, sizeof(struct qk_module_row));
    for (uint32_t i = 0; i < t->row_count; i++)
        if (!row_complete(&t->rows[i]))
            return qk_fail(err, QK_ERR_INVALID, path, "'%s' has a broken table: row %u lacks a text", path,
                           i);
    return t->compiler && t->version
               ? 0
               : qk_fail(err, QK_ERR_INVALID, path, "'%s' has a broken table: no compiler or version", path);
}

int bench_module_load(struct bench_module *m, const char *path, struct qk_error *err)
{
    char real[PATH_MAX];
    memset(m, 0, sizeof *m);
    snprintf(m->path, sizeof m->path, "%s", path);
    int code = find_file(path, real, err);
    if (code)
        return code;
    m->handle = dlopen(real, RTLD_NOW | RTLD_LOCAL);
    if (!m->handle)
        return qk_fail(err, QK_ERR_IO, path, "cannot load the kernel module '%s': %s", path, dlerror());
    qk_module_fn *table = NULL;
    void *symbol = dlsym(m->handle, QK_MODULE_SYMBOL);
    memcpy(&table, &symbol, sizeof table); /* ISO C has no conversion from a data pointer */
    if (!table)
        code = qk_fail(err, QK_ERR_INVALID, path, "'%s' is no kernel module: it has no function %s", path,
                       QK_MODULE_SYMBOL);
    else
        code = check_table(table(), path, err);
    if (code)
        bench_module_free(m);
    else
        m->table = table();
    return code;
}

void bench_module_free(struct bench_module *m)
{
    if (m->handle)
        dlclose(m->handle);
    memset(m, 0, sizeof *m);
}

const struct qk_module_row *bench_module_row(const struct bench_module *m, const char *op,
                                             const char *variant)
{
    for (uint32_t i = 0; m->table && i < m->table->row_count; i++)
        if (!strcmp(m->table->rows[i].op, op) && !strcmp(m->table->rows[i].name, variant))
            return &m->table->rows[i];
    return NULL;
}

bool bench_module_variant(const struct qk_module_row *row, struct qk_variant *v, char *why, size_t size)
{
    static const char *const kinds[] = {
        [QK_STAGED] = "STAGED", [QK_PLAIN] = "PLAIN", [QK_CEILING] = "CEILING"};
    int op = 0, isa = 0, kind = 0;
    while (op < QK_OP_COUNT && strcmp(qk_ops[op].name, row->op) != 0)
        op++;
    while (isa < QK_ISA_COUNT && strcmp(qk_isas[isa].name, row->isa) != 0)
        isa++;
    while (kind < 3 && strcmp(kinds[kind], row->kind) != 0)
        kind++;
    if (op == QK_OP_COUNT)
        snprintf(why, size, "this program has no op '%.60s'", row->op);
    else if (isa == QK_ISA_COUNT)
        snprintf(why, size, "this program knows no ISA level '%.60s'", row->isa);
    else if (kind == 3)
        snprintf(why, size, "this program knows no kind of row '%.60s'", row->kind);
    else
        *v = (struct qk_variant){.op = (enum qk_op)op,
                                 .isa = (enum qk_isa)isa,
                                 .kind = (enum qk_kind)kind,
                                 .op_name = row->op,
                                 .name = row->name,
                                 .phase = row->phase,
                                 .why = "",
                                 .flags = row->flags,
                                 .fn = row->fn,
                                 .upto = row->upto};
    return op < QK_OP_COUNT && isa < QK_ISA_COUNT && kind < 3;
}

int bench_module_own_from(const char *folder, const char *installed, char *to, size_t size,
                          struct qk_error *err)
{
    static const char name[] = "libqkernels.so";
    const char *const form[] = {"%s/kernels/%s", "%s/%s"};
    for (int i = 0; i < 3; i++) {
        const int n =
            i < 2 ? snprintf(to, size, form[i], folder, name) : snprintf(to, size, "%s/%s", installed, name);
        if (n > 0 && (size_t)n < size && access(to, R_OK) == 0)
            return 0;
    }
    return qk_fail(
        err, QK_ERR_IO, name,
        "the kernels built with this program, %s, are neither in '%s/kernels' nor in '%s' nor in '%s'", name,
        folder, folder, installed);
}

int bench_module_own(char *to, size_t size, struct qk_error *err)
{
    char folder[PATH_MAX];
    bench_program_folder(folder, sizeof folder);
    return bench_module_own_from(folder, QK_MODULE_DIR, to, size, err);
}

int bench_same_file(const char *a, const char *b, bool *same, struct qk_error *err)
{
    FILE *const file[] = {fopen(a, "rbe"), fopen(b, "rbe")};
    const char *const path[] = {a, b};
    char part[2][4096];
    size_t n[2] = {1, 1};
    int code = 0;
    *same = true;
    for (int i = 0; i < 2 && !code; i++)
        if (!file[i])
            code = qk_fail(err, QK_ERR_IO, path[i], "cannot open '%s': %s", path[i], strerror(errno));
    while (!code && *same && n[0]) {
        for (int i = 0; i < 2 && !code; i++) {
            n[i] = fread(part[i], 1, sizeof part[i], file[i]);
            if (ferror(file[i]))
                code = qk_fail(err, QK_ERR_IO, path[i], "cannot read '%s': %s", path[i], strerror(errno));
        }
        *same = n[0] == n[1] && !memcmp(part[0], part[1], n[0]);
    }
    for (int i = 0; i < 2; i++)
        if (file[i])
            fclose(file[i]);
    return code;
}

/* Did the one call run what only the row's level has? */
static int check_level(const struct qk_variant *v, const struct bench_steps *steps, const char *where,
                       struct qk_error *err)
{
    char found[200] = "";
    /* Rows left to the compiler claim nothing: it may find no vectors in a sum of floats, or in an instrumented build. */
    if (v->isa == QK_ISA_BASE || steps->levels[v->isa] || !strncmp(v->name, "autovec_", strlen("autovec_")))
        return 0;
    for (int i = 0; i < QK_ISA_COUNT; i++) {
        const size_t used = strlen(found);
        snprintf(found + used, sizeof found - used, "%s%llu %s", i ? ", " : "",
                 (unsigned long long)steps->levels[i], qk_isas[i].name);
    }
    return qk_fail(err, QK_ERR_CHECK, where,
                   "does not run what it claims: of the %llu instructions of one call none is of level %s "
                   "(%s)",
                   (unsigned long long)steps->instructions, qk_isas[v->isa].name, found);
}

int bench_module_verify(const struct qk_module_row *row, uint64_t seed, bool *stepped, struct qk_error *err)
{
    char where[BENCH_DUET_NAME], why[160];
    struct qk_variant v;
    struct qk_cpu cpu;
    struct bench_steps steps;
    struct qk_error found;
    *stepped = false;
    snprintf(where, sizeof where, "%s/%s", row->op, row->name);
    if (!bench_module_variant(row, &v, why, sizeof why))
        return qk_fail(err, QK_ERR_UNAVAILABLE, where, "%s", why);
    int code = qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), err);
    if (code)
        return code;
    const char *missing = qk_variant_missing(&v, &cpu);
    if (missing)
        return qk_fail(err, QK_ERR_UNAVAILABLE, where, "%s", missing);
    code = qk_check_variant(&v, seed, NULL, &found);
    if (code)
        return qk_fail(err, code, where, "%.300s (%.150s)", found.text, found.where);
    code = bench_steps_smallest(&v, seed, NULL, &steps, &found);
    if (code == QK_ERR_UNAVAILABLE)
        return 0;
    if (code)
        return qk_fail(err, code, where, "%s", found.text);
    *stepped = steps.has_kinds;
    return steps.has_kinds ? check_level(&v, &steps, where, err) : 0;
}
