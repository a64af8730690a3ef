/* SPDX-License-Identifier: MIT */
/*
 * counters_cost [PAIRS]: what reading the software events around a block costs.
 *
 * It times the reference on 4096 elements, in pairs of 20 ms blocks. One block of a pair reads the events and
 * the other does not, in a drawn order. It prints with/without for the reported time (median of a block's
 * slices) and for a block's wall time. Each is the median over the pairs with its 95 % sign interval. Then it
 * prints the time of the readings themselves.
 */
#include "harness/engine/arms.h"
#include "harness/machine/pinning.h"
#include "harness/records/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLICES = 50 }; /* of 400 us */

struct work {
    struct bench_buffers buffers;
    struct bench_call call;
    uint64_t calls;
};

struct block {
    double reported, wall; /* ns */
};

/* sw NULL: without. */
static int run_block(struct work *w, const struct bench_sw *sw, struct block *out, struct qk_error *err)
{
    struct bench_sw_reading begin;
    struct bench_events events;
    double ns[SLICES], scratch[SLICES];
    int code = 0;
    const uint64_t start = bench_clock_ns();
    if (sw)
        bench_sw_begin(sw, &begin);
    for (int i = 0; i < SLICES && !code; i++) {
        struct bench_took took = {0};
        code = bench_time_gbench(&w->call, w->calls, &took, err);
        ns[i] = took.ns;
    }
    if (sw)
        bench_sw_end(sw, &begin, &events);
    out->wall = (double)(bench_clock_ns() - start);
    out->reported = bench_median(ns, SLICES, scratch);
    return code;
}

static void print(const char *what, const double *logs, size_t pairs, double *scratch)
{
    const struct bench_interval i = bench_sign_interval(logs, pairs, 0.95, scratch);
    printf("%-13s with/without: %+.4f %% [%+.4f, %+.4f]\n", what, 100 * expm1(i.value), 100 * expm1(i.low),
           100 * expm1(i.high));
}

/* The same wall time asked for directly: both readings, nothing between them. */
static void print_reading(const struct bench_sw *sw)
{
    enum { TIMES = 501 };
    double ns[TIMES], scratch[TIMES];
    for (int i = 0; i < TIMES; i++) {
        struct bench_sw_reading begin;
        struct bench_events events;
        const uint64_t start = bench_clock_ns();
        bench_sw_begin(sw, &begin);
        bench_sw_end(sw, &begin, &events);
        ns[i] = (double)(bench_clock_ns() - start);
    }
    const double median = bench_median(ns, TIMES, scratch);
    printf("both readings of a block: %.1f us, %.3f %% of 20 ms\n", median * 1e-3, median / 2e5);
}

static int measure(struct work *w, size_t pairs, int cpu, struct qk_error *err)
{
    double *logs = calloc(3 * pairs, sizeof *logs), *walls = logs + pairs;
    struct bench_sw sw;
    struct qk_rng rng;
    struct block warm;
    if (!logs)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu pairs", pairs);
    qk_rng_seed(&rng, bench_clock_ns());
    bench_sw_open("", &sw, cpu);
    int code = run_block(w, NULL, &warm, err);
    for (size_t p = 0; p < pairs && !code; p++) {
        struct block with = {0}, without = {0};
        const bool first = qk_rng_below(&rng, 2);
        for (int turn = 0; turn < 2 && !code; turn++) {
            const bool on = (turn == 0) == first;
            code = run_block(w, on ? &sw : NULL, on ? &with : &without, err);
        }
        logs[p] = log(with.reported / without.reported);
        walls[p] = log(with.wall / without.wall);
    }
    if (!code) {
        printf("%zu pairs of blocks of %.1f ms%s%s\n", pairs, warm.wall * 1e-6, *sw.why ? "; " : "", sw.why);
        print("reported time", logs, pairs, logs + 2 * pairs);
        print("wall time", walls, pairs, logs + 2 * pairs);
        print_reading(&sw);
    }
    bench_sw_close(&sw);
    free(logs);
    return code;
}

int main(int argc, char **argv)
{
    char pattern[] = "qk256_dequant/scalar/4096";
    char *patterns[] = {pattern};
    const size_t pairs = argc > 1 ? strtoul(argv[1], NULL, 10) : 200;
    struct bench_environment env;
    struct bench_matrix m;
    struct qk_error err = {.text = "", .where = ""};
    struct work w = {0};
    const int cpu = bench_pin(-1, &err);
    if (pairs < 6 || pairs > 1000000) {
        fputs("counters_cost: PAIRS is 6 to 1000000\n", stderr);
        return 2;
    }
    bench_environment_read(&env, cpu);
    int code = cpu < 0 ? cpu : bench_matrix_make(&m, qk_table_builtin(), patterns, 1, "seed", &env, &err);
    if (!code) {
        code = bench_buffers_fill(&w.buffers, &m.groups[0], 1, &err);
        w.call = (struct bench_call){&w.buffers, qk_reference(m.groups[0].op)->fn};
        w.calls = code ? 1 : bench_schedule_calls(bench_buffers_time(&w.buffers, w.call.fn));
        code = code ? code : measure(&w, pairs, cpu, &err);
        bench_buffers_free(&w.buffers);
        bench_matrix_free(&m);
    }
    if (code)
        fprintf(stderr, "counters_cost: %s\n", err.text);
    return code != 0;
}
