/* SPDX-License-Identifier: MIT */
#include "harness/duet/image.h"

#include "harness/duet/elf/elf_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Since Linux 6.3. Without this flag, vm.memfd_noexec may make all such files not executable. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

/* As many bytes as there are, up to `size`; -1 and errno. */
static ssize_t read_all(int fd, unsigned char *to, size_t size)
{
    size_t got = 0;
    while (got < size) {
        const ssize_t n = read(fd, to + got, size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

static int read_file(struct bench_image *image, int fd, struct qk_error *err)
{
    const char *path = image->path;
    struct stat st;
    if (fstat(fd, &st))
        return qk_fail(err, QK_ERR_IO, path, "cannot open the kernel module '%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return qk_fail(err, QK_ERR_IO, path, "'%s' is no kernel module: it is not a regular file", path);
    if (!st.st_size)
        return qk_fail(err, QK_ERR_FORMAT, path, "'%s' is no kernel module: the file is empty", path);
    image->size = (size_t)st.st_size;
    image->bytes = malloc(image->size);
    if (!image->bytes)
        return qk_fail(err, QK_ERR_MEMORY, path, "no memory for the %zu bytes of '%s'", image->size, path);
    const ssize_t got = read_all(fd, image->bytes, image->size);
    if (got < 0)
        return qk_fail(err, QK_ERR_IO, path, "cannot read '%s': %s", path, strerror(errno));
    if ((size_t)got != image->size)
        return qk_fail(err, QK_ERR_IO, path, "'%s' changed while it was read: %zd bytes of %zu", path, got,
                       image->size);
    return bench_elf_check(image->bytes, image->size, path, err);
}

int bench_image_read(struct bench_image *image, const char *path, struct qk_error *err)
{
    *image = (struct bench_image){.path = path};
    /* Not to wait for somebody who opens the other end of a pipe. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return qk_fail(err, QK_ERR_IO, path, "cannot open the kernel module '%s': %s", path, strerror(errno));
    const int code = read_file(image, fd, err);
    close(fd);
    return code;
}

void bench_image_free(struct bench_image *image)
{
    free(image->bytes);
    *image = (struct bench_image){.path = ""};
}

bool bench_image_same(const struct bench_image *a, const struct bench_image *b)
{
    return a->size == b->size && !memcmp(a->bytes, b->bytes, a->size);
}

static bool write_all(int fd, const unsigned char *bytes, size_t size)
{
    while (size) {
        const ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

int bench_image_copy(const struct bench_image *image, const char *name, struct qk_error *err)
{
    const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int fd = memfd_create(name, flags | MFD_EXEC);
    if (fd < 0 && errno == EINVAL)
        fd = memfd_create(name, flags);
    if (fd >= 0 && write_all(fd, image->bytes, image->size) &&
        !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
        return fd;
    const int why = errno;
    if (fd >= 0)
        close(fd);
    return qk_fail(err, QK_ERR_IO, image->path, "cannot make a copy of '%s' in memory: %s", image->path,
                   strerror(why));
}
