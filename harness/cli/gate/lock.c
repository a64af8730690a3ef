/* SPDX-License-Identifier: MIT */
#include "harness/cli/cli.h"
#include "harness/cli/gate/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/*
 * Without `folder`: where any user may make a file and all see the same one. Read-only is enough for flock, and opening
 * what another user made in a sticky folder for writing is not allowed (fs.protected_regular).
 */
static int open_lock(const char *folder, char *path, size_t size)
{
    const char *const folders[] = {folder ? folder : "/run/lock", "/tmp"};
    int fd = -1;
    for (size_t i = 0; i < (folder ? 1 : 2) && fd < 0; i++) {
        snprintf(path, size, "%s/qkbench-gate.lock", folders[i]);
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 && errno == ENOENT)
            fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    }
    return fd;
}

int cli_gate_lock(const char *folder, bool wait, struct qk_error *err)
{
    char path[4096];
    bool told = false;
    const int fd = open_lock(folder, path, sizeof path);
    if (fd < 0)
        return qk_fail(err, QK_ERR_IO, path, "cannot be opened as the gate's lock: %s", strerror(errno));
    while (flock(fd, LOCK_EX | LOCK_NB)) {
        const int why = errno;
        if (why != EWOULDBLOCK || !wait || cli_stop()) {
            close(fd);
            if (why == EWOULDBLOCK && wait)
                return qk_fail(err, QK_ERR_INTERRUPTED, path, "interrupted while waiting for another gate");
            return why == EWOULDBLOCK ? qk_fail(err, QK_ERR_IO, path,
                                                "another gate runs on this machine, and each would be the "
                                                "other's noise; --wait waits for it")
                                      : qk_fail(err, QK_ERR_IO, path, "cannot be locked: %s", strerror(why));
        }
        if (!told)
            fputs("qkbench: another gate runs on this machine; waiting for it\n", stderr);
        told = true;
        usleep(200000);
    }
    return fd;
}
