/* SPDX-License-Identifier: MIT */
/*
 * What every folder may use: the error struct, checked size arithmetic, and the seeded generator.
 *
 * Libraries never print and never exit. A function that can fail returns 0 or one of the negative codes of
 * error.h, and fills an optional struct qk_error. Only harness/cli/ turns a code into an exit code.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/error.h"

/*
 * Fills *err with the formatted text and the place, and returns code. A failing function can thus end in
 * `return qk_fail(err, QK_ERR_FORMAT, where, "...", ...)`. err and where may be NULL. Texts that are too long
 * are cut.
 */
int qk_fail(struct qk_error *err, int code, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * *r = a * b, a + b, or n rounded up to a multiple of a power of two. On overflow they return false and leave
 * *r alone.
 */
bool qk_mul_size(size_t a, size_t b, size_t *r);
bool qk_add_size(size_t a, size_t b, size_t *r);
bool qk_align_size(size_t n, size_t power_of_two, size_t *r);

/* Is the word one of a blank-separated list? */
bool qk_has_word(const char *list, const char *word);

/*
 * Seeded generator: xoshiro256**, its state filled by splitmix64 (Blackman & Vigna, "Scrambled linear
 * pseudorandom number generators", 2018). The same seed gives the same stream on every machine.
 */
struct qk_rng {
    uint64_t s[4];
};
void qk_rng_seed(struct qk_rng *rng, uint64_t seed);
uint64_t qk_rng_next(struct qk_rng *rng);
/*
 * Uniform in [0, bound), bound >= 1. Unbiased, because draws from the incomplete last interval are rejected.
 */
uint64_t qk_rng_below(struct qk_rng *rng, uint64_t bound);
/* Uniform in [0, 1) on the grid of 2^-24. */
float qk_rng_unit(struct qk_rng *rng);
/* Fills n bytes. */
void qk_rng_bytes(struct qk_rng *rng, void *to, size_t n);
