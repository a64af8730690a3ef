/* SPDX-License-Identifier: MIT */
/*
 * The history of a project: what gates and other tools have measured, in one SQLite file. README.md has the
 * tables. Functions return 0, a code of theirs, or one of the following.
 *
 *   QK_ERR_FORMAT   the file is damaged or of another program
 *   QK_ERR_IO       SQLite's own words; also when another writer held the file for too long
 *   QK_ERR_MEMORY, QK_ERR_INTERRUPTED
 */
#pragma once

#include "baselines/gate/verdict.h"

#include <stdio.h>

enum { BASELINE_HISTORY_VERSION = 1, BASELINE_HISTORY_TEXT = 400, BASELINE_HISTORY_KEY = 17 };

enum baseline_history_source {
    BASELINE_FROM_GATE,
    BASELINE_FROM_QKBENCH, /* qkbench run */
    BASELINE_FROM_GBENCH,
    BASELINE_FROM_LLAMA, /* llama-bench, qkbench model bench */
    BASELINE_SOURCES
};
extern const char *const baseline_history_sources[BASELINE_SOURCES + 1]; /* "gate", ..., NULL */

enum baseline_mark { BASELINE_UNMARKED, BASELINE_REAL, BASELINE_FALSE, BASELINE_ACCEPTED, BASELINE_MARKS };
extern const char *const baseline_mark_names[BASELINE_MARKS + 1]; /* "none", "real", ..., NULL */

/*
 * A ratio of a duet: the candidate's time as a multiple of the other's, so that 1.01 is one per cent slower.
 * What was not measured is NaN and has a reason.
 */
struct baseline_history_ratio {
    int verdict; /* enum baseline_verdict; -1: nobody judged it */
    struct bench_interval ratio;
    double margin; /* must_catch of the gate; NaN where nothing was timed */
    char reason[BASELINE_HISTORY_TEXT];
};

struct baseline_history_result {
    char name[BASELINE_NAME];
    struct baseline_history_ratio parent, pinned;
    double ns, instructions; /* of one call or token of the candidate; NaN with the reason */
    char ns_reason[BASELINE_HISTORY_TEXT], instructions_reason[BASELINE_HISTORY_TEXT];
};

struct baseline_history_machine {
    char fingerprint[20], cpu[160], isa_levels[64], compiler[64];
};

struct baseline_history_run {
    /* Equal for equal measurements. That of the pinned one is empty where there is none. */
    char key[BASELINE_HISTORY_KEY], pinned_key[BASELINE_HISTORY_KEY];
    enum baseline_history_source source;
    struct baseline_history_machine machine;
    int64_t time;                              /* of the measurement, in seconds since 1970 */
    char commit[64], parent[256], pinned[256]; /* empty: none */
    int verdict;                               /* of the run against the parent; -1: no gate */
    size_t count;
    struct baseline_history_result *results; /* owned */
};
void baseline_history_run_free(struct baseline_history_run *run);
/* Appends a result with nothing measured; NULL when memory is refused. */
struct baseline_history_result *baseline_history_run_add(struct baseline_history_run *run, const char *name);

/* What a gate found, with the file it was read from and its JSON, which gives the run's key. */
struct baseline_history_gate {
    const char *file;
    const struct baseline_report *report;
    char key[BASELINE_HISTORY_KEY];
};
/*
 * Makes a run of a gate against the parent, and of one against a pinned release (or NULL), which is called
 * `release`. Free in any case.
 *   QK_ERR_ARG      the two are of different machines or commits, or one is no duet
 *   QK_ERR_INVALID  the gate ended before it could judge, or judged no case
 */
int baseline_history_of_gate(struct baseline_history_run *run, const struct baseline_history_gate *parent,
                             const struct baseline_history_gate *pinned, const char *release,
                             const char *commit, struct qk_error *err);

struct baseline_history;
struct baseline_history_config {
    const char *path;
    bool write;         /* makes the file when there is none */
    unsigned wait_s;    /* for another writer */
    bool (*stop)(void); /* ends the waiting; may be NULL */
};
/* QK_ERR_UNAVAILABLE: there is no such file, and `write` is not set. */
int baseline_history_open(struct baseline_history **h, const struct baseline_history_config *cfg,
                          struct qk_error *err);
void baseline_history_close(struct baseline_history *h);

/* What adding did. All runs of a call are stored, or none is. */
struct baseline_history_added {
    int64_t id;   /* of the run */
    bool already; /* the store had it before */
};
/*
 * Stores the runs and waits until they are on the disk. added[count] says what became of each. QK_ERR_ARG: a
 * run is there, but with another pinned result.
 */
int baseline_history_add(struct baseline_history *h, const struct baseline_history_run *runs, size_t count,
                         struct baseline_history_added *added, struct qk_error *err);

/* A result of a run as it is stored. */
struct baseline_history_row {
    int64_t id, run, time;
    enum baseline_history_source source;
    struct baseline_history_machine machine;
    char commit[64], against[256], release[256];
    struct baseline_history_result result;
    enum baseline_mark mark;
    char why[BASELINE_HISTORY_TEXT];
};

struct baseline_history_filter {
    const char *pattern; /* a glob on op/variant/shape; NULL: all */
    const char *machine; /* how a fingerprint begins; NULL: all */
    size_t limit;        /* of rows of one case on one machine; 0: none */
    bool oldest_first;
};
/* Gets one row. A value other than 0 ends the reading and is returned; above 0 it is no error. */
typedef int baseline_history_take(void *ctx, const struct baseline_history_row *row, struct qk_error *err);
/*
 * Hands over rows by case, then by machine, then by time. QK_ERR_ARG: the pattern matches no case, or no
 * fingerprint begins so.
 */
int baseline_history_each(struct baseline_history *h, const struct baseline_history_filter *f,
                          baseline_history_take *take, void *ctx, struct qk_error *err);

struct baseline_history_rows {
    size_t count, room;
    struct baseline_history_row *list; /* owned */
};
/* Gathers rows by machine, then by time, then by case. Free in any case. */
int baseline_history_read(struct baseline_history *h, const struct baseline_history_filter *f,
                          struct baseline_history_rows *rows, struct qk_error *err);
void baseline_history_rows_free(struct baseline_history_rows *rows);

/*
 * Marks the cases of a run that match the pattern. *marked is how many. QK_ERR_ARG: no such run or case, or
 * one that cannot be accepted because it has no ratio to a pinned release.
 */
int baseline_history_mark(struct baseline_history *h, int64_t run, const char *pattern,
                          enum baseline_mark mark, const char *why, size_t *marked, struct qk_error *err);

/* Writes all of it as SQL that other databases read: tables, rows, indexes and the view `log`. */
int baseline_history_dump(struct baseline_history *h, FILE *to, struct qk_error *err);

/* "2026-01-02T03:04:05Z" */
enum { BASELINE_HISTORY_DATE = 24 };
const char *baseline_history_date(int64_t time, char to[BASELINE_HISTORY_DATE]);
/* False when the text is no date of ISO 8601 with a zone. */
bool baseline_history_time(const char *date, int64_t *time);
