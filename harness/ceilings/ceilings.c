/* SPDX-License-Identifier: MIT */
#include "harness/ceilings/ceilings.h"

#include "harness/ceilings/private.h"
#include "harness/ceilings/team.h"
#include "harness/engine/schedule.h"
#include "harness/machine/clock.h"
#include "harness/records/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double budget_ns = 23e9, quick_budget_ns = 1.5e9, readers_budget_ns = 0.3e9;
enum { ROUNDS_MAX = 100, ROUNDS_MIN = 5, QUICK_ROUNDS_MIN = 2 };
/* When the clock fails, the budget never ends. So only a few rounds with a failed clock are allowed. */
enum { ODD_ROUNDS_MAX = 3 };

struct measurement {
    struct bench_ceilings *c;
    const struct bench_ceilings_config *cfg;
    struct qk_rng rng;
    struct bench_ceiling_bench bench;
    struct bench_ceiling_turns *turns; /* [c->count] */
    size_t *list;                      /* rows by number, as often as a round gives them a turn */
    size_t listed;
};

static int run_round(struct measurement *m, size_t *order, struct qk_error *err)
{
    int code = 0;
    bench_schedule_order(&m->rng, order, m->listed);
    for (size_t i = 0; i < m->listed && !code; i++) {
        const size_t row = m->list[order[i]];
        if (bench_job_stopped(&m->cfg->job))
            return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted");
        bench_ceiling_take_turn(&m->bench, &m->c->rows[row], &m->turns[row]);
        code = bench_team_check(m->bench.team, err);
    }
    return code;
}

/* The repetitions are made into numbers. */
static int estimate(struct measurement *m, struct qk_error *err)
{
    struct bench_ceilings *c = m->c;
    size_t most = 1;
    for (size_t i = 0; i < c->count; i++)
        if (m->turns[i].turns * m->turns[i].repetitions > most)
            most = m->turns[i].turns * m->turns[i].repetitions;
    double *scratch = calloc(most, sizeof *scratch);
    if (!scratch)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the medians of ceilings");
    bool any = !m->listed;
    for (size_t i = 0; i < c->count; i++) {
        if (*c->rows[i].reason)
            continue;
        bench_ceiling_estimate(&c->rows[i], &m->turns[i], scratch);
        c->dropped_repetitions += m->turns[i].turns * m->turns[i].repetitions - c->rows[i].repetitions;
        any |= !*c->rows[i].reason;
    }
    free(scratch);
    return any ? 0
               : qk_fail(err, QK_ERR_INVALID, "clock",
                         "nothing was measured: the system clock stood still or went back all the time");
}

static int run_rounds(struct measurement *m, struct qk_error *err)
{
    struct bench_ceilings *c = m->c;
    /* Without a team no row can be measured, and the rounds are for the clock alone. */
    const double budget = !m->bench.team    ? 0
                          : m->cfg->readers ? readers_budget_ns
                          : c->quick        ? quick_budget_ns
                                            : budget_ns;
    const size_t least = c->quick ? QUICK_ROUNDS_MIN : ROUNDS_MIN;
    const uint64_t start = bench_clock_ns();
    double ghz[ROUNDS_MAX], scratch[ROUNDS_MAX];
    size_t *order = calloc(m->listed + 1, sizeof *order), rounds = 0, odd = 0;
    int code = order ? 0 : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for an order of %zu", m->listed);
    while (!code && rounds < ROUNDS_MAX && odd < ODD_ROUNDS_MAX) {
        struct bench_clocks begin, end;
        bench_clocks_read(&begin);
        const double done = bench_clock_since(start) / budget;
        if (rounds >= least && done >= 1)
            break;
        bench_job_tell(&m->cfg->job, fmax(0, fmin(done, 1)), "ceilings");
        ghz[rounds] = bench_clock_ghz(c->clock_why, sizeof c->clock_why);
        code = run_round(m, order, err);
        rounds += !code;
        bench_clocks_read(&end);
        odd += bench_clocks_differ(&begin, &end) != NULL;
    }
    free(order);
    if (code)
        return code;
    size_t known = 0;
    for (size_t i = 0; i < rounds; i++) {
        c->clock_best = fmax(c->clock_best, ghz[i]); /* passes a NaN over */
        if (!isnan(ghz[i]))
            ghz[known++] = ghz[i];
    }
    c->clock_ghz = bench_median(ghz, known, scratch);
    if (known)
        *c->clock_why = '\0';
    return estimate(m, err);
}

static void time_timer(struct bench_ceilings *c)
{
    enum { BATCHES = 20, CALLS = 1000 };
    double fastest = INFINITY;
    for (int b = 0; b < BATCHES; b++) {
        const uint64_t start = bench_clock_ns();
        for (int i = 1; i < CALLS; i++)
            bench_clock_ns();
        const double took = bench_clock_since(start);
        fastest = took > 0 ? fmin(fastest, took) : fastest;
    }
    c->timer_cost_ns = isinf(fastest) ? NAN : fastest / CALLS;
    c->timer_step_ns = bench_clock_step();
}

/*
 * The pinned CPU first, then the others that threads can be pinned to, owned by the caller; *count of them.
 */
