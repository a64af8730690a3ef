/* SPDX-License-Identifier: MIT */
#include "harness/e2e/programs.h"

#include "harness/e2e/serve.h"
#include "harness/e2e/served.h"
#include "harness/engine/schedule.h"
#include "harness/machine/child.h"
#include "harness/machine/clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A decision among three takes 15 blocks or more (baselines/gate/decide.h). Dealt out so, it has seen five
 * launches by then. Later launches have more rounds each, because loading a model takes long.
 */
enum { ROUNDS = 3, ROUNDS_LATER = 6, ROUNDS_TO_DECIDE = 16, TRIES = 4 };
/*
 * Groups are no longer than that, or a verdict would take minutes. So the groups of a slow model have few
 * tokens, and the extra token of a control is a large share of them.
 */
static const double LEAST_NS = 1.2e6 * BENCH_PROGRAMS_GROUP_MS, MOST_NS = 500e6;
/* Of these, one is 1.6 %: the control is slowed as it is meant to be, and longer groups are no better. */
enum { FINE = 64, MOST_FIRST = 4096 };
/* A child that waits wakes now and then, and its threads look for work a little before they sleep. */
static const double IDLE_SHARE = 0.05;

enum { BASE, CANDIDATE, COPY, CHILDREN };
enum { ARMS = 1 + BENCH_PROGRAMS_PAIRS };
static const struct {
    int child;
    const char *called;
} arms[ARMS] = {{BASE, "base"}, {CANDIDATE, "candidate"}, {COPY, "base"}, {BASE, "base"}};

struct group {
    double ns, said_ns;
    int32_t *ids; /* [tokens and extra] */
};

struct programs {
    const struct bench_programs_config *cfg;
    struct qk_rng rng;
    struct bench_served child[CHILDREN];
    size_t started;
    size_t tokens, extra[ARMS];
    struct group group[ARMS];
    bool found; /* the tokens of a group */
    bool over[BENCH_PROGRAMS_PAIRS];
    double spent_ns[BENCH_PROGRAMS_PAIRS];
    size_t rounds, dropped;
};

size_t bench_programs_extra(double share, size_t tokens)
{
    /* 2 % of 50 is 1, though the product of the two numbers is a little more. */
    return (size_t)ceil(share * (double)tokens - 1e-9);
}

static bool late(const struct programs *p)
{
    return p->cfg->until_ns && bench_clock_ns() >= p->cfg->until_ns;
}

static void end_launch(struct programs *p)
{
    while (p->started)
        bench_served_end(&p->child[--p->started]);
    bench_strays_end();
    bench_strays_adopt();
}

/* They load at the same time, wherever they may run. Then each with one thread is pinned. */
static int start_launch(struct programs *p, struct qk_error *err)
{
    const struct bench_programs_config *cfg = p->cfg;
    const char *const file[CHILDREN] = {cfg->base, cfg->candidate, cfg->base};
    int code = 0;
    bench_cpus_use(cfg->allowed);
    for (int i = 0; i < CHILDREN && !code; i++) {
        const struct bench_served_config how = {file[i], cfg->model, cfg->threads, cfg->patience_ms};
        code = bench_served_start(&p->child[i], &how, &cfg->job, i == CANDIDATE ? "candidate" : "base", err);
        p->started++;
    }
    for (int i = 0; i < CHILDREN && !code; i++)
        code = bench_served_wait(&p->child[i], err);
    if (code)
        return code;
    code = bench_pin(cfg->job.cpu, err) < 0 ? QK_ERR_IO : 0;
    for (int i = 0; i < CHILDREN && !code && cfg->threads == 1; i++)
        if (!bench_cpus_give_one(p->child[i].pid, cfg->job.cpu) && bench_cpus_count(cfg->allowed) > 1)
            code = qk_fail(err, QK_ERR_IO, "--cpu", "the system refuses to pin the %s program to CPU %d: %s",
                           p->child[i].called, cfg->job.cpu, strerror(errno));
    for (int i = 0; i < CHILDREN && !code; i++)
        if (p->child[i].vocab != p->child[BASE].vocab)
            code = qk_fail(err, QK_ERR_CHECK, NULL, "the base's model has %zu tokens and the candidate's %zu",
                           p->child[BASE].vocab, p->child[i].vocab);
    return code;
}

