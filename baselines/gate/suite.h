/* SPDX-License-Identifier: MIT */
/* Which cases a duet judges: a suite of the policy, or patterns, over the rows of both builds. */
#pragma once

#include "baselines/gate/policy.h"
#include "harness/duet/duet.h"

struct baseline_suite_case {
    char name[BASELINE_NAME]; /* op/variant/shape */
    enum qk_op op;
    struct qk_shape shape;
    enum qk_memory memory;
    const struct qk_variant *base, *cand; /* NULL where that build has no such row; never both */
    char gone[120];    /* how the candidate's row cannot take the place of the base's here; empty: it can */
    char changed[120]; /* what else of the row is another; empty: nothing */
};

struct baseline_suite_cases {
    size_t count, room;
    struct baseline_suite_case *cases; /* each name once, in the order of the entries */
    size_t unavailable;                /* rows left out because their ISA level is not here or not allowed */
    char why[160];                     /* of the first of them */
};

struct baseline_suite_config {
    const struct qk_table *base, *cand;
    const struct qk_cpu *isa;
    const struct bench_environment *env; /* cache sizes */
    const char *allowed;                 /* ISA levels, blank-separated; empty: all */
};

/*
 * entries[count] are op/variant/shape, with globs on op and variant. The shape is a shape, a glob over the
 * op's first set, or @L1, @L2, @L3, @DRAM (the `cache` shape of that level here). An op that a glob names and
 * that cannot have the shape is passed over. Rows that are ceilings in both builds, or in the only one that
 * has them, are no cases. Nor are rows whose level is not here in either. A row of a level that this program
 * does not know is one. Free with baseline_suite_free in any case.
 *   QK_ERR_ARG          with the entry that is malformed or matches nothing
 *   QK_ERR_UNAVAILABLE  all that matches needs an ISA level that is not here
 *   QK_ERR_MEMORY
 */
int baseline_suite_expand(struct baseline_suite_cases *s, const char *const *entries, size_t count,
                          const struct baseline_suite_config *cfg, struct qk_error *err);
/*
 * Adds the other shapes of the row of cases[index]: all that its op's sets name and that are no case of that
 * row yet. Both builds have that row. QK_ERR_ARG, QK_ERR_INVALID, QK_ERR_MEMORY.
 */
int baseline_suite_add_shapes(struct baseline_suite_cases *s, size_t index,
                              const struct bench_environment *env, struct qk_error *err);
/* How many shapes an op's sets name: at most so many are added. */
size_t baseline_suite_shapes(enum qk_op op);
void baseline_suite_free(struct baseline_suite_cases *s);

/*
 * Is every rule of the policy for something: for a case of these entries or of its suite `full`, whether or
 * not that can run here? QK_ERR_INVALID names the first that is not. QK_ERR_ARG, QK_ERR_MEMORY.
 */
int baseline_suite_rules(struct baseline_policy *policy, const char *const *entries, size_t count,
                         const struct baseline_suite_config *cfg, struct qk_error *err);
