/* SPDX-License-Identifier: MIT */
/* A duet with measurements made by hand, and a gate that judges it. Several test files share them. */
#pragma once

#include "baselines/gate/duet.h"

/*
 * What the measurements say: ln of the candidate's time over the base's, for each thing that a case
 * compares.
 */
struct baseline_fake {
    double change, shape_change, aa, slowed, rule; /* slowed: its share of the extra work */
    double wobble;                                 /* of the change: up in one block, down in the next */
    double stall;        /* one slice of the candidate in each block takes so many times as long */
    size_t blocks;       /* offered at most */
    size_t shape_blocks; /* the same for other shapes; 0: `blocks` */
    bool huge;           /* no shape but the suite's fits the machine */
    bool nothing;        /* no block is offered */
    const char *refuse, *bad_row, *note;
    bool same_file;
    size_t runs, verified, cases, others;

    struct qk_variant base_rows[3], cand_rows[3]; /* scalar, which is the same code, and p4_permute */
    struct bench_build base, cand;
    struct baseline_identity identity; /* the first rows that are the same code */
    struct baseline_policy policy;     /* the built-in one without its speed-up rules; not owned */
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
/* The same with a rule that p4_permute be three times as fast as `over`. The rule must get this verdict. */
void baseline_fake_expect_rule(const char *over, enum baseline_verdict verdict);
/* The first result of that role whose name contains `name`. Without one the test fails. */
const struct baseline_result *baseline_fake_result(enum baseline_role role, const char *name);
/*
 * Judges. p4_permute must get this verdict, with a reason that contains `reason`, and the run this exit
 * code.
 */
void baseline_fake_expect(enum baseline_verdict verdict, const char *reason, int exit_code);
