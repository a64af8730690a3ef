/* SPDX-License-Identifier: MIT */
#include "harness/ceilings/private.h"

#include "harness/machine/clock.h"
#include "harness/records/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PAGE = 4096,
    WINDOWS = 32, /* parts of a DRAM buffer; a repetition is one */
    WINDOWS_WARM = WINDOWS / 4,
};

/*
 * Repetitions are as short as starting threads and reading clocks (0.1 us) allow, and turns are short and
 * many: another thread on the same core, a neighbour's too, comes and goes within tens of us and stays away
 * for ms. L3 takes one pass a repetition after many to warm it: it keeps what L2 throws out, and takes that
 * in only by and by, since its replacement favours what was used twice. From 8 GB/s in the first pass it was
 * seen to reach 25 in the eighth.
 */
struct effort {
    double ns;            /* of a repetition, at least a pass; 0: one pass */
    uint64_t warm_passes; /* before the first */
    int repetitions;      /* of a turn */
    size_t turns;         /* of a round */
};
static const struct effort near = {30e3, 2, 32, BENCH_CEILING_TURNS_MAX}, past_caches = {60e3, 1, 16, 1},
                           third_level = {0, 8, 16, 1}, dram = {0, 1, 4, 1},
                           peak = {30e3, 500, 32, BENCH_CEILING_TURNS_MAX};

static const struct effort *effort_of(const struct bench_ceiling *row)
{
    if (row->level == BENCH_REGISTERS)
        return &peak;
    if (row->level == BENCH_DRAM)
        return &dram;
    if (row->loop->kind == BENCH_CEILING_nt_write)
        return &past_caches;
    return row->level == 3 ? &third_level : &near;
}

size_t bench_ceiling_prepare(struct bench_ceiling_bench *b, const struct bench_ceiling *row,
                             struct bench_ceiling_turns *turns, size_t rounds)
{
    const struct effort *effort = effort_of(row);
    const enum bench_team_memory memory = row->level != BENCH_DRAM ? BENCH_NEAR
                                          : row->threads == 1      ? BENCH_ALONE
                                                                   : BENCH_SHARED;
    /* Twice the largest cache's set, for different places in it. */
    const size_t wanted = row->level == BENCH_DRAM ? row->bytes : 2 * row->bytes;
    b->bytes[memory] = wanted > b->bytes[memory] ? wanted : b->bytes[memory];
    turns->repetitions = (size_t)effort->repetitions;
    turns->rates = calloc(rounds * effort->turns * turns->repetitions, sizeof *turns->rates);
    turns->ghz = calloc(rounds * effort->turns, sizeof *turns->ghz);
    return turns->rates && turns->ghz ? effort->turns : 0;
}

/* A copy's two halves lie one behind the other. */
static struct bench_span span_of(const struct bench_ceiling *row, size_t offset, size_t bytes,
                                 uint64_t passes)
{
    const bool copy = row->loop->kind == BENCH_CEILING_copy;
    const size_t half = bytes / 2 / BENCH_LOOP_UNIT * BENCH_LOOP_UNIT;
    if (copy)
        return (struct bench_span){.from = offset, .to = offset + half, .bytes = half, .passes = passes};
    return (struct bench_span){.from = offset, .to = offset, .bytes = bytes, .passes = passes};
}

/*
 * Starts somewhere else every time: which physical pages share a cache's sets is luck that a ceiling must not
 * need.
 */
static struct bench_team_job near_job(struct bench_ceiling_bench *b, const struct bench_ceiling *row,
                                      uint64_t passes)
{
    const size_t places = (b->bytes[BENCH_NEAR] - row->bytes) / PAGE + 1;
    const size_t offset = (size_t)qk_rng_below(b->rng, places) * PAGE;
    return (struct bench_team_job){.run = row->loop->run,
                                   .threads = row->threads,
                                   .memory = BENCH_NEAR,
                                   .warm = span_of(row, offset, row->bytes, effort_of(row)->warm_passes),
                                   .timed = span_of(row, offset, row->bytes, passes)};
}

/*
 * The windows behind those that other rows were in last, and before the timed ones as many as fill L3, by the
 * same loop: else a writer would be timed while the cache still takes its stores, or a reader while it throws
 * out another's.
 */
static struct bench_team_job far_job(struct bench_ceiling_bench *b, const struct bench_ceiling *row)
{
    const size_t bytes = row->bytes / WINDOWS / (2 * BENCH_LOOP_UNIT) * (2 * BENCH_LOOP_UNIT);
    const size_t windows = (size_t)(WINDOWS_WARM + dram.repetitions);
    const size_t first = b->window + windows <= WINDOWS ? b->window : 0, timed = first + WINDOWS_WARM;
    b->window = first + windows;
    return (struct bench_team_job){.run = row->loop->run,
                                   .threads = row->threads,
                                   .memory = row->threads == 1 ? BENCH_ALONE : BENCH_SHARED,
                                   .warm = span_of(row, first * bytes, WINDOWS_WARM * bytes, 1),
                                   .timed = span_of(row, timed * bytes, bytes, 1),
                                   .stride = bytes};
}

static struct bench_team_job peak_job(const struct bench_ceiling *row, uint64_t passes)
{
    const struct bench_span warm = {.bytes = BENCH_LOOP_UNIT, .passes = peak.warm_passes},
                            timed = {.bytes = BENCH_LOOP_UNIT, .passes = passes};
    return (struct bench_team_job){.run = row->loop->run, .threads = 1, .warm = warm, .timed = timed};
}

int bench_ceiling_check_clock(struct qk_error *err)
{
    return bench_clock_check(near.ns, "the shortest repetition", err);
}

