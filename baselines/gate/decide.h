/* SPDX-License-Identifier: MIT */
/*
 * The sequential decision of a duet: is the candidate slower than ignorable, slower than must-catch, or proven not to
 * be? After every block one may look and stop.
 *
 * A block's number D is the middle of its pairs' ln(t_candidate / t_base) (harness/duet/duet.h). The order inside a
 * pair is a coin flip. So under "the effect is at most m" the sign of D - m is + with probability at most 1/2 given all
 * that went before, whatever drift, bursts or heavy tails do. A bet of lambda in (0, 1) on + then multiplies a stake by
 * 1 + lambda or 1 - lambda, and is a non-negative supermartingale. So is the mean of 200 such bets,
 *
 *   E_n = (1/200) sum (1 + l)^k (1 - l)^(n - k),
 *
 * with bet i at (i + 0.5) / 200. A mean of supermartingales is one exactly, and no integral is approximated. By Ville's
 * inequality E ever reaches 1/alpha with probability at most alpha. Sources: Ville 1939; Ramdas et al., "Game-theoretic
 * statistics and safe anytime-valid inference", Statistical Science 2023 (arXiv 2210.01948); for the use in canaries
 * Lindon et al., arXiv 2205.14762.
 *
 * Three processes run at once: against "at most ignorable", "at most must-catch" and "at least must-catch". The first
 * is what a false alarm is measured by. Once it is won the case is slower, and what is left is how much.
 *
 * The other two may say that. But with an effect near must-catch they would take many times as long (2 % from DRAM,
 * must-catch 1.6 %, blocks of 2 %: 750 blocks, where slower took 60). So after a quarter as many blocks again as
 * `slower` took, at least seven, the median of all says it. Its error shrinks by the root of the blocks, while the time
 * to a verdict grows with them.
 */
#ifndef QKBENCH_BASELINES_GATE_DECIDE_H
#define QKBENCH_BASELINES_GATE_DECIDE_H

#include "baselines/gate/verdict.h"

struct baseline_margins {
    double ignorable,
        must_catch; /* as shares: 0.002, 0.008; compared as ln(1 + m); ignorable <= must_catch */
};

struct baseline_decision {
    double ignorable, must_catch; /* ln */
    double threshold;             /* ln of what a process must reach: cases / alpha */
    size_t blocks;
    size_t above_ignorable, above_must_catch,
        below_must_catch;        /* signs; a tie is none of them, and a lost bet */
    bool slower, beyond, within; /* crossed once: slower than ignorable, beyond must-catch, proven below it */
    size_t slower_at;            /* the block after which it was known; 0 before */
    bool decided;
    enum baseline_verdict
        verdict; /* INCONCLUSIVE until something is known; as soon as `slower` is, by the median */
};

/* ln E after `plus` signs of `n` blocks, plus <= n. */
double baseline_log_e(size_t plus, size_t n);

/*
 * alpha is for the whole suite. cases is how many decisions share it, controls included (Bonferroni, valid at any
 * stopping time). QK_ERR_ARG when margins are not finite, negative or in the wrong order, alpha is outside (0, 1), or
 * there are no cases.
 */
int baseline_decision_init(struct baseline_decision *d, const struct baseline_margins *m, double alpha,
                           size_t cases, struct qk_error *err);
/*
 * A rule's decision: one bound on ln(t / t_over), no indifference zone. PASS is proven below, REGRESSION proven above.
 */
int baseline_decision_bound(struct baseline_decision *d, double log_bound, double alpha, size_t cases,
                            struct qk_error *err);
/*
 * Takes one block's number; true when decided. What was decided stays: later blocks are neither taken nor counted.
 *   PASS        once within and not slower
 *   REGRESSION  once beyond
 *   WARN        once slower and within
 *   INVALID     at once, for a number that is not finite
 * Else the median decides, a quarter as many blocks after `slower` as until then and at least seven. It says REGRESSION
 * when most blocks lie above must-catch, WARN when not.
 */
bool baseline_decision_add(struct baseline_decision *d, double log_ratio);

#endif
