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
 * launches by then. Later launches have more rounds each, because loading a model takes as long as several.
 * But blocks of one launch share where its pages lie. With 14 rounds in each of them, one of two gates of an
 * identical program was WARN, at +1.31 % [+0.85, +1.77] (2 vCPUs of a Xeon).
 */
enum { ROUNDS = 3, ROUNDS_LATER = 6, ROUNDS_TO_DECIDE = 16, TRIES = 4 };
/*
 * Memory gets faster and slower by itself, as much in 20 ms as in half a second: what follows each other
 * differed by 3 to 5 %, single tokens as well as groups of 3 and of 25 (medians, 2 vCPUs of a Zen 4,
 * synth:bitnet-2b/4). So arms take turns as often as they may, and a group is as short as it may be. Replayed
 * on such times, a block of groups of three orders had 0.5 to 0.6 times the variance of one of unbroken
 * groups.
 */
static const double GROUP_NS = 1e6 * BENCH_PROGRAMS_GROUP_MS, ORDER_NS = 1e6 * BENCH_PROGRAMS_ORDER_MS;
/* How much longer than that they are made once some were too short. */
static const double SPARE = 1.1;
/*
 * A decision counts blocks. Where memory is quiet it takes the least number of them, however short they are.
 * Simulated on groups that differed by 5.2 % from their neighbours (that Xeon): to pass the case and the copy
 * took 396 groups in chains of all three with three cycles, and 438 and 492 with two and four (medians of
 * 300). In chains of two it took 472 to 560.
 */
enum { PAIRS = BENCH_PROGRAMS_MOST, MOST_FIRST = 4096, MOST_ORDERS = 64 };
static const double PLAIN = 3; /* times as slow as the control is meant to be */
/* A child that waits wakes now and then, and its threads look for work a little before they sleep. */
static const double IDLE_SHARE = 0.05; /* of the order, or of a group's time where that is more */

enum { BASE, CANDIDATE, COPY, CHILDREN };

struct answer {
    double ns, said_ns;
    int32_t *ids; /* [tokens and extra of the longest order] */
};

struct comparison {
    size_t child; /* that is timed against the base's first one */
    const char *called;
    size_t extra; /* tokens */
    bool over;
    double spent_ns;
};

/* One of a chain's arms. The first is the base, of no comparison. */
struct arm {
    struct comparison *of;
    size_t child, extra;
    size_t groups; /* one in each of so many cycles, from the first on */
    double ns[BENCH_PROGRAMS_MOST], said_ns[BENCH_PROGRAMS_MOST]; /* of the groups */
    struct answer answer;                                         /* the last one */
};
enum { ARMS = BENCH_PROGRAMS_PAIRS + 1 };

struct programs {
    const struct bench_programs_config *cfg;
    struct qk_rng rng;
    struct bench_served child[CHILDREN];
    size_t started;
    size_t tokens, orders; /* of an order, of a group */
    bool found;            /* so many */
    struct arm arm[ARMS];
    size_t arms; /* in the chain */
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

static int step(struct programs *p, size_t child, size_t tokens, int32_t first, struct answer *to,
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
        if (i != child && !(used_ns <= IDLE_SHARE * fmax(to->ns, GROUP_NS)))
            return qk_fail(err, QK_ERR_CHECK, NULL,
                           "the %s program used %.1f ms of CPU time in %.1f ms in which it had to wait",
                           p->child[i].called, used_ns * 1e-6, to->ns * 1e-6);
    }
    return 0;
}

static size_t group_tokens(const struct programs *p)
{
    return p->tokens * p->orders;
}

/* Orders of so many tokens, or as many as one may have. Any may be asked for twice as many. */
static int set_tokens(struct programs *p, double tokens, double orders, struct qk_error *err)
{
    p->tokens = (size_t)fmin(fmax(tokens, 1), BENCH_SERVE_TOKENS_MOST / 2);
    p->orders = (size_t)fmin(fmax(orders, 1), MOST_ORDERS);
    p->of[BENCH_PROGRAMS_CANDIDATE].extra = bench_programs_extra(p->cfg->inject, group_tokens(p));
    p->of[BENCH_PROGRAMS_SLOWED].extra = bench_programs_extra(p->cfg->slowed, group_tokens(p));
    for (int i = 0; i < ARMS; i++) {
        int32_t *const more = reallocarray(p->arm[i].answer.ids, 2 * p->tokens, sizeof *more);
        if (!more)
            return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu tokens", 2 * p->tokens);
        p->arm[i].answer.ids = more;
    }
    return 0;
}

