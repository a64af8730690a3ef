/* SPDX-License-Identifier: MIT */
/* The duet's gate on measurements made by hand: what must never pass does not pass. */
#include "baselines/gate/tests/duet_fake.h"
#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

BASELINE_FAKE_TEST(test_identical_code_is_not_timed)
{
    baseline_fake.identity.count = 2;
    baseline_fake.note = "calls memcpy";
    baseline_fake_expect(BASELINE_PASS, "identical code, not timed; calls memcpy", 0);
    assert_int_equal(baseline_fake.runs, 0);
    assert_int_equal(baseline_fake.verified, 2);
}

BASELINE_FAKE_TEST(test_a_table_that_points_elsewhere_is_timed)
{
    baseline_fake.identity.count = 2;
    baseline_fake.cand_rows[1].at = 64;
    baseline_fake_judge();
    assert_int_equal(baseline_fake.cases, 3); /* the case and two controls */
    assert_int_equal(baseline_fake.verified, 3);
    assert_true(baseline_fake_result(BASELINE_CASE, "p4_permute")->timed);
}

BASELINE_FAKE_TEST(test_without_a_list_all_is_timed)
{
    baseline_fake.config.identity = NULL;
    baseline_fake_judge();
    assert_int_equal(baseline_fake.cases, 4); /* two cases and two controls */
}

BASELINE_FAKE_TEST(test_one_file_is_one_code)
{
    baseline_fake.same_file = true;
    baseline_fake.config.identity = NULL;
    baseline_fake_expect(BASELINE_PASS, "identical code, not timed", 0);
    assert_int_equal(baseline_fake.runs, 0);
}

BASELINE_FAKE_TEST(test_identical_code_is_timed_when_asked)
{
    baseline_fake.identity.count = 2;
    baseline_fake.note = "calls memcpy";
    baseline_fake.config.time_identical = true;
    baseline_fake_expect(BASELINE_PASS, "calls memcpy", 0);
    assert_int_equal(baseline_fake.cases, 4); /* two cases and two controls */
    assert_true(baseline_fake_result(BASELINE_CASE, "p4_permute")->timed);
}

BASELINE_FAKE_TEST(test_unchanged_times_pass)
{
    baseline_fake_expect(BASELINE_PASS, "", 0);
    assert_int_equal(baseline_fake.cases, 3); /* scalar is the same code */
    assert_int_equal(baseline_fake_result(BASELINE_AA, "")->verdict, BASELINE_PASS);
    assert_int_equal(baseline_fake_result(BASELINE_SLOWED, "")->verdict, BASELINE_REGRESSION);
    assert_true(baseline_fake_result(BASELINE_SLOWED, "")->injected ==
                2 * baseline_fake_result(BASELINE_SLOWED, "")->must_catch);
}

BASELINE_FAKE_TEST(test_slower_is_a_regression)
{
    baseline_fake.change = log(1.01);
    baseline_fake_expect(BASELINE_REGRESSION, "", 3);
    assert_true(fabs(baseline_fake_result(BASELINE_CASE, "p4_permute")->ratio.value - 1.01) < 1e-6);
}

BASELINE_FAKE_TEST(test_a_little_slower_is_a_warning)
{
    baseline_fake.change = log(1.004);
    baseline_fake_expect(BASELINE_WARN, "", 0);
}

BASELINE_FAKE_TEST(test_too_few_blocks_are_inconclusive)
{
    baseline_fake.blocks = 3;
    baseline_fake_expect(BASELINE_INCONCLUSIVE, "did not decide", 5); /* and no control was judged right */
}

BASELINE_FAKE_TEST(test_an_outdated_row_of_the_base_is_not_compared)
{
    baseline_fake.base_rows[1].outdated = 3;
    baseline_fake.base_rows[1].unknown = "its op has another contract since ABI 3";
    baseline_fake_expect(BASELINE_NEW, "cannot be compared: its op has another contract since ABI 3", 0);
    assert_int_equal(baseline_fake.cases, 0);
}

BASELINE_FAKE_TEST(test_no_block_is_invalid)
{
    baseline_fake.nothing = true;
    baseline_fake_expect(BASELINE_INVALID, "no block", 5);
}

BASELINE_FAKE_TEST(test_a_slowed_arm_that_is_not_slowed_is_invalid)
{
    baseline_fake.slowed = 0;
    baseline_fake_expect(BASELINE_PASS, "", 5);
    assert_int_equal(baseline_fake.report.verdict, BASELINE_INVALID);
    assert_true(*baseline_fake.report.reason);
}

BASELINE_FAKE_TEST(test_an_alarm_on_the_copy_is_invalid)
{
    baseline_fake.aa = log(1.02);
    baseline_fake_expect(BASELINE_PASS, "", 5);
}

