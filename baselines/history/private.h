/* SPDX-License-Identifier: MIT */
/* Shared by the files of this folder and their tests: the open store, its schema and its statements. */
#pragma once

#include "baselines/history/history.h"

#include <sqlite3.h>

enum { HISTORY_OWNER = 0x514b4849 }; /* application_id: "QKHI" */

enum history_statement {
#define STATEMENT(name, text) HISTORY_##name,
#include "baselines/history/statements.def"
#undef STATEMENT
    HISTORY_STATEMENTS
};
extern const char *const baseline_sql_statements[HISTORY_STATEMENTS];
extern const char *const baseline_sql_schema[]; /* ends with NULL */
extern const char
    *const baseline_sql_tables[]; /* in the order in which they refer to each other; ends with NULL */

struct baseline_history {
    sqlite3 *db;
    const char *path; /* borrowed from the config */
    unsigned wait_s;
    bool (*stop)(void);
    uint64_t waiting_since; /* 0: not waiting */
    sqlite3_stmt *ready[HISTORY_STATEMENTS];
};

/* Fails with SQLite's own words for the last call. Returns the qk_code that fits. */
int baseline_sql_fail(const struct baseline_history *h, const char *doing, struct qk_error *err);
/*
 * The statement, prepared on first use and reset. *stmt is the store's. Bind its parameters, then call
 * baseline_sql_step.
 */
int baseline_sql_get(struct baseline_history *h, enum history_statement which, sqlite3_stmt **stmt,
                     struct qk_error *err);
/* 1: there is a row. 0: there is none, or it was done. Or a code, with `doing` in its text. */
int baseline_sql_step(const struct baseline_history *h, sqlite3_stmt *stmt, const char *doing,
                      struct qk_error *err);
/* A statement without parameters and rows. */
int baseline_sql_run(struct baseline_history *h, enum history_statement which, const char *doing,
                     struct qk_error *err);
/* The same of any constant text. */
int baseline_sql_run_text(const struct baseline_history *h, const char *sql, const char *doing,
                          struct qk_error *err);
/* BEGIN IMMEDIATE, waiting for another writer; then COMMIT where code is 0, and ROLLBACK otherwise. */
int baseline_sql_begin(struct baseline_history *h, struct qk_error *err);
int baseline_sql_end(struct baseline_history *h, int code, struct qk_error *err);

/* Binds a text, which must outlive the statement's next step. An empty one is NULL. */
void baseline_sql_bind_text(sqlite3_stmt *stmt, int at, const char *text);
/* NaN is NULL. */
void baseline_sql_bind_real(sqlite3_stmt *stmt, int at, double x);
/* A word of the list; NULL where it is negative. */
void baseline_sql_bind_word(sqlite3_stmt *stmt, int at, int word, const char *const *words);
