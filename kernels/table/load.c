/* SPDX-License-Identifier: MIT */
#include "kernels/table/table.h"

#include "kernels/cases/case.h"
#include "kernels/own/read.h"
#include "kernels/table/image.h"

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

/* Ops whose functions have another signature or contract since that ABI. */
static const struct {
    const char *op;
    uint32_t abi;
} changed[] = {{"attention_f32", 3}, {"attention_f16", 3}};

/* Modules of ABI 1 are read too. What a row of theirs says of its own hash counts for nothing. */
struct row_1 {
    const char *op, *name, *isa, *phase, *kind, *flags;
    char hash[17];
    qk_fn *fn;
    qk_upto_fn *upto;
};
/* What such a row has not, row by row, behind a symbol of its own that some builds have. */
struct traits_1 {
    uint32_t magic, row_bytes, row_count;
    const struct trait_1 {
        const char *made, *touches;
    } * rows;
};
typedef const struct traits_1 *traits_1_fn(void);
#define TRAITS_1_SYMBOL "qk_kernels_traits"

/* A module in memory, and the table in it. */
struct image {
    struct qk_image in;
    const char *path;
    const struct qk_module *module;
    const struct traits_1 *traits; /* NULL: ABI 2 or later, or none */
    struct qk_owns owns;
};

static bool has(const struct image *m, const void *at, size_t size)
{
    return qk_image_has(&m->in, at, size);
}

static bool is_text(const struct image *m, const char *text, size_t size)
{
    return qk_image_has_text(&m->in, text, size);
}

static bool is_code(const struct image *m, uintptr_t at)
{
    return qk_image_has_code(&m->in, at);
}

static bool is_name(const struct image *m, const char *text)
{
    return is_text(m, text, QK_MODULE_WORD) && *text && !strpbrk(text, " /");
}

/* Rows of ABI 2 and 3 end before the form. */
static size_t row_bytes(const struct qk_module *m)
{
    if (m->abi == 1)
        return sizeof(struct row_1);
    return m->abi < 4 ? offsetof(struct qk_module_row, form) : sizeof(struct qk_module_row);
}

/* As a row of today. Without traits an old row's maker is NULL. */
static struct qk_module_row row_of(const struct image *m, uint32_t i)
{
    if (m->module->abi != 1) {
        struct qk_module_row row = {.form = NULL};
        memcpy(&row, (const char *)m->module->rows + i * row_bytes(m->module), row_bytes(m->module));
        return row;
    }
    const struct row_1 *row = (const struct row_1 *)(const void *)m->module->rows + i;
    return (struct qk_module_row){.op = row->op,
                                  .name = row->name,
                                  .isa = row->isa,
                                  .phase = row->phase,
                                  .kind = row->kind,
                                  .made = m->traits ? m->traits->rows[i].made : NULL,
                                  .touches = m->traits ? m->traits->rows[i].touches : NULL,
                                  .flags = row->flags,
                                  .fn = row->fn,
                                  .upto = row->upto};
}

/* Only PREPARED rows have a form, and they need one. */
static const char *form_flaw(const struct image *m, const struct qk_module_row *row)
{
    const struct qk_form *f = row->form;
    for (int op = 0; op < QK_OP_COUNT; op++)
        if (!strcmp(qk_op_row((enum qk_op)op)->name, row->op) &&
            !f != !qk_op_row((enum qk_op)op)->on->plan_form)
            return f ? "its op takes no PREPARED rows" : "its op takes PREPARED rows only";
    if (!f != !!strcmp(row->kind, "PREPARED"))
        return f ? "it has a form, but its kind is not PREPARED" : "its kind is PREPARED, but it has no form";
    if (!f)
        return NULL;
    if (!has(m, f, sizeof *f) || f->bytes != sizeof *f)
        return "its form is not in the module, or of another size";
    if (!f->align || f->align > QK_FORM_ALIGN || f->align & (f->align - 1))
        return "its form's alignment is no power of two from 1 to 4096";
    if ((f->bound != QK_BOUND_PRODUCTS && f->bound != QK_BOUND_CODES) || f->tolerance > QK_FORM_TOLERANCE)
        return "its form's bound is unknown, or its tolerance above 4096";
    if (!(f->scales & QK_SCALE_PER_ANY) || f->scales & ~(uint32_t)QK_SCALE_PER_ANY || !f->rows_of ||
        !f->columns_of)
        return "its form has no scales, or rows or columns in multiples of 0";
    if (!is_code(m, (uintptr_t)f->weight_bytes) || !is_code(m, (uintptr_t)f->activation_bytes) ||
        !is_code(m, (uintptr_t)f->prepare_weights) || !is_code(m, (uintptr_t)f->prepare_activations) ||
        (f->dequantise_activations && !is_code(m, (uintptr_t)f->dequantise_activations)))
        return "a function of its form is not in the module's own code";
    return NULL;
}

