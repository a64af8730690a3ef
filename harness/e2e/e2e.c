/* SPDX-License-Identifier: MIT */
#include "harness/e2e/private.h"

#include "harness/engine/schedule.h"
#include "harness/machine/clock.h"
#include "harness/machine/memory.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One thread is pinned. Several are left to the scheduler, within the CPUs allowed, or to `calls`. */
static int place(const struct bench_e2e_config *cfg, size_t threads, struct qk_error *err)
{
    if (threads == 1 || (threads && cfg->cpu_mask)) {
        const int cpu = bench_pin(cfg->job.cpu, err);
        return cpu < 0 ? cpu : 0;
    }
    /* Where the system lets nobody pin, they are where they are to be. */
    bench_cpus_use(cfg->allowed);
    return 0;
}

/* The order of the rows: state by state, prompt before generation. */
static struct model_state *state_of(const struct bench_e2e_work *w, size_t row)
{
    return w->states[row / w->tests];
}

/* Why a test's time is not to be believed; NULL when it is. */
static const char *odd_test(const struct bench_e2e_work *w, const struct bench_clocks *begin,
                            const double *each, size_t count)
{
    static const char back[] = "the clock went back during a test";
    struct bench_clocks end;
    bench_clocks_read(&end);
    const char *why = bench_clocks_differ(begin, &end);
    for (size_t p = 0; p < BENCH_E2E_PARTS && !why; p++)
        if (w->watch.part_ns[p] < 0)
            why = back;
    for (size_t i = 0; i < count && !why; i++)
        if (each[i] < 0)
            why = back;
    if (!why && w->watch.first_ns && w->watch.first_ns < (int64_t)(w->watch.last - w->watch.start))
        why = back;
    return why || w->watch.last != w->watch.start ? why : "the clock stood still during a test";
}

