/* SPDX-License-Identifier: MIT */
/*
 * Events in groups that fit the machine at once, validated and counted: what counters.c computes its metrics
 * from.
 */
#pragma once

#include "harness/counters/backend.h"
#include "harness/counters/counters.h"

enum { BENCH_GROUPS_MAX = 32, BENCH_GROUP_EVENTS_MAX = 96, BENCH_WHY_MAX = 400 };

struct bench_event_group {
    int set, component; /* of the backend */
    size_t count;
    int instructions;            /* place of the instruction count; -1: does not fit beside the others */
    char refused[BENCH_WHY_MAX]; /* empty: used */
    char remark[BENCH_WHY_MAX];  /* empty: validated */
    char failed[BENCH_WHY_MAX];  /* of the last count; empty: values and ns are there */
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

/* None yet, of a backend that is open. *g needs no init. */
void bench_groups_open(struct bench_groups *g, const struct bench_backend *backend);
/* Of one that is all 0, too. */
void bench_groups_close(struct bench_groups *g);

/*
 * Index of the event in g->event, placed in the first group that takes it. With the reason in
 * why[BENCH_WHY_MAX]: -1 when the backend does not know the name, -2 when it cannot be counted.
 */
int bench_groups_add(struct bench_groups *g, const char *event, char *why);
/* Lets every group count the loop of known length. To be called once, after the last add. */
void bench_groups_validate(struct bench_groups *g);
/* Counts every group that is not refused over calls of its own. */
void bench_groups_count(struct bench_groups *g, const struct bench_counted *what);
