/* SPDX-License-Identifier: MIT */
#include "harness/records/files/infile.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int bench_infile_open(const char *path, struct stat *st)
{
    /* Without O_NONBLOCK a FIFO would hold the caller here until there is a writer. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -1;
    if (fstat(fd, st) || fcntl(fd, F_SETFL, O_RDONLY)) {
        const int number = errno;
        close(fd);
        errno = number;
        return -1;
    }
    return fd;
}
