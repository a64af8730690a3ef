/* SPDX-License-Identifier: MIT */
/* A sample set to test with. */
#pragma once

#include "harness/machine/tests/scratch.h"
#include "harness/records/sample_set.h"

/*
 * Seven cases. Group qk256_dequant/4096, 7 blocks of 3 slices: scalar (reference), p1_unpack at exactly half
 * scalar's time, p2_fma skipped, p3_prefetch failed, p4_permute at a quarter, autovec_v3 (no phase) at a
 * third. Block 2 is disturbed; scalar has a metric that is whole, one that is not, with a remark, and one
 * without a value. Group qk256_dequant/256: scalar alone, one block of one slice, no clock, no events.
 */
void bench_test_set(struct bench_sample_set *set);

/* Alike but for what rounding takes: to 1e-12 of the expected number. */
void bench_test_near(double found, double expected);

/* What is put at `path` ("$.a.b[3]") of a good document, and how it is refused. */
struct bench_test_bad {
    const char *path;
    const char *value; /* JSON; NULL takes it away */
    const char *text;  /* in the message */
    const char *where; /* NULL: path */
};
/*
 * `read` refuses the good document with each change, with QK_ERR_FORMAT, the file's name and the path; it
 * takes the good one.
 */
void bench_test_refused(const char *good, int (*read)(const char *path, struct qk_error *err),
                        const struct bench_test_bad *bad, size_t count);

/* Does `held` while another value is in `place`. */
#define BENCH_TEST_WITH(place, value, held)                                                                  \
    do {                                                                                                     \
        const __typeof__(place) kept = (place);                                                              \
        (place) = (value);                                                                                   \
        held;                                                                                                \
        (place) = kept;                                                                                      \
    } while (0)

/* From now on jansson gets n allocations and no more; negative: as many as it wants. */
void bench_test_scarce(long n);
