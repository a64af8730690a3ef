/* SPDX-License-Identifier: MIT */
/* Names in a module's file, and the files of a module that needs a second one. */
#include "harness/duet/elf/elf_check.h"
#include "harness/duet/elf/elf_names.h"
#include "harness/duet/image.h"
#include "harness/machine/tests/scratch.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct qk_error err;

UNIT_TEST(a_build_id_is_the_linkers)
{
    size_t size;
    unsigned char *const bytes = (unsigned char *)bench_test_get(FAKE_SO, &size);
    char id[65], small[10], line[200], found[65] = "";
    FILE *const said = popen("readelf -n '" FAKE_SO "' 2>/dev/null", "r");
    assert_non_null(bytes);
    assert_non_null(said);
    while (fgets(line, sizeof line, said))
        if (sscanf(line, " Build ID: %64[0-9a-f]", found) == 1)
            break;
    pclose(said);
    bench_elf_build_id(bytes, size, id, sizeof id);
    assert_string_equal(id, found);
    bench_elf_build_id(bytes, size, small, sizeof small);
    assert_true(strlen(small) < sizeof small && !strncmp(small, id, strlen(small)));
    free(bytes);
}

UNIT_TEST(a_name_is_written_over)
{
    size_t size, changed = 0;
    unsigned char *const bytes = (unsigned char *)bench_test_get(FAKE_SO, &size);
    unsigned char *const before = (unsigned char *)bench_test_get(FAKE_SO, &size);
    assert_non_null(bytes);
    assert_non_null(before);
    assert_string_equal(bench_elf_name(bytes, size, DT_NEEDED, "libc.so"), "libc.so.6");
    assert_null(bench_elf_name(bytes, size, DT_SONAME, ""));
    assert_null(bench_elf_name(bytes, size, DT_NEEDED, "libggml-base.so"));
    assert_false(bench_elf_rename(bytes, size, DT_NEEDED, "libc.so", "0123456789"));
    assert_false(bench_elf_rename(bytes, size, DT_NEEDED, "libc", "0123456789"));
    assert_memory_equal(bytes, before, size);
    assert_true(bench_elf_rename(bytes, size, DT_NEEDED, "libc.so.6", "0123456789"));
    assert_non_null(bench_elf_name(bytes, size, DT_NEEDED, "012345676"));
    assert_works(bench_elf_check(bytes, size, "module.so", &err), err);
    for (size_t i = 0; i < size; i++)
        changed += bytes[i] != before[i];
    assert_true(changed && changed <= BENCH_ELF_RENAMED);
    free(bytes);
    free(before);
}

UNIT_TEST(a_path_says_what_the_file_is)
{
    struct bench_image image, ggml;
    int file[BENCH_IMAGE_PARTS];
    assert_string_equal(bench_image_file("ggml:a/b.so"), "a/b.so");
    assert_string_equal(bench_image_file("./ggml:b.so"), "./ggml:b.so");
    assert_works(bench_image_read(&image, FAKE_SO, &err), err);
    assert_works(bench_image_read(&ggml, "ggml:" FAKE_SO, &err), err);
    assert_true(ggml.ggml && !image.ggml);
    assert_string_equal(ggml.build_id, image.build_id);
    assert_false(bench_image_same(&image, &ggml));
    assert_true(bench_image_same(&image, &image));
    assert_works(bench_image_copy(&ggml, "copy", file, &err), err);
    assert_true(file[BENCH_IMAGE_MODULE] >= 0);
    assert_int_equal(file[BENCH_IMAGE_BASE], -1);
    close(file[BENCH_IMAGE_MODULE]);
    bench_image_free(&image);
    bench_image_free(&ggml);
}

/* fcntl, by the name that it has with file offsets of 64 bits. */
int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);
static int busy;

int __wrap_fcntl64(int fd, int command, ...)
{
    va_list more;
    va_start(more, command);
    const int seals = va_arg(more, int);
    va_end(more);
    if (command == F_ADD_SEALS && busy) {
        busy--;
        errno = EBUSY;
        return -1;
    }
    return __real_fcntl64(fd, command, seals);
}

UNIT_TEST(a_copy_that_the_kernel_is_busy_with_is_sealed_later)
{
    struct bench_image image;
    int file[BENCH_IMAGE_PARTS];
    assert_works(bench_image_read(&image, FAKE_SO, &err), err);
    busy = 3;
    assert_works(bench_image_copy(&image, "copy", file, &err), err);
    assert_int_equal(busy, 0);
    assert_true(fcntl(file[BENCH_IMAGE_MODULE], F_GET_SEALS) & F_SEAL_WRITE);
    close(file[BENCH_IMAGE_MODULE]);
    busy = 1 << 30;
    assert_int_equal(bench_image_copy(&image, "copy", file, &err), QK_ERR_IO);
    assert_says(err.text, "Device or resource busy");
    busy = 0;
    bench_image_free(&image);
}

UNIT_TESTS(elf_names, NULL, NULL)
