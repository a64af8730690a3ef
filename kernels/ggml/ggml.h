/* SPDX-License-Identifier: MIT */
/*
 * A table of the dot products of an installed ggml, as rows of ternary_gemv and ternary_gemm. The library is
 * loaded, not linked. README.md says which rows there are.
 */
#pragma once

#include "kernels/table/table.h"

/*
 * Loads a CPU library of ggml, libggml-cpu-NAME.so, and makes its table. `base` is the libggml-base.so that
 * it needs, or NULL where the loader finds that by itself. Where the library says that this CPU cannot run
 * it, the rows are there with that reason in `unknown`. On failure *t is empty. Call qk_table_free in any
 * case. Errors of qk_ggml_open (library.h), and QK_ERR_MEMORY.
 */
int qk_ggml_load(struct qk_table *t, const char *path, const char *base, struct qk_error *err);
