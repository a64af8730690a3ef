/* SPDX-License-Identifier: MIT */
#include "harness/engine/schedule.h"

#include "harness/machine/clock.h"

#include <math.h>

/*
 * 400 us, because the cost of an empty slice must stay under 0.5 %. It is 0.3 to 0.9 us: google-benchmark's
 * timed stretch has two clock reads and a read of the CPU clock in it. With longer slices, rounds would
 * become longer than the noise that pairing removes.
 */
static const double slice_ns = 400e3;
static const double short_block_ns = 30e6;

int bench_schedule_check_clock(struct qk_error *err)
{
    return bench_clock_check(slice_ns, "a slice", err);
}

uint64_t bench_schedule_calls(double call_ns)
{
    const double calls = ceil(slice_ns / call_ns);
    return calls < 1 ? 1 : calls > 1e12 ? (uint64_t)1e12 : (uint64_t)calls;
}

struct bench_schedule bench_schedule_make(double round_ns, double block_ns, double budget_ns, double least,
                                          double most)
{
    const double rounds = fmax(1, floor(block_ns / round_ns));
    const double blocks = fmin(most, fmax(least, floor(budget_ns / (rounds * round_ns))));
    return (struct bench_schedule){(size_t)rounds, (size_t)blocks, rounds * blocks * round_ns};
}

struct bench_schedule bench_schedule_fit(double round_ns, bool quick)
{
    return quick ? bench_schedule_make(round_ns, short_block_ns, 2e9, 8, 16)
                 : bench_schedule_make(round_ns, 60e6, 12e9, 16, 64);
}

struct bench_schedule bench_schedule_shorten(const struct bench_schedule *s)
{
    const double round_ns = s->ns / (double)(s->rounds * s->blocks);
    const double rounds = fmin((double)s->rounds, fmax(1, floor(short_block_ns / round_ns)));
    return (struct bench_schedule){(size_t)rounds, s->blocks, rounds * (double)s->blocks * round_ns};
}

void bench_schedule_order(struct qk_rng *rng, size_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const size_t k = (size_t)qk_rng_below(rng, i + 1);
        order[i] = order[k];
        order[k] = i;
    }
}
