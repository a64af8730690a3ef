/* SPDX-License-Identifier: MIT */
/*
 * The sequential decision of a duet: is the candidate slower than ignorable, slower than must-catch, or
 * proven not to be? The caller may look after every block, and stop.
 *
 * A block's number D is the middle of its pairs' ln(t_candidate / t_base) (harness/duet/duet.h). The order
 * inside a pair is a coin flip. Suppose that the effect is at most m. Then the sign of D - m is + with
 * probability at most 1/2 given all that went before, whatever drift, bursts or heavy tails do. A bet of
 * lambda in (0, 1) on + then multiplies a stake by 1 + lambda or 1 - lambda. The stake is a non-negative
 * supermartingale. So is the mean of 200 such bets,
 *
 *   E_n = (1/200) sum (1 + l)^k (1 - l)^(n - k),
 *
 * with bet i at (i + 0.5) / 200. A mean of supermartingales is one exactly, so no integral is approximated.
 * By Ville's inequality E ever reaches 1/alpha with probability at most alpha. Sources: Ville 1939; Ramdas
 * et al., "Game-theoretic statistics and safe anytime-valid inference", Statistical Science 2023 (arXiv
 * 2210.01948). Lindon et al. use it for canaries (arXiv 2205.14762).
 *
 * Three processes run at once: against "at most ignorable", "at most must-catch" and "at least must-catch".
 * The first bounds false alarms. Once it is won, the case is slower, and the question left is by how much.
 *
 * The other two may answer it. But near must-catch they would take many times as long. With 2 % from DRAM,
 * must-catch 1.6 % and blocks of 2 %, they took 750 blocks where `slower` took 60. So the median of all
 * blocks answers after a quarter as many blocks again as `slower` took, at least seven. Its error shrinks
 * with the root of the number of blocks, while the time to a verdict grows with the number. Blocks that are
 * taken anyway, so that a report says the ratio well, still count for this question and for no other.
 *
 * Rare stalls. The middle of a block's pairs does not notice one call in 20000 that takes 3 ms longer. The
 * sums of its times do. So a case with a margin `mean` has a second test, and its share of alpha is split:
 * the median gets three quarters, the second test one quarter. The second test rests on the same coins. Had
 * a pair's coin fallen the other way, its arms would have changed places. Suppose that a slice of the
 * candidate takes at most 1 + m times what the base would have taken in its place. Then ln(candidate / base)
 * - ln(1 + m) lies above x at most as often as below -x, for every x >= 0, given all that went before. That
 * holds for the times of a pair and for the sums of a block. It also holds in a process whose code placement
 * favours one arm by at most m. A neighbour's burst, however long, hits either arm as often. So a bet on the
 * sign is fair: on all of them, or only on those that are further than x away.
 *
 * E is a mean of processes. One bets on the sum of every block. It finds stalls that are in most blocks,
 * even short ones. Another bets only on pairs further than 6 ln(1 + m) away. It finds long stalls that are
 * rarer, and each counts as one coin. Most pairs have no stall, lie ln(1 + m) below, and cost it nothing. A
 * test that ignores bursts needs as many coins as it takes to double its stake to 1/alpha. For the same
 * reason a bet on sizes would win no sooner (Waudby-Smith and Ramdas, "Estimating means of bounded random
 * variables by betting", JRSS B 2024, arXiv 2010.09686).
 *
 * The same two processes also bet against three times the margin, and these bets decide a REGRESSION. They
 * are fair against the margin too, and make up half of its E. On a loud machine fewer pairs lie that far
 * away, and more of those are stalls.
 *
 * A won test proves that no factor up to 1 + m explains the times. That the mean lies above the margin is
 * only estimated, as the sum of all times over the other. Both must hold. This test only makes a verdict
 * worse. It may hold a decided case open while ln E is above half of what it needs, up to 60 blocks in all.
 * Otherwise it looks at no more blocks than the median wants.
 */
#pragma once

#include "baselines/gate/verdict.h"

struct baseline_margins {
    double ignorable,
        must_catch; /* as shares: 0.002, 0.008; compared as ln(1 + m); ignorable <= must_catch */
    double mean;    /* of the sums; 0: no test of sums, and the median's tests have all of alpha */
};

/* The stakes of the sums' test against "at most `margin`". */
struct baseline_sums_test {
    double margin, threshold; /* ln */
    size_t above;             /* blocks whose sums lie above the margin */
    size_t far, far_above;    /* pairs far from the margin, and those of them that lie above it */
    double log_e;             /* -INFINITY when surely below half of the threshold */
    bool won;                 /* stays true */
};

struct baseline_decision {
    double ignorable, must_catch; /* ln */
    double threshold;             /* ln of what a process must reach: cases over the median's part of alpha */
    size_t blocks;                /* all that were taken */
    size_t median_blocks;         /* until by_median was decided */
    size_t above_ignorable, above_must_catch,
        below_must_catch;        /* signs; a tie counts nowhere, so it is a lost bet */
    bool slower, beyond, within; /* proven: slower than ignorable, beyond must-catch, below it; stay true */
    size_t slower_at;            /* the block that proved `slower`; 0 before */
    bool median_decided;
    enum baseline_verdict
        by_median; /* INCONCLUSIVE until something is proven; from `slower` on what the median says so far */
    bool sums;     /* are the sums tested? */
    struct baseline_sums_test mean, triple; /* against the margin, and against three times it */
    double base_sum, cand_sum;              /* of all blocks */
    enum baseline_verdict by_sums;          /* PASS: nothing was found; WARN, REGRESSION */
    bool decided;
    enum baseline_verdict verdict; /* the worse of the two */
};

/* ln E after `plus` signs of `n` blocks, plus <= n. */
double baseline_log_e(size_t plus, size_t n);

/*
 * `cases` decisions share alpha, controls included (Bonferroni, valid at any stopping time). QK_ERR_ARG when
 * margins are not finite, negative or in the wrong order, alpha is outside (0, 1), or there are no cases.
 */
int baseline_decision_init(struct baseline_decision *d, const struct baseline_margins *m, double alpha,
                           size_t cases, struct qk_error *err);
/*
 * A rule's decision. It has one bound on ln(t / t_over) and no indifference zone. PASS: proven below.
 * REGRESSION: proven above.
 */
int baseline_decision_bound(struct baseline_decision *d, double log_bound, double alpha, size_t cases,
                            struct qk_error *err);

struct baseline_block {
    double log_ratio; /* the middle of its pairs */
    size_t pairs;
    const double *base_ns,
        *cand_ns; /* [pairs]; for the sums: without the time that the thread waited for its CPU */
};

/*
 * Takes one block, and returns true when the case is decided. Then it stays so: later blocks are neither
 * taken nor counted, but by the median where it has chosen between WARN and REGRESSION. By the median
 *   - PASS: once within and not slower
 *   - REGRESSION: once beyond
 *   - WARN: once slower and within
 * Otherwise the median decides some blocks after `slower`: a quarter as many as `slower` took, at least
 * seven. It says REGRESSION when most blocks lie above must-catch, else WARN.
 *
 * By the sums, once they have won and while their ratio is above the margin: WARN, or REGRESSION above three
 * times it. A REGRESSION of either ends the case. A block with a number that is not finite, or a time that
 * is not above 0, makes the case INVALID at once.
 */
bool baseline_decision_add(struct baseline_decision *d, const struct baseline_block *block);
/* Sum of the candidate's times over sum of the base's; NaN before the first block. */
double baseline_decision_mean(const struct baseline_decision *d);
