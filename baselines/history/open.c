/* SPDX-License-Identifier: MIT */
#include "baselines/history/private.h"

#include "harness/machine/clock.h"
#include "harness/records/files/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int baseline_sql_fail(const struct baseline_history *h, const char *doing, struct qk_error *err)
{
    const int code = sqlite3_extended_errcode(h->db), kind = code & 0xff;
    if (h->stop && h->stop())
        return qk_fail(err, QK_ERR_INTERRUPTED, h->path, "interrupted while %s", doing);
    if (kind == SQLITE_BUSY)
        return qk_fail(err, QK_ERR_IO, h->path,
                       "%s: another process has held the history for more than %u s; nothing was changed; "
                       "try again, or wait longer with --wait",
                       doing, h->wait_s);
    if (kind == SQLITE_NOMEM)
        return qk_fail(err, QK_ERR_MEMORY, h->path, "%s: no memory", doing);
    if (kind == SQLITE_CANTOPEN)
        return qk_fail(err, QK_ERR_IO, h->path,
                       "%s: %s; its folder must be one to write to, for the log beside the file", doing,
                       sqlite3_errmsg(h->db));
    if (kind == SQLITE_NOTADB)
        return qk_fail(err, QK_ERR_FORMAT, h->path, "is no history: found no SQLite database");
    if (kind == SQLITE_CORRUPT)
        return qk_fail(err, QK_ERR_FORMAT, h->path, "%s: the file is damaged: %s", doing,
                       sqlite3_errmsg(h->db));
    return qk_fail(err, kind == SQLITE_ERROR || kind == SQLITE_CONSTRAINT ? QK_ERR_FORMAT : QK_ERR_IO,
                   h->path, "%s: %s (SQLite's code %d)", doing, sqlite3_errmsg(h->db), code);
}

int baseline_sql_get(struct baseline_history *h, enum history_statement which, sqlite3_stmt **stmt,
                     struct qk_error *err)
{
    *stmt = h->ready[which];
    if (*stmt) {
        sqlite3_reset(*stmt);
        sqlite3_clear_bindings(*stmt);
        return 0;
    }
    if (sqlite3_prepare_v3(h->db, baseline_sql_statements[which], -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL))
        return baseline_sql_fail(h, "reading the tables", err);
    h->ready[which] = *stmt;
    return 0;
}

int baseline_sql_step(const struct baseline_history *h, sqlite3_stmt *stmt, const char *doing,
                      struct qk_error *err)
{
    const int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        return 1;
    const int code = rc == SQLITE_DONE ? 0 : baseline_sql_fail(h, doing, err);
    sqlite3_reset(stmt);
    return code;
}

int baseline_sql_run_text(const struct baseline_history *h, const char *sql, const char *doing,
                          struct qk_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int code;
    if (sqlite3_prepare_v2(h->db, sql, -1, &stmt, NULL))
        return baseline_sql_fail(h, doing, err);
    while ((code = baseline_sql_step(h, stmt, doing, err)) == 1)
        ;
    sqlite3_finalize(stmt);
    return code;
}

int baseline_sql_run(struct baseline_history *h, enum history_statement which, const char *doing,
                     struct qk_error *err)
{
    sqlite3_stmt *stmt;
    const int code = baseline_sql_get(h, which, &stmt, err);
    return code ? code : baseline_sql_step(h, stmt, doing, err);
}

int baseline_sql_begin(struct baseline_history *h, struct qk_error *err)
{
    return baseline_sql_run(h, HISTORY_begin, "waiting to write", err);
}

int baseline_sql_end(struct baseline_history *h, int code, struct qk_error *err)
{
    struct qk_error ignored;
    if (!code)
        code = baseline_sql_run(h, HISTORY_commit, "writing", err);
    if (code && !sqlite3_get_autocommit(h->db))
        baseline_sql_run(h, HISTORY_rollback, "undoing", &ignored);
    return code;
}

/* SQLite calls it as long as another process has the lock. 0 gives up. */
static int on_busy(void *history, int tries)
{
    struct baseline_history *h = history;
    const uint64_t now = bench_clock_ns();
    if (!tries)
        h->waiting_since = now;
    if ((h->stop && h->stop()) || now - h->waiting_since > h->wait_s * UINT64_C(1000000000))
        return 0;
    usleep(tries < 20 ? 2000 : 25000);
    return 1;
}

