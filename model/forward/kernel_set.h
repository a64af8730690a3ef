/* SPDX-License-Identifier: MIT */
/*
 * Which variant of each op a model runs with: --kernels SET.
 *
 *     best                        the best variant of every op that can run here: the table's last, or what
 *                                 model_kernels_choose puts in its place
 *     baseline, p1_unpack, ...    matrix products as the audited runtime does them: dequantise rows with this
 *                                 row of qk256_dequant, then f32_dot. baseline is its reference. All other
 *                                 ops are as in best
 *     OP/VARIANT[+OP/VARIANT...]  globs; ops that are not named take their best
 *
 * The op that is named among qk256_dequant, qk256_gemv, i2s_gemv and i2s16_gemv / i2s16_gemm decides how the
 * ternary matrices are multiplied. Naming two that contradict each other is an error. When none is named, it
 * is i2s16.
 */
#pragma once

#include "kernels/table/table.h"

enum { MODEL_LAYOUT_I2S = 1, MODEL_LAYOUT_I2S16 = 2, MODEL_LAYOUT_QK256 = 4 };

/* How ternary matrices are multiplied. The first two use f32 activations, the others int8. */
enum model_path { MODEL_PATH_DEQUANT, MODEL_PATH_QK256, MODEL_PATH_I2S, MODEL_PATH_I2S16, MODEL_PATHS };

/* A row of load/tensor_ops.def. */
struct model_tensor_op {
    uint32_t type; /* MODEL_GGUF_TYPE_* */
    enum qk_op op;
    enum model_path path;
    unsigned layout;
    bool int8; /* are the activations int8? */
};
/* Row i of load/tensor_ops.def. NULL after the last. */
const struct model_tensor_op *model_tensor_op(size_t i);
/* The first row of that path; every path has one. */
const struct model_tensor_op *model_path_op(enum model_path path);

enum model_act { MODEL_ACT_ANY, MODEL_ACT_INT8, MODEL_ACT_F32 };

struct model_kernels {
    char name[160]; /* the set's text, cut */
    enum model_path path;
    const struct qk_variant *of[QK_OP_COUNT]; /* one of every op: never NULL, never a ceiling, can run here */
    bool named[QK_OP_COUNT];                  /* the set's text says which */
};

/*
 * Parses one SET (no commas). The table must have rows of every op. act is what the caller demands.
 * MODEL_ACT_F32 without a path named takes qk256_gemv.
 *
 *     QK_ERR_ARG          an unknown set or op, a glob without a match among rows that are kernels, an op
 *                         named twice, or paths that contradict each other or act
 *     QK_ERR_UNAVAILABLE  everything named exists, but no named row of some op can run here
 */
int model_kernels_parse(struct model_kernels *k, const struct qk_table *table, const char *set,
                        enum model_act act, const struct qk_cpu *cpu, struct qk_error *err);

/*
 * For a model whose tokens read so many bytes of weights: ops that the set does not name take what was
 * measured to be the fastest. Products with weights touch all these bytes. Attention reads what they have
 * driven out of a cache by the next token. Other ops touch little.
 */
void model_kernels_choose(struct model_kernels *k, const struct qk_table *table,
                          const struct qk_choices *choices, size_t weight_bytes, const struct qk_cpu *cpu);

/* The layout that the set's path reads. */
unsigned model_kernels_layout(const struct model_kernels *k);
/* Does the set's path quantise activations to int8? */
bool model_kernels_int8(const struct model_kernels *k);
