/* SPDX-License-Identifier: MIT */
/*
 * The face of the PAPI module. It is the one file that is linked with PAPI, and it is loaded with dlopen, so that the
 * program needs no PAPI to start. Texts of failure go to why[size], in PAPI's own words.
 */
#ifndef QKBENCH_HARNESS_COUNTERS_PAPI_MODULE_H
#define QKBENCH_HARNESS_COUNTERS_PAPI_MODULE_H

#include <stddef.h>

enum { BENCH_PAPI_VERSION = 1, BENCH_PAPI_EVENTS_MAX = 16 };

struct bench_papi {
    unsigned version; /* BENCH_PAPI_VERSION */
    /* Once, before the rest; again is harmless. 0 or -1. */
    int (*open)(char *why, size_t size);
    /* The component a name belongs to, 0 or more; -1: PAPI does not know the name. */
    int (*component)(const char *event, char *why, size_t size);
    /* An empty set of events of one component, 0 or more, or -1. */
    int (*set_new)(char *why, size_t size);
    /* Adds an event if the set still fits the machine at once; its value comes after those added before. 0 or -1. */
    int (*set_add)(int set, const char *event, char *why, size_t size);
    void (*set_free)(int set);
    /* Counts from 0; stop gives a value per event, values[BENCH_PAPI_EVENTS_MAX]. 0 or -1. */
    int (*start)(int set, char *why, size_t size);
    int (*stop)(int set, long long *values, char *why, size_t size);
    /* Adds to sde:::qkbench::calls, ::elements and ::bytes. */
    void (*publish)(long long calls, long long elements, long long bytes);
};

/* The module's one symbol. */
extern const struct bench_papi bench_papi_module;

#endif
