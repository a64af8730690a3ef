/* SPDX-License-Identifier: MIT */
/* The arithmetic of a breakdown, on samples made by hand. */
#include "harness/breakdown/breakdown.h"

#include "harness/breakdown/tests/breakdown_fixture.h"
#include "harness/records/tests/fixture.h"
#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct qk_error err;
static struct bench_breakdown_row row;
static const double usual[] = {500, 800, 1200, 1350, 1700, 1700};

static void sample(const double at[BENCH_TEST_ARMS], double wobble)
{
    free(row.samples_ns);
    bench_test_breakdown_row(&row, "scalar", at, wobble);
}

static void estimate(const double at[BENCH_TEST_ARMS], double wobble)
{
    sample(at, wobble);
    assert_int_equal(bench_breakdown_estimate(&row, &err), 0);
}

/* Bit by bit, in whatever order they are added. */
static void assert_adds_up(void)
{
    double up = 0, down = 0;
    for (size_t i = 0; i < row.stages; i++) {
        up += row.component[i].ns.value;
        down += row.component[row.stages - 1 - i].ns.value;
        assert_true(up == row.prefix_ns[i]);
    }
    assert_true(up == row.total.ns.value && down == row.total.ns.value);
    assert_true(row.kernel.ns.value - row.total.ns.value == row.difference.ns.value);
}

UNIT_TEST(components_add_up_to_the_last_bit)
{
    struct qk_rng rng;
    qk_rng_seed(&rng, 1);
    for (double scale = 1e-3; scale < 1e10; scale *= 37) {
        double disagreement = 0;
        sample(usual, 0);
        for (size_t i = 0; i < BENCH_TEST_BLOCKS * BENCH_TEST_ARMS * BENCH_TEST_ROUNDS; i++)
            row.samples_ns[i] *= scale * (1 + (double)qk_rng_unit(&rng));
        assert_int_equal(bench_breakdown_estimate(&row, &err), 0);
        assert_adds_up();
        /*
         * The median of differences is not made to add up, and does not: otherwise the above would show
         * nothing.
         */
        for (size_t i = 0; i < row.stages; i++)
            disagreement += row.component[i].paired_ns;
        assert_true(fabs(disagreement - row.total.ns.value) > 1e-6 * scale);
    }
}

UNIT_TEST(a_component_is_the_difference_of_neighbours)
{
    static const double at[] = {500, 800, 1200, 1350, 1700, 1701};
    static const double want[] = {500, 300, 400, 150, 350};
    static const char *const names[] = {"loop", "unpack", "lookup", "scale", "store"};
    estimate(at, 0);
    /* The drift runs from -5 to +6 per cent: its median is half a per cent. */
    for (int i = 0; i < 5; i++) {
        const struct bench_part *part = &row.component[i];
        assert_string_equal(part->name, names[i]);
        assert_int_equal(bench_breakdown_stage(&row, names[i]), i);
        assert_true(fabs(part->ns.value - want[i] * 1.005) < 1e-4);
        assert_true(fabs(part->paired_ns - part->ns.value) < 1e-4);
        /* 12 blocks: the third from either end. */
        assert_true(fabs(part->ns.low - want[i] * 0.97) < 1e-4);
        assert_true(fabs(part->ns.high - want[i] * 1.04) < 1e-4);
        assert_true(part->resolved && !*part->why);
        assert_true(fabs(part->share - 100 * want[i] / 1700) < 1e-4);
        assert_true(fabs(part->cycles_per_element - part->ns.value * 3.5 / 4096) < 1e-12);
        assert_true(fabs(part->ms_per_token.value - part->ns.value / 4096 * 2084.0448) < 1e-9);
        assert_true(part->ms_per_token.low < part->ms_per_token.value);
    }
    assert_int_equal(bench_breakdown_stage(&row, "total"), -1);
    assert_true(fabs(row.difference.ns.value - 1.005) < 1e-4);
    assert_true(fabs(row.noise - 1.04 / (1700 * 1.005)) < 1e-7);
}

UNIT_TEST(a_component_may_be_negative)
{
    static const double at[] = {500, 250, 1200, 1350, 1700, 1700};
    estimate(at, 0.5);
    assert_true(row.component[1].ns.high < 0);
    assert_true(row.component[1].resolved);
    assert_adds_up();
}

