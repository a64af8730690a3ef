/* SPDX-License-Identifier: MIT */
#include "harness/ceilings.h"

#include "harness/ceiling_team.h"
#include "harness/ceilings_private.h"
#include "harness/clock.h"
#include "harness/schedule.h"
#include "harness/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Repetitions are as short as the start of threads and clock reads (1 us) allow, so that many fall between two
 * disturbances; L3 and what goes past the caches take longer, since one pass over their sets does.
 */
static const double near_ns = 0.25e6, far_ns = 0.75e6;
static const double budget_ns = 17e9, quick_budget_ns = 1.5e9;
enum {
    ROUNDS_MAX = 200,
    ROUNDS_MIN = 5,
    QUICK_ROUNDS_MIN = 2,
    PAGE = 4096,
    WINDOWS = 8, /* parts of a DRAM buffer; a repetition is one */
};

struct measurement {
    struct bench_ceilings *c;
    const struct bench_ceilings_config *cfg;
    struct bench_team *team;
    struct qk_rng rng;
    size_t bytes[BENCH_TEAM_MEMORIES];
    size_t windows_warm; /* that together are as large as L3 */
    size_t window;       /* where the last DRAM repetition was */
    double *pass_ns;     /* per row: the fastest so far of one pass; 0: none yet */
    double *rates;       /* per row [ROUNDS_MAX] */
};

