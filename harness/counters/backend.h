/* SPDX-License-Identifier: MIT */
/*
 * What can count events: PAPI, and the kernel's generic events where PAPI cannot. groups.c makes sets of one
 * component's events that fit the machine at once. Texts of failure go to why[size], in the words of who
 * refused.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { BENCH_BACKEND_VERSION = 2, BENCH_SET_EVENTS_MAX = 16 };

struct bench_backend {
    unsigned version; /* BENCH_BACKEND_VERSION */
    const char *name; /* as records give it: "PAPI" */
    /* Once, before the rest; again is harmless. 0 or -1. */
    int (*open)(char *why, size_t size);
    /* The component a name belongs to, 0 or more; -1: the name is not known. */
    int (*component)(const char *event, char *why, size_t size);
    /* An empty set of events of one component, 0 or more, or -1. */
    int (*set_new)(char *why, size_t size);
    /*
     * Adds an event if the set still fits the machine at once; its value comes after those added before. 0 or
     * -1.
     */
    int (*set_add)(int set, const char *event, char *why, size_t size);
    void (*set_free)(int set);
    /* Counts from 0; stop gives a value per event, values[BENCH_SET_EVENTS_MAX]. 0 or -1. */
    int (*start)(int set, char *why, size_t size);
    int (*stop)(int set, long long *values, char *why, size_t size);
    /* Adds to sde:::qkbench::calls, ::elements and ::bytes; NULL where there are none. */
    void (*publish)(long long calls, long long elements, long long bytes);
};

/* The one symbol of the PAPI module (papi_module.c), which alone is linked with PAPI. */
extern const struct bench_backend bench_papi_module;
/*
 * Loads the module and starts PAPI, so that the program needs no PAPI to start. NULL with why[size]. *module,
 * which may be set in any case, is to be closed with dlclose after the last use.
 */
const struct bench_backend *bench_papi_load(void **module, char *why, size_t size);

/* perf_event_open(2), by the names that libpfm has for its generic events: "perf::CYCLES". Always there. */
extern const struct bench_backend bench_perf_events;
/*
 * On a machine with two kinds of cores, a generic event counts on one kind only: the one whose PMU's number
 * is in the upper half of its config. What that half must be for this CPU; 0 where all cores are alike. /sys
 * is below root.
 */
uint64_t bench_perf_core_pmu(const char *root, int cpu);
