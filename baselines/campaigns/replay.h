/* SPDX-License-Identifier: MIT */
/*
 * Decides stored traces (harness/duet/trace.h) again, by our rule and by those of others.
 *
 *   ours          The sequential decision (baselines/gate/decide.h), with margins and alpha of a policy.
 *   gbench-utest  compare.py of google-benchmark: U test of nine repetitions. p < 0.05, and slower on the
 *                 average.
 *   welch         Welch's test of all slices. p < 0.05, and more than 1 % slower. So does criterion, but it
 *                 draws its chances by bootstrap.
 *   min           The least slice is more than 1 % slower. LLVM's LNT aggregates and ignores like that.
 *   signed-rank   Wilcoxon's test of the blocks' log-ratios against the ignorable margin. p < 0.01.
 *
 * A repetition is the mean of a ninth of the blocks. Only our rule may stop early; the others get all blocks.
 * The tools of the middle three run one build after the other. Their rules decide twice. "interleaved" gives
 * them all times, which is better than what their tools have. "apart" gives them the base's times from the
 * first half of the blocks and the candidate's from the second.
 */
#pragma once

#include "baselines/campaigns/chances.h"
#include "baselines/gate/policy.h"
#include "harness/duet/case.h"

enum baseline_rule {
    BASELINE_RULE_OURS,
    BASELINE_RULE_GBENCH,
    BASELINE_RULE_WELCH,
    BASELINE_RULE_MIN,
    BASELINE_RULE_SIGNED_RANK,
    BASELINE_RULE_COUNT
};
extern const char *const baseline_rule_names[BASELINE_RULE_COUNT + 1]; /* "ours", ..., NULL */

struct baseline_decided {
    char name[BENCH_DUET_NAME]; /* of the case, or of the control */
    enum qk_memory memory;
    double asked, extra; /* share of extra work asked for, and really done */
    size_t window;
    enum baseline_rule rule;
    bool apart;
    enum baseline_verdict verdict; /* of others' rules: REGRESSION, PASS, or INCONCLUSIVE: too few blocks */
    double ratio;                  /* exp of the median log-ratio of the blocks it took */
    size_t blocks;                 /* it took */
    double seconds;                /* these took */
};

struct baseline_replay {
    size_t count, room;
    struct baseline_decided *list; /* owned; in the order of the trace, by rule */
    size_t traces;                 /* headers read */
    size_t left_out;               /* blocks that filled no window */
};

struct baseline_replay_config {
    unsigned rules; /* bit r: rule r */
    size_t blocks;  /* a window has so many, one after the other; 0: a window is all blocks of a case */
    const struct baseline_policy *policy; /* NULL: the one that stands in the trace */
};

/*
 * Decides all cases of a file and appends to *to. Speed-up rules of the policy are left out, but count where
 * alpha is shared. Codes of bench_trace_read; QK_ERR_FORMAT also for a policy in the trace that is none, and
 * QK_ERR_INVALID when it has no margin for a case. Free *to in any case.
 */
int baseline_replay(const char *path, const struct baseline_replay_config *cfg, struct baseline_replay *to,
                    struct qk_error *err);
void baseline_replay_free(struct baseline_replay *r);

/* What a rule did with all windows of one kind: with one memory class and one size of extra work. */
struct baseline_replay_row {
    enum qk_memory memory;
    double asked, extra; /* asked for; the mean of what was done */
    enum baseline_rule rule;
    bool apart;
    struct baseline_rate slower; /* REGRESSION and WARN */
    size_t must;                 /* REGRESSION alone */
    size_t undecided;            /* INCONCLUSIVE and INVALID */
    double median_s, longest_s;  /* until the verdict */
};
/* *rows is to be freed: by memory, size, rule. QK_ERR_MEMORY. */
int baseline_replay_rows(const struct baseline_replay *r, struct baseline_replay_row **rows, size_t *count,
                         struct qk_error *err);