/*
 * Runs so many repetitions of the row: their rates, and the time of the fastest. A rate is 0 where the clock
 * stood still or went back: the best would be such a one. 0: all are.
 */
static double repeat(struct bench_ceiling_bench *b, const struct bench_ceiling *row, uint64_t passes,
                     int repetitions, double *rates)
{
    const double least = 10 * bench_clock_step();
    double ns[BENCH_TEAM_REPETITIONS], fastest = INFINITY;
    struct bench_team_job job = row->level == BENCH_REGISTERS ? peak_job(row, passes)
                                : row->level == BENCH_DRAM    ? far_job(b, row)
                                                              : near_job(b, row, passes);
    const int ways = row->loop->kind == BENCH_CEILING_copy ? 2 : 1;
    const double work = row->level == BENCH_REGISTERS ? BENCH_LOOP_INSTRUCTIONS
                                                      : (double)ways * row->threads * (double)job.timed.bytes;
    job.repetitions = repetitions;
    bench_team_run(b->team, &job, ns);
    for (int i = 0; i < repetitions; i++) {
        const bool good = ns[i] >= least;
        fastest = good ? fmin(fastest, ns[i]) : fastest;
        rates[i] = good ? work * (double)job.timed.passes / ns[i] : 0;
    }
    return isinf(fastest) ? 0 : fastest;
}

/*
 * Passes that fill a repetition: doubled until the fastest of three takes half of it. Later repetitions that
 * show a pass to be faster correct it, because a disturbed one here would leave a row with repetitions that
 * are all overhead. NaN where no number of passes takes so long: the clock stands still.
 */
static double calibrate(struct bench_ceiling_bench *b, const struct bench_ceiling *row)
{
    enum { TRIES = 3, PASSES_MOST = 1 << 16 };
    double rates[TRIES];
    for (uint64_t passes = 1; passes <= PASSES_MOST; passes *= 2) {
        const double fastest = repeat(b, row, passes, TRIES, rates);
        if (fastest >= effort_of(row)->ns / 2)
            return fastest / (double)passes;
    }
    return NAN;
}

void bench_ceiling_take_turn(struct bench_ceiling_bench *b, const struct bench_ceiling *row,
                             struct bench_ceiling_turns *turns)
{
    const struct effort *effort = effort_of(row);
    uint64_t passes = 1;
    char why[96];
    if (effort->ns > 0 && turns->pass_ns == 0)
        turns->pass_ns = calibrate(b, row);
    if (isnan(turns->pass_ns))
        return;
    if (effort->ns > 0)
        passes = (uint64_t)fmax(1, effort->ns / turns->pass_ns);
    const double ns =
        repeat(b, row, passes, effort->repetitions, turns->rates + turns->turns * turns->repetitions);
    turns->ghz[turns->turns] = row->level == BENCH_REGISTERS ? bench_clock_ghz(why, sizeof why) : NAN;
    turns->turns++;
    if (ns > 0)
        turns->pass_ns = fmin(turns->pass_ns, ns / (double)passes);
}

static double largest(const double *x, size_t n)
{
    double best = x[0];
    for (size_t i = 1; i < n; i++)
        best = fmax(best, x[i]);
    return best;
}

/*
 * What three turns in four do not exceed; x is sorted by it. Of peaks because the clock moves both ways, of
 * DRAM because a burst that finds the memory of all neighbours idle is no rate that a kernel can count on:
 * the largest of some hundred repetitions differed by 13 to 60 % between runs.
 */
static double upper_quartile(double *x, size_t n)
{
    bench_sort(x, n);
    return x[(3 * n + 3) / 4 - 1];
}

static double ceiling_of(const struct bench_ceiling *row, const struct bench_ceiling_turns *t, size_t first,
                         size_t end, double *scratch)
{
    for (size_t i = first; i < end; i++)
        scratch[i - first] = largest(t->rates + i * t->repetitions, t->repetitions);
    return row->level == BENCH_REGISTERS || row->level == BENCH_DRAM ? upper_quartile(scratch, end - first)
                                                                     : largest(scratch, end - first);
}

void bench_ceiling_estimate(struct bench_ceiling *row, const struct bench_ceiling_turns *t, double *scratch)
{
    double least = INFINITY, most = 0;
    const size_t all = t->turns * t->repetitions;
    /* As files keep it, so that what follows from it is the same when it was read. */
    row->median = bench_stored(bench_median(t->rates, all, scratch));
    row->repetitions = 0;
    for (size_t i = 0; i < all; i++)
        row->repetitions += t->rates[i] > 0;
    if (!(row->median > 0)) {
        row->median = row->best = NAN;
        snprintf(row->reason, sizeof row->reason, "the clock stood still or went back while it was measured");
        return;
    }
    row->best = bench_stored(ceiling_of(row, t, 0, t->turns, scratch));
    for (size_t third = 0; third < 3 && t->turns >= 3; third++) {
        const double best = ceiling_of(row, t, third * t->turns / 3, (third + 1) * t->turns / 3, scratch);
        least = fmin(least, best);
        most = fmax(most, best);
    }
    row->spread = t->turns >= 3 && least > 0 ? most / least - 1 : NAN;
    size_t known = 0;
    for (size_t i = 0; i < t->turns && row->level == BENCH_REGISTERS; i++)
        if (!isnan(t->ghz[i]))
            scratch[known++] = largest(t->rates + i * t->repetitions, t->repetitions) / t->ghz[i];
    row->per_cycle = known ? bench_stored(upper_quartile(scratch, known)) : NAN;
}
