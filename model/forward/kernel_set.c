/* SPDX-License-Identifier: MIT */
#include "model/forward/kernel_set.h"

#include "model/forward/load/number_rows.h"
#include "model/gguf/gguf.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

enum { PART_MAX = 128 };

const struct model_tensor_op *model_tensor_op(size_t i)
{
    enum { ACT_F32, ACT_INT8 };
    static const struct model_tensor_op rows[] = {
#define TENSOR_OP(type, op, path, layout, act)                                                               \
    {MODEL_GGUF_TYPE_##type, QK_OP_##op, MODEL_PATH_##path, MODEL_LAYOUT_##layout, ACT_##act == ACT_INT8},
#define HEAD_OP(type, op, block, bytes, alignment, input)
#include "model/forward/load/tensor_ops.def"
#undef TENSOR_OP
#undef HEAD_OP
    };
    return i < sizeof rows / sizeof *rows ? &rows[i] : NULL;
}

const struct model_tensor_op *model_path_op(enum model_path path)
{
    size_t i = 0;
    while (model_tensor_op(i)->path != path)
        i++;
    return model_tensor_op(i);
}

/* The path that naming an op decides, or MODEL_PATHS. */
static enum model_path path_of(enum qk_op op)
{
    const struct model_tensor_op *row;
    for (size_t i = 0; (row = model_tensor_op(i)); i++)
        if (row->op == op)
            return row->path;
    return MODEL_PATHS;
}

/* Those that multiply a head, or its compact copy. */
static bool multiplies_heads(enum qk_op op)
{
    const struct model_number_type *t;
    for (size_t i = 0; (t = model_number_type(i)); i++)
        if (t->op == op && op != QK_OP_f32_dot)
            return true;
    return op == QK_OP_head4_gemv;
}

/* When it reads the same bytes again, have those of a whole token driven them out of the cache? */
static bool streams(enum qk_op op)
{
    return multiplies_heads(op) || path_of(op) != MODEL_PATHS || op == QK_OP_attention_f16 ||
           op == QK_OP_attention_f32;
}

static int check_act(const struct model_kernels *k, enum model_act act, struct qk_error *err)
{
    if (act == MODEL_ACT_ANY || model_kernels_int8(k) == (act == MODEL_ACT_INT8))
        return 0;
    return qk_fail(err, QK_ERR_ARG, k->name, "these kernels take %s activations, and %s ones are demanded",
                   model_kernels_int8(k) ? "int8" : "f32", act == MODEL_ACT_INT8 ? "int8" : "f32");
}

/* baseline, p1_unpack, ...: the rows of qk256_dequant that are a phase. */
static int parse_phase(struct model_kernels *k, const struct qk_table *table, const struct qk_cpu *cpu,
                       struct qk_error *err)
{
    char known[200] = "best";
    for (size_t i = 0; i < table->count; i++) {
        const struct qk_variant *v = &table->rows[i];
        if (v->op != QK_OP_qk256_dequant || v->kind == QK_CEILING || !strcmp(v->phase, "-"))
            continue;
        const char *name = v == qk_table_reference(table, v->op) ? "baseline" : v->name;
        snprintf(known + strlen(known), sizeof known - strlen(known), ", %s", name);
        if (strcmp(k->name, name) != 0)
            continue;
        const char *missing = qk_variant_missing(v, cpu);
        if (missing)
            return qk_fail(err, QK_ERR_UNAVAILABLE, k->name, "%s/%s: %s", v->op_name, v->name, missing);
        k->of[v->op] = v;
        k->named[v->op] = true;
        k->path = MODEL_PATH_DEQUANT;
        return 0;
    }
    return qk_fail(err, QK_ERR_ARG, k->name,
                   "no such set of kernels; there are: %s, and OP/VARIANT globs joined by '+' (qkbench list)",
                   known);
}

/* One glob: the best row here of each op that it matches. */
static int take_glob(struct model_kernels *k, const struct qk_table *table, const char *glob,
                     const struct qk_cpu *cpu, struct qk_error *err)
{
    bool matched[QK_OP_COUNT] = {false}, here[QK_OP_COUNT] = {false};
    const char *missing[QK_OP_COUNT] = {NULL};
    size_t matches = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct qk_variant *v = &table->rows[i];
        char name[PART_MAX];
        snprintf(name, sizeof name, "%s/%s", v->op_name, v->name);
        if (v->kind == QK_CEILING || fnmatch(glob, name, 0) != 0)
            continue;
        matches++;
        if (k->named[v->op])
            return qk_fail(err, QK_ERR_ARG, k->name, "op %s is named twice, by '%s' the second time",
                           v->op_name, glob);
        matched[v->op] = true;
        const char *why = qk_variant_missing(v, cpu);
        if (why) {
            missing[v->op] = why;
            continue;
        }
        here[v->op] = true;
        k->of[v->op] = v;
    }
    if (!matches)
        return qk_fail(err, QK_ERR_ARG, k->name, "'%s' matches no variant; qkbench list shows them", glob);
    for (int op = 0; op < QK_OP_COUNT; op++) {
        if (matched[op] && !here[op])
            return qk_fail(err, QK_ERR_UNAVAILABLE, k->name, "'%s' of op %s: %s", glob, qk_op_row(op)->name,
                           missing[op]);
        k->named[op] |= matched[op];
    }
    return 0;
}