static int *list_cpus(const struct bench_ceilings_config *cfg, int *count)
{
    int *const cpus = calloc(bench_cpus_count(cfg->allowed) + 1, sizeof *cpus);
    if (!cpus)
        return NULL;
    *count = 0;
    cpus[(*count)++] = cfg->job.cpu;
    for (int i = 0; i < BENCH_CPUS_MAX; i++)
        if (i != cfg->job.cpu && bench_cpus_has(cfg->allowed, i) && bench_cpus_use_one(i))
            cpus[(*count)++] = i;
    if (*count > 1)
        bench_cpus_use_one(cfg->job.cpu);
    else if (bench_cpus_count(cfg->allowed) == 1)
        cpus[0] = -1; /* it is there already, even where the system lets nobody pin */
    return cpus;
}

/* The list of a round, and memory for what its rows need. */
static int make_room(struct measurement *m, struct qk_error *err)
{
    const struct bench_ceilings *c = m->c;
    m->turns = calloc(c->count, sizeof *m->turns);
    m->list = calloc(c->count * BENCH_CEILING_TURNS_MAX, sizeof *m->list);
    if (!m->turns || !m->list)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu ceilings", c->count);
    for (size_t i = 0; i < c->count; i++) {
        if (*c->rows[i].reason)
            continue;
        const size_t each = bench_ceiling_prepare(&m->bench, &c->rows[i], &m->turns[i], ROUNDS_MAX);
        if (!each)
            return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the repetitions of a ceiling");
        for (size_t k = 0; k < each; k++)
            m->list[m->listed++] = i;
    }
    return 0;
}

static int measure(struct measurement *m, const int *cpus, struct qk_error *err)
{
    int code = make_room(m, err);
    if (!code && m->listed)
        code = bench_team_make(&m->bench.team, cpus, m->c->threads, m->bench.bytes, err);
    if (!code)
        code = run_rounds(m, err);
    if (!code && m->listed)
        m->c->huge_share = bench_team_huge(m->bench.team);
    return code;
}

static void release(struct measurement *m)
{
    bench_team_free(m->bench.team);
    for (size_t i = 0; i < m->c->count && m->turns; i++) {
        free(m->turns[i].rates);
        free(m->turns[i].ghz);
    }
    free(m->turns);
    free(m->list);
}

int bench_ceilings_measure(struct bench_ceilings *c, const struct bench_ceilings_config *cfg,
                           struct qk_error *err)
{
    struct measurement m = {.c = c, .cfg = cfg, .bench.rng = &m.rng};
    int *cpus = NULL;
    const uint64_t start = bench_clock_ns();
    bench_ceilings_init(c);
    c->quick = cfg->job.quick;
    c->seed = cfg->job.seed;
    c->cpu = cfg->job.cpu;
    qk_rng_seed(&m.rng, cfg->job.seed);
    int code = bench_ceiling_check_clock(err);
    const char *odd = code ? NULL : bench_clocks_watch();
    if (odd)
        code = qk_fail(err, QK_ERR_INVALID, "clock", "nothing can be timed: %s", odd);
    if (!code && !(cpus = list_cpus(cfg, &c->threads)))
        code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a list of CPUs");
    if (!code)
        time_timer(c);
    if (!code)
        code = cfg->readers ? bench_ceilings_plan_readers(c, cfg, err)
                            : bench_ceilings_plan(c, cfg->job.isa, err);
    if (!code)
        code = measure(&m, cpus, err);
    release(&m);
    free(cpus);
    c->seconds = fmax(0, bench_clock_since(start)) * 1e-9;
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

const char *const bench_ceiling_levels[] = {"registers", "L1", "L2", "L3", "DRAM", NULL};

char *bench_ceiling_name(const struct bench_ceiling *row, char *to, size_t size)
{
    const char *kind = bench_ceiling_kind_names[row->loop->kind], *isa = qk_isa_row(row->loop->isa)->name;
    if (row->level == BENCH_REGISTERS)
        snprintf(to, size, "%s/%s", kind, isa);
    else
        snprintf(to, size, "%s/%s/%s/%d", kind, bench_ceiling_levels[row->level], isa, row->threads);
    return to;
}

double bench_ceiling_ghz(const struct bench_ceiling *row)
{
    return row->best / row->per_cycle;
}

const struct bench_ceiling *bench_ceilings_find(const struct bench_ceilings *c, enum bench_ceiling_kind kind,
                                                int level, int threads)
{
    const struct bench_ceiling *found = NULL;
    for (size_t i = 0; i < c->count; i++) {
        const struct bench_ceiling *row = &c->rows[i];
        const bool is =
            kind == BENCH_CEILING_read ? bench_ceiling_reads(row->loop->kind) : row->loop->kind == kind;
        if (is && row->level == level && row->threads == threads && !isnan(row->best) &&
            (!found || row->best > found->best))
            found = row;
    }
    return found;
}

double bench_ceilings_dram_read(const void *ceilings, size_t threads)
{
    const struct bench_ceiling *row =
        bench_ceilings_find(ceilings, BENCH_CEILING_read, BENCH_DRAM, (int)threads);
    return row ? row->best : NAN;
}