static const char *row_flaw(const struct image *m, uint32_t i)
{
    const struct qk_module_row row = row_of(m, i);
    if (!is_name(m, row.op) || !is_name(m, row.name))
        return "its op or its name is no word of 1 to 63 printable characters without slashes";
    const char *const words[] = {row.isa, row.phase, row.kind, row.made, row.touches};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (!is_text(m, words[k], QK_MODULE_WORD) && (k < 3 || m->module->abi != 1 || m->traits))
            return "it lacks a text, or one is longer than 63 bytes or not printable";
    if (!is_text(m, row.flags, QK_MODULE_FLAGS))
        return "its compiler flags are no printable text of less than 4096 bytes";
    if ((row.fn && !is_code(m, (uintptr_t)row.fn)) || (row.upto && !is_code(m, (uintptr_t)row.upto)))
        return "its function is not in the module's own code";
    for (uint32_t k = 0; k < i; k++) {
        const struct qk_module_row other = row_of(m, k);
        if (!strcmp(other.op, row.op) && !strcmp(other.name, row.name))
            return "an earlier row has the same op and name";
    }
    return form_flaw(m, &row);
}

/* A module of ABI 1 or 2 ends before its name, one of ABI 3 before its own ops. */
static size_t module_bytes(uint32_t abi)
{
    if (abi < 3)
        return offsetof(struct qk_module, name);
    return abi < 4 ? offsetof(struct qk_module, ops) : sizeof(struct qk_module);
}

static int check_module(const struct image *image, struct qk_error *err)
{
    const struct qk_module *m = image->module;
    const char *path = image->path;
    const bool there = has(image, m, module_bytes(1));
    if (!there || m->magic != QK_MODULE_MAGIC)
        return qk_fail(err, QK_ERR_INVALID, path,
                       "'%s' is no kernel module: what %s returns starts with 0x%08x, expected 0x%08x", path,
                       QK_MODULE_SYMBOL, there ? m->magic : 0, (unsigned)QK_MODULE_MAGIC);
    if (m->abi < 1 || m->abi > QK_MODULE_ABI)
        return qk_fail(err, QK_ERR_INVALID, path,
                       "'%s' was built with ABI version %u of the kernels, this program reads versions 1 to "
                       "%d: they cannot be compared",
                       path, m->abi, QK_MODULE_ABI);
    if (m->row_bytes != row_bytes(m) || !m->row_count || m->row_count > QK_MODULE_ROWS_MAX ||
        !has(image, m->rows, m->row_count * row_bytes(m)))
        return qk_fail(err, QK_ERR_INVALID, path,
                       "'%s' has a broken table: %u rows of %u bytes, expected 1 to %d of %zu, in the module",
                       path, m->rows ? m->row_count : 0, m->row_bytes, QK_MODULE_ROWS_MAX, row_bytes(m));
    if (!has(image, m, module_bytes(m->abi)) || (m->abi >= 3 && m->name && !is_name(image, m->name)))
        return qk_fail(
            err, QK_ERR_INVALID, path,
            "'%s' has a broken table: the module's name is no word of 1 to 63 printable characters "
            "without slashes",
            path);
    const struct traits_1 *t = image->traits;
    if (t && (!has(image, t, sizeof *t) || t->magic != QK_MODULE_MAGIC || t->row_bytes != sizeof *t->rows ||
              t->row_count != m->row_count || !has(image, t->rows, t->row_count * sizeof *t->rows)))
        return qk_fail(err, QK_ERR_INVALID, path, "'%s' has a broken table: what %s returns does not fit it",
                       path, TRAITS_1_SYMBOL);
    for (uint32_t i = 0; i < m->row_count; i++) {
        const char *flaw = row_flaw(image, i);
        if (flaw)
            return qk_fail(err, QK_ERR_INVALID, path, "'%s' has a broken table: row %u: %s", path, i, flaw);
    }
    return is_text(image, m->compiler, QK_MODULE_WORD) && is_text(image, m->version, QK_MODULE_WORD)
               ? 0
               : qk_fail(err, QK_ERR_INVALID, path, "'%s' has a broken table: no compiler or version", path);
}

/*
 * The word as a value of an enum: its place. A word that is not in the list is said in unknown[UNKNOWN_TEXT],
 * value 0.
 */
static int value(const char *const *list, int count, const char *word, const char *what, char *unknown)
{
    for (int i = 0; i < count; i++)
        if (!strcmp(list[i], word))
            return i;
    snprintf(unknown, UNKNOWN_TEXT, "this program %s '%.40s'", what, word);
    return 0;
}

/* An op of the module's own, or a built-in one. */
static void read_op(struct qk_variant *v, const struct image *m, char *unknown)
{
    const struct qk_own *const own = qk_owns_find(&m->owns, v->op_name);
    const char *ops[QK_OP_COUNT];
    if (own) {
        v->op = own->op;
        snprintf(unknown, UNKNOWN_TEXT, "%s", own->why);
        return;
    }
    for (int k = 0; k < QK_OP_COUNT; k++)
        ops[k] = qk_op_row((enum qk_op)k)->name;
    v->op = (enum qk_op)value(ops, QK_OP_COUNT, v->op_name, "has no op", unknown);
}

