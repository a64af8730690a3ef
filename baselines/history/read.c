/* SPDX-License-Identifier: MIT */
#include "baselines/history/private.h"

#include "baselines/gate/policy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The columns of the view `log`, in its order. */
enum column {
    RESULT_ID,
    RUN_ID,
    MEASURED_AT,
    SOURCE,
    MACHINE_ID,
    FINGERPRINT,
    CPU,
    CASE_ID,
    CASE_NAME,
    COMMIT_NAME,
    PARENT,
    PINNED,
    VERDICT,
    PARENT_RATIO,
    PARENT_LOW,
    PARENT_HIGH,
    PARENT_REASON,
    PINNED_VERDICT,
    PINNED_RATIO,
    PINNED_LOW,
    PINNED_HIGH,
    PINNED_MARGIN,
    PINNED_REASON,
    NS,
    NS_REASON,
    INSTRUCTIONS,
    INSTRUCTIONS_REASON,
    MARK,
    WHY,
    COLUMNS
};

static const char *text_of(sqlite3_stmt *stmt, int column)
{
    const char *const text = (const char *)sqlite3_column_text(stmt, column);
    return text ? text : "";
}

static void get_text(sqlite3_stmt *stmt, int column, char *to, size_t size)
{
    snprintf(to, size, "%s", text_of(stmt, column));
}

static double get_real(sqlite3_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt, column) == SQLITE_NULL ? NAN : sqlite3_column_double(stmt, column);
}

/* The number of a word; `none` where it is NULL. Another program may have written anything. */
static int get_word(const struct baseline_history *h, sqlite3_stmt *stmt, int column,
                    const char *const *words, int none, int *to, struct qk_error *err)
{
    if (sqlite3_column_type(stmt, column) == SQLITE_NULL) {
        *to = none;
        return 0;
    }
    for (*to = 0; words[*to]; ++*to)
        if (!strcmp(words[*to], text_of(stmt, column)))
            return 0;
    return qk_fail(err, QK_ERR_FORMAT, h->path, "result %lld: found the %s \"%.40s\", expected %s, ...",
                   (long long)sqlite3_column_int64(stmt, RESULT_ID), sqlite3_column_name(stmt, column),
                   text_of(stmt, column), *words);
}

static int get_ratio(const struct baseline_history *h, sqlite3_stmt *stmt, int verdict, int ratio, int reason,
                     struct baseline_history_ratio *to, struct qk_error *err)
{
    to->ratio =
        (struct bench_interval){get_real(stmt, ratio), get_real(stmt, ratio + 1), get_real(stmt, ratio + 2)};
    get_text(stmt, reason, to->reason, sizeof to->reason);
    return get_word(h, stmt, verdict, baseline_verdict_names, -1, &to->verdict, err);
}

static int get_row(const struct baseline_history *h, sqlite3_stmt *stmt, struct baseline_history_row *row,
                   struct qk_error *err)
{
    struct baseline_history_result *const r = &row->result;
    int source = 0, mark = 0;
    *row = (struct baseline_history_row){.id = sqlite3_column_int64(stmt, RESULT_ID),
                                         .run = sqlite3_column_int64(stmt, RUN_ID),
                                         .time = sqlite3_column_int64(stmt, MEASURED_AT)};
    get_text(stmt, FINGERPRINT, row->machine.fingerprint, sizeof row->machine.fingerprint);
    get_text(stmt, CPU, row->machine.cpu, sizeof row->machine.cpu);
    get_text(stmt, COMMIT_NAME, row->commit, sizeof row->commit);
    get_text(stmt, PARENT, row->against, sizeof row->against);
    get_text(stmt, PINNED, row->release, sizeof row->release);
    get_text(stmt, CASE_NAME, r->name, sizeof r->name);
    get_text(stmt, NS_REASON, r->ns_reason, sizeof r->ns_reason);
    get_text(stmt, INSTRUCTIONS_REASON, r->instructions_reason, sizeof r->instructions_reason);
    get_text(stmt, WHY, row->why, sizeof row->why);
    r->ns = get_real(stmt, NS);
    r->instructions = get_real(stmt, INSTRUCTIONS);
    r->parent.margin = NAN;
    r->pinned.margin = get_real(stmt, PINNED_MARGIN);
    int code = get_ratio(h, stmt, VERDICT, PARENT_RATIO, PARENT_REASON, &r->parent, err);
    if (!code)
        code = get_ratio(h, stmt, PINNED_VERDICT, PINNED_RATIO, PINNED_REASON, &r->pinned, err);
    if (!code)
        code = get_word(h, stmt, SOURCE, baseline_history_sources, 0, &source, err);
    if (!code)
        code = get_word(h, stmt, MARK, baseline_mark_names, BASELINE_UNMARKED, &mark, err);
    row->source = (enum baseline_history_source)source;
    row->mark = (enum baseline_mark)mark;
    return code;
}

/* Ids that the filter wants, of a statement whose rows are an id and a text. */
struct ids {
    size_t count, room;
    int64_t *list; /* owned */
};