UNIT_TEST(what_is_not_resolved_keeps_its_value)
{
    /*
     * scale: contains 0. unpack: 2 of 502 ns, its interval away from 0, but the same code differs by 10 of
     * 1700.
     */
    static const double at[] = {500, 502, 1200, 1200.1, 1700, 1710};
    estimate(at, 0);
    assert_true(row.component[1].ns.low > 0 && row.component[1].ns.value > 2);
    assert_false(row.component[1].resolved);
    assert_says(row.component[1].why, "below the noise");
    /* Where the two are not the same code their difference says nothing about noise. */
    row.same_code = false;
    assert_int_equal(bench_breakdown_estimate(&row, &err), 0);
    assert_true(isnan(row.noise));
    assert_true(row.component[1].resolved);
    estimate(at, 0.5);
    assert_false(row.component[3].resolved);
    assert_says(row.component[3].why, "contains 0");
    assert_true(row.component[3].ns.value != 0);
    assert_true(row.component[2].resolved && row.total.resolved);
    assert_adds_up();
}

/* Same code a tenth apart: that hides 120 of 1320 ns, but not 80 of 80, although it is less. */
UNIT_TEST(noise_is_a_share)
{
    static const double at[] = {80, 800, 1200, 1320, 1700, 1870};
    estimate(at, 0);
    assert_true(row.component[0].resolved && row.component[1].resolved && row.component[2].resolved);
    assert_true(row.component[3].ns.low > 0 && !row.component[3].resolved);
}

UNIT_TEST(five_blocks_are_too_few)
{
    sample(usual, 0);
    row.blocks = 5;
    assert_int_equal(bench_breakdown_estimate(&row, &err), 0);
    for (size_t i = 0; i < row.stages; i++) {
        assert_true(isnan(row.component[i].ns.low) && !row.component[i].resolved);
        assert_says(row.component[i].why, "5 blocks are too few");
    }
    assert_adds_up();
}

/*
 * Three quarters of the rounds of one arm are late in alternate blocks: its median of differences moves
 * elsewhere than the difference of its medians.
 */
UNIT_TEST(an_interval_reaches_to_its_value)
{
    bool widened = false;
    struct qk_rng rng;
    qk_rng_seed(&rng, 3);
    for (int trial = 0; trial < 200; trial++) {
        sample(usual, 0);
        for (size_t i = 0; i < BENCH_TEST_BLOCKS * BENCH_TEST_ARMS * BENCH_TEST_ROUNDS; i++)
            row.samples_ns[i] *= qk_rng_below(&rng, 2) ? 1 : 1 + (double)qk_rng_unit(&rng);
        assert_int_equal(bench_breakdown_estimate(&row, &err), 0);
        for (size_t i = 0; i < row.stages; i++) {
            const struct bench_interval *x = &row.component[i].ns;
            assert_true(x->low <= x->value && x->value <= x->high);
            assert_true(x->low <= row.component[i].paired_ns && row.component[i].paired_ns <= x->high);
            widened |= x->low == x->value || x->high == x->value;
        }
    }
    assert_true(widened);
}

UNIT_TEST(without_a_clock_there_are_no_cycles)
{
    sample(usual, 0);
    for (size_t b = 0; b < row.blocks; b++)
        row.core_ghz[b] = NAN;
    row.core_ghz[7] = 2;
    assert_int_equal(bench_breakdown_estimate(&row, &err), 0);
    assert_true(row.clock_ghz == 2);
    row.core_ghz[7] = NAN;
    assert_int_equal(bench_breakdown_estimate(&row, &err), 0);
    assert_true(isnan(row.clock_ghz) && isnan(row.total.cycles_per_element));
    assert_true(row.total.ms_per_token.value > 0);
}

UNIT_TEST(a_gain_is_paired_by_block)
{
    static const double before[] = {500, 800, 1200, 1350, 1700, 1700},
                        after[] = {250, 310, 1200, 1350, 1700, 1700};
    char why[200] = "";
    estimate(before, 0);
    struct bench_breakdown_row a = row;
    row.samples_ns = NULL;
    estimate(after, 0);
    /* The drift, which is the same in both, leaves no width. */
    const struct bench_interval gain = bench_breakdown_gain(&a, &row, 1, why, sizeof why);
    assert_true(fabs(gain.value - 5) < 1e-9 && fabs(gain.low - 5) < 1e-9 && fabs(gain.high - 5) < 1e-9);
    assert_string_equal(why, "");
    /* One block without the component does no harm, half of them leave no interval. */
    row.block_ns[1][0] = -1;
    assert_true(fabs(bench_breakdown_gain(&a, &row, 1, why, sizeof why).high - 5) < 1e-9);
    /* It counts as more than any gain: with one small ratio and two such the third from below is still 5. */
    row.block_ns[1][1] = -1;
    row.block_ns[1][2] = a.block_ns[1][2] / 3;
    assert_true(fabs(bench_breakdown_gain(&a, &row, 1, why, sizeof why).low - 5) < 1e-9);
    for (size_t i = 0; i < 6; i++)
        row.block_ns[1][i] = -1;
    assert_true(isnan(bench_breakdown_gain(&a, &row, 1, why, sizeof why).value));
    assert_says(why, "too near 0");
    row.blocks--;
    assert_true(isnan(bench_breakdown_gain(&a, &row, 1, why, sizeof why).value));
    assert_says(why, "do not pair");
    free(a.samples_ns);
}