static void read_row(struct qk_variant *v, const struct image *m, uint32_t i, char *unknown)
{
    static const char *const kinds[] = {"STAGED", "PLAIN", "CEILING", "PREPARED"},
                             *const made[] = {"HAND", "COMPILER"},
                             *const touches[] = {"ALL", "STORES", "LOADS"};
    const char *isas[QK_ISA_COUNT];
    for (int k = 0; k < QK_ISA_COUNT; k++)
        isas[k] = qk_isa_row((enum qk_isa)k)->name;
    const struct qk_module_row row = row_of(m, i);
    *v = (struct qk_variant){.op_name = row.op,
                             .name = row.name,
                             .isa_name = row.isa,
                             .phase = row.phase,
                             .why = "",
                             .flags = row.flags,
                             .fn = row.fn,
                             .upto = row.upto,
                             .form = row.form,
                             .at = row.fn ? (uintptr_t)row.fn - m->in.map->l_addr : 0};
    if (row.made) {
        v->made = (enum qk_made)value(made, 2, row.made, "knows no maker", unknown);
        v->touches = (enum qk_touches)value(touches, 3, row.touches, "knows no row that touches", unknown);
    } else {
        const struct qk_variant *ours = qk_table_find(qk_table_builtin(), row.op, row.name);
        v->made = ours ? ours->made : QK_BY_HAND;
        v->touches = ours ? ours->touches : QK_TOUCHES_ALL;
    }
    v->kind = (enum qk_kind)value(kinds, 4, row.kind, "knows no kind of row", unknown);
    v->isa = (enum qk_isa)value(isas, QK_ISA_COUNT, row.isa, "knows no ISA level", unknown);
    read_op(v, m, unknown);
    for (size_t k = 0; k < sizeof changed / sizeof *changed; k++)
        if (!strcmp(row.op, changed[k].op) && m->module->abi < changed[k].abi) {
            v->outdated = changed[k].abi;
            snprintf(unknown, UNKNOWN_TEXT,
                     "its op has another contract since ABI %u, and its module is of ABI %u", changed[k].abi,
                     m->module->abi);
        }
    v->unknown = *unknown ? unknown : NULL;
}

/* The rows and, behind them, a text for each. */
static int read_rows(struct qk_table *t, const struct image *m, struct qk_error *err)
{
    const uint32_t count = m->module->row_count;
    struct qk_variant *rows = calloc(count, sizeof *rows + UNKNOWN_TEXT);
    if (!rows)
        return qk_fail(err, QK_ERR_MEMORY, m->path, "no memory for %u rows", count);
    char *texts = (char *)(rows + count);
    for (uint32_t i = 0; i < count; i++)
        read_row(&rows[i], m, i, texts + (size_t)i * UNKNOWN_TEXT);
    t->rows = rows;
    t->count = count;
    t->compiler = m->module->compiler;
    t->version = m->module->version;
    t->name = m->module->abi >= 3 && m->module->name ? m->module->name : "";
    return 0;
}

/* Asks a loaded module for its table. */
static int find_table(struct image *m, void *handle, struct qk_error *err)
{
    void *symbol = dlsym(handle, QK_MODULE_SYMBOL), *more = dlsym(handle, TRAITS_1_SYMBOL);
    qk_module_fn *module;
    traits_1_fn *traits;
    memcpy(&module, &symbol, sizeof module); /* ISO C has no conversion from a data pointer */
    memcpy(&traits, &more, sizeof traits);
    if (!module)
        return qk_fail(err, QK_ERR_INVALID, m->path, "'%s' is no kernel module: it has no function %s",
                       m->path, QK_MODULE_SYMBOL);
    const int code = qk_image_open(&m->in, handle, m->path, err);
    if (code)
        return code;
    m->module = module();
    if (has(m, m->module, module_bytes(1)) && m->module->abi == 1 && traits)
        m->traits = traits();
    return check_module(m, err);
}

int qk_table_load(struct qk_table *t, const char *path, struct qk_error *err)
{
    char real[PATH_MAX];
    struct image m = {.path = path};
    *t = (struct qk_table){.path = "", .name = ""};
    int code = find_file(path, real, err);
    if (code)
        return code;
    t->handle = dlopen(real, RTLD_NOW | RTLD_LOCAL);
    if (!t->handle)
        return qk_fail(err, QK_ERR_IO, path, "cannot load the kernel module '%s': %s", path, dlerror());
    code = find_table(&m, t->handle, err);
    if (!code && m.module->abi >= 4)
        code = qk_owns_read(&m.owns, m.module, &m.in, path, err);
    if (!code)
        code = read_rows(t, &m, err);
    if (!code)
        code = qk_owns_give(&m.owns, t, m.module, path, err);
    if (!code && !(t->path = strdup(path)))
        code = qk_fail(err, QK_ERR_MEMORY, path, "no memory for a path");
    if (code)
        qk_table_free(t);
    return code;
}

void qk_table_free(struct qk_table *t)
{
    if (t->handle) {
        qk_own_release(t);
        free((void *)t->rows);
        if (t->path && *t->path)
            free((void *)t->path);
        dlclose(t->handle);
    }
    *t = (struct qk_table){.path = "", .name = ""};
}
