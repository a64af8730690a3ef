/* SPDX-License-Identifier: MIT */
/*
 * The words of a gate and what it says about each case. baselines/ decides them and reports/ writes them.
 */
#pragma once

#include "harness/machine/environment.h"
#include "harness/records/stats.h"

enum baseline_verdict {
    BASELINE_PASS,         /* proven not slower by the must-catch margin */
    BASELINE_WARN,         /* proven slower than ignorable, not found beyond must-catch */
    BASELINE_REGRESSION,   /* proven slower than ignorable, and found beyond must-catch (decide.h) */
    BASELINE_INCONCLUSIVE, /* the budget ended first */
    BASELINE_INVALID,      /* not measured, or what was measured cannot be trusted */
    BASELINE_NEW,          /* no such case in the base */
    BASELINE_MISSING,      /* only in the base, and not in the policy's `removed` */
    BASELINE_REMOVED,      /* only in the base, and in the policy's `removed` */
    BASELINE_VERDICTS
};
extern const char *const baseline_verdict_names[BASELINE_VERDICTS + 1]; /* "PASS", ..., NULL */
/*
 * How bad it is for a run, which takes the worst of its verdicts: from 0, what hides behind everything, to
 * what nothing may hide.
 */
int baseline_verdict_rank(enum baseline_verdict v, bool strict);

enum baseline_role {
    BASELINE_CASE,   /* base against candidate */
    BASELINE_SHAPE,  /* another shape of a timed case, asked for by --all-shapes */
    BASELINE_RULE,   /* a minimum speed-up of the policy */
    BASELINE_AA,     /* control: base against a copy of it; right is PASS */
    BASELINE_SLOWED, /* control: base against itself with extra work; right is REGRESSION */
    BASELINE_ROLES
};
extern const char
    *const baseline_role_names[BASELINE_ROLES + 1]; /* "case", "shape", "rule", "aa", "slowed", NULL */

enum { BASELINE_NAME = 256, BASELINE_WORST = 10, BASELINE_COMPONENTS = 8 };
enum { BASELINE_SHAPE_SECONDS = 1 }; /* of measuring, for each other shape */

/* A component of a staged variant (harness/breakdown/breakdown.h), where both sides were measured. */
struct baseline_component {
    char name[16];
    double old_share, new_share; /* of the total, in per cent */
    bool grew;                   /* beyond the policy's margin: the time went here */
};

struct baseline_result {
    char name[BASELINE_NAME]; /* op/variant/shape; of a whole model e2e/generate/MODEL */
    enum baseline_role role;
    enum baseline_verdict verdict;
    char source[256]; /* of the variant, relative to its checkout; empty when not known */
    char memory[8];   /* "cache", "dram", of a whole model "e2e"; empty when not known */
    char reason[400]; /* one line: why, where the figures do not say it; may be empty */
    bool timed;       /* if not, only the instructions below are known */
    /*
     * Time of the candidate as a multiple of the base's, with its 95 % interval: 1.01 is one per cent
     * slower. Ends are NaN when there are too few blocks. For a rule it is the variant's time as a multiple
     * of `over`'s.
     */
    struct bench_interval ratio;
    double mean_ratio; /* sum of all the candidate's times over sum of the base's; NaN when not known */
    double ignorable,
        must_catch;          /* margins: 0.002 is 0.2 %; a rule's are both ln of the largest allowed ratio */
    double mean;             /* margin of mean_ratio; 0: the sums are not tested (rules, controls) */
    double base_ns, cand_ns; /* medians of one call or token; shown, never judged */
    size_t blocks, launches;
    double seconds;  /* of measuring until the verdict */
    double injected; /* for a slowed control the share of extra work really done, else 0 */
    double old_instructions,
        new_instructions; /* of one call at the op's smallest shape; NaN when not known */
    size_t component_count;
    struct baseline_component components[BASELINE_COMPONENTS];
};

struct baseline_report {
    char mode[12];                    /* "duet", "e2e" or "baseline"; empty when it ended before */
    char base[4096], candidate[4096]; /* module or program files, or the baseline's name and "this machine" */
    char base_compiler[64], cand_compiler[64];
    char suite[160], policy[4096]; /* the policy's file, "built in" */
    size_t unavailable;            /* rows left out because their ISA level is not here or not allowed */
    char unavailable_why[160];     /* why the first was left out */
    double alpha;
    uint64_t seed;
    struct bench_environment env;  /* this machine */
    double seconds;                /* wall time of the whole run */
    enum baseline_verdict verdict; /* of the run */
    char reason[400];              /* why the run is INVALID although its cases are not; may be empty */
    bool strict;                   /* WARN counts as REGRESSION */
    int ended; /* exit code of a run that ended before it could judge; 0: the verdict gives the code */
    size_t count;
    struct baseline_result *results; /* owned; cases in suite order, their other shapes, rules, controls */
};

/*
 * Empties *r and gives it `count` results. Each is INVALID with the reason "not measured" until the caller
 * fills it in. QK_ERR_MEMORY. Free on success.
 */
int baseline_report_make(struct baseline_report *r, size_t count, struct qk_error *err);
void baseline_report_free(struct baseline_report *r);

/* A run that could not judge: no results, INVALID for this reason, with this exit code. */
void baseline_report_end(struct baseline_report *r, int exit_code, const char *where, const char *reason);

/*
 * Sets the run's verdict from its results. It is INVALID, with a reason, when
 *   - a control was judged wrongly
 *   - nothing backs a PASS, WARN or REGRESSION: neither a ratio nor, where it was not timed, a reason such as
 *     "identical code"
 *   - a timed case or rule lacks a right control of each kind in its memory class (mode "baseline" has no
 *     arms to control and needs none)
 *   - no case or rule was judged at all
 *
 * Otherwise the worst verdict counts, in the order INVALID, MISSING, REGRESSION, INCONCLUSIVE, WARN, PASS.
 * NEW and REMOVED are fine. When strict, WARN comes before INCONCLUSIVE, because then it has the exit code
 * of a REGRESSION. An INCONCLUSIVE of another shape does not count. One second is not enough for every
 * shape, and a run that asks for more must not end worse for that. If a run-level reason is already there,
 * it is kept and the run is INVALID.
 */
void baseline_report_judge(struct baseline_report *r);
/* Returns 0, 3, 4 or 5, by the verdict; or `ended` where that is set. */
int baseline_report_exit(const struct baseline_report *r);
/* Was a control timed and judged right? A/A: PASS. Slowed by more than must-catch: REGRESSION. */
bool baseline_control_right(const struct baseline_result *r);
/* Does the result compare one row of both builds, in the suite or at another shape? */
bool baseline_is_case(const struct baseline_result *r);
