/* SPDX-License-Identifier: MIT */
#include "reports/text/report.h"

#include "harness/machine/child.h"
#include "harness/records/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* gnuplot takes a file name that begins with '|', '<', '-' or '~' for something else; one with a slash it
 * opens. */
static char *plain_name(const char *path)
{
    char *name;
    return asprintf(&name, "%s%s", *path == '/' ? "" : "./", path) < 0 ? NULL : name;
}

static char *assignment(const char *variable, const char *value)
{
    char *text;
    return asprintf(&text, "%s=%s", variable, value) < 0 ? NULL : text;
}

/* environ with our three in front and older values of theirs left out. NULL when memory is refused. */
static char **child_environment(char *ours[3])
{
    size_t n = 0;
    while (environ[n])
        n++;
    char **list = calloc(n + 4, sizeof *list);
    if (!list)
        return NULL;
    size_t count = 0;
    for (; count < 3; count++)
        list[count] = ours[count];
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "QKBENCH_", 8) != 0)
            list[count++] = environ[i];
    return list;
}

/* Reads to the end; keeps the first size - 1 bytes as one line. */
static void drain(int fd, char *text, size_t size)
{
    char buffer[1024];
    size_t kept = 0;
    ssize_t n;
    while ((n = read(fd, buffer, sizeof buffer)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        for (ssize_t i = 0; i < n && kept + 1 < size; i++) {
            const char c = (unsigned char)buffer[i] < ' ' ? ' ' : buffer[i];
            if (c != ' ' || (kept && text[kept - 1] != ' '))
                text[kept++] = c;
        }
    }
    while (kept && text[kept - 1] == ' ')
        kept--;
    text[kept] = '\0';
}

/* Starts `gnuplot -d script` (-d: no settings of the user's own) with its output in a pipe; 0 or an errno. */
static int start(const char *script, char **environment, pid_t *pid, int *out)
{
    char *argv[] = {(char[]){"gnuplot"}, (char[]){"-d"}, NULL, NULL};
    int fds[2];
    char *name = plain_name(script);
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
    *out = fds[0];
    return rc;
}

static int run(const char *script, char **environment, struct qk_error *err)
{
    char words[300];
    int fd, status;
    pid_t pid;
    const int rc = start(script, environment, &pid, &fd);
    if (rc == ENOENT || rc == EACCES || rc == ENOTDIR)
        return qk_fail(err, QK_ERR_UNAVAILABLE, "gnuplot",
                       "gnuplot is not installed (%s); on Debian: apt-get install gnuplot-nox", strerror(rc));
    if (rc)
        return qk_fail(err, rc == ENOMEM ? QK_ERR_MEMORY : QK_ERR_IO, "gnuplot", "cannot start gnuplot: %s",
                       strerror(rc));
    drain(fd, words, sizeof words);
    close(fd);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return qk_fail(err, QK_ERR_IO, script, "lost track of gnuplot: %s", strerror(errno));
    if (WIFSIGNALED(status))
        return qk_fail(err, QK_ERR_IO, script, "gnuplot was ended by signal %d (%s): %s", WTERMSIG(status),
                       strsignal(WTERMSIG(status)), *words ? words : "it said nothing");
    if (WEXITSTATUS(status) != 0)
        return qk_fail(err, QK_ERR_IO, script, "gnuplot failed (exit %d): %s", WEXITSTATUS(status),
                       *words ? words : "it said nothing");
    return 0;
}

/* gnuplot does not notice a disk that fills up, so the end every whole file of the format has is looked for.
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

static int draw(const char *script, const char *tsv, const char *file, const char *format,
                struct qk_error *err)
{
    char *tsv_name = plain_name(tsv), *file_name = plain_name(file), *ours[3] = {NULL, NULL, NULL},
         **list = NULL;
    int rc = QK_ERR_MEMORY;
    if (tsv_name && file_name) {
        ours[0] = assignment("QKBENCH_TSV", tsv_name);
        ours[1] = assignment("QKBENCH_IMAGE", file_name);
        ours[2] = assignment("QKBENCH_FORMAT", format);
        if (ours[0] && ours[1] && ours[2])
            list = child_environment(ours);
    }
    if (list)
        rc = run(script, list, err);
    else
        qk_fail(err, rc, script, "no memory to start gnuplot");
    free(list);
    for (int i = 0; i < 3; i++)
        free(ours[i]);
    free(tsv_name);
    free(file_name);
    return rc;
}

int report_gnuplot(const char *script, const char *tsv, const char *image, const char *format,
                   struct qk_error *err)
{
    struct bench_outfile out;
    if (strcmp(format, "svg") != 0 && strcmp(format, "png") != 0 && strcmp(format, "pdf") != 0)
        return qk_fail(err, QK_ERR_ARG, image, "unknown image format \"%s\", expected svg, png or pdf",
                       format);
    int rc = bench_outfile_open(&out, image, err);
    if (rc)
        return rc;
    const char *file = out.temp ? out.temp : out.path;
    rc = draw(script, tsv, file, format, err);
    if (!rc && out.temp)
        rc = check_end(file, image, format, err);
    if (rc) {
        bench_outfile_abort(&out);
        return rc;
    }
    return bench_outfile_commit(&out, err);
}
