/* SPDX-License-Identifier: MIT */
#include "harness/e2e/programs.h"

#include "harness/e2e/serve.h"
#include "harness/e2e/served.h"
#include "harness/engine/schedule.h"
#include "harness/machine/child.h"
#include "harness/machine/clock.h"
#include "harness/records/stats.h"

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
 * Memory gets faster and slower by itself like a random walk. Groups of 60 ms differed by 4.3 % from their
 * neighbours, and by 5.7 % when one was between them. Neighbours of 0.44 s differed by 5.6 % (2 vCPUs of a
 * Xeon, synth:bitnet-2b/4). So groups are as short as they may be, and a block is the middle of all its
 * neighbours.
 */
static const double LEAST_NS = 1.1e6 * BENCH_PROGRAMS_GROUP_MS;
/*
 * A decision counts blocks. Where memory is quiet it takes the least number of them, however short they are.
 * Simulated on groups of 45 ms that differed by 6 % from their neighbours (a Zen 3), and on a half and a
 * quarter of that noise: blocks of 8 pairs took 496, 240 and 240 groups to pass, of 4 pairs 560, 192 and 120,
 * of 3 pairs 456, 186 and 90 (medians of 200).
 */
enum { PAIRS = 3, FEW = 1, MOST_FIRST = 4096 };
static const double PLAIN = 3; /* times as slow as the control is meant to be */
/* A child that waits wakes now and then, and its threads look for work a little before they sleep. */
static const double IDLE_SHARE = 0.05;

enum { BASE, CANDIDATE, COPY, CHILDREN };

struct group {
    double ns, said_ns;
    int32_t *ids; /* [tokens and extra] */
};

struct comparison {
    size_t child; /* that is timed against the base's first one */
    const char *called;
    size_t extra; /* tokens */
    bool over;
    double spent_ns;
    struct bench_programs_block block;
};

struct programs {
    const struct bench_programs_config *cfg;
    struct qk_rng rng;
    struct bench_served child[CHILDREN];
    size_t started;
    size_t tokens; /* of a group */
    bool found;    /* so many */
    struct group group[2];
    struct comparison of[BENCH_PROGRAMS_PAIRS];
    size_t rounds;
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
    /* Nobody asks the copy any more, and it would take as long to load as the others. */
    const size_t children = p->of[BENCH_PROGRAMS_COPY].over ? COPY : CHILDREN;
    int code = 0;
    bench_cpus_use(cfg->allowed);
    for (size_t i = 0; i < children && !code; i++) {
        const struct bench_served_config how = {file[i], cfg->model, cfg->threads, cfg->patience_ms};
        code = bench_served_start(&p->child[i], &how, &cfg->job, i == CANDIDATE ? "candidate" : "base", err);
        p->started++;
    }
    for (size_t i = 0; i < children && !code; i++)
        code = bench_served_wait(&p->child[i], err);
    if (code)
        return code;
    code = bench_pin(cfg->job.cpu, err) < 0 ? QK_ERR_IO : 0;
    for (size_t i = 0; i < children && !code && cfg->threads == 1; i++)
        if (!bench_cpus_give_one(p->child[i].pid, cfg->job.cpu) && bench_cpus_count(cfg->allowed) > 1)
            code = qk_fail(err, QK_ERR_IO, "--cpu", "the system refuses to pin the %s program to CPU %d: %s",
                           p->child[i].called, cfg->job.cpu, strerror(errno));
    for (size_t i = 0; i < children && !code; i++)
        if (p->child[i].vocab != p->child[BASE].vocab)
            code = qk_fail(err, QK_ERR_CHECK, NULL, "the base's model has %zu tokens and the candidate's %zu",
                           p->child[BASE].vocab, p->child[i].vocab);
    return code;
}

static int step(struct programs *p, size_t child, size_t tokens, int32_t first, struct group *to,
                struct qk_error *err)
{
    struct bench_served *const worker = &p->child[child];
    double cpu_ns[CHILDREN];
    for (size_t i = 0; i < p->started; i++)
        cpu_ns[i] = bench_served_cpu_ns(&p->child[i]);
    const int code = bench_served_step(worker, tokens, first, to->ids, &to->ns, &to->said_ns, err);
    if (code)
        return code;
    for (size_t i = 0; i < p->started; i++) {
        const double used_ns = bench_served_cpu_ns(&p->child[i]) - cpu_ns[i];
        if (i != child && !isfinite(used_ns))
            return qk_fail(err, QK_ERR_CHECK, NULL, "the %s program ended while it had to wait",
                           p->child[i].called);
        if (i != child && !(used_ns <= IDLE_SHARE * fmax(to->ns, 1e6 * BENCH_PROGRAMS_GROUP_MS)))
            return qk_fail(err, QK_ERR_CHECK, NULL,
                           "the %s program used %.1f ms of CPU time in %.1f ms in which it had to wait",
                           p->child[i].called, used_ns * 1e-6, to->ns * 1e-6);
    }
    return 0;
}

