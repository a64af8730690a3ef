/* SPDX-License-Identifier: MIT */
#include "harness/records/files/outfile.h"

#include "harness/records/files/replace.h"
#include "harness/records/files/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the user can do, where the system's own words do not make it plain. */
static const char *remedy(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return "; free some space, or name a place on another disk";
    case EROFS:
        return "; name a place that is not mounted read-only";
    case EACCES:
        return "; change its mode or its folder's, or name another place";
    case EPERM:
        return "; lsattr shows whether it or its folder is immutable, chattr changes that";
    case EFBIG:
        return "; raise the limit on file sizes (ulimit -f), or name a place on another file system";
    case ENAMETOOLONG:
        return "; a name has at most 255 bytes, a path 4095";
    case EISDIR:
        return "; name a file in it";
    case ENOENT:
        return "; make its folder first";
    case EMFILE:
    case ENFILE:
        return "; raise the limit on open files (ulimit -n)";
    case EIO:
        return "; the device fails, see dmesg";
    case ETXTBSY:
        return "; it is a program that runs";
    default:
        return "";
    }
}

static int fail(struct qk_error *err, const char *path, const char *what, int number)
{
    return qk_fail(err, QK_ERR_IO, path, "cannot %s '%s': %s%s", what, path, strerror(number),
                   remedy(number));
}

/* Length of the folder part of path, its last slash included. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

static void forget(struct bench_outfile *out)
{
    if (out->slot < 0)
        free(out->temp);
    free(out->path);
    *out = (struct bench_outfile){.slot = -1};
}

enum target { NEW, OLD, DIRECT };

/*
 * The descriptor that a path stands for, or -1. Others write there too: nothing of it may be replaced or cut
 * off.
 */
static int descriptor_of(const char *path)
{
    static const char *const forms[] = {"/dev/fd/%d%n", "/proc/self/fd/%d%n"};
    int number, end;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (end = 0, sscanf(path, forms[i], &number, &end) == 1 && end && !path[end])
            return number;
    return !strcmp(path, "/dev/stdout") ? STDOUT_FILENO : !strcmp(path, "/dev/stderr") ? STDERR_FILENO : -1;
}

/*
 * May the old file be changed? A rename asks only for the folder's permission, and fails on append-only
 * files.
 */
static int refuses(const char *path)
{
    struct statx st;
    if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
        return errno;
    return !statx(AT_FDCWD, path, 0, 0, &st) && (st.stx_attributes & STATX_ATTR_APPEND) ? EPERM : 0;
}

/*
 * What to write to: links resolved, so that the link stays and its target is replaced. DIRECT: something that
 * a rename would destroy, or that has no name (any more), as what /proc/self/fd leads to.
 */