BASELINE_FAKE_TEST(test_nan_is_invalid)
{
    baseline_fake.change = NAN;
    baseline_fake_expect(BASELINE_INVALID, "no number", 5);
}

BASELINE_FAKE_TEST(test_a_wrong_output_is_invalid)
{
    baseline_fake.refuse = "p4_permute/4096";
    baseline_fake_expect(BASELINE_INVALID, "element 7", 5);
}

BASELINE_FAKE_TEST(test_a_row_that_did_not_run_its_isa_is_invalid)
{
    baseline_fake.bad_row = "p4_permute";
    baseline_fake_expect(BASELINE_INVALID, "claims AVX2", 5);
}

BASELINE_FAKE_TEST(test_a_missing_row_is_missing)
{
    baseline_fake.cand.table.count = 1;
    baseline_fake_expect(BASELINE_MISSING, "no such row", 5);
}

/* Whatever a row says of itself, the base's is judged. */
BASELINE_FAKE_TEST(test_a_row_that_says_it_is_something_else_does_not_disappear)
{
    static const struct {
        enum qk_kind kind;
        const char *phase, *reason;
        enum qk_isa level;
        enum baseline_verdict verdict;
    } known[] = {
        {QK_CEILING, "-", "kind was PLAIN and is CEILING, and", QK_ISA_BASE, BASELINE_MISSING},
        {QK_PLAIN, "-", "level was BASE and is AVXVNNI: switched off, and", QK_ISA_AVXVNNI, BASELINE_MISSING},
        {QK_STAGED, "4", "phase was - and is 4, kind was PLAIN and is STAGED", QK_ISA_BASE, BASELINE_PASS}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        baseline_fake.cand_rows[1].kind = known[i].kind;
        baseline_fake.cand_rows[1].phase = known[i].phase;
        baseline_fake.cand_rows[1].isa = known[i].level;
        baseline_fake.cand_rows[1].isa_name = qk_isa_row(known[i].level)->name;
        baseline_fake_expect(known[i].verdict, known[i].reason, known[i].verdict == BASELINE_PASS ? 0 : 5);
    }
}

BASELINE_FAKE_TEST(test_a_level_that_nobody_knows_is_invalid)
{
    baseline_fake.cand_rows[1].isa_name = "AVX2048";
    baseline_fake.bad_row = "p4_permute"; /* as its check says */
    baseline_fake_expect(BASELINE_INVALID, "claims", 5);
}

BASELINE_FAKE_TEST(test_a_row_that_may_go_is_removed)
{
    struct baseline_removed gone = {"qk256_dequant/p4_permute/*", "replaced by avx2_best"};
    baseline_fake.cand.table.count = 1;
    baseline_fake.policy.removed = &gone;
    baseline_fake.policy.removed_count = 1;
    baseline_fake_expect(BASELINE_REMOVED, "replaced by", 0);
}

BASELINE_FAKE_TEST(test_a_new_row_is_new)
{
    baseline_fake.base.table.count = 1;
    baseline_fake_expect(BASELINE_NEW, "base has no", 0);
}

BASELINE_FAKE_TEST(test_a_minimum_speedup_that_holds_passes)
{
    baseline_fake_expect_rule("scalar", BASELINE_PASS);
    assert_int_equal(baseline_report_exit(&baseline_fake.report), 0);
    assert_int_equal(baseline_fake.cases, 3); /* the rule and its class's controls */
}

BASELINE_FAKE_TEST(test_a_minimum_speedup_of_the_same_code_under_the_same_policy_is_not_timed)
{
    baseline_fake.rule = log(1 / 2.9);
    baseline_fake.config.same_policy = true;
    baseline_fake_expect_rule("scalar", BASELINE_PASS);
    assert_int_equal(baseline_fake.runs, 0);
}

BASELINE_FAKE_TEST(test_a_minimum_speedup_over_changed_code_is_timed)
{
    baseline_fake.rule = log(1 / 2.9);
    baseline_fake.config.same_policy = true;
    baseline_fake.cand_rows[0].at = 32;
    baseline_fake_expect_rule("scalar", BASELINE_REGRESSION);
}

BASELINE_FAKE_TEST(test_a_minimum_speedup_that_fails_is_a_regression)
{
    baseline_fake.rule = log(1 / 2.9);
    baseline_fake_expect_rule("scalar", BASELINE_REGRESSION);
    assert_int_equal(baseline_report_exit(&baseline_fake.report), 3);
}

BASELINE_FAKE_TEST(test_a_minimum_speedup_over_nothing_is_invalid)
{
    baseline_fake_expect_rule("p9_magic", BASELINE_INVALID);
    assert_int_equal(baseline_report_exit(&baseline_fake.report), 5);
}

UNIT_TESTS(duet, NULL, NULL)
