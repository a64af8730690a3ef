/* SPDX-License-Identifier: MIT */
/*
 * Two baselines case by case, and the gate's verdicts from that. A result file is a baseline made of one
 * launch.
 *
 * What is compared is d = ln S_old - ln S_new. S is the speed-up over the reference of the same run, so
 * positive is slower. Its interval comes from both sides' by MOVER (Zou & Donner, "Construction of confidence
 * limits about effect measures: a general approach", Statistics in Medicine 27, 2008): low = d - hypot(old -
 * old_low, new_high - new).
 */
#pragma once

#include "baselines/gate/policy.h"
#include "baselines/stored/baseline.h"

/* Something about the two that is not the same. */
struct baseline_field {
    char name[BASELINE_NAME]; /* "CPU model", "L2 cache", "flags of op/variant" */
    char old_value[400], new_value[400];
};

struct baseline_kind_change {
    const char *name; /* "load"; borrowed */
    double old_count, new_count;
};

struct baseline_difference {
    const char *name;
    const struct baseline_case *old_case, *new_case; /* borrowed; NULL: not on that side */
    const struct baseline_absent *why_not; /* of the side that has none; borrowed; NULL when not known */
    struct bench_interval slower;          /* d; NaN when a side is missing, ends NaN when a side's are */
    size_t component_count;                /* those of both sides */
    /* `grew`: its share grew by more than the margin, counted between the near ends of both intervals. */
    struct baseline_component components[BASELINE_COMPONENTS];
    bool instructions_changed; /* both counted, and not the same in all or in a kind */
    size_t kind_count;
    struct baseline_kind_change *kinds; /* owned; kinds whose count changed */
};

struct baseline_comparison {
    const struct baseline *old_side, *new_side; /* borrowed; both must outlive this */
    double component_share;                     /* per cent points */
    size_t identity_count, shown_count, count;
    struct baseline_field *identity;  /* owned: differences that make times incomparable */
    struct baseline_field *shown;     /* owned: differences that are merely named */
    struct baseline_difference *rows; /* owned; by name */
};

/* Per cent points a component's share may grow by before it is named, when no policy says so. */
#define BASELINE_COMPONENT_SHARE 5.0

/* QK_ERR_MEMORY. Free on success. */
int baseline_compare(struct baseline_comparison *c, const struct baseline *old_side,
                     const struct baseline *new_side, double component_share, struct qk_error *err);
void baseline_comparison_free(struct baseline_comparison *c);

/*
 * Is the case on both sides and more than noise apart? Its interval, widened by the larger spread, does not
 * hold 0, or its instructions or flags changed.
 */
bool baseline_differs(const struct baseline_difference *d);

/*
 * CPU vendor, family, model and stepping, ISA levels in use, sizes of the caches, compiler, kernel ABI, and
 * flags of each case that both have. Where one differs, nothing can be judged. Appends to *list.
 * QK_ERR_MEMORY.
 */
int baseline_identity(const struct baseline *old_side, const struct baseline *new_side, bool flags,
                      struct baseline_field **list, size_t *count, struct qk_error *err);
/* Kernel release, microcode, governor, load, CPUs that share a cache, commit, mode, shapes. */
int baseline_shown(const struct baseline *old_side, const struct baseline *new_side,
                   struct baseline_field **list, size_t *count, struct qk_error *err);
/* "CPU model 106, now 143; ..." into to[size], cut when too long. */
const char *baseline_fields_text(const struct baseline_field *list, size_t count, char *to, size_t size);

/*
 * The baseline of that name which is of the machine and toolchain of `here`, whose env and abi are asked. Our
 * own machine's folder comes first, then others: a machine with more CPUs has a folder of its own. When none
 * fits, our own folder's is taken all the same, so that its differences are seen. Errors of baseline_load.
 * QK_ERR_INVALID also when only other machines have one, naming what the nearest differs in.
 */
int baseline_load_fitting(struct baseline *b, const char *folder, const struct baseline *here,
                          const char *name, struct qk_error *err);

/*
 * The gate's verdicts. Fills r->results and, where the two are not of one machine and toolchain, r->reason,
 * which makes the run INVALID. Free *r with baseline_report_free in any case.
 *
 * Margins are the policy's for stored baselines, each at least spread_factor times the case's spread.
 * REGRESSION when all of d's interval is beyond must-catch, WARN when beyond ignorable, PASS when below
 * must-catch, else INCONCLUSIVE. A component that grew is named. A changed instruction count is what the
 * policy says. A reference has a result only when it is missing, new or has other instructions, because its
 * own speed-up is 1 by definition.
 *
 * Failed cases of *fresh are INVALID. Missing ones are MISSING, or REMOVED where the policy says so.
 * QK_ERR_MEMORY. QK_ERR_INVALID when there is nothing to judge.
 */
int baseline_judge_stored(const struct baseline *old_side, const struct baseline *fresh,
                          const struct baseline_policy *p, struct baseline_report *r, struct qk_error *err);
