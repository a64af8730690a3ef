/* SPDX-License-Identifier: MIT */
#include "kernels/kernels.h"

#include "kernels/built.h"
#include "kernels/case.h"

#include <string.h>

const struct qk_variant qk_variants[] = {
#define VARIANT(op_, name_, isa_, phase_, kind_, made_, touches_, why_)                                      \
    QK_IF_##isa_({.op = QK_OP_##op_,                                                                         \
                  .isa = QK_ISA_##isa_,                                                                      \
                  .kind = QK_##kind_,                                                                        \
                  .made = QK_BY_##made_,                                                                     \
                  .touches = QK_TOUCHES_##touches_,                                                          \
                  .op_name = #op_,                                                                           \
                  .name = #name_,                                                                            \
                  .phase = phase_,                                                                           \
                  .why = why_,                                                                               \
                  .flags = QK_FLAGS_##op_##_##name_,                                                         \
                  .fn = (qk_fn *)qk_##op_##_##name_,                                                         \
                  QK_UPTO_OF_##kind_(op_, name_)}, )
#include "kernels/variants.def"
#undef VARIANT
};
const size_t qk_variant_count = sizeof qk_variants / sizeof *qk_variants;

const struct qk_op_row qk_ops[QK_OP_COUNT] = {
#define OP(op_, stages_, what_)                                                                              \
    [QK_OP_##op_] = {.name = #op_, .stages = stages_, .what = what_, .on = &qk_##op_##_case},
#include "kernels/ops.def"
#undef OP
};

const struct qk_isa_row qk_isas[QK_ISA_COUNT] = {
#define ISA(level_, arch_, needs_, flags_, features_)                                                        \
    [QK_ISA_##level_] = {#level_, #arch_, flags_, features_, QK_ISA_##needs_},
#include "kernels/isa.def"
#undef ISA
};

const char qk_compiler[] = QK_COMPILER;

const struct qk_variant *qk_reference(enum qk_op op)
{
    const struct qk_variant *v = qk_variants;
    while (v->op != op)
        v++;
    return v;
}

int qk_stage_count(enum qk_op op)
{
    const char *stages = qk_ops[op].stages;
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
