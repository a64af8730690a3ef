/* SPDX-License-Identifier: MIT */
#include "harness/counters/groups.h"

#include "harness/machine/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * The events that validate a group: PAPI's preset, or Linux's own event where PAPI has no presets for a CPU.
 */
static const char *const instruction_events[] = {"PAPI_TOT_INS", "perf::INSTRUCTIONS"};

enum { LOOP = 1000000 };
/* What PAPI's own start and stop add is some hundred instructions of the loop's two million. */
static const double bound = 0.001;

/* Runs a loop of known length; its instructions, or 0 where this file knows none. */
static long long run_known_loop(void)
{
    long long n = LOOP;
#if defined(__x86_64__)
    __asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(n) : : "cc");
    return 2 * (long long)LOOP + n;
#elif defined(__aarch64__)
    __asm__ volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(n) : : "cc");
    return 2 * (long long)LOOP + n;
#else
    return n - LOOP;
#endif
}

void bench_groups_open(struct bench_groups *g, const struct bench_backend *backend)
{
    memset(g, 0, sizeof *g);
    g->backend = backend;
}

void bench_groups_close(struct bench_groups *g)
{
    for (size_t i = 0; i < g->count; i++)
        g->backend->set_free(g->group[i].set);
    for (size_t i = 0; i < g->event_count; i++)
        free(g->event[i].name);
    memset(g, 0, sizeof *g);
}

static int find(const struct bench_groups *g, const char *event)
{
    for (size_t i = 0; i < g->event_count; i++)
        if (!strcmp(g->event[i].name, event))
            return (int)i;
    return -1;
}

/* The event is in the set already: remembers its place. */
static int remember(struct bench_groups *g, size_t group, const char *event, char *why)
{
    char *name = g->event_count < BENCH_GROUP_EVENTS_MAX ? strdup(event) : NULL;
    const size_t slot = g->group[group].count++;
    if (!name) {
        snprintf(why, BENCH_WHY_MAX, "%s: no memory, or more than %d events", event, BENCH_GROUP_EVENTS_MAX);
        return -1;
    }
    g->event[g->event_count] = (struct bench_event_place){name, group, slot};
    return (int)g->event_count++;
}

/* An empty group of a component, counting instructions if it can; false with the reason. */
static bool start_group(struct bench_groups *g, int component, char *why)
{
    struct bench_event_group *group = &g->group[g->count];
    if (g->count == BENCH_GROUPS_MAX) {
        snprintf(why, BENCH_WHY_MAX, "more than %d groups of events", BENCH_GROUPS_MAX);
        return false;
    }
    *group = (struct bench_event_group){.component = component, .instructions = -1};
    group->set = g->backend->set_new(why, BENCH_WHY_MAX);
    return group->set >= 0;
}

/*
 * Puts the instruction count first in the newest group, which is empty; where it cannot be, the remark says
 * why.
 */
static void add_instructions(struct bench_groups *g)
{
    struct bench_event_group *group = &g->group[g->count];
    char why[BENCH_WHY_MAX];
    bool said = false;
    for (size_t i = 0; i < sizeof instruction_events / sizeof *instruction_events && group->instructions < 0;
         i++) {
        const char *event = instruction_events[i];
        const bool ours = g->backend->component(event, why, sizeof why) == group->component;
        if (!ours)
            snprintf(why, sizeof why, "%s belongs to another component of %s", event, g->backend->name);
        else if (g->backend->set_add(group->set, event, why, sizeof why) == 0)
            group->instructions = 0;
        if (group->instructions == 0) {
            group->remark[0] = '\0';
            if (find(g, event) < 0)
                remember(g, g->count, event, why);
            else
                group->count++;
        }
        if (group->instructions < 0 && !said && (ours || i == 0))
            snprintf(group->remark, sizeof group->remark, "not validated: %.370s", why);
        said |= ours;
    }
}

