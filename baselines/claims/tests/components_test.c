/* SPDX-License-Identifier: MIT */
#include "baselines/claims/components.h"

#include "harness/breakdown/tests/breakdown_fixture.h"
#include "harness/records/tests/read_again.h"
#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct qk_error err;
static struct bench_breakdown bd;
static struct baseline_components c;

UNIT_FIXTURE(set_up)
{
    bench_test_breakdown(&bd);
    return baseline_components_read(&c, ROADMAP_JSON, &err);
}

UNIT_FIXTURE(tear_down)
{
    baseline_components_free(&c);
    bench_breakdown_free(&bd);
    return 0;
}

#define TEST(NAME) UNIT_TEST_WITH(NAME, set_up, tear_down)

static void judge(void)
{
    assert_int_equal(baseline_components_judge(&c, &bd, &err), 0);
}

/* The row of a stage. A stage has at most one gain. */
static const struct baseline_gain_row *gain_of(const char *stage)
{
    for (size_t i = 0; i < c.count; i++)
        if (!strcmp(c.rows[i].claim.stage, stage))
            return &c.rows[i];
    fail_msg("no gain of %s", stage);
    return NULL;
}

static void not_resolved(const char *stage, const char *why)
{
    const struct baseline_gain_row *row = gain_of(stage);
    assert_true(isnan(row->measured.value));
    assert_int_equal(row->verdict, BASELINE_NOT_RESOLVED);
    if (!strstr(row->why, why))
        fail_msg("%s: '%s' does not say '%s'", stage, row->why, why);
}

/* Makes a row that was not measured one that was. */
static void measure_row(size_t i, const double at[BENCH_TEST_ARMS])
{
    const char *variant = bd.rows[i].variant->name;
    bench_test_breakdown_row(&bd.rows[i], variant, at, 0.5);
    assert_int_equal(bench_breakdown_estimate(&bd.rows[i], &err), 0);
}

TEST(every_gain_has_a_verdict)
{
    static const double p3[] = {250 / 1.43 * 0.9, 300, 1300, 1330, 1350, 1350};
    measure_row(4, p3);
    judge();
    assert_int_equal(c.count, 4);
    /* p1's unpack is negative; scale 100 to 30; loop 250 to 157, look-up 1000 to 60. */
    not_resolved("unpack", "unpack of p1_unpack is negative");
    assert_int_equal(gain_of("scale")->verdict, BASELINE_CONFIRMED);
    assert_true(fabs(gain_of("scale")->measured.value - 100.0 / 30) < 0.2);
    assert_int_equal(gain_of("lookup")->verdict, BASELINE_CONFIRMED);
    assert_int_equal(gain_of("loop")->verdict, BASELINE_CONFIRMED);
    assert_string_equal(gain_of("lookup")->after, "p4_permute");
    assert_string_equal(gain_of("lookup")->before, "p3_prefetch");
    /* 2.5 was skipped: phase 3 is over phase 2, which is the claim's own. */
    assert_string_equal(gain_of("loop")->before, "p2_fma");
    assert_int_equal(c.verdicts[BASELINE_CONFIRMED], 3);
    assert_int_equal(c.verdicts[BASELINE_NOT_RESOLVED], 1);
}

TEST(a_gain_below_its_claim_is_refuted)
{
    static const double p3[] = {250, 300, 420, 450, 470, 470}, p25[] = {260, 500, 1550, 1580, 1600, 1600};
    measure_row(3, p25);
    measure_row(4, p3);
    judge();
    assert_int_equal(gain_of("lookup")->verdict, BASELINE_REFUTED); /* 120 to 60, 2.5x claimed */
    assert_int_equal(gain_of("loop")->verdict, BASELINE_REFUTED);
    assert_string_equal(gain_of("loop")->before, "p2_unroll8"); /* the nearest, as in the audit */
    assert_string_equal(gain_of("loop")->why, "");
}

TEST(what_was_not_measured_is_not_resolved)
{
    judge();
    not_resolved("loop", "p3_prefetch failed: check failed");
    not_resolved("lookup", "phase 3 was not measured, so that p4_permute would be compared with p2_fma");
    assert_string_equal(gain_of("lookup")->before, "");
}

TEST(the_nearest_phase_is_not_the_last_row)
{
    static const double p3[] = {250, 300, 420, 450, 470, 470};
    const struct bench_breakdown_row p1 = bd.rows[1];
    measure_row(4, p3);
    bd.rows[1] = bd.rows[2];
    bd.rows[2] = p1;
    judge();
    assert_string_equal(gain_of("loop")->before, "p2_fma");
}

TEST(a_phase_left_out_gives_no_row)
{
    bd.count = 2; /* scalar and p1_unpack */
    judge();
    assert_int_equal(c.count, 1);
    assert_string_equal(c.rows[0].claim.stage, "unpack");
    bd.count = 6;
}

TEST(without_an_earlier_phase_there_is_nothing_to_compare)
{
    struct bench_breakdown one = bd;
    one.rows = bd.rows + 1;
    one.count = 1;
    assert_int_equal(baseline_components_judge(&c, &one, &err), 0);
    not_resolved("unpack", "no earlier phase was measured");
}

TEST(an_unknown_stage_is_said)
{
    strcpy(c.claims.components[0].stage, "pack");
    judge();
    not_resolved("pack", "qk256_dequant has no stage pack");
}

TEST(shapes_are_judged_apart)
{
    for (size_t i = 2; i < bd.count; i++)
        strcpy(bd.rows[i].shape, "512");
    judge();
    assert_int_equal(c.count, 4);
    assert_string_equal(c.rows[0].shape, "4096");
    assert_string_equal(c.rows[1].shape, "512");
    not_resolved("scale", "no earlier phase was measured");
}

TEST(another_op_has_no_claims)
{
    strcpy(c.claims.op, "other");
    judge();
    assert_int_equal(c.count, 0);
    assert_true(isnan(baseline_components_claimed(&c, &bd.rows[0], "loop")));
}

TEST(claimed_times_are_by_phase)
{
    assert_true(baseline_components_claimed(&c, &bd.rows[0], "unpack") == 3600);
    assert_true(baseline_components_claimed(&c, &bd.rows[1], "unpack") == 720);
    assert_true(baseline_components_claimed(&c, &bd.rows[5], "lookup") == 1080);
    assert_true(baseline_components_claimed(&c, &bd.rows[5], "total") == 3234);
    assert_true(isnan(baseline_components_claimed(&c, &bd.rows[0], "store")));
    assert_true(isnan(baseline_components_claimed(&c, &bd.rows[3], "loop"))); /* 2.5 */
}

UNIT_TESTS(components, NULL, NULL)

/* Prints what is said of the tests' breakdown. */
TEST_PART(write_claims)
{
    int code = set_up(NULL);
    code = code ? code : baseline_components_judge(&c, &bd, &err);
    code = code ? code : bench_fields_write(&baseline_components_fields, &c, "the claims", stdout, &err);
    tear_down(NULL);
    return code || fflush(stdout) != 0;
}

static int take(const json_t *json, FILE *to, struct qk_error *error)
{
    struct baseline_components read;
    int code = baseline_components_take_json(&read, json, "", error);
    if (code)
        return code;
    if (to)
        code = bench_fields_write(&baseline_components_fields, &read, "the claims", to, error);
    baseline_components_free(&read);
    return code;
}

TEST_PART(read_claims)
{
    return bench_test_read_again(argc, argv, take);
}
