/* SPDX-License-Identifier: MIT */
/* A sample set to test with. */
#pragma once

#include "harness/machine/tests/scratch.h"
#include "harness/records/sample_set.h"

/*
 * Seven cases. Six are in group qk256_dequant/4096, with 7 blocks of 3 slices:
 *    scalar         the reference
 *    p1_unpack      exactly half of scalar's time
 *    p2_fma         skipped
 *    p3_prefetch    failed
 *    p4_permute     a quarter of scalar's time
 *    autovec_v3     no phase, a third of scalar's time
 * Block 2 is disturbed. scalar has three metrics: a whole one, a fractional one with a remark, and one
 * without a value. Group qk256_dequant/256 has scalar alone, with one block of one slice, no clock and no
 * events.
 */
void bench_test_set(struct bench_sample_set *set);

/* Asserts that two numbers are alike but for rounding: to 1e-12 of the expected one. */
void bench_test_near(double found, double expected);

/* A change to a good document at `path` ("$.a.b[3]"), and how the reader must refuse it. */
struct bench_test_bad {
    const char *path;
    const char *value; /* JSON; NULL removes the member */
    const char *text;  /* must be in the message */
    const char *where; /* path that the message names; NULL: `path` */
};
/*
 * Asserts that `read` takes the good document, and refuses it with each change. A refusal is QK_ERR_FORMAT
 * with the file's name and the path.
 */
void bench_test_refused(const char *good, int (*read)(const char *path, struct qk_error *err),
                        const struct bench_test_bad *bad, size_t count);

/* Runs `held` while `place` has another value. */
#define BENCH_TEST_WITH(place, value, held)                                                                  \
    do {                                                                                                     \
        const __typeof__(place) kept = (place);                                                              \
        (place) = (value);                                                                                   \
        held;                                                                                                \
        (place) = kept;                                                                                      \
    } while (0)

/* From now on jansson gets n more allocations. A negative n gives it as many as it wants. */
void bench_test_scarce(long n);
