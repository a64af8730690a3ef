/* SPDX-License-Identifier: MIT */
/*
 * Has a case become slower than a pinned release, little by little? Each ratio is a duet against the module
 * that was kept, so errors do not add up from commit to commit.
 *
 * The expected ratio is 1, or what was accepted last. A case drifts when the interval of its newest ratio
 * lies wholly above the expected ratio times 1 + margin. The margin is must-catch of the gate, or the
 * caller's.
 *
 *   - A result that is marked false is left out.
 *   - One that is marked accepted makes its ratio the expected one, for itself and all later ones.
 *   - One that is marked real drifts, and so do later ones, until one is proven faster: its interval lies
 *     wholly below that of the marked one. Where the marked one has no ratio, it must lie below the margin.
 */
#pragma once

#include "baselines/history/history.h"

enum baseline_drift_state {
    BASELINE_STEADY,   /* not proven slower than expected by more than the margin */
    BASELINE_FASTER,   /* proven faster than expected by more than the margin */
    BASELINE_DRIFT,    /* proven slower by more than the margin, or marked real */
    BASELINE_UNKNOWN,  /* the newest ratio is not to be trusted */
    BASELINE_YOUNG,    /* the release has no such case: the newest gate says NEW */
    BASELINE_GONE,     /* the newest gate says REMOVED */
    BASELINE_UNPINNED, /* it was never held against a release */
    BASELINE_DRIFTS
};
/* Was the result's case in a gate against a pinned release? */
bool baseline_is_pinned(const struct baseline_history_row *row);
extern const char *const baseline_drift_names[BASELINE_DRIFTS + 1]; /* "steady", ..., NULL */

/* Of one case on one machine. */
struct baseline_drift {
    struct baseline_history_row last; /* whose ratio was judged, or the newest there is */
    enum baseline_drift_state state;
    double expected, margin;
    bool real;     /* a result that is marked real has not been made good */
    double back;   /* a ratio wholly below it makes it good; NaN: below the margin */
    int64_t since; /* first run of those in a row that drift; 0: none */
    char since_commit[64];
    size_t judged;                      /* ratios */
    size_t unpinned;                    /* newer runs that were not held against a release */
    char reason[BASELINE_HISTORY_TEXT]; /* why it is not known */
};

struct baseline_drifts {
    size_t count, room;
    struct baseline_drift *list; /* owned; by case, then by machine */
    size_t counts[BASELINE_DRIFTS];
};
/*
 * Judges each case on each machine for itself, against the release of its newest run that has one. `margin`
 * is NaN for the gate's own. Codes of baseline_history_each. Free in any case.
 */
int baseline_drifts_make(struct baseline_drifts *d, struct baseline_history *h, const char *pattern,
                         const char *machine, double margin, struct qk_error *err);
void baseline_drifts_free(struct baseline_drifts *d);

/*
 * The judgement of one case on one machine against one release, row by row from the oldest on. A row without
 * a release is none of them.
 */
void baseline_drift_begin(struct baseline_drift *d, const struct baseline_history_row *first);
void baseline_drift_add(struct baseline_drift *d, const struct baseline_history_row *row, double margin);
