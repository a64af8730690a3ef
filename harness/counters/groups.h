/* SPDX-License-Identifier: MIT */
/*
 * Puts events into groups that the machine counts at once, validates the groups, and counts them. counters.c
 * computes its metrics from the values.
 */
#pragma once

#include "harness/counters/backend.h"
#include "harness/counters/counters.h"

enum { BENCH_GROUPS_MAX = 32, BENCH_GROUP_EVENTS_MAX = 96, BENCH_WHY_MAX = 400 };

struct bench_event_group {
    int set, component; /* numbers that the backend gave */
    size_t count;
    int instructions;            /* place of the instruction count; -1: it does not fit beside the others */
    char refused[BENCH_WHY_MAX]; /* empty: the group is used */
    char remark[BENCH_WHY_MAX];  /* empty: the group is validated */
    char failed[BENCH_WHY_MAX];  /* for the last count; empty: values and ns are there */
    long long values[BENCH_SET_EVENTS_MAX];
    double ns; /* wall time of the counted calls */
};

struct bench_event_place {
    char *name; /* owned */
    size_t group, slot;
};

struct bench_groups {
    const struct bench_backend *backend;
    size_t count, event_count;
    struct bench_event_group group[BENCH_GROUPS_MAX];
    struct bench_event_place event[BENCH_GROUP_EVENTS_MAX];
};

/* Makes *g empty, for a backend that is open. *g needs no init. */
void bench_groups_open(struct bench_groups *g, const struct bench_backend *backend);
/* Accepts a *g that is all 0, too. */
void bench_groups_close(struct bench_groups *g);

/*
 * Puts the event into the first group that takes it. Returns its index in g->event. On failure
 * why[BENCH_WHY_MAX] has the reason: -1 when the backend does not know the name, -2 when it cannot be
 * counted.
 */
int bench_groups_add(struct bench_groups *g, const char *event, char *why);
/* Lets every group count the loop of known length. Call it once, after the last add. */
void bench_groups_validate(struct bench_groups *g);
/* Counts every group that is not refused. Each group gets calls of its own. */
void bench_groups_count(struct bench_groups *g, const struct bench_counted *what);