UNIT_TEST(a_gain_needs_both_resolved_and_positive)
{
    struct bench_breakdown bd;
    char why[200];
    bench_test_breakdown(&bd);
    const struct bench_breakdown_row *scalar = &bd.rows[0], *p1 = &bd.rows[1], *p2 = &bd.rows[2];
    assert_true(isnan(bench_breakdown_gain(scalar, p1, 1, why, sizeof why).value));
    assert_string_equal(why, "unpack of p1_unpack is negative");
    assert_true(isnan(bench_breakdown_gain(p1, p2, 4, why, sizeof why).value));
    assert_says(why, "store of p1_unpack is not resolved: ");
    assert_true(bench_breakdown_gain(p1, p2, 3, why, sizeof why).low > 3);
    bench_breakdown_free(&bd);
}

UNIT_TEST(groups_end_where_the_shape_changes)
{
    struct bench_breakdown bd;
    char name[BENCH_NAME_MAX];
    bench_test_breakdown(&bd);
    assert_int_equal(bench_breakdown_group_end(&bd, 0), bd.count);
    strcpy(bd.rows[4].shape, "512");
    assert_int_equal(bench_breakdown_group_end(&bd, 0), 4);
    assert_int_equal(bench_breakdown_group_end(&bd, 4), 5);
    assert_string_equal(bench_breakdown_name(&bd.rows[4], name, sizeof name),
                        "qk256_dequant/p3_prefetch/512");
    bench_breakdown_free(&bd);
}

static int read_file(const char *path, struct qk_error *error)
{
    struct bench_breakdown bd;
    int code = QK_OK;
    json_t *json = bench_json_load(path, &code, error);
    if (json)
        code = bench_breakdown_take_json(&bd, json, path, error);
    if (!code)
        bench_breakdown_free(&bd);
    json_decref(json);
    return code;
}

/* What a field's own rule cannot say; those fields_test.py breaks one by one. */
UNIT_TEST_WITH(what_does_not_agree_is_refused, bench_test_dir_make, bench_test_dir_remove)
{
    static const struct bench_test_bad bad[] = {
        {"$.rows[0].name", "\"qk256_dequant/p1_unpack/4096\"", "op/variant/shape of this row", NULL},
        {"$.rows[0].variant", "\"other\"", "op/variant/shape of this row", "$.rows[0].name"},
        {"$.rows[0].prefixes_ns[4]", NULL, "found an array of 4, expected one for each component",
         "$.rows[0].prefixes_ns"},
        {"$.rows[0].prefixes_ns", "[1,2,3,4,5,6,7,8,9]", "found an array of 9", NULL},
        {"$.rows[0].calls_per_slice[0]", NULL, "found an array of 5", "$.rows[0].calls_per_slice"},
        {"$.rows[0].calls_per_slice[1]", "0", "found 0, expected an integer from 1", NULL},
        {"$.rows[0].total", NULL, "because the status is ok", NULL},
        {"$.rows[0].counts", NULL, "because the status is ok", NULL},
        {"$.rows[3].same_code", "true", "nothing, because the status is not ok", NULL},
        {"$.rows[3].status", "\"ok\"", "because the status is ok", "$.rows[3].core_ghz"},
        {"$.rows[0].counts[2].prefixes", "null", "one for each component", NULL},
        {"$.rows[0].counts[2].kernel", "null", "null as the kernel's is", "$.rows[0].counts[2].prefixes"},
        {"$.rows[0].counts[2].components[1]", "7", "what each prefix has more",
         "$.rows[0].counts[2].components"},
        {"$.blocks[1].block", "0", "each block of a row, in order", NULL},
        {"$.blocks[1].name", "\"qk256_dequant/none/4096\"", "that of a row", NULL},
        {"$.blocks[1].samples_ns[0]", NULL, "a list for each component", "$.blocks[1].samples_ns"},
        {"$.blocks[1].samples_ns[2][0]", NULL, "as many in each list", "$.blocks[1].samples_ns"},
        {"$.blocks[1].samples_ns[2][0]", "0", "found 0", NULL},
        {"$.blocks", "[]", "blocks of each row that is ok", NULL},
        {"$.claims", "[]", "expected an object", NULL},
    };
    struct bench_breakdown bd;
    char *text = NULL;
    size_t size;
    bench_test_breakdown(&bd);
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    assert_int_equal(bench_fields_write(&bench_breakdown_fields, &bd, "the breakdown", to, &err), 0);
    fclose(to);
    bench_breakdown_free(&bd);
    bench_test_refused(text, read_file, bad, sizeof bad / sizeof *bad);
    free(text);
}

UNIT_TESTS(breakdown, NULL, NULL)
