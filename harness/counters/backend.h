/* SPDX-License-Identifier: MIT */
/*
 * What can count events: PAPI, and the kernel's generic events where PAPI cannot. groups.c makes sets of
 * events of one component that the machine counts at the same time. Each failure puts its text into
 * why[size], in the words of whoever refused.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { BENCH_BACKEND_VERSION = 2, BENCH_SET_EVENTS_MAX = 16 };

struct bench_backend {
    unsigned version; /* BENCH_BACKEND_VERSION */
    const char *name; /* name in records: "PAPI" */
    /* Call it before the rest. Calling it again is harmless. 0 or -1. */
    int (*open)(char *why, size_t size);
    /* The component that an event belongs to, 0 or more. -1 when the name is not known. */
    int (*component)(const char *event, char *why, size_t size);
    /* Makes an empty set for events of one component. Returns 0 or more, or -1. */
    int (*set_new)(char *why, size_t size);
    /*
     * Adds an event if the machine can still count the whole set at once. Its value comes after those of the
     * events added before. 0 or -1.
     */
    int (*set_add)(int set, const char *event, char *why, size_t size);
    void (*set_free)(int set);
    /* start counts from 0. stop writes a value per event to values[BENCH_SET_EVENTS_MAX]. 0 or -1. */
    int (*start)(int set, char *why, size_t size);
    int (*stop)(int set, long long *values, char *why, size_t size);
    /* Adds to sde:::qkbench::calls, ::elements and ::bytes. NULL for a backend without these events. */
    void (*publish)(long long calls, long long elements, long long bytes);
};

/* The one symbol of the PAPI module (papi_module.c). Only that module is linked with PAPI. */
extern const struct bench_backend bench_papi_module;
/*
 * Loads the module and starts PAPI, so that the program can start without PAPI. NULL with why[size] on
 * failure. *module may be set in any case. The caller closes it with dlclose after the last use.
 */
const struct bench_backend *bench_papi_load(void **module, char *why, size_t size);

/* perf_event_open(2), by libpfm's names for its generic events: "perf::CYCLES". Always available. */
extern const struct bench_backend bench_perf_events;
/*
 * On a machine with two kinds of cores, a generic event counts on one kind only. The upper half of the
 * event's config selects the kind by the number of its PMU. This function returns that number for the CPU, or
 * 0 where all cores are alike. /sys is looked up below `root`.
 */
uint64_t bench_perf_core_pmu(const char *root, int cpu);
