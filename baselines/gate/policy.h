/* SPDX-License-Identifier: MIT */
/*
 * The margins and rules of a gate. ci/policy.json is such a policy, and a copy of it is built in.
 * policy_fields.c declares the format.
 */
#pragma once

#include "baselines/gate/decide.h"

#include "harness/records/fields/fields.h"

enum { BASELINE_POLICY_SCHEMA_VERSION = 1 };

#define BASELINE_ALPHA_LEAST 1e-9

/*
 * Three times the most that code placement alone moves a time: 0.07 % (Zen 5's reference figure, 0.064 %,
 * rounded up).
 */
#define BASELINE_MUST_CATCH_LEAST 0.0021

/* Seconds of a whole model's case when the policy does not say it. */
#define BASELINE_E2E_BUDGET 60

/* A rule's `mean` when it gives none, by where the data lies. It is never below the rule's must_catch. */
#define BASELINE_MEAN_CACHE 0.05
#define BASELINE_MEAN_DRAM  0.10

struct baseline_margin_rule {           /* the last rule that matches a case counts */
    char cases[BASELINE_NAME];          /* glob on op/variant/shape */
    char memory[8];                     /* "cache", "dram", "e2e" (whole models), or empty for all */
    struct baseline_margins margins[2]; /* in cache, and others; only a `mean` not given differs */
    size_t matched;                     /* by baseline_policy_match_case */
};

struct baseline_speedup_rule {
    char cases[BASELINE_NAME]; /* glob on op/variant/shape */
    char over[64];             /* variant of the same op and shape */
    double at_least;           /* 3.0: the variant takes at most a third of the time of `over` */
    size_t matched;
};

struct baseline_suite {
    char name[40];
    /*
     * Globs on op/variant/shape. The shape @L1, @L2, @L3 or @DRAM is the `cache` shape of that level on this
     * machine. Any other shape is a glob over the op's first set of shapes. If it matches none of them, it
     * is one shape as written. Ceilings are never in a suite.
     */
    size_t count;
    char (*cases)[BASELINE_NAME];
};

struct baseline_removed {
    char cases[BASELINE_NAME], reason[200];
};

enum baseline_change { BASELINE_CHANGE_IGNORE, BASELINE_CHANGE_WARN, BASELINE_CHANGE_REGRESSION };

struct baseline_policy {
    char source[4096];  /* the file, "built in" */
    json_t *json;       /* as read; owned */
    double alpha;       /* per suite; 0.001 */
    double budget_s[2]; /* of measuring per case, by enum qk_memory: cache, dram */
    double e2e_s;       /* the same of a whole model */
    size_t launches;    /* 5 */
    size_t margin_count, speedup_count, suite_count, removed_count;
    struct baseline_margin_rule *margins;
    struct baseline_speedup_rule *speedups;
    struct baseline_suite *suites;
    struct baseline_removed *removed;
    char isa[64]; /* levels whose rows a gate may use, as "BASE AVX2"; empty: all that are here */
    /* Against a stored baseline: log speed-up over the reference. */
    struct baseline_margins stored;    /* 0.02, 0.05; no mean */
    double spread_factor;              /* a margin is at least this many times the saved spread: 2 */
    double component_share;            /* per cent points; a component whose share grew by more is named: 5 */
    enum baseline_change instructions; /* the verdict on a changed instruction count: WARN */
};

extern const struct bench_fields baseline_policy_fields;
/*
 * Reads a policy; a `path` of NULL means the built-in copy. Free on success. QK_ERR_IO, QK_ERR_MEMORY.
 * QK_ERR_FORMAT, with the JSON path, for
 *   - unknown or missing members, or a wrong schema version
 *   - numbers out of their range, or margins out of order
 *   - a must-catch margin of time below three times the layout floor (an ignorable margin may be below it)
 *   - globs that no case can match, or the same rule twice
 */
int baseline_policy_read(struct baseline_policy *p, const char *path, struct qk_error *err);
void baseline_policy_free(struct baseline_policy *p);

/* A case or a glob, cut at its first two slashes. A missing part is "*". */
struct baseline_parts {
    char text[BASELINE_NAME];
    const char *op, *variant, *shape;
};
/* False when it is too long to be a case or a glob. */
bool baseline_cut(const char *text, struct baseline_parts *parts);
/*
 * Does the glob match the case "op/variant/shape"? Both are cut at their first two slashes and compared part
 * by part, so a * does not match a slash between parts. Parts missing from the glob match everything.
 */
bool baseline_case_matches(const char *glob, const char *name);

/* NULL when there is none of that name. */
const struct baseline_suite *baseline_policy_suite(const struct baseline_policy *p, const char *name);
/* The margins of a case, from the last rule that matches. NULL only when no rule does. */
const struct baseline_margins *baseline_policy_margins(const struct baseline_policy *p, const char *name,
                                                       const char *memory);
/* The reason why this case may be missing, from the first entry that matches. NULL when it may not. */
const char *baseline_policy_removed(const struct baseline_policy *p, const char *name);

/*
 * A rule that matches no case guards nothing, so it is an error. Only the caller knows which cases there
 * are. Pass every case of the suite "full" and of the suite or patterns that were chosen, then call
 * baseline_policy_unmatched. Pass also those that cannot run on this machine, because a rule about AVX512 is
 * not wrong on a machine without it. Passing a case twice does no harm. Rules of whole models are left
 * alone, because only the user names the models.
 */
void baseline_policy_match_case(struct baseline_policy *p, const char *name, const char *memory);
/*
 * QK_ERR_INVALID names the first rule of margins or speed-ups, by its JSON path, that matched no case passed
 * so far.
 */
int baseline_policy_unmatched(const struct baseline_policy *p, struct qk_error *err);
