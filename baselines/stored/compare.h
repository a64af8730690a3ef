/* SPDX-License-Identifier: MIT */
/*
 * Two baselines case by case, and the gate's verdicts on them. A result file counts as a baseline made of
 * one launch.
 *
 * The figure compared is d = ln S_old - ln S_new, where S is the speed-up over the reference of the same
 * run. So positive is slower. Its interval comes from both sides' intervals by MOVER:
 *   low = d - hypot(old - old_low, new_high - new)
 *
 * Source: Zou & Donner, "Construction of confidence limits about effect measures: a general approach",
 * Statistics in Medicine 27, 2008.
 */
#pragma once

#include "baselines/gate/policy.h"
#include "baselines/stored/baseline.h"

/* Something that differs between the two. */
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
    const struct baseline_absent *why_not;           /* why a side lacks it; borrowed; NULL when not known */
    struct bench_interval slower; /* d; NaN when a side is missing, with NaN ends when a side's are */
    size_t component_count;       /* components that both sides have */
    /* `grew`: the share grew beyond the margin, measured between the near ends of both intervals. */
    struct baseline_component components[BASELINE_COMPONENTS];
    bool instructions_changed; /* both sides counted, and the total or a kind differs */
    size_t kind_count;
    struct baseline_kind_change *kinds; /* owned; the kinds whose count changed */
};

struct baseline_comparison {
    const struct baseline *old_side, *new_side; /* borrowed; both must outlive this */
    double component_share;                     /* per cent points */
    size_t identity_count, shown_count, count;
    struct baseline_field *identity;  /* owned: differences that make times incomparable */
    struct baseline_field *shown;     /* owned: differences that are only named */
    struct baseline_difference *rows; /* owned; by name */
};

/* Without a policy, a component is named when its share grew by more per cent points than this. */
#define BASELINE_COMPONENT_SHARE 5.0

/* QK_ERR_MEMORY. Free on success. */
int baseline_compare(struct baseline_comparison *c, const struct baseline *old_side,
                     const struct baseline *new_side, double component_share, struct qk_error *err);
void baseline_comparison_free(struct baseline_comparison *c);

/*
 * Is the case on both sides, and do they differ by more than noise? They do when d's interval, widened by
 * the larger spread, does not hold 0. They also do when instructions or flags changed.
 */
bool baseline_differs(const struct baseline_difference *d);

/*
 * What makes times comparable. It compares CPU vendor, family, model and stepping, ISA levels in use, sizes
 * of the caches, compiler, kernel ABI, and flags of each case that both have. Where one differs, nothing can
 * be judged. Appends the differences to *list. QK_ERR_MEMORY.
 */
int baseline_identity(const struct baseline *old_side, const struct baseline *new_side, bool flags,
                      struct baseline_field **list, size_t *count, struct qk_error *err);
/*
 * The same for what is only shown: kernel release, microcode, governor, load, CPUs that share a cache,
 * commit, mode, shapes.
 */
int baseline_shown(const struct baseline *old_side, const struct baseline *new_side,
                   struct baseline_field **list, size_t *count, struct qk_error *err);
/* Writes "CPU model 106, now 143; ..." into to[size], cut when too long. Returns `to`. */
const char *baseline_fields_text(const struct baseline_field *list, size_t count, char *to, size_t size);

/*
 * Loads the baseline of that name that fits the machine and toolchain of `here`, whose env and abi are used.
 * The folder of this machine comes first, then the others, because a machine with more CPUs has a folder of
 * its own. When none fits, it loads the one in this machine's folder all the same, so that its differences
 * are seen. Errors of baseline_load. When only other machines have one, QK_ERR_INVALID also names what
 * differs in the nearest.
 */
int baseline_load_fitting(struct baseline *b, const char *folder, const struct baseline *here,
                          const char *name, struct qk_error *err);

/*
 * The gate's verdicts. Fills r->results. When the two are not of one machine and toolchain it also fills
 * r->reason, which makes the run INVALID. Free *r with baseline_report_free in any case.
 *
 * The margins are the policy's for stored baselines, each at least spread_factor times the case's spread.
 *   REGRESSION    all of d's interval is beyond must-catch
 *   WARN          all of it is beyond ignorable
 *   PASS          all of it is below must-catch
 *   INCONCLUSIVE  otherwise
 *
 * A component that grew is named. The policy gives the verdict on a changed instruction count. A reference's
 * own speed-up is 1 by definition, so it has a result only when it is missing, new or has other
 * instructions. Failed cases of *fresh are INVALID. Missing ones are MISSING, or REMOVED where the policy
 * allows it. QK_ERR_MEMORY. QK_ERR_INVALID when there is nothing to judge.
 */
int baseline_judge_stored(const struct baseline *old_side, const struct baseline *fresh,
                          const struct baseline_policy *p, struct baseline_report *r, struct qk_error *err);
