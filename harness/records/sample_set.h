/* SPDX-License-Identifier: MIT */
/*
 * All samples of a run, in order, with what was measured and where. Its JSON, which nobody else knows, is a
 * superset of google-benchmark's own (context, benchmarks[]).
 *
 * Samples pair by position. In a group (cases of one op and one shape) slice i of block b of every case ran
 * in the same round, in an order drawn from the seed. All ok records of a group have equally many blocks and
 * slices. Samples have the digits that the file keeps (bench_stored) from when they are taken.
 */
#pragma once

#include "harness/machine/clock.h"
#include "harness/machine/environment.h"
#include "harness/machine/events.h"
#include "harness/records/fields.h"

#include <stdio.h>

enum { BENCH_SCHEMA_VERSION = 1, BENCH_BLOCKS_MAX = 64, BENCH_NAME_MAX = 256 };

enum bench_status { BENCH_OK, BENCH_SKIP, BENCH_ERROR };
extern const char *const bench_status_words[]; /* "ok", "skip", "error", NULL */

struct bench_block {
    double core_ghz;    /* estimated core clock beside these samples; NaN (null in JSON) when not estimable */
    double cpu_ns;      /* median CPU time of one call */
    size_t slices;      /* >= 1 */
    double *samples_ns; /* [slices] wall time of one call in each slice, in the order they ran */
    struct bench_events events;
};

/*
 * Something else that was found out about a case: a counter per element, an instruction count, a share of a
 * ceiling.
 */
struct bench_metric {
    char *name, *unit; /* owned; the unit may be empty */
    double value;      /* NaN (null in JSON) when it could not be measured */
    char *reason;      /* owned: why there is no value; beside a value an optional remark, else NULL */
};

struct bench_record {
    char *op, *variant, *shape; /* owned, not empty, without '/' or control characters */
    char *isa;                  /* "AVX2"; this and the next two are owned */
    char *phase;    /* roadmap phase "baseline", "1", "2", "2.5", "3", "4"; "-" outside the ladder */
    char *flags;    /* compiler flags of this variant's file */
    bool reference; /* first row of its op: what speed-ups are relative to */
    enum bench_status status;
    char *reason; /* NULL when ok; otherwise why it was skipped or what went wrong */
    double elements, ops, bytes_read, bytes_written; /* declared work of one call: whole numbers up to 2^53 */
    uint64_t calls;                                  /* calls per slice; 0 unless ok */
    size_t block_count;                              /* 0 unless ok; at most BENCH_BLOCKS_MAX */
    struct bench_block *blocks;
    size_t metric_count;
    struct bench_metric *metrics; /* each name once */
};

struct bench_sample_set {
    struct bench_environment env;
    uint64_t seed;
    bool quick;
    int cpu;                             /* logical CPU the run was pinned to */
    uint64_t waited_ms, repeated_blocks; /* for a core of one's own: machine/core_share.h */
    struct bench_dropped dropped;        /* blocks */
    double timer_ns;  /* cost of an empty slice, inside its timed stretch (median); NaN when unknown */
    double clock_ghz; /* median of the blocks' estimates; NaN with clock_why when there is none */
    char clock_why[96];
    char events_why[200]; /* of events that are NaN, or a remark on how they were counted; may be empty */
    char source[256];     /* name of the shape set or file that --shapes gave */
    size_t record_count, record_room;
    struct bench_record *records; /* in table order within a group, groups in the order they ran */
};

/*
 * An empty set, in which everything is unknown. bench_sample_set_free releases everything in it, and takes a
 * zeroed one, too.
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
 * Sets isa, phase and flags to copies, and frees what was there. False, with nothing changed, when memory is
 * refused.
 */
bool bench_record_describe(struct bench_record *rec, const char *isa, const char *phase, const char *flags);
/*
 * Sets BENCH_SKIP or BENCH_ERROR and a copy of the reason, and drops blocks and metrics. False when memory is
 * refused.
 */
bool bench_record_stop(struct bench_record *rec, enum bench_status status, const char *reason);
/*
 * Appends a zeroed block with room for `slices` samples; its core_ghz is NaN. The pointer is valid until the
 * record goes. NULL when memory is refused, when slices is 0, or when there are BENCH_BLOCKS_MAX already.
 */
struct bench_block *bench_record_add_block(struct bench_record *rec, size_t slices);
/*
 * Appends *block, whose samples are then the record's. False, with nothing changed, when memory is refused or
 * there are BENCH_BLOCKS_MAX already; else block->samples_ns is NULL.
 */
bool bench_record_take_block(struct bench_record *rec, struct bench_block *block);

/*
 * Appends a metric with copies of the texts. `reason` may be NULL when there is a value. False, with nothing
 * changed, when memory is refused. Writing the set refuses a name that is there already, an infinite value,
 * and no value without a reason. Whole numbers up to 2^53 are kept exactly, others to seven digits.
 */
bool bench_record_add_metric(struct bench_record *rec, const char *name, const char *unit, double value,
                             const char *reason);
/* The metric of that name, or NULL. */
const struct bench_metric *bench_record_metric(const struct bench_record *rec, const char *name);

/*
 * The case's name "op/variant/shape" into to[size], cut when too long. BENCH_NAME_MAX is enough. Returns to.
 */
char *bench_record_name(const struct bench_record *rec, char *to, size_t size);

/*
 * Writes strict JSON to an open stream. Reals keep seven significant digits. QK_ERR_IO, QK_ERR_MEMORY.
 * QK_ERR_INVALID, with nothing written, names the JSON path of what breaks a rule that reading enforces (a
 * sample that is not positive and finite, unequal blocks in a group, a case that is there twice, ...).
 */
int bench_sample_set_write_json(const struct bench_sample_set *set, FILE *to, struct qk_error *err);
/*
 * Reads and validates a file: every field's type and range, and the pairing rule above. Members that it does
 * not know are ignored. What was written is read back so that writing it again gives the same bytes. *set
 * needs no init, and must be freed on success only. QK_ERR_IO, QK_ERR_MEMORY. QK_ERR_FORMAT with the JSON
 * path or line and column, also for a file of more than 256 MiB.
 */
int bench_sample_set_read_json(struct bench_sample_set *set, const char *path, struct qk_error *err);
/* The same of what was loaded already; `path` is for messages. */
int bench_sample_set_take_json(struct bench_sample_set *set, const json_t *json, const char *path,
                               struct qk_error *err);
extern const struct bench_fields bench_sample_set_fields;
/* Its `check`: rows for each ok case, equal blocks and slices in a group. */
void bench_sample_set_check(struct bench_reader *r, const struct bench_place *at, const void *set,
                            const void *whole);
/*
 * CSV by RFC 4180 (CRLF) with a header line, then one line per slice: case, block, slice, ns per call,
 * estimated GHz (empty when unknown). QK_ERR_IO.
 */
int bench_sample_set_write_csv(const struct bench_sample_set *set, FILE *to, struct qk_error *err);
