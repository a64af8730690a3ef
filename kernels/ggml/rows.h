/* SPDX-License-Identifier: MIT */
/*
 * ggml's functions as rows of the semantic ops (kernels/form.h). A row's context is a struct qk_ggml_row,
 * which says with which functions of which library it works.
 */
#pragma once

#include "kernels/form.h"
#include "kernels/ggml/library.h"

struct qk_ggml_row {
    const struct qk_ggml_type *type, *activation;
    enum qk_ggml_id id;
    /*
     * Blocks of Q1_0 have no 0. A ternary matrix is then half the sum of two such matrices. The second one
     * follows the first.
     */
    int planes;
    /*
     * Of a repacked matrix: in blocks of four rows, this many elements of each row alternate. 0: row by
     * row.
     */
    size_t run;
    qk_ggml_from_float_fn *from_float, *activations_from_float, *four_from_float;
    qk_ggml_dot_fn *dot;
    qk_ggml_repacked_fn *gemv, *gemm;
};

/*
 * Fills in what the row is made of. False when the library lacks the type, or a function of a repacked row.
 * repacked: "4x4" or "4x8" as in the functions' names, or NULL.
 */
bool qk_ggml_row_find(struct qk_ggml_row *row, const struct qk_ggml *g, enum qk_ggml_id id,
                      const char *repacked);
/* The form of a row, and its kernel, which is of the type of both ops. */
struct qk_form qk_ggml_row_form(struct qk_ggml_row *row);
qk_fn *qk_ggml_row_kernel(const struct qk_ggml_row *row);
