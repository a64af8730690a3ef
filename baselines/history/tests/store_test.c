/* SPDX-License-Identifier: MIT */
/* What the store keeps, how it finds it, and what it refuses. */
#include "baselines/history/tests/history_fixture.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static const struct history_said steady = {0.1, 0.1, NULL};

static struct baseline_history *open_new(char path[256], const char *name)
{
    snprintf(path, 256, "%s/%s", bench_test_dir, name);
    return history_open(path);
}

/* The plan of a statement, its lines one behind the other. */
static void plan_of(struct baseline_history *h, const char *sql, char to[2000])
{
    char text[2500];
    sqlite3_stmt *stmt;
    snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", sql);
    assert_int_equal(sqlite3_prepare_v2(h->db, text, -1, &stmt, NULL), SQLITE_OK);
    *to = '\0';
    for (size_t n = 0; sqlite3_step(stmt) == SQLITE_ROW && n < 2000; n = strlen(to))
        snprintf(to + n, 2000 - n, "%s; ", sqlite3_column_text(stmt, 3));
    sqlite3_finalize(stmt);
}

/* Only names are read from end to end. Of runs, results and marks an index gives what is wanted, in order. */
UNIT_TEST(no_statement_reads_a_table_from_end_to_end)
{
    static const char *const large[] = {"SCAN result", "SCAN run", "SCAN mark", "SCAN log", "TEMP B-TREE"};
    char path[256], plan[2000];
    struct baseline_history *const h = open_new(path, "plans.db");
    size_t searches = 0;
    for (size_t i = 0; i < HISTORY_STATEMENTS; i++) {
        plan_of(h, baseline_sql_statements[i], plan);
        searches += strstr(plan, "SEARCH") != NULL;
        for (size_t k = 0; k < sizeof large / sizeof *large; k++)
            if (strstr(plan, large[k]))
                fail_msg("%s: %s", baseline_sql_statements[i], plan);
    }
    assert_true(searches >= 6);
    plan_of(h, baseline_sql_statements[HISTORY_newest_first], plan);
    assert_says(plan, "SEARCH result USING INDEX result_of_case (case_id=? AND machine_id=?)");
    assert_says(plan, "mark_of_result");
    baseline_history_close(h);
}

static int count_rows(void *ctx, const struct baseline_history_row *row, struct qk_error *err)
{
    (void)row;
    (void)err;
    ++*(size_t *)ctx;
    return 0;
}

static size_t rows_of(struct baseline_history *h)
{
    size_t rows = 0;
    struct qk_error err;
    assert_int_equal(baseline_history_each(h, &(struct baseline_history_filter){0}, count_rows, &rows, &err),
                     0);
    return rows;
}

UNIT_TEST(each_connection_is_strict)
{
    static const struct {
        const char *sql;
        int value;
    } settings[] = {{"PRAGMA synchronous", 2}, {"PRAGMA foreign_keys", 1}, {"PRAGMA trusted_schema", 0}};
    char path[256];
    struct baseline_history *const h = open_new(path, "strict.db");
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        sqlite3_stmt *stmt;
        assert_int_equal(sqlite3_prepare_v2(h->db, settings[i].sql, -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int(stmt, 0), settings[i].value);
        sqlite3_finalize(stmt);
    }
    baseline_history_close(h);
}

UNIT_TEST(all_runs_of_a_call_or_none)
{
    char path[256];
    struct baseline_history *const h = open_new(path, "all.db");
    struct baseline_history_run runs[2] = {history_run_of(1, "aaaa", "v1", 3, steady),
                                           history_run_of(2, "aaaa", "v1", 3, steady)};
    struct baseline_history_added added[2];
    struct qk_error err;
    snprintf(runs[1].results[2].name, sizeof runs[1].results[2].name, "op/v0/1"); /* twice in a run */
    assert_int_equal(baseline_history_add(h, runs, 2, added, &err), QK_ERR_FORMAT);
    assert_says(err.text, "UNIQUE constraint failed");
    assert_int_equal(rows_of(h), 0);
    snprintf(runs[1].results[2].name, sizeof runs[1].results[2].name, "op/v2/1");
    assert_int_equal(baseline_history_add(h, runs, 2, added, &err), 0);
    assert_int_equal(rows_of(h), 6);
    assert_true(added[0].id == 1 && added[1].id == 2 && !added[0].already);
    assert_int_equal(baseline_history_add(h, runs, 2, added, &err), 0);
    assert_true(added[1].id == 2 && added[1].already);
    assert_int_equal(rows_of(h), 6);
    baseline_history_run_free(&runs[0]);
    baseline_history_run_free(&runs[1]);
    baseline_history_close(h);
}

/* The tables hold what is promised, whoever writes into them. */
UNIT_TEST(the_tables_refuse_what_is_wrong)
{
    static const char *const wrong[] = {
        "UPDATE result SET pinned_low = NULL WHERE id = 1", /* without a reason */
        "UPDATE result SET ns = NULL WHERE id = 1",
        "UPDATE result SET ns = 'fast' WHERE id = 1", /* another type */
        "UPDATE result SET ns = x'00' WHERE id = 1",
        "UPDATE result SET parent_low = 2 WHERE id = 1",              /* above the high end */
        "UPDATE result SET machine_id = machine_id + 1 WHERE id = 1", /* not that of its run */
        "UPDATE result SET measured_at = measured_at + 1 WHERE id = 1",
        "UPDATE run SET source = 'hearsay' WHERE id = 1",
        "DELETE FROM run WHERE id = 1",
        "INSERT INTO mark (result_id, kind, why, marked_at) VALUES (99, 'real', '', 0)",
        "INSERT INTO mark (result_id, kind, why, marked_at) VALUES (1, 'odd', '', 0)",
    };
    char path[256];
    struct baseline_history *const h = open_new(path, "wrong.db");
    struct qk_error err;
    history_add_run(h, 1, "aaaa", "v1", 1, steady);
    history_add_run(h, 2, "bbbb", "v1", 1, steady);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (baseline_sql_run_text(h, wrong[i], "testing", &err) != QK_ERR_FORMAT)
            fail_msg("%s: was not refused", wrong[i]);
    baseline_history_close(h);
}