static double repetition_ns(const struct bench_ceiling *row)
{
    return row->level == 3 || row->loop->kind == BENCH_CEILING_nt_write ? far_ns : near_ns;
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

/* Starts somewhere else every time: which physical pages share a cache's sets is luck that a ceiling must not need. */
static struct bench_team_job near_job(struct measurement *m, const struct bench_ceiling *row, uint64_t passes)
{
    const size_t places = (m->bytes[BENCH_NEAR] - row->bytes) / PAGE + 1;
    const size_t offset = (size_t)qk_rng_below(&m->rng, places) * PAGE;
    return (struct bench_team_job){.run = row->loop->run,
                                   .threads = row->threads,
                                   .memory = BENCH_NEAR,
                                   .warm = {span_of(row, offset, row->bytes, row->level == 3 ? 2 : 1)},
                                   .timed = span_of(row, offset, row->bytes, passes)};
}

/*
 * The window after those that other rows were in last, and before it as many as fill L3, by the same loop: else a
 * writer would be timed while the cache still takes its stores, or a reader while it throws out another's.
 */
static struct bench_team_job far_job(struct measurement *m, const struct bench_ceiling *row)
{
    const size_t bytes = row->bytes / WINDOWS / (2 * BENCH_LOOP_UNIT) * (2 * BENCH_LOOP_UNIT);
    struct bench_team_job job = {.run = row->loop->run,
                                 .threads = row->threads,
                                 .memory = row->threads == 1 ? BENCH_ALONE : BENCH_SHARED};
    for (size_t i = 0; i < m->windows_warm; i++)
        job.warm[i] = span_of(row, (m->window + 1 + i) % WINDOWS * bytes, bytes, 1);
    m->window = (m->window + 1 + m->windows_warm) % WINDOWS;
    job.timed = span_of(row, m->window * bytes, bytes, 1);
    return job;
}

static struct bench_team_job peak_job(const struct bench_ceiling *row, uint64_t passes)
{
    const struct bench_span warm = {.bytes = BENCH_LOOP_UNIT, .passes = 500},
                            timed = {.bytes = BENCH_LOOP_UNIT, .passes = passes};
    return (struct bench_team_job){.run = row->loop->run, .threads = 1, .warm = {warm}, .timed = timed};
}

/* One repetition; returns the rate, *ns what it took. */
static double repeat(struct measurement *m, const struct bench_ceiling *row, uint64_t passes, double *ns)
{
    const bool peak = row->level == BENCH_REGISTERS;
    const struct bench_team_job job = peak                       ? peak_job(row, passes)
                                      : row->level == BENCH_DRAM ? far_job(m, row)
                                                                 : near_job(m, row, passes);
    const int ways = row->loop->kind == BENCH_CEILING_copy ? 2 : 1;
    *ns = fmax(1, bench_team_run(m->team, &job));
    if (peak)
        return (double)BENCH_LOOP_INSTRUCTIONS * (double)job.timed.passes / *ns;
    return (double)ways * row->threads * (double)job.timed.bytes * (double)job.timed.passes / *ns;
}

/*
 * Passes that fill a repetition: doubled until the fastest of three takes half of it. Later repetitions that show a
 * pass to be faster correct it, because a disturbed one here would leave a row with repetitions that are all overhead.
 */
static void calibrate(struct measurement *m, const struct bench_ceiling *row, double *pass_ns)
{
    const double want = repetition_ns(row);
    for (uint64_t passes = 1;; passes *= 2) {
        double fastest = INFINITY, ns;
        for (int tries = 0; tries < 3 && fastest > want / 2; tries++) {
            repeat(m, row, passes, &ns);
            fastest = fmin(fastest, ns);
            if (fastest < want / 2)
                break;
        }
        *pass_ns = fastest / (double)passes;
        if (fastest >= want / 2)
            break;
    }
}

/* One repetition of a row, calibrated before its first. */
static double measure_row(struct measurement *m, const struct bench_ceiling *row, double *pass_ns)
{
    double ns;
    if (row->level != BENCH_DRAM && *pass_ns == 0)
        calibrate(m, row, pass_ns);
    const uint64_t passes = row->level == BENCH_DRAM ? 1 : (uint64_t)fmax(1, repetition_ns(row) / *pass_ns);
    const double rate = repeat(m, row, passes, &ns);
    if (row->level != BENCH_DRAM)
        *pass_ns = fmin(*pass_ns, ns / (double)passes);
    return rate;
}

static int stopped(const struct measurement *m, struct qk_error *err)
{
    if (m->cfg->stop && m->cfg->stop())
        return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted");
    return 0;
}

static int run_round(struct measurement *m, size_t round, size_t *order, struct qk_error *err)
{
    struct bench_ceilings *c = m->c;
    int code = 0;
    bench_schedule_order(&m->rng, order, c->count);
    for (size_t i = 0; i < c->count && !code; i++) {
        const struct bench_ceiling *row = &c->rows[order[i]];
        if (*row->reason)
            continue;
        code = stopped(m, err);
        if (!code)
            m->rates[order[i] * ROUNDS_MAX + round] = measure_row(m, row, &m->pass_ns[order[i]]);
    }
    return code;
}

void bench_ceiling_estimate(struct bench_ceiling *row, const double *rates, size_t n, double *scratch)
{
    row->repetitions = n;
    row->median = bench_median(rates, n, scratch);
    row->best = rates[0];
    for (size_t i = 1; i < n; i++)
        row->best = fmax(row->best, rates[i]);
}

static int run_rounds(struct measurement *m, struct qk_error *err)
{
    struct bench_ceilings *c = m->c;
    /* Without a team no row can be measured, and the rounds are for the clock alone. */
    const double budget = !m->team ? 0 : c->quick ? quick_budget_ns : budget_ns;
    const size_t least = c->quick ? QUICK_ROUNDS_MIN : ROUNDS_MIN;
    const uint64_t start = bench_clock_ns();
    double ghz[ROUNDS_MAX], scratch[ROUNDS_MAX];
    size_t *order = calloc(c->count, sizeof *order), rounds = 0;
    int code = order ? 0 : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for an order of %zu", c->count);
    while (!code && rounds < ROUNDS_MAX) {
        const double done = (double)(bench_clock_ns() - start) / budget;
        if (rounds >= least && done >= 1)
            break;
        if (m->cfg->progress)
            m->cfg->progress(m->cfg->ctx, fmin(done, 1), "ceilings");
        ghz[rounds] = bench_clock_ghz(c->clock_why, sizeof c->clock_why);
        code = run_round(m, rounds, order, err);
        rounds += !code;
    }
    free(order);
    if (code)
        return code;
    c->clock_ghz = bench_median(ghz, rounds, scratch);
    c->clock_best = ghz[0];
    for (size_t i = 1; i < rounds; i++)
        c->clock_best = fmax(c->clock_best, ghz[i]);
    for (size_t i = 0; i < c->count; i++)
        if (!*c->rows[i].reason)
            bench_ceiling_estimate(&c->rows[i], m->rates + i * ROUNDS_MAX, rounds, scratch);
    return 0;
}

static void time_timer(struct bench_ceilings *c)
{
    enum { BATCHES = 20, CALLS = 1000 };
    uint64_t step = UINT64_MAX, fastest = UINT64_MAX;
    for (int b = 0; b < BATCHES; b++) {
        const uint64_t start = bench_clock_ns();
        uint64_t last = start;
        for (int i = 0; i < CALLS; i++) {
            const uint64_t now = bench_clock_ns();
            if (now > last && now - last < step)
                step = now - last;
            last = now;
        }
        fastest = last - start < fastest ? last - start : fastest;
    }
    c->timer_cost_ns = (double)fastest / CALLS;
    c->timer_step_ns = step == UINT64_MAX ? NAN : (double)step;
}

/* The pinned CPU first, then the others; returns how many. */
static int list_cpus(const struct bench_ceilings_config *cfg, int cpus[CPU_SETSIZE])
{
    int count = 0;
    cpus[count++] = cfg->cpu;
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (i != cfg->cpu && CPU_ISSET(i, cfg->allowed))
            cpus[count++] = i;
    return count;
}

static int measure(struct measurement *m, const int *cpus, struct qk_error *err)
{
    struct bench_ceilings *c = m->c;
    bool any = false;
    for (size_t i = 0; i < c->count; i++) {
        const struct bench_ceiling *row = &c->rows[i];
        const enum bench_team_memory memory = row->level != BENCH_DRAM ? BENCH_NEAR
                                              : row->threads == 1      ? BENCH_ALONE
                                                                       : BENCH_SHARED;
        /* Twice the largest cache's set, for different places in it. */
        const size_t wanted = row->level == BENCH_DRAM ? row->bytes : 2 * row->bytes;
        if (*row->reason)
            continue;
        m->bytes[memory] = wanted > m->bytes[memory] ? wanted : m->bytes[memory];
        any = true;
    }
    const size_t l3 = (size_t)bench_environment_cache(&c->env, 3), alone = m->bytes[BENCH_ALONE];
    m->windows_warm = alone && l3 > alone / WINDOWS ? 2 : 1;
    m->pass_ns = calloc(c->count, sizeof *m->pass_ns);
    m->rates = calloc(c->count, ROUNDS_MAX * sizeof *m->rates);
    if (!m->pass_ns || !m->rates)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the repetitions of %zu ceilings", c->count);
    int code = any ? bench_team_make(&m->team, cpus, c->threads, m->bytes, err) : 0;
    if (!code)
        code = run_rounds(m, err);
    if (!code && any)
        c->huge_share = bench_team_huge(m->team);
    return code;
}

int bench_ceilings_measure(struct bench_ceilings *c, const struct bench_ceilings_config *cfg,
                           struct qk_error *err)
{
    struct measurement m = {.c = c, .cfg = cfg};
    int cpus[CPU_SETSIZE];
    const uint64_t start = bench_clock_ns();
    bench_ceilings_init(c);
    c->quick = cfg->quick;
    c->seed = cfg->seed;
    c->cpu = cfg->cpu;
    c->threads = list_cpus(cfg, cpus);
    qk_rng_seed(&m.rng, cfg->seed);
    time_timer(c);
    int code = bench_ceilings_plan(c, cfg->isa, err);
    if (!code)
        code = measure(&m, cpus, err);
    bench_team_free(m.team);
    free(m.pass_ns);
    free(m.rates);
    c->seconds = (double)(bench_clock_ns() - start) * 1e-9;
    return code;
}

void bench_ceilings_init(struct bench_ceilings *c)
{
    *c = (struct bench_ceilings){.env = c->env,
                                 .timer_step_ns = NAN,
                                 .timer_cost_ns = NAN,
                                 .clock_ghz = NAN,
                                 .clock_best = NAN,
                                 .huge_share = NAN,
                                 .cpu = -1};
}

void bench_ceilings_free(struct bench_ceilings *c)
{
    free(c->rows);
    c->rows = NULL;
    c->count = 0;
}

const char *bench_ceiling_level(int level)
{
    static const char *const names[] = {"registers", "L1", "L2", "L3", "DRAM"};
    return names[level];
}

char *bench_ceiling_name(const struct bench_ceiling *row, char *to, size_t size)
{
    const char *kind = bench_ceiling_kind_names[row->loop->kind], *isa = qk_isas[row->loop->isa].name;
    if (row->level == BENCH_REGISTERS)
        snprintf(to, size, "%s/%s", kind, isa);
    else
        snprintf(to, size, "%s/%s/%s/%d", kind, bench_ceiling_level(row->level), isa, row->threads);
    return to;
}

double bench_ceiling_per_cycle(const struct bench_ceilings *c, const struct bench_ceiling *row)
{
    return row->level == BENCH_REGISTERS ? row->best / c->clock_best : NAN;
}

const struct bench_ceiling *bench_ceilings_find(const struct bench_ceilings *c, enum bench_ceiling_kind kind,
                                                int level, int threads)
{
    const struct bench_ceiling *found = NULL;
    for (size_t i = 0; i < c->count; i++) {
        const struct bench_ceiling *row = &c->rows[i];
        if (row->loop->kind == kind && row->level == level && row->threads == threads && !isnan(row->best) &&
            (!found || row->best > found->best))
            found = row;
    }
    return found;
}