/* ISO 8601, UTC. */
static void put_date(char *to, size_t size)
{
    const time_t now = time(NULL);
    struct tm tm;
    *to = '\0';
    if (gmtime_r(&now, &tm))
        strftime(to, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static int test_row(struct bench_e2e_work *w, struct bench_e2e_row *row, size_t index, size_t repetition,
                    struct qk_error *err)
{
    int code = place(w->cfg, row->threads, err);
    if (!code && !*row->date)
        put_date(row->date, sizeof row->date);
    if (!code)
        code = row->prompt ? bench_e2e_prompt(w, state_of(w, index), row->depth, row->prompt, err)
                           : bench_e2e_generate(w, state_of(w, index), row->depth, row->generate,
                                                &row->token_ns[repetition * row->generate], err);
    row->samples_ns[repetition] = (double)(int64_t)(w->watch.last - w->watch.start);
    if (row->prompt)
        row->first_ns[repetition] = (double)w->watch.first_ns;
    for (size_t p = 0; p < BENCH_E2E_PARTS; p++)
        row->parts_ns[repetition * BENCH_E2E_PARTS + p] = (double)w->watch.part_ns[p];
    return code;
}

/* A repetition that can be believed. */
static int run_row(struct bench_e2e *e, struct bench_e2e_work *w, size_t index, size_t repetition,
                   struct qk_error *err)
{
    enum { TRIES = 4 };
    struct bench_e2e_row *row = &e->rows[index];
    const char *odd = "";
    for (int i = 0; i < TRIES && odd; i++) {
        struct bench_clocks begin;
        const struct model_head_work before = *model_head_work(state_of(w, index));
        bench_clocks_read(&begin);
        int code = test_row(w, row, index, repetition, err);
        if (!code)
            bench_e2e_put_bytes(e, w->cfg, row, &before, model_head_work(state_of(w, index)));
        if (!code)
            odd = odd_test(w, &begin, &row->token_ns[repetition * row->generate], row->generate);
        if (!code && !odd)
            code = bench_clock_check(row->samples_ns[repetition], "a test", err);
        if (code)
            return code;
        if (odd)
            bench_dropped_add(&e->dropped, odd);
    }
    const int coarse = odd ? bench_clock_check(fmax(0, row->samples_ns[repetition]), "a test", err) : 0;
    return coarse || !odd ? coarse
                          : qk_fail(err, QK_ERR_INVALID, "clock", "no test can be believed: %s", odd);
}

/* Touches weights, code and buffers, and wakes threads. Slow sets take seconds a token, so it is short. */
static int warm_row(struct bench_e2e_work *w, const struct bench_e2e *e, size_t index, struct qk_error *err)
{
    const size_t depth = e->rows[index].depth, most = 8;
    int code = place(w->cfg, e->rows[index].threads, err);
    if (!code && w->cfg->prompt)
        code = bench_e2e_prompt(w, state_of(w, index), depth, w->cfg->prompt < most ? w->cfg->prompt : most,
                                err);
    return code ? code : bench_e2e_generate(w, state_of(w, index), depth, 1, NULL, err);
}

/* Fills the caches of keys and values, and warms each state up. */
static int warm_up(struct bench_e2e_work *w, const struct bench_e2e *e, struct qk_error *err)
{
    int code = 0;
    char what[192];
    for (size_t i = 0; i < e->count && !code; i += w->tests) {
        const size_t depth = e->rows[i].depth;
        code = place(w->cfg, e->rows[i].threads, err);
        if (depth) {
            snprintf(what, sizeof what, "%.120s fills %zu positions", e->rows[i].kernels, depth);
            bench_job_tell(&w->cfg->job, 0, what);
        }
        if (!code)
            code = bench_e2e_fill(w, state_of(w, i), depth, err);
        if (!code)
            code = warm_row(w, e, i, err);
    }
    return code;
}

static int repeat(struct bench_e2e *e, struct bench_e2e_work *w, struct qk_error *err)
{
    const struct bench_e2e_config *cfg = w->cfg;
    const double all = (double)(e->count * cfg->repetitions);
    size_t done = 0;
    char what[192];
    int code = warm_up(w, e, err);
    for (size_t r = 0; r < cfg->repetitions && !code; r++) {
        const bool peer = cfg->peer.command, first = peer && qk_rng_below(&w->rng, 2);
        if (first)
            code = bench_e2e_ask_peer(w, e, r, err);
        bench_schedule_order(&w->rng, w->order, e->count);
        for (size_t i = 0; i < e->count && !code; i++) {
            struct bench_e2e_row *row = &e->rows[w->order[i]];
            char test[BENCH_E2E_TEST];
            snprintf(what, sizeof what, "%.120s %s", row->kernels, bench_e2e_test(row, test));
            bench_job_tell(&cfg->job, (double)done++ / all, what);
            if (peer) /* which warms up before each of its tests, and takes the caches meanwhile */
                code = warm_row(w, e, w->order[i], err);
            if (!code)
                code = run_row(e, w, w->order[i], r, err);
        }
        if (peer && !first && !code)
            code = bench_e2e_ask_peer(w, e, r, err);
    }
    for (size_t i = 0; i < e->count && !code; i++)
        if (cfg->counters && e->rows[i].generate && e->rows[i].threads == 1) {
            code = place(cfg, 1, err);
            if (!code)
                code = bench_e2e_count(w, state_of(w, i), e, &e->rows[i], err);
        }
    return code;
}

int bench_e2e_run(struct bench_e2e *e, const struct bench_e2e_config *cfg, struct qk_error *err)
{
    struct bench_e2e_work w = {.cfg = cfg};
    /* A test may be too short to tell a clock that is too fast or too slow. */
    const char *const odd = bench_clocks_watch();
    int code = odd ? bench_clock_check(30e6, "a first look at it", err) : 0;
    if (!code && odd)
        code = qk_fail(err, QK_ERR_INVALID, "clock", "nothing can be timed: %s", odd);
    if (!code)
        code = place(cfg, 0, err); /* the threads that are started now may go everywhere */
    if (!code)
        code = bench_e2e_prepare(e, &w, err);
    if (!code)
        code = repeat(e, &w, err);
    bench_cpus_use(cfg->allowed);
    e->peak_rss_bytes = (uint64_t)bench_memory_resident().peak;
    bench_e2e_finish(&w);
    return code;
}

void bench_e2e_free(struct bench_e2e *e)
{
    for (size_t i = 0; i < e->count; i++) {
        struct bench_e2e_row *row = &e->rows[i];
        free(row->samples_ns);
        free(row->parts_ns);
        free(row->token_ns);
        free(row->first_ns);
        free(row->peer.samples_ns);
        for (size_t m = 0; m < row->metric_count; m++) {
            free(row->metrics[m].name);
            free(row->metrics[m].unit);
            free(row->metrics[m].reason);
        }
        free(row->metrics);
    }
    free(e->rows);
    e->rows = NULL;
    e->count = 0;
}
