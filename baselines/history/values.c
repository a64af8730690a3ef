/* SPDX-License-Identifier: MIT */
/* Values on their way into a statement, and dates. */
#include "baselines/history/private.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <time.h>

void baseline_sql_bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
    if (*text)
        sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(stmt, at);
}

void baseline_sql_bind_real(sqlite3_stmt *stmt, int at, double x)
{
    if (isfinite(x))
        sqlite3_bind_double(stmt, at, x);
    else
        sqlite3_bind_null(stmt, at);
}

void baseline_sql_bind_word(sqlite3_stmt *stmt, int at, int word, const char *const *words)
{
    baseline_sql_bind_text(stmt, at, word < 0 ? "" : words[word]);
}

const char *baseline_history_date(int64_t time, char to[BASELINE_HISTORY_DATE])
{
    const time_t t = (time_t)time;
    struct tm tm;
    if (!gmtime_r(&t, &tm) || !strftime(to, BASELINE_HISTORY_DATE, "%Y-%m-%dT%H:%M:%SZ", &tm))
        snprintf(to, BASELINE_HISTORY_DATE, "unknown");
    return to;
}

/* Two digits, as a number up to `most`; -1 for anything else. */
static int two_digits(const char *text, int most)
{
    if (!isdigit((unsigned char)text[0]) || !isdigit((unsigned char)text[1]))
        return -1;
    const int n = 10 * (text[0] - '0') + text[1] - '0';
    return n <= most ? n : -1;
}

/* Minutes of "Z", "+01:00" or "-0500". False when it is something else. */
static bool zone(const char *text, int *minutes)
{
    *minutes = 0;
    if (!strcmp(text, "Z"))
        return true;
    if (*text != '+' && *text != '-')
        return false;
    const int sign = *text == '-' ? -1 : 1, hours = two_digits(text + 1, 14);
    if (hours < 0)
        return false;
    text += text[3] == ':' ? 4 : 3;
    const int rest = two_digits(text, 59);
    *minutes = sign * (60 * hours + rest);
    return rest >= 0 && !text[2];
}

bool baseline_history_time(const char *date, int64_t *time)
{
    struct tm tm = {0};
    int minutes;
    const char *const end = strptime(date, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!end || !zone(end, &minutes))
        return false;
    *time = (int64_t)timegm(&tm) - 60 * (int64_t)minutes;
    return true;
}