/* What must hold for each connection, beside what is in the file. */
static int settle(struct baseline_history *h, struct qk_error *err)
{
    static const char *const settings[] = {"PRAGMA foreign_keys = ON", "PRAGMA synchronous = FULL",
                                           "PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON",
                                           NULL};
    static const int off[] = {SQLITE_DBCONFIG_DQS_DDL, SQLITE_DBCONFIG_DQS_DML,
                              SQLITE_DBCONFIG_ENABLE_TRIGGER};
    int code = 0;
    sqlite3_extended_result_codes(h->db, 1);
    sqlite3_busy_handler(h->db, on_busy, h);
    sqlite3_db_config(h->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    for (size_t i = 0; i < sizeof off / sizeof *off; i++)
        sqlite3_db_config(h->db, off[i], 0, NULL);
    for (size_t i = 0; settings[i] && !code; i++)
        code = baseline_sql_run_text(h, settings[i], "opening", err);
    return code;
}

/* SQLite gives names such as :memory: a meaning; one with a slash is a file. */
static int connect_to(struct baseline_history *h, const char *folder, const char *path, struct qk_error *err)
{
    char *name;
    if (asprintf(&name, "%s%s", folder, path) < 0)
        return qk_fail(err, QK_ERR_MEMORY, path, "no memory for a path");
    const int rc = sqlite3_open_v2(name, &h->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    free(name);
    if (!h->db)
        return qk_fail(err, QK_ERR_MEMORY, path, "no memory to open the history");
    return rc ? baseline_sql_fail(h, "opening", err) : settle(h, err);
}

static void disconnect(struct baseline_history *h)
{
    for (size_t i = 0; i < HISTORY_STATEMENTS; i++) {
        sqlite3_finalize(h->ready[i]);
        h->ready[i] = NULL;
    }
    sqlite3_close(h->db);
    h->db = NULL;
}

static int make_tables(struct baseline_history *h, struct qk_error *err)
{
    char owner[60], version[60];
    snprintf(owner, sizeof owner, "PRAGMA application_id = %d", HISTORY_OWNER);
    snprintf(version, sizeof version, "PRAGMA user_version = %d", BASELINE_HISTORY_VERSION);
    int code = baseline_sql_run_text(h, owner, "making the history", err);
    if (!code)
        code = baseline_sql_run_text(h, version, "making the history", err);
    for (size_t i = 0; baseline_sql_schema[i] && !code; i++) {
        char *sql;
        const bool table = !strncmp(baseline_sql_schema[i], "CREATE TABLE", 12);
        if (asprintf(&sql, "%s%s", baseline_sql_schema[i], table ? " STRICT" : "") < 0)
            return qk_fail(err, QK_ERR_MEMORY, h->path, "no memory for the history's tables");
        code = baseline_sql_run_text(h, sql, "making the history", err);
        free(sql);
    }
    return code;
}

/* A new name in a folder must survive a power cut as the file does. */
static bool sync_folder(const char *path)
{
    char *const folder = strdup(path), *const end = folder ? strrchr(folder, '/') : NULL;
    if (end)
        end[end == folder] = '\0';
    const int fd = folder ? open(end ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    const bool done = fd >= 0 && !fsync(fd);
    if (fd >= 0)
        close(fd);
    free(folder);
    return done;
}

/* False with errno. A file that another process makes at the same time is as good. */
static bool put(const char *path, const unsigned char *bytes, size_t size)
{
    int slot = -1;
    const int fd = bench_tempfile_make(path, 0666, &slot);
    if (fd < 0)
        return false;
    ssize_t n = 1;
    for (size_t done = 0; done < size && n > 0; done += n > 0 ? (size_t)n : 0)
        n = write(fd, bytes + done, size - done);
    bool good = n > 0 && !fsync(fd);
    const bool mine =
        good && !renameat2(AT_FDCWD, bench_tempfile_name(slot), AT_FDCWD, path, RENAME_NOREPLACE);
    good = mine || (good && errno == EEXIST);
    const int why = errno;
    if (mine)
        bench_tempfile_forget(slot);
    else
        bench_tempfile_remove(slot);
    close(fd);
    errno = why;
    return good && (!mine || sync_folder(path));
}

/*
 * SQLite makes the tables in memory, and their bytes become a file that appears whole. It says of itself that
 * it has a write-ahead log: bytes 18 and 19 of its head (SQLite's file format, 1.3.3).
 */
static int create(struct baseline_history *h, struct qk_error *err)
{
    sqlite3_int64 size = 0;
    int code = connect_to(h, "", ":memory:", err);
    if (!code)
        code = make_tables(h, err);
    unsigned char *const bytes = code ? NULL : sqlite3_serialize(h->db, "main", &size, 0);
    if (!code && !bytes)
        code = qk_fail(err, QK_ERR_MEMORY, h->path, "no memory for the history's tables");
    if (!code) {
        bytes[18] = bytes[19] = 2;
        if (!put(h->path, bytes, (size_t)size))
            code = qk_fail(err, QK_ERR_IO, h->path, "cannot make the history: %s", strerror(errno));
    }
    sqlite3_free(bytes);
    disconnect(h);
    return code;
}

static int pragma(struct baseline_history *h, enum history_statement which, int64_t *value,
                  struct qk_error *err)
{
    sqlite3_stmt *stmt;
    int code = baseline_sql_get(h, which, &stmt, err);
    if (!code)
        code = baseline_sql_step(h, stmt, "reading the head", err);
    if (code != 1)
        return code ? code : qk_fail(err, QK_ERR_FORMAT, h->path, "has no head");
    *value = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return 0;
}

static int identify(struct baseline_history *h, struct qk_error *err)
{
    int64_t owner = 0, version = 0;
    int code = pragma(h, HISTORY_owner, &owner, err);
    if (!code)
        code = pragma(h, HISTORY_version, &version, err);
    if (code)
        return code;
    if (owner != HISTORY_OWNER)
        return qk_fail(err, QK_ERR_FORMAT, h->path,
                       "is an SQLite database of another program: found application_id 0x%08llx, expected "
                       "0x%08x",
                       (unsigned long long)owner & 0xffffffffU, HISTORY_OWNER);
    if (version != BASELINE_HISTORY_VERSION)
        return qk_fail(err, QK_ERR_FORMAT, h->path, "found a history of schema version %lld, expected %d; %s",
                       (long long)version, BASELINE_HISTORY_VERSION,
                       version > BASELINE_HISTORY_VERSION ? "a newer qkbench made it"
                                                          : "no qkbench ever made it");
    return 0;
}

/* Only a regular file with something in it is opened. SQLite would take an empty one for a new database. */
static int look(struct baseline_history *h, bool write, struct qk_error *err)
{
    struct stat st;
    if (stat(h->path, &st)) {
        if (errno != ENOENT)
            return qk_fail(err, QK_ERR_IO, h->path, "cannot be opened: %s", strerror(errno));
        if (!write)
            return qk_fail(err, QK_ERR_IO, h->path,
                           "there is no history; `qkbench history add` makes one, and --db names another");
        const int code = create(h, err);
        if (code || !stat(h->path, &st))
            return code;
        return qk_fail(err, QK_ERR_IO, h->path, "cannot be opened: %s", strerror(errno));
    }
    if (!S_ISREG(st.st_mode))
        return qk_fail(err, QK_ERR_IO, h->path, "found no regular file, expected a history");
    if (!st.st_size)
        return qk_fail(err, QK_ERR_FORMAT, h->path,
                       "is empty, expected a history; remove it and a new one is made");
    return 0;
}

int baseline_history_open(struct baseline_history **to, const struct baseline_history_config *cfg,
                          struct qk_error *err)
{
    struct baseline_history *const h = calloc(1, sizeof *h);
    *to = h;
    if (!h)
        return qk_fail(err, QK_ERR_MEMORY, cfg->path, "no memory to open the history");
    h->path = cfg->path;
    h->wait_s = cfg->wait_s;
    h->stop = cfg->stop;
    int code = look(h, cfg->write, err);
    if (!code)
        code = connect_to(h, *h->path == '/' ? "" : "./", h->path, err);
    if (!code && !cfg->write)
        code = baseline_sql_run_text(h, "PRAGMA query_only = ON", "opening", err);
    if (!code)
        code = identify(h, err);
    if (!code)
        return 0;
    baseline_history_close(h);
    *to = NULL;
    return code;
}

void baseline_history_close(struct baseline_history *h)
{
    if (!h)
        return;
    disconnect(h);
    free(h);
}
