/* SPDX-License-Identifier: MIT */
/* A duet whose measurements are made by hand, for the tests of several files, and a gate that judges it. */
#pragma once

#include "baselines/gate/duet.h"

/* What the measurements say: ln of the candidate's time over the base's, by what a case compares. */
struct baseline_fake {
    double change, shape_change, aa, slowed, rule; /* slowed: as a share of the extra work */
    double wobble;                                 /* of every other block's change, up or down */
    double stall;        /* one pair of the candidate's in each block, times as long */
    size_t blocks;       /* offered at most */
    size_t shape_blocks; /* of other shapes; 0: blocks */
    bool huge;           /* no shape but the suite's fits the machine */
    bool nothing;        /* not one block */
    const char *refuse, *bad_row, *note;
    bool same_file;
    size_t runs, verified, cases, others;

    struct qk_variant base_rows[3], cand_rows[3]; /* scalar, which is the same code, and p4_permute */
    struct bench_build base, cand;
    struct baseline_identity identity; /* the first rows that are the same code */
    struct baseline_policy policy;     /* the built-in one, not owned, without rules of speed-up */
    struct baseline_report report;
    struct baseline_duet_config config;
};
extern struct baseline_fake baseline_fake;

/* Before and after each test. */
int baseline_fake_set_up(void **state);
int baseline_fake_tear_down(void **state);
#define BASELINE_FAKE_TEST(f) UNIT_TEST_WITH(f, baseline_fake_set_up, baseline_fake_tear_down)

/* Judges shape 4096 of all rows. */
void baseline_fake_judge(void);
/* The same where p4_permute must be three times as fast as `over`, and how that rule must be judged. */
void baseline_fake_expect_rule(const char *over, enum baseline_verdict verdict);
/* The first result of that role whose name has `name` in it; else the test fails. */
const struct baseline_result *baseline_fake_result(enum baseline_role role, const char *name);
/* Judges: what p4_permute must be judged, with a reason that has `reason` in it, and the run's exit code. */
void baseline_fake_expect(enum baseline_verdict verdict, const char *reason, int exit_code);
