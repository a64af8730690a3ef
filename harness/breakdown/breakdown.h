/* SPDX-License-Identifier: MIT */
/*
 * What each component of a kernel costs. A staged variant comes with its own body cut after each stage
 * (kernels/rows/stages.h). Those prefixes and the plain kernel are timed in rounds like any other arms. A
 * component is the difference between a prefix and the one before it: what adding that stage costs in this
 * body. Stages overlap in an out-of-order core. So a component may be negative, and none is what the stage
 * would take alone.
 */
#pragma once

#include "harness/engine/run.h"
#include "harness/records/fields.h"
#include "harness/records/stats.h"

enum {
    BENCH_BREAKDOWN_SCHEMA_VERSION = 1,
    BENCH_STAGES_MAX = 8,
    /* Ternary weights of BitNet b1.58 2B4T: 30 layers of q and o, k and v, and gate, up and down. */
    BENCH_2B_WEIGHTS = 30 * (2 * 2560 * 2560 + 2 * 640 * 2560 + 3 * 6912 * 2560),
};

/* A time, and what it is in other units. NaN where something is not known. */
struct bench_part {
    char name[16];            /* the stage; "total", "kernel", "difference" */
    struct bench_interval ns; /* of one call, 95 % */
    /*
     * Median over the blocks of what ns estimates, paired by round: beside ns.value, which is made to add up.
     */
    double paired_ns;
    double cycles_per_element;          /* estimated: by the median of the row's clocks */
    double share;                       /* of the total, in per cent */
    struct bench_interval ms_per_token; /* ns over all weights of the 2B model */
    bool resolved;                      /* told apart from 0 */
    char why[160];                      /* why not; empty when resolved */
};

/*
 * Something that was counted of each prefix and of the plain kernel: a metric of harness/counters/counters.h,
 * or instructions by single steps.
 */
struct bench_breakdown_count {
    char name[64], unit[32];
    char shape[BENCH_SHAPE_NAME]; /* that of the calls counted: of steps the op's smallest */
    /* Counts add up, so their differences are the components'. A quotient of two counts does not add up. */
    bool adds_up;
    double value[BENCH_STAGES_MAX +
                 1]; /* of each prefix and, last, the kernel; all NaN where one could not be counted */
    char why[300];   /* why not; beside values a remark, or empty */
};

/* A staged variant on a shape. The first group of members is measured, the second made of it. */
struct bench_breakdown_row {
    const struct qk_variant *variant;
    char shape[BENCH_SHAPE_NAME];
    enum bench_status status;
    char reason[400]; /* why it was not timed; empty when ok */
    double elements;
    size_t stages, blocks, rounds;        /* arms are the stages' prefixes and, last, the plain kernel */
    uint64_t calls[BENCH_STAGES_MAX + 1]; /* per slice, of each arm */
    double *samples_ns;                   /* [blocks][stages + 1][rounds]: one call in each slice; owned */
    double core_ghz[BENCH_BLOCKS_MAX];
    bool same_code; /* the last prefix is the kernel itself: their difference is noise */

    double clock_ghz;                   /* median of core_ghz; NaN without */
    double prefix_ns[BENCH_STAGES_MAX]; /* median over the blocks of the block's median */
    /*
     * How far apart two timings of one code may come out, as a share of them. It is the farthest end of the
     * difference's interval by the total. NaN unless same_code.
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
    struct bench_dropped dropped; /* blocks */
    double clock_ghz;             /* median of the blocks' clocks; NaN with clock_why when there is none */
    char clock_why[96];
    bool failed; /* a variant failed its check */
    size_t count;
    struct bench_breakdown_row *rows; /* owned; by shape, then in table order */
    json_t *claims;                   /* borrowed, for the JSON; NULL: none */
};

/*
 * bench_matrix_make for staged variants alone. Without `shapes`, and with no shape in a pattern, each op gets
 * one shape. It is the largest of the op's first set whose buffers fit L1 together, so that what is seen is
 * the code and not the caches. QK_ERR_ARG also when only other variants match, naming the staged ones.
 */
int bench_breakdown_matrix(struct bench_matrix *m, const struct qk_table *table, char *const *patterns,
                           size_t count, const char *shapes, const struct bench_environment *env,
                           struct qk_error *err);

/*
 * Checks and times every variant of the matrix into *bd, whose env has been read and whose rest is zero.
 * Variants of a group take turns block by block. When job.budget_s is over, what has 16 blocks gets no more.
 * After that cfg->counters, if any, count each prefix alone. Free with bench_breakdown_free in any case.
 *   QK_ERR_UNAVAILABLE           nothing can run here
 *   QK_ERR_INVALID               nothing was timed
 *   QK_ERR_CHECK, QK_ERR_FORMAT  from inputs of a model file
 *   QK_ERR_INTERRUPTED, QK_ERR_MEMORY
 */
int bench_breakdown_run(struct bench_breakdown *bd, const struct bench_matrix *m,
                        const struct bench_run_config *cfg, struct qk_error *err);
void bench_breakdown_free(struct bench_breakdown *bd);

/*
 * Appends to an estimated row what cfg->counters count of each arm[stages + 1] (the prefixes and, last, the
 * kernel), one at a time. What cannot be counted has its reason. QK_ERR_MEMORY, QK_ERR_INTERRUPTED, errors of
 * inputs.
 */
int bench_breakdown_count_row(struct bench_breakdown_row *row, const struct bench_arm *arm,
                              const struct bench_run_config *cfg, struct qk_error *err);
/* The second group of members of an ok row from the first, 1 <= blocks <= BENCH_BLOCKS_MAX. QK_ERR_MEMORY. */
int bench_breakdown_estimate(struct bench_breakdown_row *row, struct qk_error *err);

/*
 * How many times less a component costs in `after` than in `before`, which are rows of one group. It is the
 * median over the blocks of the ratio of its times in that block. The whole interval is NaN, with the reason
 * in why[size], unless the component is resolved and positive in both.
 */
struct bench_interval bench_breakdown_gain(const struct bench_breakdown_row *before,
                                           const struct bench_breakdown_row *after, size_t stage, char *why,
                                           size_t size);

/*
 * What a stage adds to a count: the difference of two prefixes' values. NaN where it is not known or does not
 * add up.
 */
double bench_breakdown_counted(const struct bench_breakdown_count *count, size_t stage);

/* Index of the stage of that name in a row, -1 when there is none. */
int bench_breakdown_stage(const struct bench_breakdown_row *row, const char *name);
/* Rows [first, end) share op and shape; returns end. */
size_t bench_breakdown_group_end(const struct bench_breakdown *bd, size_t first);
/* "op/variant/shape" into to[size]. */
const char *bench_breakdown_name(const struct bench_breakdown_row *row, char *to, size_t size);

/* The machine, the rows, the claims, and the samples in the order they were taken. */
extern const struct bench_fields bench_breakdown_fields;
