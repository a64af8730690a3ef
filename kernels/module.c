/* SPDX-License-Identifier: MIT */
#include "kernels/module.h"

#include "kernels/built.h"
#include "kernels/kernels_hashes.h" /* QK_HASH_<op>_<name>, made by hash_objects.py */

static const struct qk_module_row rows[] = {
#define VARIANT(op_, name_, isa_, phase_, kind_, made_, touches_, why_)                                      \
    QK_IF_##isa_({.op = #op_,                                                                                \
                  .name = #name_,                                                                            \
                  .isa = #isa_,                                                                              \
                  .phase = phase_,                                                                           \
                  .kind = #kind_,                                                                            \
                  .flags = QK_FLAGS_##op_##_##name_,                                                         \
                  .hash = QK_HASH_##op_##_##name_,                                                           \
                  .fn = (qk_fn *)qk_##op_##_##name_,                                                         \
                  QK_UPTO_OF_##kind_(op_, name_)}, )
#include "kernels/variants.def"
#undef VARIANT
};

static const struct qk_module_trait traits[] = {
#define VARIANT(op_, name_, isa_, phase_, kind_, made_, touches_, why_) QK_IF_##isa_({#made_, #touches_}, )
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

static const struct qk_module_traits all_traits = {
    .magic = QK_MODULE_MAGIC,
    .row_bytes = sizeof(struct qk_module_trait),
    .row_count = sizeof traits / sizeof *traits,
    .rows = traits,
};

const struct qk_module *qk_kernels_module(void)
{
    return &module;
}

const struct qk_module_traits *qk_kernels_traits(void)
{
    return &all_traits;
}
