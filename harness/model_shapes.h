/* SPDX-License-Identifier: MIT */
/* Groups from a GGUF file: the real codes of its I2_S tensors, as inputs of qk256_dequant. */
#ifndef QKBENCH_HARNESS_MODEL_SHAPES_H
#define QKBENCH_HARNESS_MODEL_SHAPES_H

#include "harness/matrix.h"

/*
 * Adds a group for every I2_S tensor, ROWSxCOLS@NAME, in the file's order. Its inputs are the tensor's codes in QK256
 * order, the ternary table {-1, 0, +1, 0} and the file's scale for every block; its verification compares the
 * reference's output with scale * (code - 1) read straight from the file. The file stays mapped in m->model.
 * QK_ERR_IO, QK_ERR_FORMAT (also a code 3, and a file without I2_S tensors), QK_ERR_MEMORY.
 */
int bench_model_shapes(struct bench_matrix *m, const char *path, struct qk_error *err);
void bench_model_shapes_free(struct bench_model *model);

#endif