UNIT_TEST(a_word_of_nobody_is_refused)
{
    char path[256];
    struct baseline_history *const h = open_new(path, "word.db");
    struct baseline_history_rows rows;
    struct qk_error err;
    history_add_run(h, 1, "aaaa", "v1", 1, steady);
    assert_int_equal(baseline_sql_run_text(h, "UPDATE result SET verdict = 'FINE'", "testing", &err), 0);
    assert_int_equal(baseline_history_read(h, &(struct baseline_history_filter){0}, &rows, &err),
                     QK_ERR_FORMAT);
    assert_says(err.text, "result 1: found the verdict \"FINE\", expected PASS");
    baseline_history_rows_free(&rows);
    baseline_history_close(h);
}

UNIT_TEST(rows_come_in_order)
{
    char path[256];
    struct baseline_history *const h = open_new(path, "order.db");
    struct baseline_history_rows rows;
    struct qk_error err;
    const int minutes[] = {5, 1, 9, 3}; /* results of old runs may be added late */
    for (size_t i = 0; i < 4; i++)
        history_add_run(h, minutes[i], i == 3 ? "bbbb" : "aaaa", "v1", 2, steady);
    struct baseline_history_filter f = {.limit = 2};
    assert_int_equal(baseline_history_read(h, &f, &rows, &err), 0);
    assert_int_equal(rows.count, 6);
    static const char *const expected[] = {"c9", "c9", "c5", "c5", "c3", "c3"};
    for (size_t i = 0; i < rows.count; i++) {
        assert_string_equal(rows.list[i].commit, expected[i]);
        assert_string_equal(rows.list[i].result.name, i % 2 ? "op/v1/1" : "op/v0/1");
    }
    baseline_history_rows_free(&rows);
    f = (struct baseline_history_filter){.machine = "aa", .pattern = "op/v1", .oldest_first = true};
    assert_int_equal(baseline_history_read(h, &f, &rows, &err), 0);
    assert_int_equal(rows.count, 3);
    assert_string_equal(rows.list[0].commit, "c1");
    assert_string_equal(rows.list[2].commit, "c9");
    baseline_history_rows_free(&rows);
    baseline_history_close(h);
}

UNIT_TEST(a_second_writer_waits_and_gives_up)
{
    char path[256];
    struct baseline_history *const first = open_new(path, "two.db"), *const second = history_open(path);
    struct baseline_history_run run = history_run_of(1, "aaaa", "v1", 1, steady);
    struct baseline_history_added added;
    struct qk_error err;
    assert_int_equal(baseline_sql_begin(first, &err), 0);
    assert_int_equal(baseline_history_add(second, &run, 1, &added, &err), QK_ERR_IO);
    assert_says(err.text, "another process has held the history for more than 1 s");
    assert_int_equal(baseline_sql_end(first, 0, &err), 0);
    assert_int_equal(baseline_history_add(second, &run, 1, &added, &err), 0);
    baseline_history_run_free(&run);
    baseline_history_close(second);
    baseline_history_close(first);
}

/* A reader has one picture of the store, and never waits for a writer. */
UNIT_TEST(a_reader_changes_nothing)
{
    char path[256];
    struct baseline_history *const h = open_new(path, "reader.db"), *reader;
    struct qk_error err;
    const struct baseline_history_config cfg = {.path = path};
    assert_int_equal(baseline_history_open(&reader, &cfg, &err), 0);
    assert_int_equal(baseline_sql_begin(h, &err), 0);
    assert_int_equal(rows_of(reader), 0);
    assert_int_equal(baseline_sql_end(h, 0, &err), 0);
    assert_int_equal(baseline_sql_run_text(reader, "DELETE FROM run", "testing", &err), QK_ERR_IO);
    assert_says(err.text, "readonly");
    baseline_history_close(reader);
    baseline_history_close(h);
}

UNIT_TEST(dates)
{
    char text[BASELINE_HISTORY_DATE];
    int64_t time;
    assert_true(baseline_history_time("2026-01-02T03:04:05+00:00", &time));
    assert_string_equal(baseline_history_date(time, text), "2026-01-02T03:04:05Z");
    int64_t other;
    assert_true(baseline_history_time("2026-01-02T04:34:05+01:30", &other) && other == time);
    assert_true(baseline_history_time("2026-01-01T22:04:05-0500", &other) && other == time);
    assert_true(baseline_history_time("2026-01-02T03:04:05Z", &other) && other == time);
    static const char *const bad[] = {"",
                                      "2026-01-02",
                                      "2026-01-02T03:04:05",
                                      "2026-01-02T03:04:05+",
                                      "x",
                                      "2026-01-02T03:04:05+25:00",
                                      "2026-01-02T03:04:05Zx"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (baseline_history_time(bad[i], &time))
            fail_msg("'%s' was taken for a date", bad[i]);
}

UNIT_TESTS(store, bench_test_dir_make, bench_test_dir_remove)
