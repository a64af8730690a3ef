/* SPDX-License-Identifier: MIT */
#include "harness/records/files/replace.h"

#include "harness/records/files/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char access_list[] = "system.posix_acl_access";

/* Copies one attribute in the kernel's form. It may fail, except for an access list. */
static bool copy_attribute(int fd, const char *path, const char *name)
{
    char value[65536]; /* the kernel's limit */
    const ssize_t n = getxattr(path, name, value, sizeof value);
    return !(n >= 0 && fsetxattr(fd, name, value, (size_t)n, 0)) || strcmp(name, access_list) != 0;
}

static bool copy_attributes(int fd, const char *path)
{
    char names[65536];
    const ssize_t n = listxattr(path, names, sizeof names);
    bool good = true;
    for (const char *at = names; n > 0 && at < names + n; at += strlen(at) + 1)
        if (!strcmp(at, access_list) || !strncmp(at, "user.", 5))
            good &= copy_attribute(fd, path, at);
    return good;
}

bool bench_replace_adopt(int fd, const char *path)
{
    struct stat old, now;
    if (stat(path, &old))
        return errno == ENOENT;
    if (fstat(fd, &now))
        return false;
    if ((old.st_uid != now.st_uid || old.st_gid != now.st_gid) && fchown(fd, old.st_uid, old.st_gid))
        return false;
    fremovexattr(fd, access_list); /* the folder may give every new file one */
    /* Some file systems have one mode for all files and refuse to change it. */
    return (!fchmod(fd, old.st_mode & 07777) || old.st_mode == now.st_mode) && copy_attributes(fd, path);
}

/* All bytes of `from` to the start of `to`, which then ends there; 0 or an errno. */
static int copy(int to, int from)
{
    static char buffer[1 << 16];
    off_t at = 0;
    for (ssize_t n; (n = pread(from, buffer, sizeof buffer, at)) != 0;) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        for (ssize_t done = 0; done < n;) {
            const ssize_t m = pwrite(to, buffer + done, (size_t)(n - done), at + done);
            if (m < 0 && errno != EINTR)
                return errno;
            done += m > 0 ? m : 0;
        }
        at += n;
    }
    return ftruncate(to, at) || fsync(to) ? errno : 0;
}

int bench_replace_bytes(int fd, const char *path)
{
    struct stat st;
    const int to = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    const int kept = to < 0 ? -1 : memfd_create("old", MFD_CLOEXEC);
    int number = kept < 0 ? errno : 0;
    if (!number && (fstat(to, &st) || !S_ISREG(st.st_mode)))
        number = EBUSY;
    if (!number)
        number = copy(kept, to);
    if (!number) {
        bench_tempfile_hold(true);
        number = copy(to, fd);
        if (number)
            copy(to, kept);
        bench_tempfile_hold(false);
    }
    if (kept >= 0)
        close(kept);
    if (to >= 0)
        close(to);
    return number;
}