/* How many tokens an order has, and orders a group, so that the faster program takes long enough for them. */
static int find_tokens(struct programs *p, struct qk_error *err)
{
    double token_ns = INFINITY;
    int code = set_tokens(p, 1, 1, err);
    for (size_t child = 0; child <= CANDIDATE && !code; child++) {
        double ns = 0;
        for (int i = 0; i < 2 && !code; i++) /* the first is cold */
            code = step(p, child, p->tokens, 0, &p->arm[0].answer, err);
        while (!code && (ns = p->arm[0].answer.ns) < ORDER_NS / 2 && p->tokens < MOST_FIRST) {
            code = set_tokens(p, 2 * (double)p->tokens, 1, err);
            if (!code)
                code = step(p, child, p->tokens, 0, &p->arm[0].answer, err);
        }
        token_ns = fmin(token_ns, ns / (double)p->tokens);
    }
    const double tokens = fmax(ceil(ORDER_NS / token_ns), (double)p->cfg->tokens);
    return code ? code : set_tokens(p, tokens, ceil(GROUP_NS / (tokens * token_ns)), err);
}

/* In whole tokens a control may be slowed far more than is asked for. Then one pair a block shows it. */
static size_t pairs_of(const struct programs *p, const struct comparison *of)
{
    const bool plain = (double)of->extra > PLAIN * p->cfg->slowed * (double)group_tokens(p);
    return p->cfg->job.quick || plain ? 1 : PAIRS;
}

/* The arms of a chain: the base and what is open. */
static void choose_arms(struct programs *p)
{
    p->arm[0].groups = 0;
    p->arms = 1;
    for (int i = 0; i < BENCH_PROGRAMS_PAIRS; i++) {
        struct comparison *const of = &p->of[i];
        struct arm *const arm = &p->arm[p->arms];
        if (of->over)
            continue;
        arm->of = of;
        arm->child = of->child;
        arm->extra = of->extra;
        arm->groups = pairs_of(p, of);
        p->arm[0].groups = arm->groups > p->arm[0].groups ? arm->groups : p->arm[0].groups;
        p->arms++;
    }
}

static int compare_ids(const struct programs *p, const struct arm *arm, int32_t first, struct qk_error *err)
{
    const int32_t *const expected = p->arm[0].answer.ids, *const found = arm->answer.ids;
    for (size_t t = 0; t < p->tokens; t++)
        if (found[t] != expected[t])
            return qk_fail(err, QK_ERR_CHECK, NULL,
                           "other tokens: number %zu behind token %d is %d of the base and %d of the %s",
                           t + 1, (int)first, (int)expected[t], (int)found[t], arm->of->called);
    return 0;
}

/* One order of each arm. Its extra tokens are dealt out evenly over the orders of a group. */
static int take_turns(struct programs *p, size_t cycle, size_t turn, const size_t *sequence, int32_t first,
                      struct qk_error *err)
{
    for (size_t i = 0; i < p->arms; i++) {
        struct arm *const arm = &p->arm[sequence[i]];
        if (cycle >= arm->groups)
            continue;
        const size_t extra = arm->extra * (turn + 1) / p->orders - arm->extra * turn / p->orders;
        const int code = step(p, arm->child, p->tokens + extra, first, &arm->answer, err);
        if (code)
            return code;
        arm->ns[cycle] += arm->answer.ns;
        arm->said_ns[cycle] += arm->answer.said_ns;
    }
    for (size_t i = 1; i < p->arms; i++)
        if (cycle < p->arm[i].groups && compare_ids(p, &p->arm[i], first, err))
            return QK_ERR_CHECK;
    return 0;
}

/* Orders of all arms by turns, in a drawn sequence. */
static int time_chain(struct programs *p, struct qk_error *err)
{
    const int32_t first = (int32_t)qk_rng_below(&p->rng, p->child[BASE].vocab);
    size_t sequence[ARMS];
    int code = 0;
    bench_schedule_order(&p->rng, sequence, p->arms);
    for (size_t cycle = 0; cycle < p->arm[0].groups; cycle++) {
        for (size_t i = 0; i < p->arms; i++)
            p->arm[i].ns[cycle] = p->arm[i].said_ns[cycle] = 0;
        for (size_t turn = 0; turn < p->orders && !code; turn++)
            code = take_turns(p, cycle, turn, sequence, first, err);
    }
    return code;
}

static double shortest_ns(const struct programs *p)
{
    double shortest = INFINITY;
    for (size_t i = 0; i < p->arms; i++)
        for (size_t g = 0; g < p->arm[i].groups; g++)
            shortest = fmin(shortest, p->arm[i].ns[g]);
    return shortest;
}

