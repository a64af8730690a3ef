/* SPDX-License-Identifier: MIT */
/*
 * A line on stderr that says how far the work is and how much time is left. It is drawn over itself with a
 * carriage return and blanks, so it needs no escapes. A terminal that is dumb, or does not say what it is,
 * gets a new line now and then. Nothing is drawn where stderr is no terminal, or where another process is in
 * front of it.
 */
#include "harness/cli/cli.h"
#include "harness/machine/clock.h"
#include "harness/records/shown.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Four times a second, and only between blocks: drawing must not cost the samples anything. */
static const uint64_t often_ns = 250000000, line_ns = 1000000000, seldom_ns = 10000000000;

static double last, begun_done;
static uint64_t begun_ns, drawn_ns;
static size_t drawn_columns; /* of the line that stands there */

/* As a share of the whole, and NaN is 0. What begins anew is timed anew, also on a clock that goes back. */
static double share(double done, uint64_t now)
{
    done = done > 0 ? done < 1 ? done : 1 : 0;
    if (!begun_ns || done < last - 0.05 || now < begun_ns) {
        begun_ns = now;
        begun_done = done;
    }
    last = done;
    return done;
}

/* What is left at the pace so far; empty while that says little. */
static const char *time_left(char to[48], double done, uint64_t now)
{
    const double elapsed = (double)(now - begun_ns) * 1e-9;
    const double left = (1 - done) * elapsed / (done - begun_done);
    *to = '\0';
    if (elapsed < 2 || done - begun_done < 0.005)
        return to;
    if (left < 99.5)
        snprintf(to, 48, "  about %.0f s left", ceil(left));
    else if (left < 99.5 * 60)
        snprintf(to, 48, "  about %.0f min left", left / 60);
    else
        snprintf(to, 48, "  about %.1f h left", left / 3600);
    return to;
}

size_t cli_columns(void)
{
    struct winsize size;
    const char *const text = getenv("COLUMNS");
    const long said = text ? strtol(text, NULL, 10) : 0;
    const long is = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_col;
    /* What a shell said once may be out of date, or a test's wish: the narrower one is safe. */
    const long columns = said > 0 && is > 0 ? (said < is ? said : is) : said > 0 ? said : is;
    return columns > 0 ? (size_t)columns : 80;
}

static bool in_front(void)
{
    const pid_t front = tcgetpgrp(STDERR_FILENO);
    return front < 0 || front == getpgrp();
}

static bool is_dumb(void)
{
    const char *const name = getenv("TERM");
    return !name || !*name || !strcmp(name, "dumb");
}

/* Puts `text`, which is shown, into to[size] as far as it fits `columns`; returns the columns it takes. */
static size_t cut(char *to, size_t size, const char *text, size_t columns)
{
    struct bench_shown one;
    size_t used = 0, width = 0;
    for (size_t left = strlen(text); left;) {
        const size_t bytes = bench_shown_first(&one, text, left, "");
        if (width + one.columns > columns || used + one.length >= size)
            break;
        memcpy(to + used, one.text, one.length);
        used += one.length;
        width += one.columns;
        text += bytes;
        left -= bytes;
    }
    to[used] = '\0';
    return width;
}

static void put(const char *text)
{
    fflush(stderr);
    const ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

/* For a campaign, which reads the lines of many nodes (CLI_PROGRESS_LINES). */
static void put_line(double done, uint64_t now)
{
    char line[64];
    if (drawn_ns && now - drawn_ns < line_ns)
        return;
    drawn_ns = now;
    snprintf(line, sizeof line, CLI_PROGRESS_LINE "%.4f\n", done);
    put(line);
}

void cli_progress(void *ctx, double done, const char *what)
{
    (void)ctx;
    char eta[48], text[300], line[900];
    const uint64_t now = bench_clock_ns();
    const bool dumb = is_dumb();
    done = share(done, now);
    if (getenv(CLI_PROGRESS_LINES)) {
        put_line(done, now);
        return;
    }
    if ((drawn_ns && now - drawn_ns < (dumb ? seldom_ns : often_ns)) || !isatty(STDERR_FILENO) || !in_front())
        return;
    drawn_ns = now;
    snprintf(text, sizeof text, "%3.0f %%%s  %s", floor(100 * done), time_left(eta, done, now), what);
    /* The last column stays free: some terminals begin a new line behind it. */
    const size_t room = cli_columns() - 1, columns = cut(line + 1, sizeof line / 2, text, room);
    const size_t before = dumb ? 0 : drawn_columns < room ? drawn_columns : room;
    const size_t blanks = before > columns ? before - columns : 0;
    const size_t used = 1 + strlen(line + 1);
    line[0] = '\r';
    snprintf(line + used, sizeof line - used, "%*s%s", (int)blanks, "", dumb ? "\n" : "");
    put(line + dumb);
    drawn_columns = dumb ? 0 : columns;
}

void cli_progress_end(void)
{
    char line[900];
    const size_t room = cli_columns() - 1, blanks = drawn_columns < room ? drawn_columns : room;
    if (drawn_columns && in_front()) {
        snprintf(line, sizeof line, "\r%*s\r", (int)blanks, "");
        put(line);
    }
    drawn_columns = 0;
}