typedef bool wanted(const char *filter, const char *text);

static bool begins(const char *filter, const char *text)
{
    return !strncmp(text, filter, strlen(filter));
}

static int find_ids(struct baseline_history *h, enum history_statement which, wanted *is_wanted,
                    const char *filter, struct ids *to, struct qk_error *err)
{
    sqlite3_stmt *stmt;
    int code = baseline_sql_get(h, which, &stmt, err);
    while (!code && (code = baseline_sql_step(h, stmt, "reading names", err)) == 1) {
        code = 0;
        if (filter && !is_wanted(filter, text_of(stmt, 1)))
            continue;
        if (to->count == to->room) {
            const size_t room = to->room ? 2 * to->room : 64;
            int64_t *const more = reallocarray(to->list, room, sizeof *more);
            if (!more) {
                sqlite3_reset(stmt);
                return qk_fail(err, QK_ERR_MEMORY, h->path, "no memory for %zu names", room);
            }
            to->list = more;
            to->room = room;
        }
        to->list[to->count++] = sqlite3_column_int64(stmt, 0);
    }
    return code;
}

static int read_case(struct baseline_history *h, int64_t name, int64_t machine,
                     const struct baseline_history_filter *f, baseline_history_take *take, void *ctx,
                     struct qk_error *err)
{
    struct baseline_history_row row;
    sqlite3_stmt *stmt;
    int code = baseline_sql_get(h, f->oldest_first ? HISTORY_oldest_first : HISTORY_newest_first, &stmt, err);
    if (code)
        return code;
    sqlite3_bind_int64(stmt, 1, name);
    sqlite3_bind_int64(stmt, 2, machine);
    sqlite3_bind_int64(stmt, 3, f->limit ? (int64_t)f->limit : -1);
    while ((code = baseline_sql_step(h, stmt, "reading results", err)) == 1) {
        if (h->stop && h->stop())
            code = qk_fail(err, QK_ERR_INTERRUPTED, h->path, "interrupted");
        else
            code = get_row(h, stmt, &row, err);
        if (!code)
            code = take(ctx, &row, err);
        if (code)
            break;
    }
    sqlite3_reset(stmt);
    return code;
}

int baseline_history_each(struct baseline_history *h, const struct baseline_history_filter *f,
                          baseline_history_take *take, void *ctx, struct qk_error *err)
{
    struct ids cases = {0}, machines = {0};
    /* One picture of the store, also where it is written to meanwhile. */
    int code = baseline_sql_run_text(h, "BEGIN", "reading", err);
    if (!code)
        code = find_ids(h, HISTORY_cases, baseline_case_matches, f->pattern, &cases, err);
    if (!code && f->pattern && !cases.count)
        code = qk_fail(err, QK_ERR_ARG, f->pattern, "no case in %s matches", h->path);
    if (!code)
        code = find_ids(h, HISTORY_machines, begins, f->machine, &machines, err);
    if (!code && f->machine && !machines.count)
        code = qk_fail(err, QK_ERR_ARG, f->machine, "no machine's fingerprint in %s begins so", h->path);
    for (size_t i = 0; i < cases.count && !code; i++)
        for (size_t k = 0; k < machines.count && !code; k++)
            code = read_case(h, cases.list[i], machines.list[k], f, take, ctx, err);
    free(cases.list);
    free(machines.list);
    return baseline_sql_end(h, code, err);
}

static int gather(void *to, const struct baseline_history_row *row, struct qk_error *err)
{
    struct baseline_history_rows *const rows = to;
    if (rows->count == rows->room) {
        const size_t room = rows->room ? 2 * rows->room : 64;
        struct baseline_history_row *const more = reallocarray(rows->list, room, sizeof *more);
        if (!more)
            return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu results", room);
        rows->list = more;
        rows->room = room;
    }
    rows->list[rows->count++] = *row;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct baseline_history_row *const x = a, *const y = b;
    const int machine = strcmp(x->machine.fingerprint, y->machine.fingerprint);
    if (machine)
        return machine;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->run != y->run)
        return x->run < y->run ? -1 : 1;
    return strcmp(x->result.name, y->result.name);
}

/* The latest run comes first, and its cases by name. */
static int compare_newest(const void *a, const void *b)
{
    const struct baseline_history_row *const x = a, *const y = b;
    const bool names = x->run == y->run || strcmp(x->machine.fingerprint, y->machine.fingerprint) != 0;
    return names ? compare(a, b) : compare(b, a);
}

int baseline_history_read(struct baseline_history *h, const struct baseline_history_filter *f,
                          struct baseline_history_rows *rows, struct qk_error *err)
{
    *rows = (struct baseline_history_rows){0};
    const int code = baseline_history_each(h, f, gather, rows, err);
    if (!code && rows->count)
        qsort(rows->list, rows->count, sizeof *rows->list, f->oldest_first ? compare : compare_newest);
    return code;
}

void baseline_history_rows_free(struct baseline_history_rows *rows)
{
    free(rows->list);
    *rows = (struct baseline_history_rows){0};
}