/* In a group of its own; the group counts instructions too unless that leaves no room for the event. */
static int add_alone(struct bench_groups *g, int component, const char *event, char *why)
{
    struct bench_event_group *group = &g->group[g->count];
    if (!start_group(g, component, why))
        return -1;
    add_instructions(g);
    int at = find(g, event); /* it may be the instruction count itself */
    if (at >= 0 || g->backend->set_add(group->set, event, why, BENCH_WHY_MAX) == 0) {
        at = at >= 0 ? at : remember(g, g->count, event, why);
        g->count++;
        return at;
    }
    /* Without the instruction count, then. Had that been a new event, it goes with the group. */
    const bool beside = group->instructions >= 0;
    if (g->event_count && g->event[g->event_count - 1].group == g->count)
        free(g->event[--g->event_count].name);
    g->backend->set_free(group->set);
    if (!beside || !start_group(g, component, why))
        return -1;
    if (g->backend->set_add(group->set, event, why, BENCH_WHY_MAX)) {
        g->backend->set_free(group->set);
        return -1;
    }
    snprintf(group->remark, sizeof group->remark,
             "not validated: the instruction count does not fit beside it");
    at = remember(g, g->count, event, why);
    g->count++;
    return at;
}

int bench_groups_add(struct bench_groups *g, const char *event, char *why)
{
    const int at = find(g, event),
              component = at >= 0 ? -1 : g->backend->component(event, why, BENCH_WHY_MAX);
    if (at >= 0 || component < 0)
        return at;
    for (size_t i = 0; i < g->count; i++)
        if (g->group[i].component == component && g->group[i].count < BENCH_SET_EVENTS_MAX &&
            g->backend->set_add(g->group[i].set, event, why, BENCH_WHY_MAX) == 0)
            return remember(g, i, event, why);
    const int alone = add_alone(g, component, event, why);
    return alone >= 0 ? alone : -2;
}

static void validate(const struct bench_backend *backend, struct bench_event_group *group)
{
    long long values[BENCH_SET_EVENTS_MAX] = {0}, expected = 0;
    /* The first time pays for page faults and for the counters' own start. */
    for (int round = 0; round < 2; round++) {
        if (backend->start(group->set, group->refused, sizeof group->refused))
            return;
        expected = run_known_loop();
        if (backend->stop(group->set, values, group->refused, sizeof group->refused))
            return;
    }
    if (group->instructions < 0)
        return;
    const long long found = values[group->instructions];
    if (!expected)
        snprintf(group->remark, sizeof group->remark,
                 "not validated: no loop of known length for this architecture");
    else if (fabs((double)(found - expected)) > bound * (double)expected)
        snprintf(group->refused, sizeof group->refused,
                 "refused: its group counted %lld instructions of a loop of %lld; expected them within %g %%",
                 found, expected, 100 * bound);
}

void bench_groups_validate(struct bench_groups *g)
{
    for (size_t i = 0; i < g->count; i++)
        validate(g->backend, &g->group[i]);
}

void bench_groups_count(struct bench_groups *g, const struct bench_counted *what)
{
    const long long calls = (long long)what->calls;
    for (size_t i = 0; i < g->count; i++) {
        struct bench_event_group *group = &g->group[i];
        group->failed[0] = '\0';
        if (*group->refused)
            continue;
        what->call(what->ctx, 1);
        if (g->backend->start(group->set, group->failed, sizeof group->failed))
            continue;
        const uint64_t start = bench_clock_ns();
        what->call(what->ctx, what->calls);
        const uint64_t end = bench_clock_ns();
        if (g->backend->publish)
            g->backend->publish(calls, calls * (long long)what->elements, calls * (long long)what->bytes);
        if (g->backend->stop(group->set, group->values, group->failed, sizeof group->failed))
            continue;
        group->ns = (double)(end - start);
        if (group->instructions >= 0 && group->values[group->instructions] <= 0)
            snprintf(group->failed, sizeof group->failed, "its group's instruction count stood still");
    }
}
