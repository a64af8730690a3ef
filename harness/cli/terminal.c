/* SPDX-License-Identifier: MIT */
/*
 * What people see. Names and messages of others may hold any bytes, and a terminal obeys some of them. So
 * every text is shown as harness/records/shown.h says. The streams do it once more for text that we cannot
 * change: getopt repeats arguments as they are. Generated text in a pipe is left as it is.
 */
#include "harness/cli/cli.h"
#include "harness/records/shown.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        const ssize_t done = write(fd, bytes, n);
        if (done < 0 && errno != EINTR)
            return false;
        bytes += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return true;
}

/* For fopencookie: 0 is failure. */
static ssize_t write_shown(void *to, const char *bytes, size_t n)
{
    const int fd = *(const int *)to;
    struct bench_shown one;
    char text[1024];
    size_t used = 0;
    for (size_t at = 0; at < n;) {
        at += bench_shown_first(&one, bytes + at, n - at, "\n\t");
        memcpy(text + used, one.text, one.length);
        used += one.length;
        if (used > sizeof text - sizeof one.text || at == n) {
            if (!write_all(fd, text, used))
                return 0;
            used = 0;
        }
    }
    return (ssize_t)n;
}

/* A stream that shows; `plain` when there is no memory for one. */
static FILE *showing(FILE *plain, int fd)
{
    static int fds[3] = {0, 1, 2};
    FILE *stream = fopencookie(&fds[fd], "w", (cookie_io_functions_t){.write = write_shown});
    if (!stream)
        return plain;
    setvbuf(stream, NULL, _IOLBF, 0);
    return stream;
}

void cli_show_streams(void)
{
    stderr = showing(stderr, STDERR_FILENO);
    if (isatty(STDOUT_FILENO))
        stdout = showing(stdout, STDOUT_FILENO);
}

/*
 * Bytes of s that go on a line: up to the last blank that leaves it within `width` columns. Words stay whole.
 */
static size_t line_of(const char *s, size_t width)
{
    size_t cut = 0;
    for (const char *blank = strchr(s, ' '); blank; blank = strchr(blank + 1, ' ')) {
        if (cut && bench_shown_columns(s, (size_t)(blank - s)) > width)
            return cut;
        cut = (size_t)(blank - s);
    }
    return cut && bench_shown_columns(s, strlen(s)) > width ? cut : strlen(s);
}

/* Formatted and shown, on one line; NULL without memory. */
static char *shown(const char *fmt, va_list args)
{
    char *text;
    if (vasprintf(&text, fmt, args) < 0)
        return NULL;
    char *const copy = bench_show_copy(text, "");
    free(text);
    return copy;
}

void cli_say(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *const text = shown(fmt, args);
    va_end(args);
    const size_t width = isatty(STDERR_FILENO) ? cli_columns() - 1 : SIZE_MAX;
    cli_progress_end();
    for (const char *s = text ? text : "qkbench: no memory for a message"; s;) {
        const size_t bytes = line_of(s, width);
        fprintf(stderr, "%.*s\n", (int)bytes, s);
        s = s[bytes] ? s + bytes + 1 : NULL;
    }
    free(text);
}

void cli_print(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *const text = shown(fmt, args);
    va_end(args);
    puts(text ? text : "-");
    free(text);
}

void cli_cell(const char *text, size_t width)
{
    char *const copy = bench_show_copy(text, "");
    const char *const s = copy ? copy : "-";
    const size_t columns = bench_shown_columns(s, strlen(s));
    printf("%s%*s ", s, (int)(columns < width ? width - columns : 0), "");
    free(copy);
}

void cli_wrong(const struct argp_state *state, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *const text = shown(fmt, args);
    va_end(args);
    argp_error(state, "%s", text ? text : "no memory");
    free(text);
}
