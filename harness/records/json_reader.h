/* SPDX-License-Identifier: MIT */
/*
 * Loads JSON files and refuses wrong values. A refusal names the file, the JSON path, what was found and what
 * was expected. The reader keeps the first error, so a caller checks `code` where it matters and at the end.
 * Rules for the members of a record stand in its table (fields.h).
 */
#pragma once

#include "harness/machine/clock.h"
#include "harness/machine/environment.h"
#include "harness/records/limits.h"

#include <jansson.h>

struct bench_reader {
    const char *file;
    struct qk_error *err;
    int code;
    int failure; /* code of a refusal; 0: QK_ERR_FORMAT */
};

enum { BENCH_JSON_HASH = 17 };

/*
 * A value and its path ("$.benchmarks[3].name"). The value is borrowed from its root, and is NULL when
 * absent.
 */
struct bench_place {
    const json_t *json;
    char path[160];
};

/*
 * Loads a file as strict JSON without duplicate members. The caller releases it with json_decref. The file
 * may be a pipe, which is read once and to its end. A FIFO that nobody writes is refused at once. Limits are
 * 256 MiB of text and 2 GiB of values in memory. Several threads may load at once. On failure it returns NULL
 * with *code set: QK_ERR_IO, QK_ERR_MEMORY, or QK_ERR_FORMAT with line and column.
 */
json_t *bench_json_load(const char *path, int *code, struct qk_error *err);
/* The same, and the XXH3-64 of the bytes that were read, 16 hex digits. */
json_t *bench_json_load_hashed(const char *path, char hash[BENCH_JSON_HASH], int *code, struct qk_error *err);

/* Fails with "FILE: found ..., expected ...". `found` may be NULL for nothing, and FILE may be empty. */
void bench_refuse(struct bench_reader *r, const char *path, const json_t *found, const char *expected);
void bench_reader_no_memory(struct bench_reader *r);

struct bench_place bench_member(const struct bench_place *parent, const char *key);
struct bench_place bench_element(const struct bench_place *parent, size_t i);
/* Refuses a value that is not of `type`. */
void bench_expect(struct bench_reader *r, const struct bench_place *p, json_type type, const char *expected);

bool bench_has(const struct bench_place *object, const char *key);
/* Refuses the member unless `condition` holds. */
void bench_demand(struct bench_reader *r, bool condition, const struct bench_place *object, const char *key,
                  const char *expected);
