/* SPDX-License-Identifier: MIT */
#include "reports/plots/plots.h"

#include "harness/machine/child.h"
#include "harness/machine/clock.h"
#include "harness/records/files/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/*
 * Owned. gnuplot takes a file name that begins with '|', '<', '-' or '~' for something else; one with a slash
 * it opens.
 */
static char *file_name(const char *before, const char *path)
{
    char *text;
    return asprintf(&text, "%s%s%s", before, *path == '/' ? "" : "./", path) < 0 ? NULL : text;
}

/*
 * Of the user's environment gnuplot gets what it needs to run and to find fonts; NULL when memory is refused.
 */
enum { OURS = 4 };

static char **child_environment(char *ours[OURS])
{
    static const char *const kept[] = {
        "PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "XDG_CACHE_HOME", "FONTCONFIG_FILE", "FONTCONFIG_PATH"};
    enum { KEPT = sizeof kept / sizeof *kept };
    static char language[] = "LC_ALL=C.UTF-8";
    char **list = calloc(KEPT + OURS + 2, sizeof *list);
    if (!list)
        return NULL;
    size_t count = 0;
    for (; count < OURS; count++)
        list[count] = ours[count];
    list[count++] = language;
    for (char **e = environ; *e; e++)
        for (size_t i = 0; i < KEPT && count < KEPT + OURS + 1; i++)
            if (strncmp(*e, kept[i], strlen(kept[i])) == 0 && (*e)[strlen(kept[i])] == '=')
                list[count++] = *e;
    return list;
}

/* What gnuplot said, its first bytes on one line. */
struct words {
    char text[300];
    size_t kept;
};

/* Takes what is there, and not for ever from one who never stops. False when no more can come. */
static bool take(int fd, struct words *w)
{
    char buffer[4096];
    for (int turn = 0; turn < 64; turn++) {
        const ssize_t n = read(fd, buffer, sizeof buffer);
        if (n <= 0)
            return n < 0 && (errno == EINTR || errno == EAGAIN);
        for (ssize_t i = 0; i < n && w->kept + 1 < sizeof w->text; i++) {
            const char c = (unsigned char)buffer[i] < ' ' ? ' ' : buffer[i];
            if (c != ' ' || (w->kept && w->text[w->kept - 1] != ' '))
                w->text[w->kept++] = c;
        }
    }
    return true;
}

/* Waits for gnuplot's end, but not for those it may leave behind with its output. */
static int watch(pid_t pid, int fd, const struct report_drawing *d, struct words *w, int *status,
                 struct qk_error *err)
{
    const uint64_t begun = bench_clock_ns(), limit_ms = d->limit_ms ? d->limit_ms : REPORT_DRAWING_MS;
    struct pollfd more = {.fd = fd, .events = POLLIN};
    for (;;) {
        if (more.fd >= 0 && !take(fd, w))
            more.fd = -1;
        const pid_t ended = waitpid(pid, status, WNOHANG);
        if (ended == pid) {
            take(fd, w);
            return 0;
        }
        if (ended < 0 && errno != EINTR)
            return qk_fail(err, QK_ERR_IO, d->script, "lost track of gnuplot: %s", strerror(errno));
        if (d->stop && d->stop())
            return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted while gnuplot drew");
        if (bench_clock_ns() - begun > limit_ms * 1000000)
            return qk_fail(err, QK_ERR_IO, d->script, "gnuplot did not end within %.3g s and was ended: %s",
                           (double)limit_ms / 1000, *w->text ? w->text : "it said nothing");
        poll(&more, 1, 20);
    }
}

/* Starts `gnuplot -d script` (-d: no settings of the user's own) with its output in a pipe; 0 or an errno. */
static int start(const char *script, char **environment, pid_t *pid, int *out)
{
    char *argv[] = {(char[]){"gnuplot"}, (char[]){"-d"}, NULL, NULL};
    int fds[2];
    char *name = file_name("", script);
    *out = -1;
    if (!name)
        return ENOMEM;
    argv[2] = name;
    if (pipe2(fds, O_CLOEXEC) != 0) {
        free(name);
        return errno;
    }
    const int rc = bench_child_start(pid, "gnuplot", argv, environment, (const int[]){-1, fds[1], fds[1]});
    free(name);
    close(fds[1]);
    if (rc)
        close(fds[0]);
    else
        fcntl(*out = fds[0], F_SETFL, O_NONBLOCK);
    return rc;
}

static int run(const struct report_drawing *d, char **environment, struct qk_error *err)
{
    struct words w = {.kept = 0};
    int fd, status = 0;
    pid_t pid;
    bench_strays_adopt(); /* whatever it starts ends with it */
    const int rc = start(d->script, environment, &pid, &fd);
    const int code = rc ? 0 : watch(pid, fd, d, &w, &status, err);
    if (fd >= 0)
        close(fd);
    bench_strays_end();
    if (code)
        return code;
    if (rc == ENOENT || rc == EACCES || rc == ENOTDIR)
        return qk_fail(err, QK_ERR_UNAVAILABLE, "gnuplot",
                       "gnuplot is not installed (%s); on Debian: apt-get install gnuplot-nox", strerror(rc));
    if (rc)
        return qk_fail(err, rc == ENOMEM ? QK_ERR_MEMORY : QK_ERR_IO, "gnuplot", "cannot start gnuplot: %s",
                       strerror(rc));
    const char *const said = *w.text ? w.text : "it said nothing";
    if (WIFSIGNALED(status))
        return qk_fail(err, QK_ERR_IO, d->script, "gnuplot was ended by signal %d (%s): %s", WTERMSIG(status),
                       strsignal(WTERMSIG(status)), said);
    if (WEXITSTATUS(status) != 0)
        return qk_fail(err, QK_ERR_IO, d->script, "gnuplot failed (exit %d): %s", WEXITSTATUS(status), said);
    return 0;
}

/*
 * gnuplot does not notice a disk that fills up, so the end every whole file of the format has is looked for.
 */
static int check_end(const char *file, const char *image, const char *format, struct qk_error *err)
{
    const char *end = strcmp(format, "svg") == 0 ? "</svg>" : strcmp(format, "png") == 0 ? "IEND" : "%%EOF";
    char tail[64];
    size_t n = 0;
    FILE *f = fopen(file, "rb");
    if (!f)
        return qk_fail(err, QK_ERR_IO, image, "gnuplot wrote no image: %s", strerror(errno));
    if (fseek(f, 0, SEEK_END) == 0) {
        const long size = ftell(f);
        if (size > 0 && fseek(f, size > (long)sizeof tail ? -(long)sizeof tail : -size, SEEK_END) == 0)
            n = fread(tail, 1, sizeof tail, f);
    }
    fclose(f);
    if (!memmem(tail, n, end, strlen(end)))
        return qk_fail(err, QK_ERR_IO, image, "gnuplot's image is cut off: \"%s\" expected at its end", end);
    return 0;
}

static int draw(const struct report_drawing *d, const char *file, struct qk_error *err)
{
    char format[32], width[32],
        *ours[OURS] = {file_name("QKBENCH_TSV=", d->tsv), file_name("QKBENCH_IMAGE=", file), format, width};
    snprintf(format, sizeof format, "QKBENCH_FORMAT=%s", d->format);
    if (d->width)
        snprintf(width, sizeof width, "QKBENCH_WIDTH=%u", d->width);
    else
        strcpy(width, "QKBENCH_WIDTH=");
    char **list = ours[0] && ours[1] ? child_environment(ours) : NULL;
    const int rc =
        list ? run(d, list, err) : qk_fail(err, QK_ERR_MEMORY, d->script, "no memory to start gnuplot");
    free(list);
    free(ours[0]);
    free(ours[1]);
    return rc;
}

int report_gnuplot(const struct report_drawing *d, struct qk_error *err)
{
    struct bench_outfile out;
    if (strcmp(d->format, "svg") != 0 && strcmp(d->format, "png") != 0 && strcmp(d->format, "pdf") != 0)
        return qk_fail(err, QK_ERR_ARG, d->image, "unknown image format \"%s\", expected svg, png or pdf",
                       d->format);
    int rc = bench_outfile_open(&out, d->image, err);
    if (rc)
        return rc;
    const char *file = out.temp ? out.temp : out.path;
    rc = draw(d, file, err);
    if (!rc && out.temp)
        rc = check_end(file, d->image, d->format, err);
    if (rc) {
        bench_outfile_abort(&out);
        return rc;
    }
    return bench_outfile_commit(&out, err);
}
