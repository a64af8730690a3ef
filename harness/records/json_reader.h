/* SPDX-License-Identifier: MIT */
/*
 * Loading JSON files, and refusing what they hold: with the file, the JSON path, what was found and what was
 * expected. The first error is kept, so that a caller checks `code` where it matters and at the end. What a
 * record holds is for its table (fields.h).
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
    int failure; /* what refusing is; 0: QK_ERR_FORMAT */
};

/* A value, NULL when it is not there, and its path ("$.benchmarks[3].name"). Borrowed from its root. */
struct bench_place {
    const json_t *json;
    char path[160];
};

/*
 * The file as strict JSON without duplicate members, to be released with json_decref. It may be a pipe, which
 * is read once and to its end; a FIFO that nobody writes is refused at once. At most 256 MiB, and 2 GiB as
 * values in memory. Threads may read at once. NULL with *code set: QK_ERR_IO, QK_ERR_MEMORY, or QK_ERR_FORMAT
 * with line and column.
 */
json_t *bench_json_load(const char *path, int *code, struct qk_error *err);

/* "FILE: found ..., expected ..."; `found` may be NULL for nothing, and FILE empty. */
void bench_refuse(struct bench_reader *r, const char *path, const json_t *found, const char *expected);
void bench_reader_no_memory(struct bench_reader *r);

struct bench_place bench_member(const struct bench_place *parent, const char *key);
struct bench_place bench_element(const struct bench_place *parent, size_t i);
/* Refuses a value of another type. */
void bench_expect(struct bench_reader *r, const struct bench_place *p, json_type type, const char *expected);

bool bench_has(const struct bench_place *object, const char *key);
/* Refuses the member unless the condition holds. */
void bench_demand(struct bench_reader *r, bool condition, const struct bench_place *object, const char *key,
                  const char *expected);