/* Groups of so many tokens, or as many as an order may have. Both may be asked for twice as many. */
static int set_tokens(struct programs *p, double tokens, struct qk_error *err)
{
    p->tokens = (size_t)fmin(fmax(tokens, 1), BENCH_SERVE_TOKENS_MOST / 2);
    p->of[BENCH_PROGRAMS_CANDIDATE].extra = bench_programs_extra(p->cfg->inject, p->tokens);
    p->of[BENCH_PROGRAMS_SLOWED].extra = bench_programs_extra(p->cfg->slowed, p->tokens);
    for (int i = 0; i < 2; i++) {
        int32_t *const more = reallocarray(p->group[i].ids, 2 * p->tokens, sizeof *more);
        if (!more)
            return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu tokens", 2 * p->tokens);
        p->group[i].ids = more;
    }
    return 0;
}

/* How many tokens a group has, so that the faster program takes long enough for it. */
static int find_tokens(struct programs *p, struct qk_error *err)
{
    double token_ns = INFINITY;
    int code = set_tokens(p, 1, err);
    for (size_t child = 0; child <= CANDIDATE && !code; child++) {
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
    return code ? code : set_tokens(p, fmax(ceil(LEAST_NS / token_ns), (double)p->cfg->tokens), err);
}

/* Groups of the base and of the other arm by turns. A coin says which is first. */
static int time_chain(struct programs *p, const struct comparison *of, size_t groups, bool arm_first,
                      double *ns, double said_ns[2], struct qk_error *err)
{
    const int32_t first = (int32_t)qk_rng_below(&p->rng, p->child[BASE].vocab);
    const struct group *const base = &p->group[0], *const arm = &p->group[1];
    for (size_t g = 0; g < groups; g++) {
        const int turn = (g % 2 == 0) == arm_first;
        struct group *const now = &p->group[turn];
        const int code = turn ? step(p, of->child, p->tokens + of->extra, first, now, err)
                              : step(p, BASE, p->tokens, first, now, err);
        if (code)
            return code;
        ns[g] = now->ns / (double)p->tokens;
        said_ns[turn] += now->said_ns / (double)p->tokens;
        for (size_t t = 0; t < p->tokens && g; t++)
            if (arm->ids[t] != base->ids[t])
                return qk_fail(err, QK_ERR_CHECK, NULL,
                               "other tokens: number %zu behind token %d is %d of the base and %d of the %s",
                               t + 1, (int)first, (int)base->ids[t], (int)arm->ids[t], of->called);
    }
    return 0;
}

/* Why the chain is not to be believed; NULL when it is. */
static const char *odd_chain(const struct bench_clocks *begin, double shortest)
{
    struct bench_clocks end;
    bench_clocks_read(&end);
    const char *const odd = bench_clocks_differ(begin, &end);
    return odd || shortest > 0 ? odd : "the clock stood still or went back during a group";
}

/* What neighbours say, all of them: the speed of memory is a random walk, and its steps are independent. */
static void put_block(struct bench_programs_block *b, const double *ns, size_t groups, bool arm_first)
{
    double ratio[2 * BENCH_PROGRAMS_MOST], scratch[BENCH_PROGRAMS_MOST * (2 * BENCH_PROGRAMS_MOST + 1)];
    for (size_t g = 0; g + 1 < groups; g++)
        ratio[g] = (g % 2 == 0) == arm_first ? log(ns[g] / ns[g + 1]) : log(ns[g + 1] / ns[g]);
    b->log_ratio = bench_hodges_lehmann(ratio, groups - 1, scratch);
    for (size_t g = 0; g < groups; g += 2) {
        b->base_ns[b->pairs] = ns[arm_first ? g + 1 : g];
        b->ns[b->pairs++] = ns[arm_first ? g : g + 1];
    }
}

/* A block that can be believed. Which arm had too short a group does not matter: dropping favours none. */
static int take_block(struct programs *p, struct comparison *of, size_t groups, struct qk_error *err)
{
    struct bench_programs_block *const b = &of->block;
    double ns[2 * BENCH_PROGRAMS_MOST];
    const char *odd = "";
    for (int i = 0; i < TRIES && odd; i++) {
        const bool arm_first = qk_rng_below(&p->rng, 2);
        double said_ns[2] = {0, 0}, shortest = INFINITY;
        struct bench_clocks begin;
        bench_clocks_read(&begin);
        int code = time_chain(p, of, groups, arm_first, ns, said_ns, err);
        for (size_t g = 0; g < groups && !code; g++) {
            shortest = fmin(shortest, ns[g] * (double)p->tokens);
            b->wall_ns += ns[g] * (double)p->tokens;
        }
        odd = code ? NULL : odd_chain(&begin, shortest);
        b->dropped += odd != NULL;
        if (!code && !odd && shortest < 1e6 * BENCH_PROGRAMS_GROUP_MS &&
            2 * p->tokens < BENCH_SERVE_TOKENS_MOST) {
            odd = "a group was too short";
            code = set_tokens(p, ceil((double)p->tokens * LEAST_NS / shortest), err);
        }
        if (code)
            return code;
        if (odd)
            continue;
        put_block(b, ns, groups, arm_first);
        b->base_said_ns = said_ns[0];
        b->said_ns = said_ns[1];
        b->tokens = p->tokens;
        b->extra = (double)of->extra / (double)p->tokens;
    }
    return odd ? qk_fail(err, QK_ERR_INVALID, "clock", "no group can be believed: %s", odd) : 0;
}

/* In whole tokens a control may be slowed far more than is asked for. Then one pair a block shows it. */
static size_t pairs_of(const struct programs *p, const struct comparison *of)
{
    const size_t pairs = p->cfg->job.quick ? 1 : PAIRS;
    const bool plain = (double)of->extra > PLAIN * p->cfg->slowed * (double)p->tokens;
    return plain && pairs > FEW ? FEW : pairs;
}

static void give(struct programs *p, struct comparison *of, size_t launch)
{
    struct bench_programs_block *const b = &of->block;
    b->launch = launch;
    of->spent_ns += b->wall_ns;
    const bool more = p->cfg->more(p->cfg->ctx, b);
    of->over = (!more && launch + 1 >= p->cfg->launches) || of->spent_ns >= p->cfg->budget_ns;
}

static bool anything_open(const struct programs *p)
{
    for (int i = 0; i < BENCH_PROGRAMS_PAIRS; i++)
        if (!p->of[i].over)
            return true;
    return false;
}

/* A block of each comparison that is open, in a drawn order. */
static int take_round(struct programs *p, size_t launch, struct qk_error *err)
{
    size_t order[BENCH_PROGRAMS_PAIRS];
    int code = 0;
    bench_job_tell(&p->cfg->job, fmin(0.95, (double)p->rounds++ / ROUNDS_TO_DECIDE),
                   "groups of both programs");
    bench_schedule_order(&p->rng, order, BENCH_PROGRAMS_PAIRS);
    for (int i = 0; i < BENCH_PROGRAMS_PAIRS && !code; i++) {
        struct comparison *const of = &p->of[order[i]];
        of->block = (struct bench_programs_block){.pair = (enum bench_programs_pair)order[i]};
        if (of->over)
            continue;
        code = take_block(p, of, 2 * pairs_of(p, of), err);
        if (!code)
            give(p, of, launch);
    }
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
    for (size_t child = 0; child < p->started && !code; child++)
        code = step(p, child, p->tokens < 4 ? p->tokens : 4, 0, &p->group[0], err);
    for (size_t r = 0; r < rounds && !code && !late(p) && anything_open(p); r++)
        code = take_round(p, launch, err);
    end_launch(p);
    return code;
}

int bench_programs_run(const struct bench_programs_config *cfg, struct qk_error *err)
{
    struct programs p = {.cfg = cfg,
                         .of = {[BENCH_PROGRAMS_CANDIDATE] = {.child = CANDIDATE, .called = "candidate"},
                                [BENCH_PROGRAMS_COPY] = {.child = COPY, .called = "base, run again"},
                                [BENCH_PROGRAMS_SLOWED] = {.child = BASE, .called = "base, asked for more"}}};
    const char *const odd = bench_clocks_watch();
    int code = odd ? qk_fail(err, QK_ERR_INVALID, "clock", "nothing can be timed: %s", odd) : 0;
    qk_rng_seed(&p.rng, cfg->job.seed);
    bench_strays_adopt();
    for (size_t launch = 0; !code && anything_open(&p) && !late(&p); launch++)
        code = run_launch(&p, launch, err);
    bench_strays_end();
    for (int i = 0; i < 2; i++)
        free(p.group[i].ids);
    return code;
}
