/* SPDX-License-Identifier: MIT */
/*
 * All samples of a run, in order, with what was measured and where. Its JSON is a superset of
 * google-benchmark's own (context, benchmarks[]). Only this room knows that JSON.
 *
 * Samples pair by position. A group is the cases of one op and one shape. Slice i of block b of every case in
 * a group ran in the same round, in an order drawn from the seed. All ok records of a group have equally many
 * blocks and slices. A sample is rounded to the digits that the file keeps (bench_stored) when it is taken.
 */
#pragma once

#include "harness/machine/clock.h"
#include "harness/machine/environment.h"
#include "harness/machine/events.h"
#include "harness/records/fields/fields.h"

#include <stdio.h>

enum { BENCH_SCHEMA_VERSION = 1, BENCH_BLOCKS_MAX = 64, BENCH_NAME_MAX = 256 };

enum bench_status { BENCH_OK, BENCH_SKIP, BENCH_ERROR };
extern const char *const bench_status_words[]; /* "ok", "skip", "error", NULL */

struct bench_block {
    double core_ghz;    /* estimated core clock beside these samples; NaN (null in JSON) when unknown */
    double cpu_ns;      /* median CPU time of one call */
    size_t slices;      /* >= 1 */
    double *samples_ns; /* [slices] wall time of one call in each slice, in the order they ran */
    struct bench_events events;
};

/*
 * Any other value that belongs to a case: a counter per element, an instruction count, a share of a ceiling.
 */
struct bench_metric {
    char *name, *unit; /* owned; the unit may be empty */
    double value;      /* NaN (null in JSON) when it could not be measured */
    char *reason;      /* owned: why there is no value; beside a value, an optional remark or NULL */
};

struct bench_record {
    char *op, *variant, *shape; /* owned, not empty, without '/' or control characters */
    char *isa;                  /* "AVX2"; this and the next two are owned */
    char *phase;    /* roadmap phase "baseline", "1", "2", "2.5", "3", "4"; "-" outside the ladder */
    char *flags;    /* compiler flags of this variant's file */
    bool reference; /* first row of its op, to which speed-ups are relative */
    enum bench_status status;
    char *reason; /* NULL when ok; otherwise why it was skipped or what went wrong */
    double elements, ops, bytes_read, bytes_written; /* declared work of one call: whole numbers up to 2^53 */
    uint64_t calls;                                  /* calls per slice; 0 unless ok */
    size_t block_count;                              /* 0 unless ok; at most BENCH_BLOCKS_MAX */
    struct bench_block *blocks;
    size_t metric_count;
    struct bench_metric *metrics; /* each name occurs once */
};

struct bench_sample_set {
    struct bench_environment env;
    uint64_t seed;
    bool quick;
    int cpu; /* logical CPU the run was pinned to */
    /* Time waited, and blocks measured again, for a core without a neighbour: machine/core_share.h. */
    uint64_t waited_ms, repeated_blocks;
    struct bench_dropped dropped; /* blocks that were measured and not believed */
    double timer_ns;  /* cost of an empty slice, inside its timed stretch (median); NaN when unknown */
    double clock_ghz; /* median of the blocks' estimates; NaN with clock_why when there is none */
    char clock_why[96];
    char events_why[200]; /* why events are NaN, or how they were counted; may be empty */
    char source[256];     /* name of the shape set or file that --shapes gave */
    size_t record_count, record_room;
    struct bench_record *records; /* in table order within a group, groups in the order they ran */
};

/*
 * Makes an empty set, in which everything is unknown. bench_sample_set_free releases everything in a set, and
 * accepts a zeroed one.
 */
void bench_sample_set_init(struct bench_sample_set *set);
void bench_sample_set_free(struct bench_sample_set *set);

/*
 * Appends a zeroed record with copies of the strings. The pointer is valid until the next add. NULL when
 * memory is refused.
 */
struct bench_record *bench_sample_set_add(struct bench_sample_set *set, const char *op, const char *variant,
                                          const char *shape);
/*
 * Sets isa, phase and flags to copies, and frees the old texts. False, with nothing changed, when memory is
 * refused.
 */
bool bench_record_describe(struct bench_record *rec, const char *isa, const char *phase, const char *flags);
/*
 * Sets `status` (BENCH_SKIP or BENCH_ERROR) and a copy of the reason, and drops blocks and metrics. False
 * when memory is refused.
 */
bool bench_record_stop(struct bench_record *rec, enum bench_status status, const char *reason);
/*
 * Appends a zeroed block with room for `slices` samples. Its core_ghz is NaN. The pointer is valid until the
 * record is freed. NULL when memory is refused, when slices is 0, or when there are BENCH_BLOCKS_MAX already.
 */
struct bench_block *bench_record_add_block(struct bench_record *rec, size_t slices);
/*
 * Appends *block. The record then owns its samples, and block->samples_ns becomes NULL. False, with nothing
 * changed, when memory is refused or there are BENCH_BLOCKS_MAX already.
 */
bool bench_record_take_block(struct bench_record *rec, struct bench_block *block);

/*
 * Appends a metric with copies of the texts. `reason` may be NULL when there is a value. False, with nothing
 * changed, when memory is refused. Writing the set refuses a repeated name, an infinite value, and a NaN
 * without a reason. Whole numbers up to 2^53 are kept exactly, others to seven digits.
 */
bool bench_record_add_metric(struct bench_record *rec, const char *name, const char *unit, double value,
                             const char *reason);
/* The metric of that name, or NULL. */
const struct bench_metric *bench_record_metric(const struct bench_record *rec, const char *name);

/*
 * Writes the case's name "op/variant/shape" to to[size], cut when too long. BENCH_NAME_MAX is enough. Returns
 * `to`.
 */
char *bench_record_name(const struct bench_record *rec, char *to, size_t size);

/*
 * Writes strict JSON to an open stream. Reals keep seven significant digits. QK_ERR_IO, QK_ERR_MEMORY.
 * QK_ERR_INVALID when the set breaks a rule that reading enforces. Nothing is written then, and the error
 * names the JSON path. Examples: a sample that is not positive and finite, unequal blocks in a group, a
 * repeated case.
 */
int bench_sample_set_write_json(const struct bench_sample_set *set, FILE *to, struct qk_error *err);
/*
 * Reads a file and validates every field's type and range, and the pairing rule above. Unknown members are
 * ignored. Writing what was read gives the same bytes as before. *set needs no init. Free it on success only.
 * QK_ERR_IO, QK_ERR_MEMORY. QK_ERR_FORMAT with the JSON path or line and column, also for a file of more than
 * 256 MiB.
 */
int bench_sample_set_read_json(struct bench_sample_set *set, const char *path, struct qk_error *err);
/* The same for JSON that is loaded already. `path` is for messages. */
int bench_sample_set_take_json(struct bench_sample_set *set, const json_t *json, const char *path,
                               struct qk_error *err);
extern const struct bench_fields bench_sample_set_fields;
/*
 * The `check` of those fields: each ok case has rows, and the cases of a group have equal blocks and slices.
 */
void bench_sample_set_check(struct bench_reader *r, const struct bench_place *at, const void *set,
                            const void *whole);
/*
 * Writes CSV by RFC 4180 (CRLF): a header line, then one line per slice. Columns are case, block, slice, ns
 * per call, and estimated GHz (empty when unknown). QK_ERR_IO.
 */
int bench_sample_set_write_csv(const struct bench_sample_set *set, FILE *to, struct qk_error *err);
