/* SPDX-License-Identifier: MIT */
/*
 * Replaces the PAPI module: a machine with hardware counters whose counts are known. Per element it counts 2
 * instructions, half a cycle, 1/64 L1 misses, 1/128 L2 misses and 1/640 L3 misses. It never counts
 * mispredicted branches. The environment changes it:
 * - FAKE_ROOM: number of events that fit in a set (3)
 * - FAKE_INSTRUCTIONS: factor on the loop of known length (1)
 * - FAKE_OPEN: a reason not to start
 * - FAKE_START: the number of the start that fails
 * - FAKE_VERSION: another version
 */
#include "harness/counters/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern int fake_papi_sets;
int fake_papi_sets; /* that have not been freed */

enum { SETS = 16, ROOM = 8 };
static struct {
    int used;
    const char *events[ROOM];
    int count;
} sets[SETS];
static double published_calls, published_elements;
static int starts;

struct event {
    const char *name;
    int component;
    double per_element, per_call;
};
static const struct event known[] = {
    {"PAPI_TOT_INS", 0, 2, 0},        {"PAPI_TOT_CYC", 0, 0.5, 0},      {"PAPI_L1_DCM", 0, 1.0 / 64, 0},
    {"PAPI_L2_TCM", 0, 1.0 / 128, 0}, {"PAPI_L3_TCM", 0, 1.0 / 640, 0}, {"PAPI_BR_MSP", 0, 0, 0},
    {"fake::unsociable", 0, 0.25, 0}, {"fake::negative", 0, -1, 0},     {"PAPI_L2_DCM", 0, 0, 0},
    {"other::calls", 1, 0, 1},
};

static const struct event *find(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i].name, name))
            return &known[i];
    return NULL;
}

static double knob(const char *name, double otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtod(text, NULL) : otherwise;
}

static int open_it(char *why, size_t size)
{
    const char *reason = getenv("FAKE_OPEN");
    starts = 0;
    if (!reason || !*reason)
        return 0;
    snprintf(why, size, "%s", reason);
    return -1;
}

static int component(const char *event, char *why, size_t size)
{
    const struct event *e = find(event);
    if (e)
        return e->component;
    snprintf(why, size, "%s: no such name", event);
    return -1;
}

static int set_new(char *why, size_t size)
{
    for (int i = 0; i < SETS; i++)
        if (!sets[i].used) {
            memset(&sets[i], 0, sizeof sets[i]);
            fake_papi_sets++;
            sets[i].used = 1;
            return i;
        }
    snprintf(why, size, "no more sets");
    return -1;
}

static int set_add(int set, const char *event, char *why, size_t size)
{
    const int alone = !strcmp(event, "fake::unsociable");
    const int taken = sets[set].count && !strcmp(sets[set].events[0], "fake::unsociable");
    if (!strcmp(event, "PAPI_L2_DCM")) {
        snprintf(why, size, "%s: not counted by this CPU", event);
        return -1;
    }
    if ((alone && sets[set].count) || taken || sets[set].count >= (int)knob("FAKE_ROOM", 3)) {
        snprintf(why, size, "%s: does not fit", event);
        return -1;
    }
    sets[set].events[sets[set].count++] = find(event)->name;
    return 0;
}

static void set_free(int set)
{
    sets[set].used = 0;
    fake_papi_sets--;
}

static int start(int set, char *why, size_t size)
{
    (void)set;
    published_calls = published_elements = 0;
    if (++starts != (int)knob("FAKE_START", 0))
        return 0;
    snprintf(why, size, "the counters are taken");
    return -1;
}

static int stop(int set, long long *values, char *why, size_t size)
{
    (void)why, (void)size;
    for (int i = 0; i < sets[set].count; i++) {
        const struct event *e = find(sets[set].events[i]);
        values[i] = (long long)(e->per_element * published_elements + e->per_call * published_calls);
        if (published_calls == 0 && !strcmp(e->name, "PAPI_TOT_INS"))
            values[i] = (long long)(2000000 * knob("FAKE_INSTRUCTIONS", 1));
    }
    return 0;
}

static void publish(long long calls, long long elements, long long bytes)
{
    (void)bytes;
    published_calls += (double)calls;
    published_elements += (double)elements;
}

/* Not const as the real one, so that its version can be another. */
extern struct bench_backend fake_papi __asm__("bench_papi_module");
struct bench_backend fake_papi = {
    BENCH_BACKEND_VERSION, "PAPI", open_it, component, set_new, set_add, set_free, start, stop, publish,
};

static void __attribute__((constructor)) choose_version(void)
{
    fake_papi.version = (unsigned)knob("FAKE_VERSION", BENCH_BACKEND_VERSION);
}
