/* SPDX-License-Identifier: MIT */
#include "kernels/module.h"

#include "kernels/table/built.h"

static const struct qk_module_row rows[] = {
#define VARIANT(op_, name_, isa_, phase_, kind_, made_, touches_, why_)                                      \
    QK_IF_##isa_({.op = #op_,                                                                                \
                  .name = #name_,                                                                            \
                  .isa = #isa_,                                                                              \
                  .phase = phase_,                                                                           \
                  .kind = #kind_,                                                                            \
                  .made = #made_,                                                                            \
                  .touches = #touches_,                                                                      \
                  .flags = QK_FLAGS_##op_##_##name_,                                                         \
                  .fn = (qk_fn *)qk_##op_##_##name_,                                                         \
                  QK_UPTO_OF_##kind_(op_, name_)}, )
#include "kernels/variants.def"
#undef VARIANT
};

static const struct qk_module module = {
    .magic = QK_MODULE_MAGIC,
    .abi = QK_MODULE_ABI,
    .row_bytes = sizeof(struct qk_module_row),
    .row_count = sizeof rows / sizeof *rows,
    .rows = rows,
    .compiler = QK_COMPILER,
    .version = QK_KERNELS_VERSION,
};

const struct qk_module *qk_kernels_module(void)
{
    return &module;
}