/* Why the chain is not to be believed; NULL when it is. */
static const char *odd_chain(const struct bench_clocks *begin, double shortest)
{
    struct bench_clocks end;
    bench_clocks_read(&end);
    const char *const odd = bench_clocks_differ(begin, &end);
    return odd || shortest > 0 ? odd : "the clock stood still or went back during a group";
}

/*
 * What the arm took, over what the base took in the same cycles. Its middle is that of all pairs of their
 * groups: one slow group spoils no more than its own pairs.
 */
static void put_block(const struct programs *p, const struct arm *arm, struct bench_programs_block *b)
{
    const struct arm *const base = &p->arm[0];
    const double tokens = (double)group_tokens(p);
    double ratio[BENCH_PROGRAMS_MOST * BENCH_PROGRAMS_MOST],
        scratch[BENCH_PROGRAMS_MOST * BENCH_PROGRAMS_MOST];
    b->pairs = arm->groups;
    for (size_t g = 0; g < b->pairs; g++) {
        for (size_t h = 0; h < b->pairs; h++)
            ratio[g * b->pairs + h] = log(arm->ns[g] / base->ns[h]);
        b->base_ns[g] = base->ns[g] / tokens;
        b->ns[g] = arm->ns[g] / tokens;
        b->base_said_ns += base->said_ns[g] / tokens;
        b->said_ns += arm->said_ns[g] / tokens;
        b->wall_ns += base->ns[g] + arm->ns[g];
    }
    b->log_ratio = bench_median(ratio, b->pairs * b->pairs, scratch);
    b->tokens = p->tokens;
    b->orders = p->orders;
    b->extra = (double)arm->extra / tokens;
}

static void give(const struct programs *p, const struct arm *arm, size_t launch, size_t dropped)
{
    struct comparison *const of = arm->of;
    struct bench_programs_block b = {
        .pair = (enum bench_programs_pair)(of - p->of), .launch = launch, .dropped = dropped};
    put_block(p, arm, &b);
    of->spent_ns += b.wall_ns;
    const bool more = p->cfg->more(p->cfg->ctx, &b);
    of->over = (!more && launch + 1 >= p->cfg->launches) || of->spent_ns >= p->cfg->budget_ns;
}

static bool anything_open(const struct programs *p)
{
    for (int i = 0; i < BENCH_PROGRAMS_PAIRS; i++)
        if (!p->of[i].over)
            return true;
    return false;
}

/*
 * A block of each comparison that is open, from one chain that can be believed. Which arm had too short a
 * group does not matter: dropping favours none.
 */
static int take_round(struct programs *p, size_t launch, struct qk_error *err)
{
    const char *odd = "";
    size_t dropped = 0;
    bench_job_tell(&p->cfg->job, fmin(0.95, (double)p->rounds++ / ROUNDS_TO_DECIDE),
                   "groups of both programs");
    for (int i = 0; i < TRIES && odd; i++) {
        struct bench_clocks begin;
        choose_arms(p);
        bench_clocks_read(&begin);
        int code = time_chain(p, err);
        const double shortest = code ? 0 : shortest_ns(p);
        odd = code ? NULL : odd_chain(&begin, shortest);
        dropped += odd != NULL;
        if (!code && !odd && shortest < GROUP_NS && p->orders < MOST_ORDERS) {
            odd = "a group was too short";
            /* Once is chance: an order more may make each group twice as long. */
            code = i ? set_tokens(p, (double)p->tokens, ceil((double)p->orders * SPARE * GROUP_NS / shortest),
                                  err)
                     : 0;
        }
        if (code)
            return code;
    }
    if (odd)
        return qk_fail(err, QK_ERR_INVALID, "clock", "no group can be believed: %s", odd);
    for (size_t i = 1; i < p->arms; i++)
        give(p, &p->arm[i], launch, dropped);
    return 0;
}

static int run_launch(struct programs *p, size_t launch, struct qk_error *err)
{
    const size_t rounds = launch < p->cfg->launches ? ROUNDS : ROUNDS_LATER;
    bench_job_tell(&p->cfg->job, fmin(0.95, (double)p->rounds / ROUNDS_TO_DECIDE), "both programs load");
    int code = start_launch(p, err);
    if (!code && !p->found)
        code = find_tokens(p, err);
    p->found = true;
    /* Of each, the first token is slower than others. */
    for (size_t child = 0; child < p->started && !code; child++)
        code = step(p, child, 1, 0, &p->arm[0].answer, err);
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
    for (int i = 0; i < ARMS; i++)
        free(p.arm[i].answer.ids);
    return code;
}
