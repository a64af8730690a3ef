/* SPDX-License-Identifier: MIT */
#include "harness/engine/arms.h"

#include "harness/engine/gbench_shim.h"
#include "harness/machine/core_share.h"
#include "harness/machine/pinning.h"
#include "harness/records/json_writer.h"
#include "harness/records/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bench_call(void *call, uint64_t calls)
{
    const struct bench_call *c = call;
    bench_buffers_call(c->buffers, c->fn, calls);
}

int bench_time_gbench(void *ctx, uint64_t units, struct bench_took *took, struct qk_error *err)
{
    char why[160];
    return bench_shim_time(bench_call, ctx, units, &took->ns, &took->cpu_ns, why, sizeof why)
               ? qk_fail(err, QK_ERR_INTERNAL, NULL, "%s", why)
               : 0;
}

int bench_time_own(void *ctx, uint64_t units, struct bench_took *took, struct qk_error *err)
{
    (void)err;
    const uint64_t start = bench_clock_ns();
    bench_call(ctx, units);
    *took = (struct bench_took){bench_clock_since(start), NAN};
    return 0;
}

int bench_arms_make(struct bench_arms *set, const char *name, size_t room, struct qk_error *err)
{
    *set =
        (struct bench_arms){.arm = calloc(room, sizeof *set->arm), .order = calloc(room, sizeof *set->order)};
    snprintf(set->name, sizeof set->name, "%s", name);
    return set->arm && set->order ? 0 : qk_fail(err, QK_ERR_MEMORY, name, "no memory for %zu arms", room);
}

void bench_arms_free(struct bench_arms *set)
{
    free(set->arm);
    free(set->order);
    free(set->ns);
    *set = (struct bench_arms){.count = 0};
}

const char *bench_arms_add(struct bench_arms *set, bench_time *time, struct bench_buffers *buffers, qk_fn *fn)
{
    const double ns = bench_buffers_time(buffers, fn);
    struct bench_arm *arm = &set->arm[set->count];
    if (isnan(ns))
        return "the system clock stood still while calls were timed";
    *arm = (struct bench_arm){
        .time = time, .ctx = &arm->call, .units = bench_schedule_calls(ns), .call = {buffers, fn}};
    arm->slice_ns = ns * (double)arm->units;
    set->round_ns += arm->slice_ns;
    set->count++;
    return NULL;
}

void bench_rounds_open(struct bench_rounds *r)
{
    r->end_ns = r->job->budget_s > 0 ? (double)bench_clock_ns() + r->job->budget_s * 1e9 : INFINITY;
    qk_rng_seed(&r->rng, r->job->seed);
    snprintf(r->clock_why, sizeof r->clock_why, "not estimated");
    bench_sw_open("", &r->sw, r->job->cpu);
}

void bench_rounds_close(struct bench_rounds *r)
{
    bench_sw_close(&r->sw);
    free(r->ghz);
    r->ghz = NULL;
}

double bench_rounds_clock(const struct bench_rounds *r)
{
    return r->ghz ? bench_stored(bench_known_median(r->ghz, r->ghz_count, r->ghz + r->ghz_count)) : NAN;
}

double bench_known_median(const double *x, size_t n, double *scratch)
{
    size_t known = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]))
            scratch[known++] = x[i];
    return bench_median(scratch, known, scratch + known);
}

/*
 * Where many programs share the CPU, most slices may have waited for it ten times as long as they ran. But
 * one slice waits for less than a quarter of a second. The time slices of a scheduler and the periods of a
 * CPU quota are shorter.
 */
const char *bench_slices_odd(const double *ns, size_t n, double expected, double *scratch)
{
    const double times = 10, shorter = 100, stall_ns = 250e6;
    const double middle = n >= 3 ? bench_median(ns, n, scratch) : expected;
    for (size_t i = 0; i < n; i++) {
        if (!(ns[i] > 0))
            return ns[i] < 0 ? "the clock went back during a slice" : "the clock stood still during a slice";
        if (ns[i] < middle / shorter)
            return "a slice took less than a hundredth of what it takes: the clock went back or stood still";
        if (ns[i] > times * middle && ns[i] > stall_ns)
            return "a slice took more than ten times what it takes: the clock jumped or the machine stood "
                   "still";
    }
    return NULL;
}

/*
 * What can be told only when all slices of a block are there: are they to be believed? Then to what files
 * keep.
 */
static const char *finish_block(struct bench_arms *set, double *ns, const double *cpu)
{
    const size_t rounds = set->schedule.rounds;
    double *const median = set->cpu_ns + set->blocks * set->count, *const scratch = set->scratch;
    const char *why = NULL;
    for (size_t a = 0; a < set->count && !why; a++, ns += rounds, cpu += rounds) {
        const double units = (double)set->arm[a].units;
        why = set->begin ? NULL : bench_slices_odd(ns, rounds, set->arm[a].slice_ns, scratch);
        for (size_t i = 0; i < rounds; i++) {
            why = ns[i] > 0 || why ? why : "the clock stood still or went back during a slice";
            why = cpu[i] < 0 ? "the thread's CPU clock went back" : why;
            ns[i] = bench_stored(ns[i] / units);
        }
        median[a] = bench_stored(bench_median(cpu, rounds, scratch) / units);
    }
    return why;
}

