/* SPDX-License-Identifier: MIT */
#include "kernels/table/table.h"

#include "kernels/cases/case.h"
#include "kernels/own/ops.h"
#include "kernels/table/built.h"

#include <string.h>

static const struct qk_variant rows[] = {
#define VARIANT(op_, name_, isa_, phase_, kind_, made_, touches_, why_)                                      \
    QK_IF_##isa_({.op = QK_OP_##op_,                                                                         \
                  .isa = QK_ISA_##isa_,                                                                      \
                  .kind = QK_##kind_,                                                                        \
                  .made = QK_BY_##made_,                                                                     \
                  .touches = QK_TOUCHES_##touches_,                                                          \
                  .op_name = #op_,                                                                           \
                  .name = #name_,                                                                            \
                  .isa_name = #isa_,                                                                         \
                  .phase = phase_,                                                                           \
                  .why = why_,                                                                               \
                  .flags = QK_FLAGS_##op_##_##name_,                                                         \
                  .fn = (qk_fn *)qk_##op_##_##name_,                                                         \
                  QK_UPTO_OF_##kind_(op_, name_)}, )
#include "kernels/variants.def"
#undef VARIANT
};

static const struct qk_op_row ops[QK_OP_COUNT] = {
#define OP(op_, stages_, what_)                                                                              \
    [QK_OP_##op_] = {.name = #op_, .stages = stages_, .what = what_, .on = &qk_##op_##_case},
#include "kernels/ops.def"
#undef OP
};

const struct qk_op_row *qk_op_row(enum qk_op op)
{
    return op < QK_OP_COUNT ? &ops[op] : qk_own_row(op);
}

int qk_op_count(void)
{
    return QK_OP_COUNT + qk_own_count();
}

bool qk_op_find(const char *name, enum qk_op *op)
{
    for (int i = 0; i < qk_op_count(); i++)
        if (!strcmp(qk_op_row((enum qk_op)i)->name, name)) {
            *op = (enum qk_op)i;
            return true;
        }
    return false;
}

static const struct qk_table builtin = {.rows = rows,
                                        .count = sizeof rows / sizeof *rows,
                                        .compiler = QK_COMPILER,
                                        .version = QK_KERNELS_VERSION,
                                        .path = "",
                                        .name = ""};

const struct qk_table *qk_table_builtin(void)
{
    return &builtin;
}

const struct qk_variant *qk_table_find(const struct qk_table *t, const char *op, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (!strcmp(t->rows[i].op_name, op) && !strcmp(t->rows[i].name, name))
            return &t->rows[i];
    return NULL;
}

size_t qk_table_index(const struct qk_table *t, const struct qk_variant *v)
{
    return (size_t)(v - t->rows);
}

const struct qk_variant *qk_table_reference(const struct qk_table *t, enum qk_op op)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].op == op && !t->rows[i].unknown)
            return &t->rows[i];
    return NULL;
}

const struct qk_variant *qk_reference(enum qk_op op)
{
    return op < QK_OP_COUNT ? qk_table_reference(&builtin, op) : qk_own_reference(op);
}

const struct qk_variant *qk_table_best(const struct qk_table *t, enum qk_op op, const struct qk_cpu *cpu)
{
    const struct qk_variant *best = NULL;
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].op == op && t->rows[i].kind != QK_CEILING && !qk_variant_missing(&t->rows[i], cpu))
            best = &t->rows[i];
    return best;
}

const char *const qk_memory_names[] = {"cache", "dram", NULL};

const struct qk_variant *qk_table_choice(const struct qk_table *t, const struct qk_choices *choices,
                                         enum qk_op op, size_t bytes, const struct qk_cpu *cpu)
{
    const struct qk_variant *const v =
        choices ? choices->of[op][bytes > choices->cache_bytes ? QK_MEMORY_DRAM : QK_MEMORY_CACHE] : NULL;
    return v && !qk_variant_missing(v, cpu) ? v : qk_table_best(t, op, cpu);
}

int qk_stage_count(enum qk_op op)
{
    const char *stages = qk_op_row(op)->stages;
    int count = strcmp(stages, "-") != 0;
    for (const char *p = stages; *p; p++)
        count += *p == ' ';
    return count;
}

bool qk_variant_upto(const struct qk_variant *v, int stage, qk_fn **fn)
{
    *fn = v->upto ? v->upto(stage) : NULL;
    return *fn;
}
