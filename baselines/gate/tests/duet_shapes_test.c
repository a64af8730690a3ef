/* SPDX-License-Identifier: MIT */
/* The duet's gate on measurements made by hand: --all-shapes. */
#include "baselines/gate/tests/duet_fake.h"
#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t count_role(enum baseline_role role)
{
    size_t count = 0;
    for (size_t i = 0; i < baseline_fake.report.count; i++)
        count += baseline_fake.report.results[i].role == role;
    return count;
}

BASELINE_FAKE_TEST(test_all_shapes_are_those_of_what_is_timed)
{
    baseline_fake.config.all_shapes = true;
    baseline_fake_judge();
    /* seed, blocks, model and large name 12 shapes, one of which is the suite's */
    assert_int_equal(count_role(BASELINE_SHAPE), 11);
    assert_int_equal(count_role(BASELINE_CASE), 2);
    assert_int_equal(baseline_fake.others, 11);
    assert_int_equal(baseline_fake.cases, 1 + 11 + 4); /* controls of cache and DRAM */
    assert_int_equal(baseline_fake_result(BASELINE_SHAPE, "p4_permute/6912x2560")->verdict, BASELINE_PASS);
    assert_int_equal(baseline_report_exit(&baseline_fake.report), 0);
    for (size_t i = 0; i < baseline_fake.report.count; i++)
        if (baseline_fake.report.results[i].role == BASELINE_SHAPE)
            assert_null(strstr(baseline_fake.report.results[i].name, "scalar")); /* identical code */
}

BASELINE_FAKE_TEST(test_without_a_change_there_are_no_other_shapes)
{
    baseline_fake.config.all_shapes = true;
    baseline_fake.identity.count = 2;
    baseline_fake_judge();
    assert_int_equal(count_role(BASELINE_SHAPE), 0);
}

BASELINE_FAKE_TEST(test_an_undecided_shape_is_shown_and_does_not_count)
{
    baseline_fake.config.all_shapes = true;
    baseline_fake.shape_blocks = 3;
    baseline_fake_judge();
    const struct baseline_result *r = baseline_fake_result(BASELINE_SHAPE, "p4_permute/256");
    assert_int_equal(r->verdict, BASELINE_INCONCLUSIVE);
    assert_string_equal(r->reason, "undecided in 1 s");
    assert_int_equal(baseline_report_exit(&baseline_fake.report), 0);
    assert_int_equal(baseline_fake.report.verdict, BASELINE_PASS);
}

BASELINE_FAKE_TEST(test_a_regression_of_another_shape_counts)
{
    baseline_fake.config.all_shapes = true;
    baseline_fake.shape_change = log(1.03);
    baseline_fake_judge();
    assert_int_equal(baseline_fake_result(BASELINE_CASE, "p4_permute")->verdict, BASELINE_PASS);
    assert_int_equal(baseline_fake_result(BASELINE_SHAPE, "p4_permute/512")->verdict, BASELINE_REGRESSION);
    assert_int_equal(baseline_report_exit(&baseline_fake.report), 3);
}

BASELINE_FAKE_TEST(test_a_wrong_output_at_another_shape_is_invalid)
{
    baseline_fake.config.all_shapes = true;
    baseline_fake.refuse = "p4_permute/512";
    baseline_fake_judge();
    assert_int_equal(baseline_fake_result(BASELINE_CASE, "p4_permute")->verdict, BASELINE_PASS);
    assert_int_equal(baseline_report_exit(&baseline_fake.report), 5);
}

BASELINE_FAKE_TEST(test_a_shape_that_does_not_fit_is_said)
{
    baseline_fake.config.all_shapes = baseline_fake.huge = true;
    baseline_fake_judge();
    const struct baseline_result *r = baseline_fake_result(BASELINE_SHAPE, "p4_permute/256");
    assert_int_equal(r->verdict, BASELINE_INCONCLUSIVE);
    assert_says(r->reason, "do not fit");
    assert_int_equal(baseline_fake.others, 0);
    assert_int_equal(baseline_report_exit(&baseline_fake.report), 0);
}

BASELINE_FAKE_TEST(test_other_shapes_share_half_of_alpha)
{
    baseline_fake_judge();
    const size_t alone = baseline_fake_result(BASELINE_CASE, "p4_permute")->blocks;
    baseline_fake.config.all_shapes = true;
    baseline_fake_judge();
    const size_t suite = baseline_fake_result(BASELINE_CASE, "p4_permute")->blocks;
    const size_t other = baseline_fake_result(BASELINE_SHAPE, "p4_permute/256")->blocks;
    /* 2^(n+1) / (n+1) >= decisions / (0.75 alpha): 3 of alpha, 5 of half of it, 11 of half of it */
    assert_int_equal(alone, 15);
    assert_int_equal(suite, 17);
    assert_int_equal(other, 19);
}

UNIT_TESTS(duet_shapes, NULL, NULL)
