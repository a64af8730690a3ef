/* SPDX-License-Identifier: MIT */
#include "baselines/history/private.h"

#include "harness/records/files/outfile.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * SQLite keeps 64 bits in an INTEGER and a double in a REAL. In standard SQL those are BIGINT and DOUBLE
 * PRECISION.
 */
static void put_schema(const char *sql, FILE *to)
{
    static const struct {
        const char *ours, *theirs;
    } types[] = {{" INTEGER", " BIGINT"}, {" REAL", " DOUBLE PRECISION"}};
    while (*sql) {
        size_t k = 0;
        while (k < 2 && (strncmp(sql, types[k].ours, strlen(types[k].ours)) != 0 ||
                         isalnum((unsigned char)sql[strlen(types[k].ours)])))
            k++;
        if (k < 2) {
            fputs(types[k].theirs, to);
            sql += strlen(types[k].ours);
        } else {
            putc(*sql++, to);
        }
    }
    fputs(";\n", to);
}

static void put_text(const char *text, FILE *to)
{
    putc('\'', to);
    for (; *text; text++) {
        if (*text == '\'')
            putc('\'', to);
        putc(*text, to);
    }
    putc('\'', to);
}

static void put_value(sqlite3_stmt *stmt, int column, FILE *to)
{
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_NULL:
        fputs("NULL", to);
        break;
    case SQLITE_INTEGER:
        fprintf(to, "%lld", (long long)sqlite3_column_int64(stmt, column));
        break;
    case SQLITE_FLOAT:
        fprintf(to, "%.17g", sqlite3_column_double(stmt, column));
        break;
    default: /* STRICT tables of ours have no other type */
        put_text((const char *)sqlite3_column_text(stmt, column), to);
        break;
    }
}

static void put_row(sqlite3_stmt *stmt, const char *table, FILE *to)
{
    const int columns = sqlite3_column_count(stmt);
    fprintf(to, "INSERT INTO %s (", table);
    for (int i = 0; i < columns; i++)
        fprintf(to, "%s%s", i ? ", " : "", sqlite3_column_name(stmt, i));
    fputs(") VALUES (", to);
    for (int i = 0; i < columns; i++) {
        fputs(i ? ", " : "", to);
        put_value(stmt, i, to);
    }
    fputs(");\n", to);
}

static int put_table(struct baseline_history *h, const char *table, FILE *to, struct qk_error *err)
{
    char sql[100];
    sqlite3_stmt *stmt;
    snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY id", table);
    if (sqlite3_prepare_v2(h->db, sql, -1, &stmt, NULL))
        return baseline_sql_fail(h, "reading a table", err);
    int code;
    while ((code = baseline_sql_step(h, stmt, "reading a table", err)) == 1) {
        put_row(stmt, table, to);
        if (ferror(to) || (h->stop && h->stop())) {
            code = ferror(to) ? bench_written(to, "the SQL", err)
                              : qk_fail(err, QK_ERR_INTERRUPTED, h->path, "interrupted");
            break;
        }
    }
    sqlite3_finalize(stmt);
    return code;
}

/* Indexes and view come behind the rows, because that is faster. */
static void put_schemas(bool tables, FILE *to)
{
    for (size_t i = 0; baseline_sql_schema[i]; i++)
        if (!strncmp(baseline_sql_schema[i], "CREATE TABLE", 12) == tables)
            put_schema(baseline_sql_schema[i], to);
}

int baseline_history_dump(struct baseline_history *h, FILE *to, struct qk_error *err)
{
    int code = baseline_sql_run_text(h, "BEGIN", "reading", err);
    fprintf(to, "-- A history of qkbench, schema version %d.\nBEGIN;\n", BASELINE_HISTORY_VERSION);
    put_schemas(true, to);
    for (size_t i = 0; baseline_sql_tables[i] && !code; i++)
        code = put_table(h, baseline_sql_tables[i], to, err);
    put_schemas(false, to);
    fputs("COMMIT;\n", to);
    if (!code)
        code = bench_written(to, "the SQL", err);
    return baseline_sql_end(h, code, err);
}
