/* SPDX-License-Identifier: MIT */
#include "baselines/history/private.h"

#include <string.h>

/* The id of the row that `find` finds by the text, or that `add` adds; its texts are bound from 1 on. */
static int intern(struct baseline_history *h, enum history_statement find, enum history_statement add,
                  const char *const *texts, int count, int64_t *id, struct qk_error *err)
{
    sqlite3_stmt *stmt;
    int code = baseline_sql_get(h, find, &stmt, err);
    if (code)
        return code;
    sqlite3_bind_text(stmt, 1, *texts, -1, SQLITE_STATIC);
    code = baseline_sql_step(h, stmt, "writing", err);
    if (code == 1) {
        *id = sqlite3_column_int64(stmt, 0);
        sqlite3_reset(stmt);
        return 0;
    }
    if (!code)
        code = baseline_sql_get(h, add, &stmt, err);
    for (int i = 0; i < count && !code; i++)
        sqlite3_bind_text(stmt, i + 1, texts[i], -1, SQLITE_STATIC);
    if (!code)
        code = baseline_sql_step(h, stmt, "writing", err);
    *id = sqlite3_last_insert_rowid(h->db);
    return code;
}

static void bind_ratio(sqlite3_stmt *stmt, int at, const struct baseline_history_ratio *r)
{
    baseline_sql_bind_word(stmt, at, r->verdict, baseline_verdict_names);
    baseline_sql_bind_real(stmt, at + 1, r->ratio.value);
    baseline_sql_bind_real(stmt, at + 2, r->ratio.low);
    baseline_sql_bind_real(stmt, at + 3, r->ratio.high);
}

static int add_result(struct baseline_history *h, int64_t run, int64_t machine, int64_t time,
                      const struct baseline_history_result *r, struct qk_error *err)
{
    sqlite3_stmt *stmt;
    int64_t name;
    int code = intern(h, HISTORY_find_case, HISTORY_add_case, (const char *[]){r->name}, 1, &name, err);
    if (!code)
        code = baseline_sql_get(h, HISTORY_add_result, &stmt, err);
    if (code)
        return code;
    sqlite3_bind_int64(stmt, 1, run);
    sqlite3_bind_int64(stmt, 2, machine);
    sqlite3_bind_int64(stmt, 3, time);
    sqlite3_bind_int64(stmt, 4, name);
    bind_ratio(stmt, 5, &r->parent);
    baseline_sql_bind_text(stmt, 9, r->parent.reason);
    bind_ratio(stmt, 10, &r->pinned);
    baseline_sql_bind_real(stmt, 14, r->pinned.margin);
    baseline_sql_bind_text(stmt, 15, r->pinned.reason);
    baseline_sql_bind_real(stmt, 16, r->ns);
    baseline_sql_bind_text(stmt, 17, r->ns_reason);
    baseline_sql_bind_real(stmt, 18, r->instructions);
    baseline_sql_bind_text(stmt, 19, r->instructions_reason);
    return baseline_sql_step(h, stmt, "writing", err);
}

/* Is it there already? */
static int find_run(struct baseline_history *h, const struct baseline_history_run *run,
                    struct baseline_history_added *added, struct qk_error *err)
{
    sqlite3_stmt *stmt;
    int code = baseline_sql_get(h, HISTORY_find_run, &stmt, err);
    if (code)
        return code;
    sqlite3_bind_text(stmt, 1, run->key, -1, SQLITE_STATIC);
    code = baseline_sql_step(h, stmt, "reading runs", err);
    if (code != 1)
        return code;
    const char *const pinned = (const char *)sqlite3_column_text(stmt, 1);
    const bool same = !strcmp(pinned ? pinned : "", run->pinned_key);
    *added = (struct baseline_history_added){.id = sqlite3_column_int64(stmt, 0), .already = true};
    sqlite3_reset(stmt);
    return same ? 0
                : qk_fail(err, QK_ERR_ARG, h->path,
                          "run %lld is this one already, but was added with another result against a pinned "
                          "release, or with none",
                          (long long)added->id);
}

static int add_run(struct baseline_history *h, const struct baseline_history_run *run,
                   struct baseline_history_added *added, struct qk_error *err)
{
    const struct baseline_history_machine *const m = &run->machine;
    sqlite3_stmt *stmt;
    int64_t machine;
    int code = find_run(h, run, added, err);
    if (code || added->already)
        return code;
    code = intern(h, HISTORY_find_machine, HISTORY_add_machine,
                  (const char *[]){m->fingerprint, m->cpu, m->isa_levels, m->compiler}, 4, &machine, err);
    if (!code)
        code = baseline_sql_get(h, HISTORY_add_run, &stmt, err);
    if (code)
        return code;
    baseline_sql_bind_text(stmt, 1, run->key);
    baseline_sql_bind_text(stmt, 2, run->pinned_key);
    baseline_sql_bind_text(stmt, 3, baseline_history_sources[run->source]);
    sqlite3_bind_int64(stmt, 4, machine);
    sqlite3_bind_int64(stmt, 5, run->time);
    baseline_sql_bind_text(stmt, 6, run->commit);
    baseline_sql_bind_text(stmt, 7, run->parent);
    baseline_sql_bind_text(stmt, 8, run->pinned);
    baseline_sql_bind_word(stmt, 9, run->verdict, baseline_verdict_names);
    code = baseline_sql_step(h, stmt, "writing", err);
    added->id = sqlite3_last_insert_rowid(h->db);
    for (size_t i = 0; i < run->count && !code; i++)
        code = add_result(h, added->id, machine, run->time, &run->results[i], err);
    return code;
}

int baseline_history_add(struct baseline_history *h, const struct baseline_history_run *runs, size_t count,
                         struct baseline_history_added *added, struct qk_error *err)
{
    int code = baseline_sql_begin(h, err);
    if (code)
        return code;
    for (size_t i = 0; i < count && !code; i++) {
        added[i] = (struct baseline_history_added){0};
        code = add_run(h, &runs[i], &added[i], err);
    }
    return baseline_sql_end(h, code, err);
}
