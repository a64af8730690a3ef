/* SPDX-License-Identifier: MIT */
/*
 * What each component of a kernel costs. A staged variant has prefixes: its own body, cut after each stage
 * (kernels/rows/stages.h). The prefixes and the plain kernel are timed in rounds, like any other arms. A
 * component is the difference between a prefix and the one before it. That is what adding the stage costs in
 * this body. Stages overlap in an out-of-order core. So a component may be negative, and no component is the
 * time of its stage alone.
 */
#pragma once

#include "harness/engine/run.h"
#include "harness/records/fields/fields.h"
#include "harness/records/stats.h"

enum {
    BENCH_BREAKDOWN_SCHEMA_VERSION = 1,
    BENCH_STAGES_MAX = 8,
    /* Ternary weights of BitNet b1.58 2B4T: 30 layers of q and o, k and v, and gate, up and down. */
    BENCH_2B_WEIGHTS = 30 * (2 * 2560 * 2560 + 2 * 640 * 2560 + 3 * 6912 * 2560),
};

/* A time, and the same in other units. NaN where something is not known. */
struct bench_part {
    char name[16];            /* the stage; "total", "kernel", "difference" */
    struct bench_interval ns; /* of one call, at 95 % */
    /*
     * Median over the blocks of the time paired by round. It estimates the same as ns.value, which is chosen
     * so that components add up.
     */
    double paired_ns;
    double cycles_per_element;          /* estimated, with the median of the row's clocks */
    double share;                       /* share of the total, in per cent */
    struct bench_interval ms_per_token; /* ns times all weights of the 2B model */
    bool resolved;                      /* it can be told from 0 */
    char why[160];                      /* why it is not resolved; empty when it is */
};

/*
 * Something that was counted for each prefix and for the plain kernel: a metric of
 * harness/counters/counters.h, or instructions by single steps.
 */
struct bench_breakdown_count {
    char name[64], unit[32];
    char shape[BENCH_SHAPE_NAME]; /* shape of the counted calls; for steps, the op's smallest */
    /*
     * True for counts: they add up, so their differences belong to components. A quotient of two counts does
     * not.
     */
    bool adds_up;
    /* Of each prefix and, last, of the kernel. All are NaN when one of them could not be counted. */
    double value[BENCH_STAGES_MAX + 1];
    char why[300]; /* why there are no values; beside values, a remark or empty */
};

/* A staged variant on a shape. The first group of members is measured. The second is computed from it. */
struct bench_breakdown_row {
    const struct qk_variant *variant;
    char shape[BENCH_SHAPE_NAME];
    enum bench_status status;
    char reason[400]; /* why it was not timed; empty when ok */
    double elements;
    size_t stages, blocks, rounds;        /* arms are the prefixes and, last, the plain kernel */
    uint64_t calls[BENCH_STAGES_MAX + 1]; /* calls per slice of each arm */
    double *samples_ns; /* [blocks][stages + 1][rounds]: time of one call in each slice; owned */
    double core_ghz[BENCH_BLOCKS_MAX];
    bool same_code; /* the last prefix is the kernel itself, so their difference is noise */

    double clock_ghz;                   /* median of core_ghz; NaN when none is known */
    double prefix_ns[BENCH_STAGES_MAX]; /* median over the blocks of the block's median */
    /*
     * How far two timings of the same code may differ, as a share of the total. It is the farther end of the
     * interval of `difference`, divided by the total. NaN unless same_code.
     */
    double noise;
    struct bench_part component[BENCH_STAGES_MAX], total, kernel, difference;
    double block_ns[BENCH_STAGES_MAX][BENCH_BLOCKS_MAX]; /* each component in each block, paired by round */

    size_t count_count;                   /* 0 without counters */
    struct bench_breakdown_count *counts; /* owned */
};

struct bench_breakdown {
    struct bench_environment env;
    uint64_t seed;
    bool quick;
    int cpu;
    char source[256];             /* where the shapes came from */
    struct bench_dropped dropped; /* blocks that were measured and not believed */
    double clock_ghz;             /* median of the blocks' clocks; NaN with clock_why when there is none */
    char clock_why[96];
    bool failed; /* a variant failed its check */
    size_t count;
    struct bench_breakdown_row *rows; /* owned; sorted by shape, then in table order */
    struct qk_variant *variants;      /* owned, with their texts; of rows that were read, else NULL */
    json_t *claims;                   /* owned, for the JSON; NULL: no claims */
};

