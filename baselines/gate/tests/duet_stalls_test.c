/* SPDX-License-Identifier: MIT */
/* The duet's gate on measurements made by hand: rare stalls count. */
#include "baselines/gate/tests/duet_fake.h"
#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void expect_stall(enum baseline_verdict verdict, const char *reason, int exit_code)
{
    baseline_fake_expect(verdict, reason, exit_code);
    const struct baseline_result *r = baseline_fake_result(BASELINE_CASE, "p4_permute");
    assert_true(fabs(r->mean_ratio - (2 + baseline_fake.stall) / 3) < 1e-3);
    assert_true(fabs(r->ratio.value - 1) < 1e-3);
    assert_true(r->mean == 0.05);
}

BASELINE_FAKE_TEST(test_stalls_are_a_warning)
{
    baseline_fake.stall = 1.3;
    expect_stall(BASELINE_WARN, "rare stalls: mean +10.00 %, median +0.00 %", 0);
}

BASELINE_FAKE_TEST(test_long_stalls_are_a_regression)
{
    baseline_fake.stall = 6.1;
    expect_stall(BASELINE_REGRESSION, "rare stalls: mean +170.00 %, median +0.00 %", 3);
}

BASELINE_FAKE_TEST(test_short_stalls_pass)
{
    baseline_fake.stall = 1.1;
    expect_stall(BASELINE_PASS, "", 0);
}

BASELINE_FAKE_TEST(test_stalls_of_what_is_not_decided_are_said)
{
    baseline_fake.stall = 1.5;
    baseline_fake.wobble = 0.02;
    baseline_fake_expect(BASELINE_INCONCLUSIVE, "100 blocks in 2.0 s did not decide; rare stalls: mean +16.",
                         4);
}

/* A rule compares two kernels; the slowed control of the base has the median's margins only. */
BASELINE_FAKE_TEST(test_sums_of_rules_and_controls_are_not_tested)
{
    baseline_fake.stall = 6.1;
    baseline_fake_expect_rule("scalar", BASELINE_PASS);
    assert_true(baseline_fake_result(BASELINE_RULE, "p4_permute")->mean == 0);
    assert_true(baseline_fake_result(BASELINE_AA, "")->mean == 0 &&
                baseline_fake_result(BASELINE_SLOWED, "")->mean == 0);
}

UNIT_TESTS(duet_stalls, NULL, NULL)
