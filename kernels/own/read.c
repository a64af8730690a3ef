/* SPDX-License-Identifier: MIT */
#include "kernels/own/read.h"

#include <stdio.h>
#include <string.h>

static bool copy_text(char *to, size_t size, const char *from, const struct qk_image *m)
{
    if (!qk_image_has_text(m, from, size))
        return false;
    strcpy(to, from);
    return true;
}

/* Reads only what the module has. False, with why[size], when it has not all of the description. */
static bool copy(struct qk_own_spec *to, const struct qk_own_op *op, const struct qk_image *m, char *why,
                 size_t size)
{
    memset(to, 0, sizeof *to);
    if (!qk_image_has(m, op, sizeof *op) || op->bytes != sizeof *op) {
        snprintf(why, size, "it is not in the module, or of another size");
        return false;
    }
    const struct {
        char *to;
        const char *from;
        size_t size;
    } texts[] = {{to->name, op->name, sizeof to->name},
                 {to->what, op->what, sizeof to->what},
                 {to->shapes, op->shapes, sizeof to->shapes},
                 {to->check_shapes, op->check_shapes, sizeof to->check_shapes},
                 {to->touch_shape, op->touch_shape, sizeof to->touch_shape}};
    bool good = op->buffer_count <= QK_OWN_BUFFERS &&
                qk_image_has(m, op->buffers, op->buffer_count * sizeof *op->buffers);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        good = good && copy_text(texts[i].to, texts[i].size, texts[i].from, m);
    for (uint32_t i = 0; good && i < op->buffer_count; i++) {
        const struct qk_own_buffer *b = &op->buffers[i];
        struct qk_own_spec_buffer *into = &to->buffers[i];
        good = copy_text(into->name, sizeof into->name, b->name, m);
        into->role = b->role;
        into->type = b->type;
        into->align = b->align;
        into->elements = b->elements;
        into->low = b->low;
        into->high = b->high;
        into->absolute = b->absolute;
        into->relative = b->relative;
    }
    to->dims = op->dims;
    to->buffer_count = op->buffer_count;
    memcpy(to->multiple, op->multiple, sizeof to->multiple);
    to->results = op->results;
    to->operations = op->operations;
    to->fills = op->fill != NULL;
    good = good && (!op->fill || qk_image_has_code(m, (uintptr_t)op->fill));
    if (!good)
        snprintf(why, size, "a text, a buffer or a function of it is not in the module, or too long");
    return good;
}

static int read_one(struct qk_own *to, const struct qk_owns *before, const struct qk_own_op *op,
                    const struct qk_image *in, const char *path, struct qk_error *err)
{
    char why[200];
    bool sound = copy(&to->spec, op, in, why, sizeof why) && qk_own_sound(&to->spec, why, sizeof why);
    if (sound && qk_owns_find(before, to->spec.name)) {
        snprintf(why, sizeof why, "an earlier op has the same name");
        sound = false;
    }
    return sound ? 0
                 : qk_fail(err, QK_ERR_INVALID, path, "'%s' has a broken op: op %zu '%.47s': %s", path,
                           before->count, to->spec.name, why);
}

int qk_owns_read(struct qk_owns *to, const struct qk_module *module, const struct qk_image *in,
                 const char *path, struct qk_error *err)
{
    const uint32_t count = module->op_count;
    int code = 0;
    to->count = 0;
    if (count > QK_OWN_OPS || (count && !qk_image_has(in, module->ops, count * sizeof *module->ops)))
        return qk_fail(err, QK_ERR_INVALID, path,
                       "'%s' has a broken table: %u ops, expected 0 to %d, in the module", path, count,
                       QK_OWN_OPS);
    for (uint32_t i = 0; i < count && !code; i++) {
        code = read_one(&to->own[i], to, &module->ops[i], in, path, err);
        to->count += !code;
    }
    for (size_t i = 0; i < to->count && !code; i++) {
        struct qk_error found;
        if (qk_own_add(&to->own[i].spec, &to->own[i].op, &found))
            snprintf(to->own[i].why, sizeof to->own[i].why, "%.95s", found.text);
    }
    return code;
}

const struct qk_own *qk_owns_find(const struct qk_owns *owns, const char *name)
{
    for (size_t i = 0; i < owns->count; i++)
        if (!strcmp(owns->own[i].spec.name, name))
            return &owns->own[i];
    return NULL;
}

/* What is wrong with the rows of an op; *first is the reference. */
static const char *rows_flaw(const struct qk_table *t, const char *name, const struct qk_variant **first)
{
    *first = NULL;
    for (size_t i = 0; i < t->count; i++) {
        const struct qk_variant *const v = &t->rows[i];
        if (strcmp(v->op_name, name) != 0)
            continue;
        if (v->kind != QK_PLAIN)
            return "a row of it is not PLAIN";
        *first = *first ? *first : v;
    }
    if (!*first)
        return "it has no row";
    return (*first)->fn && (*first)->isa == QK_ISA_BASE
               ? NULL
               : "its first row, the reference, is not of level BASE";
}

int qk_owns_give(const struct qk_owns *owns, struct qk_table *t, const struct qk_module *module,
                 const char *path, struct qk_error *err)
{
    for (size_t i = 0; i < owns->count; i++)
        if (!*owns->own[i].why)
            t->own[t->own_count++] = owns->own[i].op;
    for (size_t i = 0; i < owns->count; i++) {
        const struct qk_own *const own = &owns->own[i];
        const struct qk_variant *first;
        const char *const flaw = rows_flaw(t, own->spec.name, &first);
        if (flaw)
            return qk_fail(err, QK_ERR_INVALID, path, "'%s' has a broken op: op %zu '%s': %s", path, i,
                           own->spec.name, flaw);
        if (!*own->why)
            qk_own_give(own->op, first->fn, module->ops[i].fill);
    }
    return 0;
}

void qk_own_release(struct qk_table *t)
{
    for (size_t k = 0; k < t->own_count; k++) {
        for (size_t i = 0; i < t->count; i++)
            if (t->rows[i].op == t->own[k] && t->rows[i].fn)
                qk_own_take(t->own[k], t->rows[i].fn);
        qk_own_drop(t->own[k]);
    }
    t->own_count = 0;
}
