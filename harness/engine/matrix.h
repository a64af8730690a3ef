/* SPDX-License-Identifier: MIT */
/*
 * Selects the cases of a run: patterns over the table, combined with a set of shapes. A group is one op on
 * one shape. Its cases run in the same rounds.
 */
#pragma once

#include "harness/engine/model_shapes.h"
#include "harness/machine/environment.h"
#include "kernels/table/table.h"

struct bench_group {
    enum qk_op op;
    struct qk_shape shape;
    char name[BENCH_SHAPE_NAME]; /* the shape as in names of cases: "4096", "256x768@blk.0.ffn_up.weight" */
    /* By the row's place in the table. The op's reference is always wanted, because speed-ups need it. */
    bool *wanted;
    bool reference_asked;    /* a pattern named the reference; otherwise it only runs along */
    struct qk_inputs inputs; /* a NULL `fill`: the inputs come from the seed */
};

struct bench_matrix {
    const struct qk_table *table;
    size_t count, room;
    struct bench_group *groups;
    char source[256];          /* the text of --shapes, or "seed" and the like without one */
    struct bench_model *model; /* the GGUF file that groups read from, or NULL */
};

/*
 * patterns[count] are globs on op/variant/shape. Missing parts match everything, and no pattern at all
 * matches everything. `shapes` is one of these:
 * - NULL: each op's first set.
 * - "seed", ...: the name of a set of an op.
 * - "cache": working sets of half of L1, L2 and L3, and one of max(256 MiB, 4 x L3), by the sizes in env.
 * - The path of a GGUF file: its tensors, for the ops that can use them (model_shapes.h).
 * QK_ERR_ARG names what matched nothing, and what there is. QK_ERR_IO and QK_ERR_FORMAT come from the file.
 * QK_ERR_MEMORY. Free with bench_matrix_free in any case.
 */
int bench_matrix_make(struct bench_matrix *m, const struct qk_table *table, char *const *patterns,
                      size_t count, const char *shapes, const struct bench_environment *env,
                      struct qk_error *err);
void bench_matrix_free(struct bench_matrix *m);

/*
 * Bytes that count as cache: one core's L2. An L3 counts as memory, because it is shared with neighbours.
 * Where neither sysfs nor cpuid tells L2, it assumes 256 KiB, the smallest there is.
 */
size_t bench_cache_bytes(const struct bench_environment *env);

/* The memory level that holds the working set of a `cache` shape. */
enum bench_level { BENCH_LEVEL_L1 = 1, BENCH_LEVEL_L2, BENCH_LEVEL_L3, BENCH_LEVEL_DRAM };
/* The op's `cache` shape of that level, by the sizes in env. False when there is none. */
bool bench_cache_shape(enum qk_op op, enum bench_level level, const struct bench_environment *env,
                       struct qk_shape *shape);

/*
 * Sets wanted[table->count] for the rows that a pattern list (as above) matches on any shape. QK_ERR_ARG when
 * a pattern matches no row at all.
 */
int bench_matrix_variants(const struct qk_table *table, char *const *patterns, size_t count, bool *wanted,
                          struct qk_error *err);
