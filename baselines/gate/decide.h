/* SPDX-License-Identifier: MIT */
/*
 * The sequential decision of a duet: is the candidate slower than ignorable, slower than must-catch, or
 * proven not to be? After every block one may look and stop.
 *
 * A block's number D is the middle of its pairs' ln(t_candidate / t_base) (harness/duet/duet.h). The order
 * inside a pair is a coin flip. So under "the effect is at most m" the sign of D - m is + with probability at
 * most 1/2 given all that went before, whatever drift, bursts or heavy tails do. A bet of lambda in (0, 1) on
 * + then multiplies a stake by 1 + lambda or 1 - lambda, and is a non-negative supermartingale. So is the
 * mean of 200 such bets,
 *
 *   E_n = (1/200) sum (1 + l)^k (1 - l)^(n - k),
 *
 * with bet i at (i + 0.5) / 200. A mean of supermartingales is one exactly, and no integral is approximated.
 * By Ville's inequality E ever reaches 1/alpha with probability at most alpha. Sources: Ville 1939; Ramdas et
 * al., "Game-theoretic statistics and safe anytime-valid inference", Statistical Science 2023 (arXiv
 * 2210.01948); for the use in canaries Lindon et al., arXiv 2205.14762.
 *
 * Three processes run at once: against "at most ignorable", "at most must-catch" and "at least must-catch".
 * The first is what a false alarm is measured by. Once it is won the case is slower, and what is left is how
 * much.
 *
 * The other two may say that. But with an effect near must-catch they would take many times as long (2 % from
 * DRAM, must-catch 1.6 %, blocks of 2 %: 750 blocks, where slower took 60). So after a quarter as many blocks
 * again as `slower` took, at least seven, the median of all says it. Its error shrinks by the root of the
 * blocks, while the time to a verdict grows with them.
 *
 * Rare stalls. The middle of a block's pairs is deaf to a call in 20000 that takes 3 ms longer. Sums of its
 * times are not. So with a margin `mean` there is a second test, and the case's share of alpha is split:
 * three quarters are the median's, a quarter is this test's. The same coins carry it. Had a pair's coin
 * fallen the other way, its arms would have changed places. So under "a slice of the candidate takes at most
 * 1 + m times what the base would have taken in its place" ln(candidate / base) - ln(1 + m) lies above x at
 * most as often as below -x, for every x >= 0, given all that went before. That holds for the times of a pair
 * and for the sums of a block. A process in which the place of code favours one arm is no exception, unless
 * by more than m. A neighbour's burst, however long, hits either arm as often. A bet on the sign is fair, on
 * all or on those only that are further than x away.
 *
 * E is a mean of processes. One bets on the sum of every block. It finds stalls that are in most blocks, also
 * short ones. Another bets on single pairs further than 6 ln(1 + m) away. Most pairs have no stall, lie ln(1
 * + m) below, and cost it nothing. It finds long stalls that are rarer: each is a coin. No test that is not
 * to cry wolf at bursts can do with fewer coins than it takes to double its stake to 1/alpha. For the same
 * reason a bet on sizes (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting",
 * JRSS B 2024, arXiv 2010.09686) would win no sooner. The same two bet against three times the margin. Of
 * them REGRESSION is decided. They are fair against the margin too, and half of its E: on a loud machine
 * pairs that far away are fewer, and so more of them are stalls.
 *
 * What is proven then is that no factor up to 1 + m explains the times. That the mean lies above the margin
 * is the estimate's to say, the sum of all times over the other: both must hold. This test only makes a
 * verdict worse, and it looks at no more blocks than the median wants, unless it is close: it may hold a case
 * open, for 60 blocks in all, while ln E is above half of what it needs.
 */
#pragma once

#include "baselines/gate/verdict.h"

struct baseline_margins {
    double ignorable,
        must_catch; /* as shares: 0.002, 0.008; compared as ln(1 + m); ignorable <= must_catch */
    double mean;    /* of the sums; 0: they are not tested, and the median's tests have all of alpha */
};

/* The sums' stakes against "at most `margin`". */
struct baseline_sums_test {
    double margin, threshold; /* ln */
    size_t above;             /* blocks whose sums lie above the margin */
    size_t far, far_above;    /* pairs far away from it, and those of them that lie above */
    double log_e;             /* -INFINITY when it is surely far below half of the threshold */
    bool won;                 /* once */
};

struct baseline_decision {
    double ignorable, must_catch; /* ln */
    double threshold;             /* ln of what a process must reach: cases over the median's part of alpha */
    size_t blocks;                /* all that were taken */
    size_t median_blocks;         /* until by_median was decided */
    size_t above_ignorable, above_must_catch,
        below_must_catch;        /* signs; a tie is none of them, and a lost bet */
    bool slower, beyond, within; /* crossed once: slower than ignorable, beyond must-catch, proven below it */
    size_t slower_at;            /* the block after which it was known; 0 before */
    bool median_decided;
    enum baseline_verdict
        by_median; /* INCONCLUSIVE until something is known; as soon as `slower` is, by the median */
    bool sums;     /* are tested */
    struct baseline_sums_test mean, triple; /* against the margin, and against three times it */
    double base_sum, cand_sum;              /* of all blocks */
    enum baseline_verdict by_sums;          /* PASS: nothing was found; WARN, REGRESSION */
    bool decided;
    enum baseline_verdict verdict; /* the worse of the two */
};

/* ln E after `plus` signs of `n` blocks, plus <= n. */
double baseline_log_e(size_t plus, size_t n);

/*
 * alpha is for all decisions that share it. cases is how many they are, controls included (Bonferroni, valid
 * at any stopping time). QK_ERR_ARG when margins are not finite, negative or in the wrong order, alpha is
 * outside (0, 1), or there are no cases.
 */
int baseline_decision_init(struct baseline_decision *d, const struct baseline_margins *m, double alpha,
                           size_t cases, struct qk_error *err);
/*
 * A rule's decision: one bound on ln(t / t_over), no indifference zone. PASS is proven below, REGRESSION
 * proven above.
 */
int baseline_decision_bound(struct baseline_decision *d, double log_bound, double alpha, size_t cases,
                            struct qk_error *err);

struct baseline_block {
    double log_ratio; /* the middle of its pairs */
    size_t pairs;
    const double *base_ns,
        *cand_ns; /* [pairs]; for the sums, so without what the thread waited for its CPU */
};

/*
 * Takes one block; true when decided. What was decided stays: later blocks are neither taken nor counted. By
 * the median
 *   PASS        once within and not slower
 *   REGRESSION  once beyond
 *   WARN        once slower and within
 * Else the median decides, a quarter as many blocks after `slower` as until then and at least seven. It says
 * REGRESSION when most blocks lie above must-catch, WARN when not.
 *
 * By the sums, once they have won and while their ratio is above the margin: WARN, or REGRESSION above three
 * times it. A REGRESSION of either ends the case. INVALID at once, for a block with a number that is not
 * finite or a time that is not above 0.
 */
bool baseline_decision_add(struct baseline_decision *d, const struct baseline_block *block);
/* Sum of the candidate's times over sum of the base's; NaN before the first block. */
double baseline_decision_mean(const struct baseline_decision *d);
