/* SPDX-License-Identifier: MIT */
#include "harness/cli/cli.h"
#include "harness/cli/gate/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/*
 * The lock is on a folder, not on a file in it. So nothing has to be made, no umask and no read-only or
 * root-only folder stands in the way, and nothing odd can stand in its place. All users have /run.
 */
static int open_lock(const char **folder)
{
    const bool named = *folder != NULL;
    *folder = named ? *folder : "/run";
    int fd = open(*folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && !named && errno == ENOENT)
        fd = open(*folder = "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd;
}

/*
 * Who holds the lock, as the kernel lists it: " (process 7, of alice)". Empty when that cannot be seen from
 * here.
 */
static const char *holder(int fd, char *to, size_t size)
{
    struct stat st, of;
    char line[256], process[32];
    unsigned device_major, device_minor;
    unsigned long long inode;
    long pid;
    FILE *const locks = fopen("/proc/locks", "re");
    *to = '\0';
    while (locks && !*to && !fstat(fd, &st) && fgets(line, sizeof line, locks)) {
        if (sscanf(line, "%*s FLOCK %*s %*s %ld %x:%x:%llu", &pid, &device_major, &device_minor, &inode) !=
                4 ||
            inode != st.st_ino || device_major != major(st.st_dev) || device_minor != minor(st.st_dev) ||
            pid <= 0)
            continue;
        snprintf(process, sizeof process, "/proc/%ld", pid);
        if (stat(process, &of))
            continue;
        const struct passwd *const user = getpwuid(of.st_uid);
        if (user)
            snprintf(to, size, " (process %ld, of %.80s)", pid, user->pw_name);
        else
            snprintf(to, size, " (process %ld, of user %lu)", pid, (unsigned long)of.st_uid);
    }
    if (locks)
        fclose(locks);
    return to;
}

int cli_gate_lock(const char *folder, bool wait, struct qk_error *err)
{
    char who[160];
    bool told = false;
    const int fd = open_lock(&folder);
    if (fd < 0)
        return qk_fail(err, QK_ERR_IO, folder,
                       "cannot be opened to lock it for this gate: %s; --lock-dir names another folder",
                       strerror(errno));
    while (flock(fd, LOCK_EX | LOCK_NB)) {
        const int why = errno;
        holder(fd, who, sizeof who);
        if (why != EWOULDBLOCK) {
            qk_fail(err, QK_ERR_IO, folder, "cannot be locked: %s; --lock-dir names another folder",
                    strerror(why));
        } else if (!wait) {
            qk_fail(err, QK_ERR_IO, folder,
                    "another gate runs on this machine%s, and each would be the other's noise; --wait waits "
                    "for it",
                    who);
        } else if (!cli_stop()) {
            if (!told)
                cli_say("qkbench: another gate runs on this machine%s; waiting for it", who);
            told = true;
            usleep(200000);
            continue;
        }
        close(fd);
        return why == EWOULDBLOCK && wait
                   ? qk_fail(err, QK_ERR_INTERRUPTED, folder, "interrupted while waiting for another gate")
                   : QK_ERR_IO;
    }
    return fd;
}