static int step(struct programs *p, int child, size_t tokens, int32_t first, struct group *to,
                struct qk_error *err)
{
    struct bench_served *const worker = &p->child[child];
    double cpu_ns[CHILDREN];
    for (int i = 0; i < CHILDREN; i++)
        cpu_ns[i] = bench_served_cpu_ns(&p->child[i]);
    const int code = bench_served_step(worker, tokens, first, to->ids, &to->ns, &to->said_ns, err);
    if (code)
        return code;
    for (int i = 0; i < CHILDREN; i++) {
        const double used_ns = bench_served_cpu_ns(&p->child[i]) - cpu_ns[i];
        if (i != child && !(used_ns <= IDLE_SHARE * fmax(to->ns, 1e6 * BENCH_PROGRAMS_GROUP_MS)))
            return qk_fail(err, QK_ERR_CHECK, NULL,
                           "the %s program used %.1f ms of CPU time in %.1f ms in which it had to wait",
                           p->child[i].called, used_ns * 1e-6, to->ns * 1e-6);
    }
    return 0;
}

static int make_room(struct programs *p, size_t tokens, struct qk_error *err)
{
    for (int a = 0; a < ARMS; a++) {
        int32_t *const more = reallocarray(p->group[a].ids, tokens, sizeof *more);
        if (!more)
            return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu tokens", tokens);
        p->group[a].ids = more;
    }
    return 0;
}

/* Groups of so many tokens, or as many as an order may have. Both may be asked for twice as many. */
static int set_tokens(struct programs *p, double tokens, struct qk_error *err)
{
    p->tokens = (size_t)fmin(fmax(tokens, 1), BENCH_SERVE_TOKENS_MOST / 2);
    p->extra[1 + BENCH_PROGRAMS_CANDIDATE] = bench_programs_extra(p->cfg->inject, p->tokens);
    p->extra[1 + BENCH_PROGRAMS_SLOWED] = bench_programs_extra(p->cfg->slowed, p->tokens);
    return make_room(p, 2 * p->tokens, err);
}

/* How many tokens a group has, so that the faster program takes long enough for it. */
static int find_tokens(struct programs *p, struct qk_error *err)
{
    double token_ns = INFINITY;
    int code = set_tokens(p, 1, err);
    for (int child = 0; child <= CANDIDATE && !code; child++) {
        double ns = 0;
        for (int i = 0; i < 2 && !code; i++) /* the first is cold */
            code = step(p, child, p->tokens, 0, &p->group[child], err);
        while (!code && (ns = p->group[child].ns) < LEAST_NS / 8 && p->tokens < MOST_FIRST) {
            code = set_tokens(p, 2 * (double)p->tokens, err);
            if (!code)
                code = step(p, child, p->tokens, 0, &p->group[child], err);
        }
        token_ns = fmin(token_ns, ns / (double)p->tokens);
    }
    const double least = ceil(LEAST_NS / token_ns), most = floor(MOST_NS / token_ns);
    return code ? code : set_tokens(p, fmax(fmax(least, fmin(FINE, most)), (double)p->cfg->tokens), err);
}

/* A group of each arm, in a drawn order. *odd: why it is not to be believed; NULL when it is. */
static int time_round(struct programs *p, const char **odd, struct qk_error *err)
{
    size_t order[ARMS], count = 1;
    struct bench_clocks begin, end;
    size_t which[ARMS] = {0};
    const int32_t first = (int32_t)qk_rng_below(&p->rng, p->child[BASE].vocab);
    int code = 0;
    for (size_t pair = 0; pair < BENCH_PROGRAMS_PAIRS; pair++)
        if (!p->over[pair])
            which[count++] = pair + 1;
    bench_schedule_order(&p->rng, order, count);
    bench_clocks_read(&begin);
    for (size_t i = 0; i < count && !code; i++) {
        const size_t arm = which[order[i]];
        code = step(p, arms[arm].child, p->tokens + p->extra[arm], first, &p->group[arm], err);
    }
    bench_clocks_read(&end);
    *odd = bench_clocks_differ(&begin, &end);
    for (size_t i = 0; i < count && !code && !*odd; i++)
        if (!(p->group[which[i]].ns > 0))
            *odd = "the clock stood still or went back during a group";
    for (size_t i = 1; i < count && !code; i++)
        for (size_t t = 0; t < p->tokens && !code; t++)
            if (p->group[which[i]].ids[t] != p->group[0].ids[t])
                code = qk_fail(err, QK_ERR_CHECK, NULL,
                               "other tokens: number %zu behind token %d is %d of the base and %d of the %s%s",
                               t + 1, (int)first, (int)p->group[0].ids[t], (int)p->group[which[i]].ids[t],
                               arms[which[i]].called, which[i] > CANDIDATE ? ", run again" : "");
    return code;
}

