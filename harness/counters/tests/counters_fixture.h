/* SPDX-License-Identifier: MIT */
/* What the tests of counters share: one case is counted, in front of a kernel that may be a fake. */
#pragma once

#include "harness/counters/counters.h"
#include "harness/counters/tests/fake_kernel.h"
#include "harness/records/tests/fixture.h"

enum { CALLS = 1000, ELEMENTS = 6400, BYTES = 999, METRICS = 13 };

extern struct qk_error counters_err;
extern struct bench_sample_set counters_set;
extern uint64_t counters_called;

/*
 * An empty set, a PAPI module (NULL: the real one), and a kernel: a fake one that has no counters (fake) or
 * the real.
 */
int counters_use(const char *module, bool fake);
int counters_drop(void **state);

/* Counts one case into a record of the set. */
struct bench_record *counters_count(const char *list);
/* Of a metric that must have one. */
double counters_value(const struct bench_record *rec, const char *name);
/* Has it a value, and does its reason contain this? */
void counters_reason(const struct bench_record *rec, const char *name, bool valued, const char *reason);
/* Ends the test as skipped where PAPI could not be used, for one of the two reasons that are no fault. */
void counters_need_papi(const struct bench_record *rec, const char *name);
