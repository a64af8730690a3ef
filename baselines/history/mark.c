/* SPDX-License-Identifier: MIT */
#include "baselines/history/private.h"

#include "baselines/gate/policy.h"

#include <string.h>
#include <time.h>

static int add_mark(struct baseline_history *h, int64_t result, enum baseline_mark mark, const char *why,
                    struct qk_error *err)
{
    sqlite3_stmt *stmt;
    const int code = baseline_sql_get(h, HISTORY_add_mark, &stmt, err);
    if (code)
        return code;
    sqlite3_bind_int64(stmt, 1, result);
    baseline_sql_bind_word(stmt, 2, (int)mark, baseline_mark_names);
    sqlite3_bind_text(stmt, 3, why, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 4, (int64_t)time(NULL));
    return baseline_sql_step(h, stmt, "writing", err);
}

static int mark_all(struct baseline_history *h, int64_t run, const char *pattern, enum baseline_mark mark,
                    const char *why, size_t *marked, struct qk_error *err)
{
    sqlite3_stmt *stmt;
    size_t cases = 0;
    int code = baseline_sql_get(h, HISTORY_of_run, &stmt, err);
    if (code)
        return code;
    sqlite3_bind_int64(stmt, 1, run);
    while ((code = baseline_sql_step(h, stmt, "reading a run", err)) == 1) {
        const char *const name = (const char *)sqlite3_column_text(stmt, 1);
        cases++;
        code = 0;
        if (!baseline_case_matches(pattern, name))
            continue;
        if (mark == BASELINE_ACCEPTED && sqlite3_column_type(stmt, 2) == SQLITE_NULL)
            code = qk_fail(err, QK_ERR_ARG, name,
                           "run %lld has no ratio to a pinned release that could be accepted: %.200s",
                           (long long)run, sqlite3_column_text(stmt, 3));
        else
            code = add_mark(h, sqlite3_column_int64(stmt, 0), mark, why, err);
        if (code)
            break;
        ++*marked;
    }
    sqlite3_reset(stmt);
    if (!code && !cases)
        return qk_fail(err, QK_ERR_ARG, h->path, "there is no run %lld; `qkbench history log` names them",
                       (long long)run);
    if (!code && !*marked)
        return qk_fail(err, QK_ERR_ARG, pattern, "no case of run %lld matches", (long long)run);
    return code;
}

int baseline_history_mark(struct baseline_history *h, int64_t run, const char *pattern,
                          enum baseline_mark mark, const char *why, size_t *marked, struct qk_error *err)
{
    *marked = 0;
    const int code = baseline_sql_begin(h, err);
    return code ? code : baseline_sql_end(h, mark_all(h, run, pattern, mark, why, marked, err), err);
}
