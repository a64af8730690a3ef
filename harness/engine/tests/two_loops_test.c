/* SPDX-License-Identifier: MIT */
/*
 * Google-benchmark's loop and the engine's own time the same thing. One function goes through both, in
 * rounds, like any two arms. Each loop reads clocks inside its timed stretch, and google-benchmark reads one
 * more: up to 0.9 us in a slice of 400 us. That time is not the function's. Two more arms measure it, with a
 * function that does nothing.
 */
#include "harness/engine/arms.h"
#include "harness/machine/pinning.h"
#include "harness/records/stats.h"
#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TRIES = 16, ARMS = 4, BLOCKS = 64 };
static const double bound = 0.002;
static struct qk_error err;
static double ratios[TRIES * BLOCKS]; /* of the loops' medians, block by block */
static size_t ratio_count;

static void nothing(float *restrict out, const uint8_t *restrict codes, const float *restrict scale,
                    const float *restrict lut, size_t blocks)
{
    (void)out, (void)codes, (void)scale, (void)lut, (void)blocks;
}

/* Median of an arm's slices in a block, in ns. */
static double slice_of(const struct bench_arms *set, size_t block, size_t arm)
{
    double scratch[512];
    const size_t rounds = set->schedule.rounds;
    assert_true(rounds <= 512);
    return bench_median(set->ns + (block * ARMS + arm) * rounds, rounds, scratch) *
           (double)set->arm[arm].units;
}

/* By how much google-benchmark's loop is longer, as a ratio, after so many more blocks. */
static struct bench_interval ratio(uint64_t seed)
{
    const struct bench_group group = {.op = QK_OP_qk256_dequant, .name = "4096", .shape = {1, {4096}}};
    const struct bench_job job = {.seed = seed, .cpu = bench_pin(-1, NULL)};
    struct bench_rounds rounds = {.job = &job, .sets = 1};
    bench_time *const loops[] = {bench_time_gbench, bench_time_own};
    struct bench_buffers buffers;
    struct bench_arms set;
    double scratch[TRIES * BLOCKS];
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
    set.schedule = bench_schedule_make(set.round_ns, 60e6, 4e9, BLOCKS, BLOCKS);
    assert_int_equal(bench_arms_time(&rounds, &set, 1, &err), 0);
    for (size_t b = 0; b < set.blocks; b++)
        ratios[ratio_count++] =
            (slice_of(&set, b, 0) - slice_of(&set, b, 1)) / (slice_of(&set, b, 2) - slice_of(&set, b, 3));
    const struct bench_interval found = bench_sign_interval(ratios, ratio_count, 0.95, scratch);
    printf("# %zu blocks: google-benchmark's loop takes %+.3f %% (%+.3f to %+.3f); empty slices %.0f and "
           "%.0f ns\n",
           ratio_count, 100 * (found.value - 1), 100 * (found.low - 1), 100 * (found.high - 1),
           slice_of(&set, 0, 1), slice_of(&set, 0, 3));
    bench_arms_free(&set);
    bench_buffers_free(&buffers);
    bench_rounds_close(&rounds);
    return found;
}

/*
 * Blocks are added until the interval says on which side of the bound the loops are. A busy machine needs
 * more.
 */
UNIT_TEST(both_loops_time_the_same)
{
    struct bench_interval found;
    uint64_t tries = 0;
    bool inside, outside;
    do {
        found = ratio(tries++);
        inside = found.low >= 1 - bound && found.high <= 1 + bound;
        outside = found.low > 1 + bound || found.high < 1 - bound;
    } while (!inside && !outside && tries < TRIES);
    assert_true(inside || (!outside && fabs(found.value - 1) <= bound));
}

UNIT_TESTS(two_loops, NULL, NULL)
