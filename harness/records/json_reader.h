/* SPDX-License-Identifier: MIT */
/*
 * Reading JSON files member by member. Errors name the file, the JSON path, what was found and what was expected. The
 * first error is kept. From then on every function below does nothing and returns zero or empty text, so that a caller
 * checks `code` where it matters and at the end.
 */
#ifndef QKBENCH_HARNESS_RECORDS_JSON_READER_H
#define QKBENCH_HARNESS_RECORDS_JSON_READER_H

#include "harness/machine/clock.h"
#include "harness/machine/environment.h"
#include "harness/records/limits.h"

#include <jansson.h>

struct bench_reader {
    const char *file;
    struct qk_error *err;
    int code;
    int failure; /* what refusing is; 0: QK_ERR_FORMAT */
};

/* A value, NULL when it is not there, and its path ("$.benchmarks[3].name"). Borrowed from its root. */
struct bench_place {
    const json_t *json;
    char path[160];
};

/*
 * The file as strict JSON without duplicate members, to be released with json_decref. It may be a pipe, which is read
 * once and to its end; a FIFO that nobody writes is refused at once. At most 256 MiB, and 2 GiB as values in memory.
 * Threads may read at once. NULL with *code set: QK_ERR_IO, QK_ERR_MEMORY, or QK_ERR_FORMAT with line and column.
 */
json_t *bench_json_load(const char *path, int *code, struct qk_error *err);

/* "FILE: found ..., expected ..."; `found` may be NULL for nothing, and FILE empty. */
void bench_refuse(struct bench_reader *r, const char *path, const json_t *found, const char *expected);
void bench_reader_no_memory(struct bench_reader *r);

struct bench_place bench_member(const struct bench_place *parent, const char *key);
struct bench_place bench_element(const struct bench_place *parent, size_t i);
/* Refuses a value of another type. */
void bench_expect(struct bench_reader *r, const struct bench_place *p, json_type type, const char *expected);

struct bench_place bench_get_object(struct bench_reader *r, const struct bench_place *parent,
                                    const char *key);
struct bench_place bench_get_array(struct bench_reader *r, const struct bench_place *parent, const char *key);
/* Valid until the JSON is released. */
const char *bench_get_text(struct bench_reader *r, const struct bench_place *parent, const char *key);
/* Into to[size], refused when too long; null gives "" if nullable. */
void bench_get_fixed_text(struct bench_reader *r, const struct bench_place *parent, const char *key, char *to,
                          size_t size, bool nullable);
json_int_t bench_get_integer(struct bench_reader *r, const struct bench_place *parent, const char *key,
                             json_int_t low, json_int_t high);
/* 0 to INT_MAX, or -1 for null. */
int bench_get_integer_or_null(struct bench_reader *r, const struct bench_place *parent, const char *key);
/* From low to high (limits.h). Integers count as numbers; NaN for null if nullable. */
double bench_get_real(struct bench_reader *r, const struct bench_place *parent, const char *key, double low,
                      double high, bool nullable);
/* A time in ns within the limits. */
double bench_get_time(struct bench_reader *r, const struct bench_place *parent, const char *key,
                      bool nullable);
/* Decimal text of 64 bits, as bench_json_seed writes it: no sign, no leading zero. */
uint64_t bench_get_seed(struct bench_reader *r, const struct bench_place *parent, const char *key);
/* ISO 8601, "2026-01-02T03:04:05+00:00" or with Z, into to[size]. Empty where the machine could not tell. */
void bench_get_date(struct bench_reader *r, const struct bench_place *parent, const char *key, char *to,
                    size_t size);
/* What bench_json_put_dropped wrote, if it did; else *to is not touched. */
void bench_get_dropped(struct bench_reader *r, const struct bench_place *parent, const char *key,
                       struct bench_dropped *to);
bool bench_has(const struct bench_place *object, const char *key);
bool bench_get_boolean(struct bench_reader *r, const struct bench_place *parent, const char *key);
/* Refuses a member that is not among known[], which ends with NULL and names the optional ones too. */
void bench_known_members(struct bench_reader *r, const struct bench_place *object, const char *const *known);
/* Refuses the member unless the condition holds. */
void bench_demand(struct bench_reader *r, bool condition, const struct bench_place *object, const char *key,
                  const char *expected);
/* Index of the text among words[count]. */
int bench_get_word(struct bench_reader *r, const struct bench_place *parent, const char *key,
                   const char *const *words, int count);

/* The identity fields of a fingerprint, as bench_json_identity writes them, into *env. Its hash is left alone. */
void bench_get_identity(struct bench_reader *r, const struct bench_place *identity,
                        struct bench_environment *env);

#endif
