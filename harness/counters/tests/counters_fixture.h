/* SPDX-License-Identifier: MIT */
/* What tests of counters share. They count one case, with a kernel that may be a fake. */
#pragma once

#include "harness/counters/counters.h"
#include "harness/counters/tests/fake_kernel.h"
#include "harness/records/tests/fixture.h"

enum { CALLS = 1000, ELEMENTS = 6400, BYTES = 999, METRICS = 13 };

extern struct qk_error counters_err;
extern struct bench_sample_set counters_set;
extern uint64_t counters_called;

/*
 * Makes an empty set, and takes a PAPI module (NULL: the real one) and a kernel. With `fake`, it is a fake
 * kernel without counters.
 */
int counters_use(const char *module, bool fake);
int counters_drop(void **state);

/* Counts one case into a record of the set. */
struct bench_record *counters_count(const char *list);
/* The value of a metric that must have one. */
double counters_value(const struct bench_record *rec, const char *name);
/* Asserts that the metric has a value or not (`valued`), and that its reason contains `reason`. */
void counters_reason(const struct bench_record *rec, const char *name, bool valued, const char *reason);
/* Ends the test as skipped where PAPI cannot be used for one of the two reasons that are not faults. */
void counters_need_papi(const struct bench_record *rec, const char *name);