static void give(struct programs *p, enum bench_programs_pair pair, size_t launch)
{
    const struct group *const base = &p->group[0], *const arm = &p->group[1 + pair];
    const struct bench_programs_block block = {
        .pair = pair,
        .launch = launch,
        .tokens = p->tokens,
        .extra = (double)p->extra[1 + pair] / (double)p->tokens,
        .base_ns = base->ns,
        .ns = arm->ns,
        .base_said_ns = base->said_ns,
        .said_ns = arm->said_ns,
        .wall_ns = base->ns + arm->ns,
        .dropped = p->dropped,
    };
    p->spent_ns[pair] += block.wall_ns;
    const bool more = p->cfg->more(p->cfg->ctx, &block);
    p->over[pair] =
        (!more && launch + 1 >= p->cfg->launches) || p->spent_ns[pair] >= p->cfg->budget_ns;
}

static bool anything_open(const struct programs *p)
{
    for (int pair = 0; pair < BENCH_PROGRAMS_PAIRS; pair++)
        if (!p->over[pair])
            return true;
    return false;
}

/* A group that turned out too short. Which arm's it was does not matter, so dropping the round favours none. */
static int lengthen(struct programs *p, const char **odd, struct qk_error *err)
{
    double shortest = p->group[0].ns;
    for (int pair = 0; pair < BENCH_PROGRAMS_PAIRS; pair++)
        if (!p->over[pair])
            shortest = fmin(shortest, p->group[1 + pair].ns);
    if (shortest >= 1e6 * BENCH_PROGRAMS_GROUP_MS || 2 * p->tokens >= BENCH_SERVE_TOKENS_MOST)
        return 0;
    *odd = "a group was too short";
    return set_tokens(p, ceil((double)p->tokens * LEAST_NS / shortest), err);
}

static int take_round(struct programs *p, size_t launch, struct qk_error *err)
{
    const char *odd = "";
    int code = 0;
    p->dropped = 0;
    bench_job_tell(&p->cfg->job, fmin(0.95, (double)p->rounds++ / ROUNDS_TO_DECIDE), "groups of both programs");
    for (int i = 0; i < TRIES && odd && !code; i++) {
        code = time_round(p, &odd, err);
        if (!code && !odd)
            code = lengthen(p, &odd, err);
        p->dropped += odd != NULL;
    }
    if (!code && odd)
        code = qk_fail(err, QK_ERR_INVALID, "clock", "no group can be believed: %s", odd);
    for (int pair = 0; pair < BENCH_PROGRAMS_PAIRS && !code; pair++)
        if (!p->over[pair])
            give(p, (enum bench_programs_pair)pair, launch);
    return code;
}

static int run_launch(struct programs *p, size_t launch, struct qk_error *err)
{
    const size_t rounds = launch < p->cfg->launches ? ROUNDS : ROUNDS_LATER;
    bench_job_tell(&p->cfg->job, fmin(0.95, (double)p->rounds / ROUNDS_TO_DECIDE), "both programs load");
    int code = start_launch(p, err);
    if (!code && !p->found)
        code = find_tokens(p, err);
    p->found = true;
    /* Of each, the first tokens are slower than others. */
    for (int child = 0; child < CHILDREN && !code; child++)
        code = step(p, child, p->tokens < 4 ? p->tokens : 4, 0, &p->group[child], err);
    for (size_t r = 0; r < rounds && !code && !late(p) && anything_open(p); r++)
        code = take_round(p, launch, err);
    end_launch(p);
    return code;
}

int bench_programs_run(const struct bench_programs_config *cfg, struct qk_error *err)
{
    struct programs p = {.cfg = cfg};
    const char *const odd = bench_clocks_watch();
    int code = odd ? qk_fail(err, QK_ERR_INVALID, "clock", "nothing can be timed: %s", odd) : 0;
    qk_rng_seed(&p.rng, cfg->job.seed);
    bench_strays_adopt();
    for (size_t launch = 0; !code && anything_open(&p) && !late(&p); launch++)
        code = run_launch(&p, launch, err);
    bench_strays_end();
    for (int a = 0; a < ARMS; a++)
        free(p.group[a].ids);
    return code;
}
