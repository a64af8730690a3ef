/* SPDX-License-Identifier: MIT */
/*
 * Google-benchmark's loop and the engine's own time the same thing. One function goes through both, in rounds like any
 * two arms. Each loop reads clocks inside of what it times, and google-benchmark one more: up to 0.9 us of a slice of
 * 400. That is no time of the function's. Two more arms show it, of a function that does nothing.
 */
#include "harness/engine/arms.h"
#include "harness/machine/pinning.h"
#include "harness/records/stats.h"
#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TRIES = 8, ARMS = 4 };
static const double bound = 0.002;
static struct qk_error err;

static void nothing(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                    const float *restrict lut, size_t blocks)
{
    (void)out, (void)codes, (void)scale, (void)lut, (void)blocks;
}

/* Median over all slices of an arm, in ns of a slice. */
static double slice_of(const struct bench_arms *set, size_t arm)
{
    static double ns[BENCH_BLOCKS_MAX * 256], scratch[BENCH_BLOCKS_MAX * 256];
    const size_t rounds = set->schedule.rounds;
    assert_true(rounds <= 256);
    for (size_t b = 0; b < set->blocks; b++)
        memcpy(ns + b * rounds, set->ns + (b * ARMS + arm) * rounds, rounds * sizeof *ns);
    return bench_median(ns, set->blocks * rounds, scratch) * (double)set->arm[arm].units;
}

/* How much longer google-benchmark's loop takes, as a share. */
static double difference(uint64_t seed)
{
    const struct bench_group group = {.op = QK_OP_qk256_dequant, .name = "4096", .shape = {1, {4096}}};
    const struct bench_job job = {.seed = seed, .cpu = bench_pin(-1, NULL)};
    struct bench_rounds rounds = {.job = &job, .sets = 1};
    bench_time *const loops[] = {bench_time_gbench, bench_time_own};
    struct bench_buffers buffers;
    struct bench_arms set;
    double ns[2];
    bench_rounds_open(&rounds);
    assert_int_equal(bench_buffers_fill(&buffers, &group, seed, &err), 0);
    assert_int_equal(bench_arms_make(&set, "loops", ARMS, &err), 0);
    for (int l = 0; l < 2; l++) {
        assert_null(bench_arms_add(&set, loops[l], &buffers, qk_reference(group.op)->fn));
        assert_null(bench_arms_add(&set, loops[l], &buffers, (qk_fn *)nothing));
        set.arm[2 * l].units = set.arm[0].units;
        set.arm[2 * l + 1].units = 1;
        set.arm[2 * l + 1].slice_ns = 1e3;
    }
    set.schedule = bench_schedule_make(bench_arms_round_ns(&set), 30e6, 2e9, 8, BENCH_BLOCKS_MAX);
    assert_int_equal(bench_arms_time(&rounds, &set, 1, &err), 0);
    for (size_t l = 0; l < 2; l++)
        ns[l] = slice_of(&set, 2 * l) - slice_of(&set, 2 * l + 1);
    printf("# google-benchmark's loop %+.3f %%; empty slices %.0f and %.0f ns\n", 100 * (ns[0] / ns[1] - 1),
           slice_of(&set, 1), slice_of(&set, 3));
    bench_arms_free(&set);
    bench_buffers_free(&buffers);
    bench_rounds_close(&rounds);
    return ns[0] / ns[1] - 1;
}

/* A busy machine disturbs a try. Loops that differ do so in every one. */
UNIT_TEST(both_loops_time_the_same)
{
    double found = INFINITY;
    for (uint64_t i = 0; i < TRIES && fabs(found) > bound; i++)
        found = difference(i);
    assert_true(fabs(found) <= bound);
}

TEST_PART(two_loops)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_loops_time_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
