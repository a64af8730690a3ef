/* SPDX-License-Identifier: MIT */
#include "harness/duet/desk.h"

#include "harness/engine/arms.h"
#include "harness/engine/code_pages.h"
#include "harness/records/json_writer.h"
#include "harness/records/stats.h"

#include <math.h>
#include <sched.h>

/* One slice of an arm. The next slice starts with the other value than its last call had. */
static int slice(void *ctx, uint64_t calls, struct bench_took *took, struct qk_error *err)
{
    const struct bench_duet_ready_arm *const arm = ctx;
    struct bench_duet_room *const room = arm->room;
    const size_t row = arm->rows ? bench_duet_next_rows(room, arm->rows + arm->more_rows) : 0;
    struct bench_buffers at = bench_duet_at(arm, row, room->odd);
    const double waited = bench_sw_waited(&arm->desk->sw);
    const uint64_t start = bench_clock_ns();
    bench_buffers_call(&at, arm->variant.fn, calls + arm->extra);
    const double ns = bench_clock_since(start);
    /* A wait longer than the slice was between the readings of the clock and of the waits, so not in ns. */
    const double more = bench_sw_waited(&arm->desk->sw) - waited;
    *arm->wait_ns = more > 0 && more < ns ? more * arm->slices / (double)calls : 0;
    *took = (struct bench_took){ns * arm->slices, NAN};
    if (!arm->rows)
        room->odd = at.turn;
    return bench_duet_kept(arm->desk, arm, err);
}

/*
 * In cache few pairs are disturbed, but those wildly, and while a neighbour shares the core nearly half of
 * them are: the median is deaf to that (sd of a block 0.5 % where Hodges-Lehmann has 2 %). From DRAM every
 * slice is, by some 15 %, and the means of pairs use them all: 1.9 % where the median has 2.6 % (Zen 5,
 * medians of 14 runs of a case), half the blocks for a verdict.
 */
static double middle(const double *ratio, size_t pairs, enum qk_memory memory)
{
    double scratch[BENCH_DUET_PAIRS_MAX * (BENCH_DUET_PAIRS_MAX + 1) / 2];
    return memory == QK_MEMORY_DRAM ? bench_hodges_lehmann(ratio, pairs, scratch)
                                    : bench_median(ratio, pairs, scratch);
}

/*
 * The pair of proof slices before pair p, when it is there. Another case ran before the first pair, and
 * before a proof timed slices did: other data is in the caches, other branches in the predictors. A pair that
 * is discarded follows either. What the two leave behind is nobody's gain: the arms walked over the same
 * rows, and which arm comes first in the pair after them is a coin's, not the proof's.
 */
struct measuring {
    struct bench_duet_ready *ready;
    struct bench_duet_block *block;
    struct bench_duet_draw draw;
};

static int before_pair(void *ctx, size_t p, size_t *order, struct qk_error *err)
{
    const struct measuring *const m = ctx;
    struct bench_duet_block *const block = m->block;
    struct bench_duet_ready_arm *const arm = m->ready->arm;
    const bool prove = block->proof.due && p == m->draw.pair;
    const bool discard = m->ready->discard && (prove || p == 0);
    const uint64_t start = bench_clock_ns();
    struct bench_took taken;
    order[0] = block->order >> p & 1;
    order[1] = !order[0];
    arm[0].wait_ns = &block->base_wait_ns[p];
    arm[1].wait_ns = &block->cand_wait_ns[p];
    int code = prove ? bench_duet_prove(arm->desk, m->ready, &m->draw, &block->proof, err) : 0;
    for (int k = 0; k < 2 && discard && !code; k++)
        code = slice(&arm[order[k]], arm[order[k]].calls, &taken, err);
    if (prove)
        block->proof_ns = fmax(0, bench_clock_since(start));
    return code;
}

/* *odd: why the block is not to be believed; NULL when it is. */
static int measure(const struct bench_duet_desk *desk, struct bench_duet_ready *ready,
                   struct bench_duet_block *block, const char **odd, struct qk_error *err)
{
    const size_t pairs = ready->pairs;
    struct measuring m = {ready, block, bench_duet_draw(desk->seed, block->index, block->number, pairs)};
    struct bench_rounds rounds = {.sw = desk->sw};
    struct bench_arms set;
    double ratio[BENCH_DUET_PAIRS_MAX];
    const uint64_t start = bench_clock_ns();
    int code = bench_arms_make(&set, ready->room->group.name, 2, err);
    set.schedule = (struct bench_schedule){pairs, 1, 0};
    set.begin = before_pair;
    set.ctx = &m;
    for (int a = 0; a < 2 && !code; a++)
        set.arm[set.count++] =
            (struct bench_arm){.time = slice, .ctx = &ready->arm[a], .units = ready->arm[a].calls};
    if (!code)
        code = bench_arms_room(&set, err);
    if (!code)
        code = bench_arms_block(&rounds, &set, odd, err);
    /* As a trace keeps them, so that the ratio can be had from there again. */
    for (size_t p = 0; p < pairs && !code; p++) {
        block->base_ns[p] = set.ns[p];
        block->cand_ns[p] = set.ns[pairs + p];
        block->base_wait_ns[p] = bench_stored(block->base_wait_ns[p]);
        block->cand_wait_ns[p] = bench_stored(block->cand_wait_ns[p]);
        ratio[p] = log(block->cand_ns[p] / block->base_ns[p]);
    }
    block->core_ghz = set.ghz[0];
    block->events = set.events[0];
    bench_arms_free(&set);
    if (code)
        return code;
    /*
     * Lest another case with these buffers is blamed. Proof slices tell which arm it was. From DRAM this
     * would take as long as a block: only proofs look there, at the rows they walked over.
     */
    if (ready->memory == QK_MEMORY_CACHE && !bench_duet_untouched(ready))
        return bench_duet_prove(desk, ready, &m.draw, &block->proof, err);
    block->log_ratio = middle(ratio, pairs, ready->memory);
    block->wall_ns = fmax(0, bench_clock_since(start));
    return 0;
}

int bench_duet_measure(struct bench_duet_desk *desk, uint64_t index, uint64_t number, uint64_t launch,
                       const struct bench_duet_proof *proof, struct bench_duet_block *block,
                       struct qk_error *err)
{
    struct bench_duet_ready *ready = desk->ready;
    while (ready && ready->index != index)
        ready = ready->next;
    if (!ready)
        return qk_fail(err, QK_ERR_INTERNAL, NULL, "case %llu is not prepared", (unsigned long long)index);
    /*
     * What the clock did says nothing of the arms, so that a block may be measured anew with the same coins.
     */
    enum { TRIES = 4 };
    const char *odd = NULL;
    const int here = sched_getcpu();
    if (desk->sw.cpu >= 0 && here >= 0 && here != desk->sw.cpu)
        return qk_fail(err, QK_ERR_IO, "CPUs", "CPU %d was taken away from the launch while it measured",
                       desk->sw.cpu);
    /*
     * Or blocks of a launch would share the luck of one copy. Within a block it stays: with copies that
     * change every eight pairs, blocks lie further apart, and a verdict took twice as many.
     */
    for (int a = 0; a < 2; a++)
        bench_code_pages_move((const void *)(uintptr_t)ready->arm[a].variant.fn);
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
