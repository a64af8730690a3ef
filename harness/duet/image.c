/* SPDX-License-Identifier: MIT */
#include "harness/duet/image.h"

#include "harness/duet/elf/elf_check.h"
#include "harness/duet/elf/elf_names.h"
#include "kernels/ggml/ggml.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

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

static int read_open(struct bench_image *image, enum bench_image_part part, const char *path, int fd,
                     struct qk_error *err)
{
    struct stat st;
    if (fstat(fd, &st))
        return qk_fail(err, QK_ERR_IO, path, "cannot open the kernel module '%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return qk_fail(err, QK_ERR_IO, path, "'%s' is no kernel module: it is not a regular file", path);
    if (!st.st_size)
        return qk_fail(err, QK_ERR_FORMAT, path, "'%s' is no kernel module: the file is empty", path);
    const size_t size = (size_t)st.st_size;
    unsigned char *const bytes = malloc(size);
    if (!bytes)
        return qk_fail(err, QK_ERR_MEMORY, path, "no memory for the %zu bytes of '%s'", size, path);
    image->part[part].bytes = bytes;
    image->part[part].size = size;
    const ssize_t got = read_all(fd, bytes, size);
    if (got < 0)
        return qk_fail(err, QK_ERR_IO, path, "cannot read '%s': %s", path, strerror(errno));
    if ((size_t)got != size)
        return qk_fail(err, QK_ERR_IO, path, "'%s' changed while it was read: %zd bytes of %zu", path, got,
                       size);
    return bench_elf_check(bytes, size, path, err);
}

static int read_part(struct bench_image *image, enum bench_image_part part, const char *path,
                     struct qk_error *err)
{
    /* Not to wait for somebody who opens the other end of a pipe. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return qk_fail(err, QK_ERR_IO, path, "cannot open the kernel module '%s': %s", path, strerror(errno));
    const int code = read_open(image, part, path, fd, err);
    close(fd);
    return code;
}

/* The second library, if it lies beside the first. Otherwise the loader may know where it is. */
static int read_base(struct bench_image *image, const char *path, struct qk_error *err)
{
    static const char base[] = "libggml-base.so";
    unsigned char *const bytes = image->part[BENCH_IMAGE_MODULE].bytes;
    const size_t size = image->part[BENCH_IMAGE_MODULE].size;
    const char *const slash = strrchr(path, '/'), *name = bench_elf_name(bytes, size, DT_NEEDED, base);
    char beside[PATH_MAX], hash[20];
    if (!name ||
        (size_t)snprintf(beside, sizeof beside, "%.*s%s", slash ? (int)(slash + 1 - path) : 0, path, name) >=
            sizeof beside ||
        access(beside, F_OK))
        return 0;
    const int code = read_part(image, BENCH_IMAGE_BASE, beside, err);
    unsigned char *const more = image->part[BENCH_IMAGE_BASE].bytes;
    const size_t more_size = image->part[BENCH_IMAGE_BASE].size;
    if (code)
        return code;
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)XXH3_64bits(more, more_size));
    if (!bench_elf_rename(more, more_size, DT_SONAME, name, hash) ||
        !bench_elf_rename(bytes, size, DT_NEEDED, name, hash))
        return qk_fail(err, QK_ERR_FORMAT, beside,
                       "'%s' is not the library that '%s' needs: its soname is another", beside, path);
    return 0;
}

static const char prefix[] = "ggml:";

const char *bench_image_file(const char *path)
{
    return path + (strncmp(path, prefix, sizeof prefix - 1) ? 0 : sizeof prefix - 1);
}

int bench_image_read(struct bench_image *image, const char *path, struct qk_error *err)
{
    const char *const file = bench_image_file(path);
    *image = (struct bench_image){.path = path, .ggml = file != path};
    int code = read_part(image, BENCH_IMAGE_MODULE, file, err);
    if (!code)
        bench_elf_build_id(image->part[BENCH_IMAGE_MODULE].bytes, image->part[BENCH_IMAGE_MODULE].size,
                           image->build_id, sizeof image->build_id);
    return code || !image->ggml ? code : read_base(image, file, err);
}

void bench_image_free(struct bench_image *image)
{
    for (int i = 0; i < BENCH_IMAGE_PARTS; i++)
        free(image->part[i].bytes);
    *image = (struct bench_image){.path = ""};
}

bool bench_image_same(const struct bench_image *a, const struct bench_image *b)
{
    bool same = a->ggml == b->ggml;
    for (int i = 0; i < BENCH_IMAGE_PARTS && same; i++)
        same = a->part[i].size == b->part[i].size &&
               (!a->part[i].size || !memcmp(a->part[i].bytes, b->part[i].bytes, a->part[i].size));
    return same;
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

/*
 * The kernel refuses to seal while anything else holds a page of the file, which it may do for a moment by
 * itself (it moves pages). It waits a little and then says EBUSY; once in some thousand copies that is too
 * short on a busy machine.
 */
static bool seal(int fd)
{
    enum { TRIES = 100, WAIT_MS = 20 };
    const struct timespec a_little = {.tv_nsec = WAIT_MS * 1000000L};
    for (int i = 0; i < TRIES; i++) {
        if (!fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
            return true;
        if (errno != EBUSY)
            return false;
        nanosleep(&a_little, NULL);
    }
    errno = EBUSY;
    return false;
}

static int copy_part(const struct bench_image *image, enum bench_image_part part, const char *name,
                     struct qk_error *err)
{
    const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int fd = memfd_create(name, flags | MFD_EXEC);
    if (fd < 0 && errno == EINVAL)
        fd = memfd_create(name, flags);
    if (fd >= 0 && write_all(fd, image->part[part].bytes, image->part[part].size) && seal(fd))
        return fd;
    const int why = errno;
    if (fd >= 0)
        close(fd);
    return qk_fail(err, QK_ERR_IO, image->path, "cannot make a copy of '%s' in memory: %s", image->path,
                   strerror(why));
}

int bench_image_copy(const struct bench_image *image, const char *name, int file[BENCH_IMAGE_PARTS],
                     struct qk_error *err)
{
    int code = 0;
    for (int i = 0; i < BENCH_IMAGE_PARTS; i++) {
        const bool wanted = image->part[i].bytes && !code;
        file[i] = wanted ? copy_part(image, (enum bench_image_part)i, name, err) : -1;
        code = wanted && file[i] < 0 ? file[i] : code;
    }
    for (int i = 0; i < BENCH_IMAGE_PARTS && code; i++) {
        if (file[i] >= 0)
            close(file[i]);
        file[i] = -1;
    }
    return code;
}

int bench_image_load(struct qk_table *t, bool ggml, const int file[BENCH_IMAGE_PARTS], struct qk_error *err)
{
    char path[BENCH_IMAGE_PARTS][40];
    for (int i = 0; i < BENCH_IMAGE_PARTS; i++)
        snprintf(path[i], sizeof path[i], "/proc/self/fd/%d", file[i]);
    const int code = ggml ? qk_ggml_load(t, path[BENCH_IMAGE_MODULE],
                                         file[BENCH_IMAGE_BASE] < 0 ? NULL : path[BENCH_IMAGE_BASE], err)
                          : qk_table_load(t, path[BENCH_IMAGE_MODULE], err);
    for (int i = 0; i < BENCH_IMAGE_PARTS; i++)
        if (file[i] >= 0)
            close(file[i]);
    return code;
}
