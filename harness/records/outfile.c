/* SPDX-License-Identifier: MIT */
#include "harness/records/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(struct qk_error *err, const char *path, const char *what, int number)
{
    return qk_fail(err, QK_ERR_IO, path, "cannot %s '%s': %s", what, path, strerror(number));
}

/* Length of the folder part of path, its last slash included. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

static void forget(struct bench_outfile *out)
{
    free(out->path);
    free(out->temp);
    *out = (struct bench_outfile){0};
}

/*
 * What to write to: links resolved, so that the link stays and its target is replaced. *direct: something
 * that is no regular file (terminal, pipe, /dev/null) and that a rename would destroy.
 */
static int find_target(struct bench_outfile *out, const char *path, bool *direct, struct qk_error *err)
{
    struct stat st;
    *direct = false;
    out->path = NULL;
    if (stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return fail(err, path, "write", EISDIR);
        *direct = !S_ISREG(st.st_mode);
        /* A rename needs the folder's permission only; a file protected against writing is meant to stay. */
        if (!*direct && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
            return fail(err, path, "write", errno);
        out->path = *direct ? strdup(path) : realpath(path, NULL);
        if (!out->path && errno != ENOMEM)
            return fail(err, path, "resolve", errno);
    } else if (errno != ENOENT) {
        return fail(err, path, "write", errno);
    } else if (lstat(path, &st) == 0) {
        return qk_fail(err, QK_ERR_IO, path,
                       "cannot write '%s': it is a link to something that does not exist", path);
    } else if (folder_length(path) == strlen(path)) {
        return fail(err, path, "write", *path ? EISDIR : ENOENT);
    } else {
        out->path = strdup(path);
    }
    return out->path ? QK_OK : qk_fail(err, QK_ERR_MEMORY, path, "out of memory");
}

/* A new file beside the target; another one may be left there by a process of the same number that was
 * killed. */
static int create_temp(struct bench_outfile *out)
{
    const size_t folder = folder_length(out->path), size = folder + 64;
    out->temp = malloc(size);
    if (!out->temp) {
        errno = ENOMEM;
        return -1;
    }
    int fd = -1;
    for (int n = 0; fd < 0 && n < 1000; n++) {
        snprintf(out->temp, size, "%.*s.qkbench-%ld-%d.tmp", (int)folder, out->path, (long)getpid(), n);
        fd = open(out->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    return fd;
}

int bench_outfile_open(struct bench_outfile *out, const char *path, struct qk_error *err)
{
    bool direct;
    *out = (struct bench_outfile){0};
    if (strlen(path) >= PATH_MAX)
        return fail(err, path, "write", ENAMETOOLONG);
    const int code = find_target(out, path, &direct, err);
    if (code != QK_OK) {
        forget(out);
        return code;
    }
    const int fd = direct ? open(out->path, O_WRONLY | O_CLOEXEC | O_NOCTTY) : create_temp(out);
    if (fd >= 0)
        out->stream = fdopen(fd, "w");
    if (!out->stream) {
        const int number = errno;
        if (fd >= 0) {
            close(fd);
            if (out->temp)
                unlink(out->temp);
        }
        forget(out);
        return fail(err, path, "write", number);
    }
    return QK_OK;
}

/* So that the new name survives a power cut. The file is whole either way, hence no error. */
static void sync_folder(const char *path)
{
    const size_t n = folder_length(path);
    char *folder = n ? strndup(path, n) : strdup(".");
    if (!folder)
        return;
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

int bench_outfile_commit(struct bench_outfile *out, struct qk_error *err)
{
    if (!out->stream)
        return qk_fail(err, QK_ERR_INTERNAL, NULL, "commit of an output file that is not open");
    const char *what = NULL;
    errno = 0;
    if (fflush(out->stream) != 0 || ferror(out->stream) || (out->temp && fsync(fileno(out->stream)) != 0))
        what = "write";
    int number = errno;
    if (fclose(out->stream) != 0 && !what) {
        what = "write";
        number = errno;
    }
    out->stream = NULL;
    if (!what && out->temp && rename(out->temp, out->path) != 0) {
        what = "replace";
        number = errno;
    }
    int code = QK_OK;
    if (what) {
        if (out->temp)
            unlink(out->temp);
        /* An error that hit an earlier write is remembered by the stream, its number is not. */
        code = qk_fail(err, QK_ERR_IO, out->path, "cannot %s '%s': %s", what, out->path,
                       number ? strerror(number) : "an earlier write to it failed");
    } else if (out->temp) {
        sync_folder(out->path);
    }
    forget(out);
    return code;
}

void bench_outfile_abort(struct bench_outfile *out)
{
    if (!out->stream)
        return;
    fclose(out->stream);
    if (out->temp)
        unlink(out->temp);
    forget(out);
}

int bench_make_folder(const char *path, struct qk_error *err)
{
    struct stat st;
    if (!*path)
        return fail(err, path, "create folder", ENOENT);
    char *partial = strdup(path);
    if (!partial)
        return qk_fail(err, QK_ERR_MEMORY, path, "out of memory");
    int code = QK_OK;
    for (size_t i = 1; code == QK_OK && i <= strlen(path); i++) {
        if ((path[i] && path[i] != '/') || path[i - 1] == '/')
            continue;
        partial[i] = '\0';
        if (mkdir(partial, 0777) != 0) {
            const int number = errno;
            if (stat(partial, &st) != 0 || !S_ISDIR(st.st_mode))
                code = fail(err, partial, "create folder", number);
        }
        partial[i] = path[i];
    }
    free(partial);
    return code;
}

int bench_written(FILE *to, const char *what, struct qk_error *err)
{
    if (fflush(to) == 0 && !ferror(to))
        return QK_OK;
    return qk_fail(err, QK_ERR_IO, NULL, "cannot write %s: %s", what,
                   errno ? strerror(errno) : "the stream has failed");
}