/*
 * bench_matrix_make for staged variants alone. Without `shapes`, and with no shape in a pattern, each op gets
 * one shape. It is the largest of the op's first set whose buffers fit in L1 together. So the breakdown shows
 * the code and not the caches. QK_ERR_ARG also when only other variants match; the text names the staged
 * ones.
 */
int bench_breakdown_matrix(struct bench_matrix *m, const struct qk_table *table, char *const *patterns,
                           size_t count, const char *shapes, const struct bench_environment *env,
                           struct qk_error *err);

/*
 * Checks and times every variant of the matrix into *bd. Its env must have been read, and the rest be zero.
 * The variants of a group take turns block by block. Once job.budget_s is spent, variants with 16 blocks get
 * no more. After that, cfg->counters, if any, count each prefix alone. Free with bench_breakdown_free in any
 * case.
 * - QK_ERR_UNAVAILABLE: nothing can run here
 * - QK_ERR_INVALID: nothing was timed
 * - QK_ERR_CHECK, QK_ERR_FORMAT: from inputs of a model file
 * - QK_ERR_INTERRUPTED, QK_ERR_MEMORY
 */
int bench_breakdown_run(struct bench_breakdown *bd, const struct bench_matrix *m,
                        const struct bench_run_config *cfg, struct qk_error *err);
void bench_breakdown_free(struct bench_breakdown *bd);
/* What a row owns, and the texts of its variant when that was read; NULL: it was not. */
void bench_breakdown_forget(struct bench_breakdown_row *row, struct qk_variant *read);

/*
 * Appends counts to an estimated row. cfg->counters count each of arm[stages + 1], one at a time: the
 * prefixes and, last, the kernel. What cannot be counted has its reason. QK_ERR_MEMORY, QK_ERR_INTERRUPTED,
 * errors of inputs.
 */
int bench_breakdown_count_row(struct bench_breakdown_row *row, const struct bench_arm *arm,
                              const struct bench_run_config *cfg, struct qk_error *err);
/* Computes the second group of members of an ok row. 1 <= blocks <= BENCH_BLOCKS_MAX. QK_ERR_MEMORY. */
int bench_breakdown_estimate(struct bench_breakdown_row *row, struct qk_error *err);

/*
 * How many times less a component costs in `after` than in `before`. Both are rows of one group. The value is
 * the median over the blocks of the ratio of the component's times in that block. The component must be
 * resolved and positive in both rows. Otherwise the whole interval is NaN, with the reason in why[size].
 */
struct bench_interval bench_breakdown_gain(const struct bench_breakdown_row *before,
                                           const struct bench_breakdown_row *after, size_t stage, char *why,
                                           size_t size);

/*
 * What a stage adds to a count: the difference of two prefixes' values. NaN when it is not known or does not
 * add up.
 */
double bench_breakdown_counted(const struct bench_breakdown_count *count, size_t stage);

/* Index of the stage of that name in a row. -1 when there is none. */
int bench_breakdown_stage(const struct bench_breakdown_row *row, const char *name);
/* Rows [first, end) share op and shape. Returns end. */
size_t bench_breakdown_group_end(const struct bench_breakdown *bd, size_t first);
/* Writes "op/variant/shape" to to[size]. Returns `to`. */
const char *bench_breakdown_name(const struct bench_breakdown_row *row, char *to, size_t size);

/* The machine, the rows, the claims, and the samples in the order they were taken. */
extern const struct bench_fields bench_breakdown_fields;
/*
 * Reads and validates it, loaded already; `path` is for messages. The file may be of another build, so only
 * the texts of its variants are known. block_ns and failed are not in the file. QK_ERR_FORMAT with the JSON
 * path, QK_ERR_MEMORY. Free on success.
 */
int bench_breakdown_take_json(struct bench_breakdown *bd, const json_t *json, const char *path,
                              struct qk_error *err);