static int find_target(struct bench_outfile *out, const char *path, enum target *target, struct qk_error *err)
{
    struct stat st;
    *target = NEW;
    if (stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return fail(err, path, "write", EISDIR);
        *target = S_ISREG(st.st_mode) && st.st_nlink > 0 && descriptor_of(path) < 0 ? OLD : DIRECT;
        const int number = *target == OLD ? refuses(path) : 0;
        if (number)
            return fail(err, path, "write", number);
        out->path = *target == OLD ? realpath(path, NULL) : strdup(path);
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

/* In memory, for an old file that can only be overwritten. Other programs reach it below /proc. */
static int open_in_memory(struct bench_outfile *out)
{
    const int fd = memfd_create("outfile", MFD_CLOEXEC);
    if (fd >= 0 && asprintf(&out->temp, "/proc/%ld/fd/%d", (long)getpid(), fd) >= 0)
        return fd;
    out->temp = NULL;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int open_target(struct bench_outfile *out, enum target target)
{
    if (target == DIRECT && descriptor_of(out->path) >= 0)
        return fcntl(descriptor_of(out->path), F_DUPFD_CLOEXEC, 0);
    if (target == DIRECT)
        return open(out->path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);
    int fd = bench_tempfile_make(out->path, target == OLD ? 0600 : 0666, &out->slot);
    if (fd >= 0) {
        out->temp = (char *)(uintptr_t)bench_tempfile_name(out->slot);
        return fd;
    }
    const int number = errno;
    out->slot = -1;
    fd = target == OLD && number != EALREADY ? open_in_memory(out) : -1;
    errno = number;
    return fd;
}

int bench_outfile_open(struct bench_outfile *out, const char *path, struct qk_error *err)
{
    enum target target;
    *out = (struct bench_outfile){.slot = -1};
    if (strlen(path) >= PATH_MAX)
        return fail(err, path, "write", ENAMETOOLONG);
    const int code = find_target(out, path, &target, err);
    if (code != QK_OK) {
        forget(out);
        return code;
    }
    const int fd = open_target(out, target);
    if (fd >= 0)
        out->stream = fdopen(fd, "w");
    if (!out->stream) {
        const int number = errno;
        if (fd >= 0)
            close(fd);
        if (out->slot >= 0)
            bench_tempfile_remove(out->slot);
        forget(out);
        return number == EALREADY
                   ? qk_fail(err, QK_ERR_ARG, path, "cannot write '%s': two outputs are this one file", path)
                   : fail(err, path, "write", number);
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

/* Puts what is all there, and open as `fd`, where it belongs; 0 or an errno. */
static int put(struct bench_outfile *out, int fd)
{
    int number = 0;
    if (out->slot >= 0 && bench_replace_adopt(fd, out->path)) {
        if (rename(out->temp, out->path) == 0) {
            bench_tempfile_forget(out->slot);
            out->temp = NULL;
            out->slot = -1;
            sync_folder(out->path);
            return 0;
        }
        /* A mount point; or another's file in a folder where each may rename only their own. */
        number = errno;
        if (number != EBUSY && number != EXDEV && number != EPERM && number != EACCES)
            return number;
    }
    const int again = bench_replace_bytes(fd, out->path);
    return again == ENOENT && number ? number : again;
}

int bench_outfile_commit(struct bench_outfile *out, struct qk_error *err)
{
    if (!out->stream)
        return qk_fail(err, QK_ERR_INTERNAL, NULL, "commit of an output file that is not open");
    const char *what = NULL;
    errno = 0;
    if (fflush(out->stream) != 0 || ferror(out->stream) ||
        (out->slot >= 0 && fsync(fileno(out->stream)) != 0))
        what = "write";
    int number = errno;
    /* A second descriptor keeps the lock until the file has its name. */
    const int fd = out->temp && !what ? fcntl(fileno(out->stream), F_DUPFD_CLOEXEC, 0) : -1;
    if (out->temp && !what && fd < 0) {
        what = "write";
        number = errno;
    }
    if (fclose(out->stream) != 0 && !what) {
        what = "write";
        number = errno;
    }
    out->stream = NULL;
    if (!what && out->temp && (number = put(out, fd)) != 0)
        what = "replace";
    if (fd >= 0)
        close(fd);
    if (out->slot >= 0)
        bench_tempfile_remove(out->slot);
    /* An error that hit an earlier write is remembered by the stream, its number is not. */
    const int code = !what    ? QK_OK
                     : number ? fail(err, out->path, what, number)
                              : qk_fail(err, QK_ERR_IO, out->path,
                                        "cannot %s '%s': an earlier write to it failed", what, out->path);
    forget(out);
    return code;
}

void bench_outfile_abort(struct bench_outfile *out)
{
    if (!out->stream)
        return;
    fclose(out->stream);
    if (out->slot >= 0)
        bench_tempfile_remove(out->slot);
    forget(out);
}

bool bench_outfile_tidy(void)
{
    return bench_tempfile_tidy();
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
        if (bench_tempfile_mkdir(partial) != 0) {
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
    return qk_fail(err, QK_ERR_IO, NULL, "cannot write %s: %s%s", what,
                   errno ? strerror(errno) : "the stream has failed", remedy(errno));
}
