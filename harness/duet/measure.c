/* SPDX-License-Identifier: MIT */
#include "harness/duet/desk.h"

#include "harness/machine/clock.h"
#include "harness/records/json_writer.h"
#include "harness/records/stats.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

struct slice {
    double ns, wait_ns; /* per declared call */
};

/* One slice. The first call of the next one is on the other value than its last. */
static int slice(const struct bench_duet_desk *desk, const struct bench_duet_ready_arm *arm,
                 struct bench_duet_room *room, struct slice *taken, struct qk_error *err)
{
    const uint64_t calls = arm->calls + arm->extra;
    const size_t row = arm->rows ? bench_duet_next_rows(room, arm->rows + arm->more_rows) : 0;
    struct bench_buffers at = bench_duet_at(arm, row, room->odd);
    const double scale = arm->slices / (double)arm->calls;
    const double waited = bench_sw_waited(&desk->sw);
    const uint64_t start = bench_clock_ns();
    bench_buffers_call(&at, arm->variant.fn, calls);
    const double ns = bench_clock_since(start);
    /* What was waited between the readings of the clock and of the waits is not in ns. */
    if (!arm->rows)
        room->odd = at.turn;
    *taken = (struct slice){ns * scale, fmin(bench_sw_waited(&desk->sw) - waited, ns - 1) * scale};
    return bench_duet_kept(desk, arm, err);
}

/*
 * In cache few pairs are disturbed, but those wildly, and while a neighbour shares the core nearly half of them are:
 * the median is deaf to that (sd of a block 0.5 % where Hodges-Lehmann has 2 %). From DRAM every slice is, by some 15
 * %, and the means of pairs use them all: 1.9 % where the median has 2.6 % (Zen 5, medians of 14 runs of a case), half
 * the blocks for a verdict.
 */
static double middle(const double *ratio, size_t pairs, enum bench_memory memory)
{
    double scratch[BENCH_DUET_PAIRS_MAX * (BENCH_DUET_PAIRS_MAX + 1) / 2];
    return memory == BENCH_MEMORY_DRAM ? bench_hodges_lehmann(ratio, pairs, scratch)
                                       : bench_median(ratio, pairs, scratch);
}

/*
 * The pair of proof slices before pair p, when it is there. Another case ran before the first pair, and before a proof
 * timed slices did: other data is in the caches, other branches in the predictors. A pair that is discarded follows
 * either. What the two leave behind is nobody's gain: the arms walked over the same rows, and which arm comes first in
 * the pair after them is a coin's, not the proof's.
 */
static int before_pair(const struct bench_duet_desk *desk, const struct bench_duet_ready *ready, size_t p,
                       const struct bench_duet_draw *draw, struct bench_duet_block *block,
                       struct qk_error *err)
{
    const bool prove = block->proof.due && p == draw->pair;
    const int first = (int)(block->order >> p & 1);
    const uint64_t start = bench_clock_ns();
    const bool discard = ready->discard && (prove || p == 0);
    struct slice taken;
    int code = prove ? bench_duet_prove(desk, ready, draw, &block->proof, err) : 0;
    for (int k = 0; k < 2 && discard && !code; k++)
        code = slice(desk, &ready->arm[first ^ k], ready->room, &taken, err);
    if (prove)
        block->proof_ns = fmax(0, bench_clock_since(start));
    return code;
}

/* *odd: why the block is not to be believed; NULL when it is. */
static int measure(const struct bench_duet_desk *desk, const struct bench_duet_ready *ready,
                   struct bench_duet_block *block, const char **odd, struct qk_error *err)
{
    const struct bench_duet_draw draw =
        bench_duet_draw(desk->seed, block->index, block->number, ready->pairs);
    double ratio[BENCH_DUET_PAIRS_MAX];
    struct bench_sw_reading begin;
    struct bench_clocks first_clocks, last_clocks;
    const uint64_t start = bench_clock_ns();
    const double before = bench_clock_ghz(NULL, 0);
    *odd = NULL;
    bench_clocks_read(&first_clocks);
    bench_sw_begin(&desk->sw, &begin);
    for (size_t p = 0; p < ready->pairs; p++) {
        const int first = (int)(block->order >> p & 1);
        struct slice taken[2];
        int code = before_pair(desk, ready, p, &draw, block, err);
        if (!code)
            code = slice(desk, &ready->arm[first], ready->room, &taken[first], err);
        if (!code)
            code = slice(desk, &ready->arm[!first], ready->room, &taken[!first], err);
        if (code)
            return code;
        if (!(taken[0].ns > 0 && taken[1].ns > 0))
            *odd = "the clock stood still or went back during a slice";
        /* As a trace keeps them, so that the ratio can be had from there again. */
        block->base_ns[p] = bench_stored(taken[0].ns);
        block->cand_ns[p] = bench_stored(taken[1].ns);
        block->base_wait_ns[p] = bench_stored(taken[0].wait_ns);
        block->cand_wait_ns[p] = bench_stored(taken[1].wait_ns);
        ratio[p] = log(block->cand_ns[p] / block->base_ns[p]);
    }
    bench_sw_end(&desk->sw, &begin, &block->events);
    bench_clocks_read(&last_clocks);
    *odd = *odd ? *odd : bench_clocks_differ(&first_clocks, &last_clocks);
    /*
     * Lest another case with these buffers is blamed. Proof slices tell which arm it was. From DRAM this would take as
     * long as a block: only proofs look there, at the rows they walked over.
     */
    if (ready->memory == BENCH_MEMORY_CACHE && !bench_duet_untouched(ready))
        return bench_duet_prove(desk, ready, &draw, &block->proof, err);
    block->core_ghz = (before + bench_clock_ghz(NULL, 0)) / 2;
    block->log_ratio = middle(ratio, ready->pairs, ready->memory);
    block->wall_ns = fmax(0, bench_clock_since(start));
    return 0;
}

int bench_duet_measure(struct bench_duet_desk *desk, uint64_t index, uint64_t number, uint64_t launch,
                       const struct bench_duet_proof *proof, struct bench_duet_block *block,
                       struct qk_error *err)
{
    const struct bench_duet_ready *ready = desk->ready;
    while (ready && ready->index != index)
        ready = ready->next;
    if (!ready)
        return qk_fail(err, QK_ERR_INTERNAL, NULL, "case %llu is not prepared", (unsigned long long)index);
    /* What the clock did says nothing of the arms, so that a block may be measured anew with the same coins. */
    enum { TRIES = 4 };
    const char *odd = NULL;
    const int here = sched_getcpu();
    if (desk->sw.cpu >= 0 && here >= 0 && here != desk->sw.cpu)
        return qk_fail(err, QK_ERR_IO, "CPUs", "CPU %d was taken away from the launch while it measured",
                       desk->sw.cpu);
    for (size_t dropped = 0; dropped < TRIES; dropped++) {
        *block = (struct bench_duet_block){.index = index,
                                           .number = number,
                                           .launch = launch,
                                           .pairs = ready->pairs,
                                           .order = bench_duet_coins(desk->seed, index, number),
                                           .extra = ready->extra,
                                           .proof = *proof,
                                           .dropped = dropped};
        if (block->pairs < 64)
            block->order &= (UINT64_C(1) << block->pairs) - 1;
        const int code = measure(desk, ready, block, &odd, err);
        if (code || !odd)
            return code;
    }
    return qk_fail(err, QK_ERR_INVALID, NULL, "no block can be believed: %s", odd);
}
