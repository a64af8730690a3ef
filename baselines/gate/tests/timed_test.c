/* SPDX-License-Identifier: MIT */
#include "baselines/gate/timed.h"

#include "kernels/tests/cmocka_parts.h"

/* Blocks that lie `apart` from each other, half of them above nothing. */
static void put_blocks(struct timed *t, struct baseline_result *r, size_t count, double apart)
{
    *r = (struct baseline_result){.role = BASELINE_CASE};
    *t = (struct timed){.result = r, .decision.blocks = count};
    for (size_t i = 0; i < count; i++) {
        const struct baseline_timed_block b = {
            .log_ratio = i % 2 ? apart : -apart, .base_ns = 1, .cand_ns = 1};
        assert_true(baseline_timed_keep(t, &b));
    }
}

UNIT_TEST(a_ratio_is_precise_by_its_interval)
{
    struct timed t;
    struct baseline_result r;
    put_blocks(&t, &r, 20, 0.0005);
    assert_true(baseline_timed_precise(&t, 0.0006));
    assert_false(baseline_timed_precise(&t, 0.0004));
    baseline_timed_free(&t);
}

UNIT_TEST(what_stays_imprecise_ends)
{
    struct timed t;
    struct baseline_result r;
    put_blocks(&t, &r, 59, 0.01);
    t.decision.blocks = 20;
    assert_false(baseline_timed_precise(&t, 0.0006));
    baseline_timed_free(&t);
    put_blocks(&t, &r, 60, 0.01);
    t.decision.blocks = 20;
    assert_true(baseline_timed_precise(&t, 0.0006));
    baseline_timed_free(&t);
}

/* Blocks of an interval without ends. */
UNIT_TEST(few_blocks_are_not_precise)
{
    struct timed t;
    struct baseline_result r;
    put_blocks(&t, &r, 3, 0);
    assert_false(baseline_timed_precise(&t, 0.0006));
    baseline_timed_free(&t);
}

/* The median chooses between WARN and REGRESSION, and must-catch, here 0, is in the midst of the blocks. */
UNIT_TEST(a_case_that_is_torn_between_two_verdicts_goes_on)
{
    struct timed t;
    struct baseline_result r;
    put_blocks(&t, &r, 60, 0.0005);
    t.decision.blocks = 20;
    t.decision.slower = true;
    assert_false(baseline_timed_precise(&t, 0.0006));
    t.decision.must_catch = 0.001;
    assert_true(baseline_timed_precise(&t, 0.0006));
    t.decision.must_catch = 0;
    t.decision.within = true;
    assert_true(baseline_timed_precise(&t, 0.0006));
    baseline_timed_free(&t);
    put_blocks(&t, &r, 120, 0.0005);
    t.decision.blocks = 20;
    t.decision.slower = true;
    assert_true(baseline_timed_precise(&t, 0.0006));
    baseline_timed_free(&t);
}

UNIT_TESTS(timed, NULL, NULL)
