/* SPDX-License-Identifier: MIT */
/*
 * Which cases a duet judges. A suite of the policy, or patterns, name them among the rows of both builds.
 */
#pragma once

#include "baselines/gate/policy.h"
#include "harness/duet/duet.h"

struct baseline_suite_case {
    char name[BASELINE_NAME]; /* op/variant/shape */
    enum qk_op op;
    struct qk_shape shape;
    enum qk_memory memory;
    const struct qk_variant *base, *cand; /* NULL where that build has no such row; never both */
    char gone[120];    /* why the candidate's row cannot replace the base's here; empty: it can */
    char changed[120]; /* what else differs between the rows; empty: nothing */
};

struct baseline_suite_cases {
    size_t count, room;
    struct baseline_suite_case *cases; /* in the order of the entries; each name once */
    size_t unavailable;                /* rows left out because their ISA level is not here or not allowed */
    char why[160];                     /* why the first was left out */
};

struct baseline_suite_config {
    const struct qk_table *base, *cand;
    const struct qk_cpu *isa;
    const struct bench_environment *env; /* cache sizes */
    const char *allowed;                 /* ISA levels, blank-separated; empty: all */
};

/*
 * entries[count] are op/variant/shape, with globs on op and variant. SHAPE is one of
 *   a shape
 *   a glob over the op's first set of shapes
 *   @L1, @L2, @L3 or @DRAM: the `cache` shape of that level on this machine
 *
 * An op that a glob names and that cannot have the shape is passed over. A row that is a ceiling in every
 * build that has it is no case. Nor is a row whose level is missing here in every build that has it. A row
 * of a level that this program does not know is a case. Free with baseline_suite_free in any case.
 *   QK_ERR_ARG          with the entry that is malformed or matches nothing
 *   QK_ERR_UNAVAILABLE  all that matches needs an ISA level that is not here
 *   QK_ERR_MEMORY
 */
int baseline_suite_expand(struct baseline_suite_cases *s, const char *const *entries, size_t count,
                          const struct baseline_suite_config *cfg, struct qk_error *err);
/*
 * Adds the other shapes of the row of cases[index]. These are all that its op's sets name and that are no
 * case of that row yet. The row must be in both builds. QK_ERR_ARG, QK_ERR_INVALID, QK_ERR_MEMORY.
 */
int baseline_suite_add_shapes(struct baseline_suite_cases *s, size_t index,
                              const struct bench_environment *env, struct qk_error *err);
/* How many shapes an op's sets name. No more than that are added. */
size_t baseline_suite_shapes(enum qk_op op);
void baseline_suite_free(struct baseline_suite_cases *s);

/*
 * Does every rule of the policy match a case of these entries or of its suite `full`? Cases that cannot run
 * here count. QK_ERR_INVALID names the first rule that matches none. QK_ERR_ARG, QK_ERR_MEMORY.
 */
int baseline_suite_rules(struct baseline_policy *policy, const char *const *entries, size_t count,
                         const struct baseline_suite_config *cfg, struct qk_error *err);
