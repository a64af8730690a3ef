/* SPDX-License-Identifier: MIT */
#include "harness/records/summary.h"

#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdlib.h>

static void all_near(struct bench_interval r, double expected)
{
    bench_test_near(r.value, expected);
    bench_test_near(r.low, expected);
    bench_test_near(r.high, expected);
}

static void all_nan(struct bench_interval r)
{
    assert_true(isnan(r.value) && isnan(r.low) && isnan(r.high));
}

static struct bench_sample_set set;
static struct bench_summary sum; /* of the set as it was when it was last made */

UNIT_FIXTURE(set_up)
{
    bench_test_set(&set);
    return 0;
}

UNIT_FIXTURE(tear_down)
{
    bench_summary_free(&sum);
    bench_sample_set_free(&set);
    return 0;
}

static void make(void)
{
    bench_summary_free(&sum);
    assert_int_equal(bench_summary_make(&sum, &set, NULL), QK_OK);
    assert_int_equal(sum.count, set.record_count);
    for (size_t i = 0; i < sum.count; i++)
        assert_ptr_equal(sum.rows[i].rec, &set.records[i]);
}

UNIT_TEST_WITH(numbers, set_up, tear_down)
{
    make();
    /* Median of the 7 blocks' medians 1000, 1010, ...; 2 GHz. */
    bench_test_near(sum.rows[0].ns, 1030);
    bench_test_near(sum.rows[0].cycles_per_element, 1030.0 * 2 / 4096);
    bench_test_near(sum.rows[0].gelem_s, 4096 / 1030.0);
    bench_test_near(sum.rows[0].gb_s, (4096 / 4 + 4 + 4 * 4096) / 1030.0);
    bench_test_near(sum.rows[4].ns, 1030.0 / 4);
    all_near(sum.rows[0].speedup, 1);
    all_near(sum.rows[1].speedup, 2);
    all_near(sum.rows[4].speedup, 4);
    all_near(sum.rows[5].speedup, 3);
}

/* Every block of the fixture is twice as fast; a row that was not measured pairs with nothing. */
UNIT_TEST_WITH(speed_ups_block_by_block, set_up, tear_down)
{
    double ratio[BENCH_BLOCKS_MAX];
    size_t count = 0;
    assert_int_equal(bench_summary_blocks(&set.records[0], &set.records[1], ratio, &count, NULL), QK_OK);
    assert_int_equal(count, set.records[1].block_count);
    for (size_t i = 0; i < count; i++)
        bench_test_near(ratio[i], 2);
    assert_int_equal(bench_summary_blocks(&set.records[0], &set.records[2], ratio, &count, NULL), QK_OK);
    assert_int_equal(count, 0);
}

UNIT_TEST_WITH(steps_go_from_rung_to_rung, set_up, tear_down)
{
    make();
    assert_null(sum.rows[0].previous);
    all_nan(sum.rows[0].step);
    assert_string_equal(sum.rows[1].previous, "scalar");
    all_near(sum.rows[1].step, 2);
    /* p2 was skipped and p3 failed: p4 steps from p1. autovec has no phase: no step from it or to it. */
    assert_string_equal(sum.rows[4].previous, "p1_unpack");
    all_near(sum.rows[4].step, 2);
    assert_null(sum.rows[5].previous);
    all_nan(sum.rows[5].step);
    /* The other group's rows are no rungs of this one. */
    assert_null(sum.rows[6].previous);
}

UNIT_TEST_WITH(rows_without_a_phase_are_no_rungs, set_up, tear_down)
{
    struct bench_record *p1 = &set.records[1];
    assert_true(bench_record_describe(p1, "AVX2", "-", ""));
    make();
    assert_null(sum.rows[1].previous);
    assert_string_equal(sum.rows[4].previous, "scalar");
    all_near(sum.rows[4].step, 4);
}

UNIT_TEST_WITH(rows_that_are_not_ok_have_no_numbers, set_up, tear_down)
{
    make();
    for (int i = 2; i <= 3; i++) {
        const struct bench_summary_row *row = &sum.rows[i];
        assert_true(isnan(row->ns) && isnan(row->cycles_per_element) && isnan(row->gelem_s) &&
                    isnan(row->gb_s));
        all_nan(row->speedup);
        all_nan(row->step);
        assert_null(row->previous);
    }
}

UNIT_TEST_WITH(single_block_without_a_clock, set_up, tear_down)
{
    make();
    bench_test_near(sum.rows[6].ns, 100);
    assert_true(isnan(sum.rows[6].cycles_per_element));
    all_near(sum.rows[6].speedup, 1);
    /* Its group's own reference counts, not the first of the op. */
    struct bench_record *rec = bench_sample_set_add(&set, "qk256_dequant", "p1_unpack", "256");
    rec->elements = 256;
    bench_record_add_block(rec, 1)->samples_ns[0] = 80;
    make();
    bench_test_near(sum.rows[7].speedup.value, 1.25);
    assert_true(isnan(sum.rows[7].speedup.low));
    /* A clock in some blocks only: those count. */
    for (int b = 0; b < 6; b++)
        set.records[0].blocks[b].core_ghz = NAN;
    make();
    bench_test_near(sum.rows[0].cycles_per_element, 1060.0 * 2 / 4096);
    /* One block gives a value and no interval. */
    for (size_t i = 0; i < 6; i++)
        while (set.records[i].block_count > 1)
            free(set.records[i].blocks[--set.records[i].block_count].samples_ns);
    make();
    bench_test_near(sum.rows[1].speedup.value, 2);
    assert_true(isnan(sum.rows[1].speedup.low) && isnan(sum.rows[1].speedup.high));
}

UNIT_TEST_WITH(reference_need_not_come_first, set_up, tear_down)
{
    set.records[0].reference = false;
    set.records[1].reference = true;
    make();
    all_near(sum.rows[0].speedup, 0.5);
    all_near(sum.rows[1].speedup, 1);
    all_near(sum.rows[4].speedup, 2);
}

UNIT_TEST_WITH(reference_missing, set_up, tear_down)
{
    assert_true(bench_record_stop(&set.records[0], BENCH_ERROR, "broke"));
    make();
    all_nan(sum.rows[1].speedup); /* the reference of group 256 is not its own */
    assert_null(sum.rows[1].previous);
    bench_test_near(sum.rows[1].ns, 515);
    all_near(sum.rows[4].step, 2);
}

UNIT_TEST_WITH(blocks_that_do_not_pair_have_no_ratio, set_up, tear_down)
{
    set.records[1].blocks[3].slices = 2;
    make();
    all_nan(sum.rows[1].speedup);
    all_near(sum.rows[4].speedup, 4);
    set.records[1].blocks[3].slices = 3;
}

UNIT_TEST_WITH(empty_set, set_up, tear_down)
{
    bench_sample_set_free(&set);
    make();
}

UNIT_TESTS(summary, NULL, NULL)
