/* SPDX-License-Identifier: MIT */
/* Shapes and inputs from a GGUF file: the real codes of its tensors, for the ops that can use their type. */
#pragma once

#include "kernels/cases/case.h"

enum { BENCH_SHAPE_NAME = 160 }; /* room for a shape as in names of cases */

struct bench_model;

/*
 * Maps the file. QK_ERR_IO, QK_ERR_MEMORY. QK_ERR_FORMAT, also for a file without a tensor that an op can
 * use. On failure *model is NULL. Free with bench_model_close, which accepts NULL.
 */
int bench_model_open(const char *path, struct bench_model **model, struct qk_error *err);
void bench_model_close(struct bench_model *model);

/* Number of pairs of a tensor and an op that can use it (model/forward/load/tensor_ops.def). At least one. */
size_t bench_model_count(const struct bench_model *model);

/*
 * The i-th pair, in the file's order: the op, the shape, its name ROWSxCOLS@NAME in name[BENCH_SHAPE_NAME],
 * and the inputs. They live as long as the model.
 *
 * For qk256_dequant the inputs are the tensor's codes in QK256 order, the ternary table {-1, 0, +1, 0}, and
 * the file's scale of every block. Types with a scale for fewer columns than a block have no such pair.
 * `fill` fails with QK_ERR_FORMAT on a code 3. `verify` compares the reference's output with scale * (code -
 * 1), read straight from the file.
 *
 * Ops that read rows as files hold them get the tensor's bytes, and activations from a seed. `verify`
 * compares some rows with sums in f64.
 *
 * The call itself fails with QK_ERR_FORMAT when the tensor's name cannot be part of a case's name.
 */
int bench_model_shape(const struct bench_model *model, size_t i, enum qk_op *op, struct qk_shape *shape,
                      char *name, struct qk_inputs *inputs, struct qk_error *err);
