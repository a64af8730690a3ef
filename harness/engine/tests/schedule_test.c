/* SPDX-License-Identifier: MIT */
#include "harness/engine/arms.h"

#include "harness/records/sample_set.h"
#include "kernels/tests/cmocka_parts.h"

#include <math.h>

UNIT_TEST(slices_are_filled)
{
    assert_int_equal(bench_schedule_calls(1e9), 1);
    assert_int_equal(bench_schedule_calls(400e3), 1);
    assert_int_equal(bench_schedule_calls(399e3), 2);
    assert_int_equal(bench_schedule_calls(100), 4000);
    assert_true(bench_schedule_calls(1e-300) >= 1);
}

UNIT_TEST(blocks_adapt_to_the_round)
{
    const struct bench_schedule fast = bench_schedule_fit(4.8e6, false),
                                slow = bench_schedule_fit(2e9, false);
    assert_int_equal(fast.blocks, BENCH_BLOCKS_MAX);
    assert_int_equal(fast.rounds, 12);
    assert_int_equal(slow.blocks, 16);
    assert_int_equal(slow.rounds, 1);
    const struct bench_schedule quick = bench_schedule_fit(4.8e6, true);
    assert_int_equal(quick.blocks, 16);
    assert_int_equal(quick.rounds, 6);
    assert_int_equal(bench_schedule_fit(2e9, true).blocks, 8);
    assert_true(quick.ns > 0.4e9 && quick.ns < 0.5e9);
}

UNIT_TEST(odd_slices_are_seen)
{
    const double ms = 1e6;
    const struct {
        double ns[4], expected;
        size_t n;
        bool odd;
    } rows[] = {
        {{4 * ms, 4 * ms, 5 * ms, 100 * ms}, 0, 4, false},
        {{4 * ms, 4 * ms, 5 * ms, 1000 * ms}, 0, 4, true},
        {{4 * ms, 4 * ms, 0, 4 * ms}, 0, 4, true},
        {{4 * ms, -1, 4 * ms, 4 * ms}, 0, 4, true},
        {{4 * ms, 1 * ms, 4 * ms, 4 * ms}, 0, 4, false},
        {{4 * ms, 0.01 * ms, 4 * ms, 4 * ms}, 0, 4, true},
        {{100 * ms}, 100 * ms, 1, false},
        {{900 * ms}, 100 * ms, 1, false},
        {{3000 * ms}, 100 * ms, 1, true},
        {{NAN, ms, ms, ms}, 0, 4, true},
    };
    double scratch[4];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(bench_slices_odd(rows[i].ns, rows[i].n, rows[i].expected, scratch) != NULL,
                         rows[i].odd);
}

UNIT_TEST(short_blocks_are_as_many)
{
    const struct bench_schedule full = bench_schedule_fit(4.8e6, false), one = bench_schedule_fit(2e9, false),
                                less = bench_schedule_shorten(&full), same = bench_schedule_shorten(&one);
    assert_int_equal(less.blocks, full.blocks);
    assert_int_equal(less.rounds, 6);
    assert_true(less.ns > 0.49 * full.ns && less.ns < 0.51 * full.ns);
    assert_int_equal(same.rounds, 1);
    assert_true(same.ns > 0.99 * one.ns && same.ns < 1.01 * one.ns);
}

UNIT_TEST(orders_are_permutations)
{
    enum { N = 7 };
    struct qk_rng rng;
    size_t order[N];
    qk_rng_seed(&rng, 5);
    for (int k = 0; k < 1000; k++) {
        unsigned seen = 0;
        bench_schedule_order(&rng, order, N);
        for (int i = 0; i < N; i++)
            seen |= 1u << order[i];
        assert_int_equal(seen, (1u << N) - 1);
    }
}

/*
 * Every arm comes first, last and in the middle equally often. In 6000 draws of 3, each place gets 2000 +- 5
 * sigma.
 */
UNIT_TEST(orders_are_even)
{
    struct qk_rng rng;
    int count[3][3] = {{0}};
    qk_rng_seed(&rng, 6);
    for (int k = 0; k < 6000; k++) {
        size_t order[3];
        bench_schedule_order(&rng, order, 3);
        for (int i = 0; i < 3; i++)
            count[i][order[i]]++;
    }
    for (int i = 0; i < 3; i++)
        for (int a = 0; a < 3; a++)
            assert_in_range(count[i][a], 1818, 2182);
}

UNIT_TEST(a_seed_repeats_its_order)
{
    struct qk_rng a, b;
    size_t first[9], second[9];
    qk_rng_seed(&a, 11);
    qk_rng_seed(&b, 11);
    for (int k = 0; k < 20; k++) {
        bench_schedule_order(&a, first, 9);
        bench_schedule_order(&b, second, 9);
        assert_memory_equal(first, second, sizeof first);
    }
}

UNIT_TESTS(schedule, NULL, NULL)