int bench_arms_block(struct bench_rounds *r, struct bench_arms *set, const char **odd, struct qk_error *err)
{
    const size_t arms = set->count, rounds = set->schedule.rounds, count = arms * rounds;
    double *const ns = set->ns + set->blocks * count, *const cpu = set->scratch + rounds;
    struct bench_clocks begin, end;
    struct bench_sw_reading reading;
    struct bench_took took;
    int code = 0;
    /*
     * Another set ran before: its data is in the caches, its code and its branches in the core's memory.
     * Where a call is a slice of its own, all calls would cost a round.
     */
    for (size_t a = 0; a < arms && !set->begin && !code; a++)
        if (!a || set->arm[a].units > 1)
            code = set->arm[a].time(set->arm[a].ctx, 1, &took, err);
    const double before = bench_clock_ghz(r->clock_why, sizeof r->clock_why);
    bench_clocks_read(&begin);
    bench_sw_begin(&r->sw, &reading);
    for (size_t i = 0; i < count && !code; i++) {
        if (i % arms == 0 && set->begin)
            code = set->begin(set->ctx, i / arms, set->order, err);
        else if (i % arms == 0)
            bench_schedule_order(&r->rng, set->order, arms);
        if (code)
            break;
        const size_t a = set->order[i % arms], at = a * rounds + i / arms;
        code = set->arm[a].time(set->arm[a].ctx, set->arm[a].units, &took, err);
        ns[at] = took.ns;
        cpu[at] = took.cpu_ns;
    }
    bench_sw_end(&r->sw, &reading, &set->events[set->blocks]);
    bench_clocks_read(&end);
    set->ghz[set->blocks] = bench_stored((before + bench_clock_ghz(NULL, 0)) / 2);
    if (code)
        return code;
    const char *why = finish_block(set, ns, cpu);
    *odd = bench_clocks_differ(&begin, &end);
    *odd = *odd ? *odd : why;
    return 0;
}

/*
 * A block that is to be believed, on a core that is ours; or set->odd. A set may lose as many as it is to
 * have.
 */
static int next_block(struct bench_rounds *r, struct bench_arms *set, struct bench_patience *patience,
                      double done, struct qk_error *err)
{
    for (;;) {
        const char *odd;
        bench_patience_wait(patience, r->job->stop);
        if (bench_job_stopped(r->job))
            return qk_fail(err, QK_ERR_INTERRUPTED, set->name, "interrupted");
        bench_job_tell(r->job, done, set->name);
        int code = bench_pin_again(r->job->cpu, err);
        if (!code)
            code = bench_arms_block(r, set, &odd, err);
        if (code)
            return code;
        if (odd) {
            bench_dropped_add(&r->dropped, odd);
            set->odd = ++set->dropped < set->schedule.blocks ? NULL : odd;
        } else if (!bench_patience_again(patience)) {
            r->ghz[r->ghz_count] = set->ghz[set->blocks++];
            if (r->beside)
                r->beside(r->ctx, r->ghz[r->ghz_count]);
            r->ghz_count += !isnan(r->ghz[r->ghz_count]);
            return 0;
        }
        if (set->odd)
            return 0;
    }
}

int bench_arms_room(struct bench_arms *set, struct qk_error *err)
{
    const size_t slices = set->count * set->schedule.rounds, blocks = set->schedule.blocks;
    set->ns = calloc((blocks + 1) * slices + blocks * set->count + set->schedule.rounds + 1, sizeof *set->ns);
    if (!set->ns)
        return qk_fail(err, QK_ERR_MEMORY, set->name, "no memory for %zu blocks of samples", blocks);
    set->cpu_ns = set->ns + blocks * slices;
    set->scratch = set->cpu_ns + blocks * set->count;
    return 0;
}

int bench_arms_time(struct bench_rounds *r, struct bench_arms *sets, size_t count, struct qk_error *err)
{
    const double start = (double)bench_clock_ns(),
                 left = (r->end_ns - start) * (double)count / (double)(r->sets - r->done);
    struct bench_patience patience = {.known = false};
    double planned = 0, all = 0;
    size_t blocks = 1;
    int code = 0;
    if (r->patient)
        patience = bench_patience_make(r->patient, r->job->quick, BENCH_BLOCKS_MAX * count);
    patience.left_ns = fmin(patience.left_ns, fmax(0, left / 10));
    for (size_t s = 0; s < count; s++)
        planned += sets[s].schedule.ns;
    for (size_t s = 0; s < count && !code; s++) {
        if (planned > left && sets[s].count)
            sets[s].schedule = bench_schedule_shorten(&sets[s].schedule);
        all += sets[s].schedule.ns;
        blocks += sets[s].schedule.blocks;
        code = bench_arms_room(&sets[s], err);
    }
    double *const ghz =
        realloc(r->ghz, 3 * (r->ghz_count + blocks) * sizeof *ghz); /* to find a median in, too */
    if (!code && !ghz)
        code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the clocks of %zu blocks", blocks);
    r->ghz = ghz ? ghz : r->ghz;
    const double span = fmin(left, r->late > 0 ? r->late * all : INFINITY);
    double behind = 0;
    bool more = true;
    for (size_t b = 0; more && !code; b++) {
        const bool late = (double)bench_clock_ns() > start + span;
        if (late && b >= r->enough)
            break;
        patience.left = late ? 0 : patience.left;
        more = false;
        for (size_t s = 0; s < count && !code; s++) {
            const struct bench_schedule *plan = &sets[s].schedule;
            if (b >= plan->blocks || sets[s].odd)
                continue;
            const double done = fmax(behind / all, ((double)bench_clock_ns() - start) / span);
            code = next_block(
                r, &sets[s], &patience,
                ((double)r->done + fmin(0.999, fmax(0, done)) * (double)count) / (double)r->sets, err);
            behind += plan->ns / (double)plan->blocks;
            more = true;
        }
    }
    r->done += count;
    r->waited_ns += patience.waited_ns;
    r->repeated += patience.repeated;
    return code;
}