static int parse_globs(struct model_kernels *k, const struct qk_table *table, const char *set,
                       const struct qk_cpu *cpu, struct qk_error *err)
{
    for (const char *part = set;;) {
        char glob[PART_MAX];
        const size_t n = strcspn(part, "+");
        if (n == 0 || n >= sizeof glob)
            return qk_fail(err, QK_ERR_ARG, k->name, "found a part of %zu characters, expected OP/VARIANT",
                           n);
        memcpy(glob, part, n);
        glob[n] = '\0';
        const int code = take_glob(k, table, glob, cpu, err);
        if (code)
            return code;
        if (!part[n])
            break;
        part += n + 1;
    }
    int decided = -1;
    for (int op = 0; op < QK_OP_COUNT; op++) {
        if (!k->named[op] || path_of((enum qk_op)op) == MODEL_PATHS)
            continue;
        if (decided >= 0 && path_of((enum qk_op)decided) != path_of((enum qk_op)op))
            return qk_fail(err, QK_ERR_ARG, k->name,
                           "%s and %s are two ways to multiply the ternary matrices; name one",
                           qk_op_row(decided)->name, qk_op_row(op)->name);
        decided = op;
    }
    if (decided >= 0)
        k->path = path_of((enum qk_op)decided);
    return 0;
}

int model_kernels_parse(struct model_kernels *k, const struct qk_table *table, const char *set,
                        enum model_act act, const struct qk_cpu *cpu, struct qk_error *err)
{
    struct model_kernels made = {.path = act == MODEL_ACT_F32 ? MODEL_PATH_QK256 : MODEL_PATH_I2S16};
    int code = 0;
    snprintf(made.name, sizeof made.name, "%s", set);
    for (int op = 0; op < QK_OP_COUNT; op++)
        made.of[op] = qk_table_best(table, (enum qk_op)op, cpu);
    if (strchr(set, '/'))
        code = parse_globs(&made, table, set, cpu, err);
    else if (strcmp(set, "best") != 0)
        code = parse_phase(&made, table, cpu, err);
    if (!code)
        code = check_act(&made, act, err);
    if (!code)
        *k = made;
    return code;
}

void model_kernels_choose(struct model_kernels *k, const struct qk_table *table,
                          const struct qk_choices *choices, size_t weight_bytes, const struct qk_cpu *cpu)
{
    for (int i = 0; i < QK_OP_COUNT; i++) {
        const enum qk_op op = (enum qk_op)i;
        if (!k->named[op])
            k->of[op] = qk_table_choice(table, choices, op, streams(op) ? weight_bytes : 0, cpu);
    }
}

unsigned model_kernels_layout(const struct model_kernels *k)
{
    return model_path_op(k->path)->layout;
}

bool model_kernels_int8(const struct model_kernels *k)
{
    return model_path_op(k->path)->int8;
}
