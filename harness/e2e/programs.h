/* SPDX-License-Identifier: MIT */
/*
 * Two programs that run one model, timed against each other. Each program is a child that serves the model
 * (serve.h), and this process takes the time. A second child of the base is the unchanged control. The
 * slowed control is the base with more tokens.
 *
 * An order is for some tokens behind a drawn first token. A group is so many orders that they take 50 ms or
 * more. A chain is a few cycles of groups, one of each arm that is still measured and one of the base. Their
 * orders take turns, in a sequence that is drawn for the chain: one of each arm, then the next of each. All
 * orders of a chain must have the same tokens. While one child works, the others are blocked on their
 * sockets; one that works all the same is refused.
 *
 * A chain gives a block to each of its comparisons, whose number is the middle of ln(time / time of the base)
 * of all pairs of their groups. Had the two changed places in the order, it would have the other sign where
 * they are alike. Nothing is decided here: `more` gets every block and says whether its arm wants another.
 * Blocks are spread over launches. For each launch all children are started anew, because where a model's
 * pages lie may favour one for as long as it lives.
 */
#pragma once

#include "harness/machine/job.h"
#include "harness/machine/pinning.h"

/* The arms that are timed against the base, which stands before them. */
enum bench_programs_pair {
    BENCH_PROGRAMS_CANDIDATE,
    BENCH_PROGRAMS_COPY,   /* the base's other child */
    BENCH_PROGRAMS_SLOWED, /* the base's first child with more tokens */
    BENCH_PROGRAMS_PAIRS
};

enum {
    BENCH_PROGRAMS_GROUP_MS = 50, /* a group takes at least so long */
    BENCH_PROGRAMS_ORDER_MS = 10, /* an order is for as many tokens as take so long */
    BENCH_PROGRAMS_MOST = 3       /* groups of an arm in a chain, so pairs in a block */
};

/* Times are of a token that was asked for: extra tokens count as time, not as tokens. */
struct bench_programs_block {
    enum bench_programs_pair pair;
    size_t launch;         /* 0, 1, ... */
    size_t tokens, orders; /* of an order, of a group */
    double extra;          /* tokens of the second arm's groups, as a share of a group's */
    size_t pairs;
    double base_ns[BENCH_PROGRAMS_MOST], ns[BENCH_PROGRAMS_MOST];
    double log_ratio;             /* the median of pairs^2 */
    double base_said_ns, said_ns; /* sums that the programs say; shown, never judged */
    double wall_ns;               /* of all its groups, those of the base too */
    size_t dropped;               /* tries that were measured again because of the clock */
};

struct bench_programs_config {
    struct bench_job job;         /* quick: blocks of one pair */
    const char *base, *candidate; /* files */
    const char *model;            /* NULL: the one that comes with each program */
    size_t threads;
    const struct bench_cpus *allowed; /* for children with several threads; with one they run on job.cpu */
    size_t tokens;                    /* of an order, at least; more, where these take too little time */
    double inject, slowed;            /* shares of extra tokens: of the candidate, of the slowed control */
    size_t launches;                  /* at least */
    double budget_ns;                 /* of each pair; once it is spent, the pair gets no more */
    uint64_t until_ns;                /* on bench_clock_ns: then no round begins. 0: no limit */
    unsigned patience_ms;             /* a child that is silent for so long is ended; 0: two minutes */
    bool (*more)(void *ctx, const struct bench_programs_block *block);
    void *ctx;
};

/*
 * Measures until no pair wants more, but at least cfg->launches launches, or until the time is over.
 * QK_ERR_CHECK: a program cannot be run, ends, hangs, answers nonsense, works out of turn, or generates
 * other tokens. QK_ERR_INVALID: the clock. QK_ERR_INTERRUPTED, QK_ERR_IO, QK_ERR_MEMORY, QK_ERR_INTERNAL.
 */
int bench_programs_run(const struct bench_programs_config *cfg, struct qk_error *err);

/* How many tokens more that share is: at least so much of them, in whole tokens. */
size_t bench_programs_extra(double share, size_t tokens);
