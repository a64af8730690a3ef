/* SPDX-License-Identifier: MIT */
#include "harness/records/files/outfile.h"

#include "harness/records/tests/outfile_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/xattr.h>

UNIT_TEST(mode_and_attributes_stay)
{
    const char *path = bench_test_path("mode/file"), *dir = folder("mode");
    struct stat st;
    char value[8] = "";
    for (mode_t mode = 0600; mode <= 0664; mode += 064) {
        bench_test_put(path, "old", 3);
        assert_int_equal(chmod(path, mode), 0);
        const bool attributes = setxattr(path, "user.qkbench", "why", 3, 0) == 0;
        assert_int_equal(replace(path, NULL), QK_OK);
        assert_file(path, "new");
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, mode);
        if (attributes) {
            assert_int_equal(getxattr(path, "user.qkbench", value, sizeof value), 3);
            assert_memory_equal(value, "why", 3);
        }
    }
    assert_int_equal(bench_test_entries(dir), 1);
}

/* The attribute that setfacl -m u:65533:r makes, in the kernel's form: version, then tag, permissions, id. */
UNIT_TEST(access_list_stays)
{
    const char *path = bench_test_path("acl/file"), *name = "system.posix_acl_access";
    unsigned char bytes[4 + 5 * 8], found[64];
    size_t n = 4;
    memcpy(bytes, &(uint32_t){2}, 4);
    const uint16_t entry[5][2] = {{1, 6}, {2, 4}, {4, 0}, {16, 4}, {32, 0}};
    for (int i = 0; i < 5; i++, n += 8) {
        const uint32_t id = entry[i][0] == 2 ? 65533 : UINT32_MAX;
        memcpy(bytes + n, entry[i], 4);
        memcpy(bytes + n + 4, &id, 4);
    }
    folder("acl");
    bench_test_put(path, "old", 3);
    if (setxattr(path, name, bytes, sizeof bytes, 0)) {
        printf("no access lists in the folder for temporary files\n");
        skip();
    }
    assert_int_equal(replace(path, NULL), QK_OK);
    assert_file(path, "new");
    assert_int_equal(getxattr(path, name, found, sizeof found), sizeof bytes);
    assert_memory_equal(found, bytes, sizeof bytes);
}

/* An old file that anybody may write to, in a folder where nobody may add one. */
static void put_and_close(const char *dir, const char *path)
{
    bench_test_put(path, "older", 5);
    assert_int_equal(chmod(bench_test_dir, 0755), 0);
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(chmod(dir, 0555), 0);
}

/* Folders that nobody may add to, with a file that may be written; by somebody who is not root. */
static void try_in_place(void)
{
    struct stat before, after;
    const char *path = bench_test_path("place/file");
    if (stat(path, &before) || replace(path, NULL) || stat(path, &after))
        _exit(1);
    if (before.st_ino != after.st_ino || after.st_uid != before.st_uid || after.st_size != 3)
        _exit(2);
}

UNIT_TEST(written_in_place_where_it_cannot_be_replaced)
{
    const char *dir = folder("place"), *path = bench_test_path("place/file");
    put_and_close(dir, path);
    assert_int_equal(as_nobody(try_in_place), 0);
    assert_file(path, "new");
    /* Another's file, which stays theirs. */
    if (geteuid() == 0) {
        bench_test_put(path, "older", 5);
        assert_int_equal(chmod(dir, 01777), 0);
        assert_int_equal(as_nobody(try_in_place), 0);
        assert_file(path, "new");
    }
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(bench_test_entries(dir), 1);
}

/* The old bytes come back when the new ones do not fit. */
static void try_limited(void)
{
    const struct rlimit limit = {1000, 1000};
    const char *path = bench_test_path("limited/file");
    struct bench_outfile out;
    struct qk_error err;
    signal(SIGXFSZ, SIG_IGN);
    if (bench_outfile_open(&out, path, NULL))
        _exit(1);
    for (int i = 0; i < 5000; i++)
        fputc('x', out.stream);
    fflush(out.stream);
    if (setrlimit(RLIMIT_FSIZE, &limit))
        _exit(2);
    if (bench_outfile_commit(&out, &err) != QK_ERR_IO || !strstr(err.text, "ulimit -f"))
        _exit(3);
}

UNIT_TEST(overwriting_that_fails_is_undone)
{
    const char *dir = folder("limited"), *path = bench_test_path("limited/file");
    put_and_close(dir, path);
    assert_int_equal(as_nobody(try_limited), 0);
    assert_int_equal(chmod(dir, 0755), 0);
    assert_file(path, "older");
    assert_int_equal(bench_test_entries(dir), 1);
}

UNIT_TESTS(replace, bench_test_dir_make, bench_test_dir_remove)
