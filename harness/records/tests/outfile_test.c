/* SPDX-License-Identifier: MIT */
#include "harness/records/files/outfile.h"

#include "harness/records/tests/outfile_fixture.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

UNIT_TEST(new_file_appears_at_commit)
{
    const char *dir = folder("new"), *path = bench_test_path("new/file");
    struct bench_outfile out;
    struct stat st;
    const mode_t old = umask(027);
    assert_int_equal(bench_outfile_open(&out, path, NULL), QK_OK);
    umask(old);
    fputs("text", out.stream);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(bench_test_entries(dir), 1);
    assert_int_equal(bench_outfile_commit(&out, NULL), QK_OK);
    assert_null(out.stream);
    assert_file(path, "text");
    assert_int_equal(bench_test_entries(dir), 1);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

UNIT_TEST(abort_leaves_the_old_file)
{
    const char *dir = folder("abort"), *path = bench_test_path("abort/file");
    struct bench_outfile out;
    bench_test_put(path, "old", 3);
    assert_int_equal(bench_outfile_open(&out, path, NULL), QK_OK);
    fputs("new", out.stream);
    fflush(out.stream);
    assert_file(path, "old");
    bench_outfile_abort(&out);
    assert_null(out.stream);
    bench_outfile_abort(&out);
    assert_file(path, "old");
    assert_int_equal(bench_test_entries(dir), 1);
    assert_int_equal(bench_outfile_open(&out, path, NULL), QK_OK);
    fputs("new", out.stream);
    assert_int_equal(bench_outfile_commit(&out, NULL), QK_OK);
    assert_file(path, "new");
}

/* A file-size limit stands in for a full disk: write(2) fails with both. */
UNIT_TEST(failed_write_leaves_the_old_file)
{
    const char *dir = folder("full"), *path = bench_test_path("full/file");
    struct rlimit limit, before;
    struct bench_outfile out;
    struct qk_error err;
    bench_test_put(path, "old", 3);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    /* The small text fails only when commit flushes it, the large one while it is written. */
    for (size_t size = 4096; size <= 64 * 1024; size *= 16) {
        limit = before;
        limit.rlim_cur = 1000;
        assert_int_equal(bench_outfile_open(&out, path, NULL), QK_OK);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        for (size_t i = 0; i < size; i++)
            fputc('x', out.stream);
        const int code = bench_outfile_commit(&out, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(code, QK_ERR_IO);
        assert_non_null(strstr(err.text, path));
        assert_file(path, "old");
        assert_int_equal(bench_test_entries(dir), 1);
    }
    signal(SIGXFSZ, SIG_DFL);
}

UNIT_TEST(earlier_error_is_noticed)
{
    const char *path = bench_test_path("earlier");
    struct bench_outfile out;
    struct qk_error err;
    assert_int_equal(bench_outfile_open(&out, path, NULL), QK_OK);
    /* Reading from a stream that only writes sets the mark a failed write sets. */
    assert_int_equal(fgetc(out.stream), EOF);
    assert_int_not_equal(ferror(out.stream), 0);
    assert_int_equal(bench_outfile_commit(&out, &err), QK_ERR_IO);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(bench_outfile_commit(&out, &err), QK_ERR_INTERNAL);
}

UNIT_TEST(descriptors_are_written_from_where_they_stand)
{
    const char *log = bench_test_path("log");
    char path[64];
    bench_test_put(log, "old ", 4);
    const int fd = open(log, O_WRONLY | O_APPEND | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    assert_int_equal(replace(path, NULL), QK_OK);
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    assert_int_equal(replace(path, NULL), QK_OK);
    assert_file(log, "old newnew");
    close(fd);
    assert_int_equal(replace(path, NULL), QK_ERR_IO);
}

UNIT_TEST(without_a_name_it_is_written_directly)
{
    char path[64], found[8] = "";
    const int fd = memfd_create("test", MFD_CLOEXEC);
    assert_int_equal(write(fd, "longer", 6), 6);
    snprintf(path, sizeof path, "/proc/%ld/fd/%d", (long)getpid(), fd);
    assert_int_equal(replace(path, NULL), QK_OK);
    assert_int_equal(pread(fd, found, sizeof found, 0), 3);
    assert_string_equal(found, "new");
    close(fd);
}

static void refused(const char *path, const char *reason)
{
    struct bench_outfile out;
    struct qk_error err = {.text = ""};
    assert_int_equal(bench_outfile_open(&out, path, &err), QK_ERR_IO);
    assert_null(out.stream);
    if (!strstr(err.text, path) || !strstr(err.text, reason))
        fail_msg("'%s' does not name '%s' and '%s'", err.text, path, reason);
    bench_outfile_abort(&out);
}

UNIT_TEST(paths_that_cannot_be)
{
    const char *dir = folder("bad");
    char longest[PATH_MAX + 8];
    struct bench_outfile out;
    refused(bench_test_path("bad"), "Is a directory");
    refused(bench_test_path("bad/"), "Is a directory");
    refused(bench_test_path("bad/none/file"), "No such file");
    refused(bench_test_path("bad/none/"), "Is a directory");
    refused("", "No such file");
    bench_test_put(bench_test_path("bad/file"), "old", 3);
    refused(bench_test_path("bad/file/below"), "Not a directory");
    assert_int_equal(symlink("nowhere", bench_test_path("bad/dangling")), 0);
    refused(bench_test_path("bad/dangling"), "link");
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(bench_outfile_open(&out, longest, NULL), QK_ERR_IO);
    assert_int_equal(bench_test_entries(dir), 2);
    assert_file(bench_test_path("bad/file"), "old");
}

static void try_protected(void)
{
    struct bench_outfile out;
    struct qk_error err;
    if (bench_outfile_open(&out, bench_test_path("guard/folder/new"), &err) != QK_ERR_IO)
        _exit(1);
    if (bench_outfile_open(&out, bench_test_path("guard/file"), &err) != QK_ERR_IO ||
        !strstr(err.text, "Permission denied"))
        _exit(2);
}

UNIT_TEST(protected_file_and_folder)
{
    const char *path = bench_test_path("guard/file"), *dir = folder("guard/folder");
    bench_test_put(path, "old", 3);
    assert_int_equal(chmod(bench_test_dir, 0755), 0);
    assert_int_equal(chmod(bench_test_path("guard"), 0777), 0);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(dir, 0555), 0);
    assert_int_equal(as_nobody(try_protected), 0);
    assert_file(path, "old");
    assert_int_equal(bench_test_entries(dir), 0);
    assert_int_equal(chmod(dir, 0755), 0);
}

UNIT_TEST(link_stays_and_its_target_changes)
{
    const char *dir = folder("links"), *real = bench_test_path("links/real/file"),
               *link = bench_test_path("links/link");
    struct bench_outfile out;
    struct stat st;
    bench_test_put(real, "old", 3);
    assert_int_equal(symlink("real/file", link), 0);
    assert_int_equal(bench_outfile_open(&out, link, NULL), QK_OK);
    fputs("new", out.stream);
    assert_int_equal(bench_outfile_commit(&out, NULL), QK_OK);
    assert_file(real, "new");
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(bench_test_entries(dir), 2);
}

UNIT_TEST(devices_are_written_not_replaced)
{
    struct bench_outfile out;
    struct qk_error err;
    struct stat st;
    assert_int_equal(bench_outfile_open(&out, "/dev/null", NULL), QK_OK);
    fputs("text", out.stream);
    assert_int_equal(bench_outfile_commit(&out, NULL), QK_OK);
    assert_int_equal(bench_outfile_open(&out, "/dev/null", NULL), QK_OK);
    bench_outfile_abort(&out);
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    assert_int_equal(bench_outfile_open(&out, "/dev/full", NULL), QK_OK);
    fputs("text", out.stream);
    assert_int_equal(bench_outfile_commit(&out, &err), QK_ERR_IO);
    assert_says(err.text, "No space left");
    assert_int_equal(stat("/dev/full", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
}

UNIT_TEST(folders)
{
    struct qk_error err;
    struct stat st;
    for (int i = 0; i < 2; i++)
        assert_int_equal(bench_make_folder(bench_test_path("a//b/c/"), NULL), QK_OK);
    assert_int_equal(stat(bench_test_path("a/b/c"), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(bench_make_folder("/", NULL), QK_OK);
    bench_test_put(bench_test_path("a/file"), "old", 3);
    assert_int_equal(bench_make_folder(bench_test_path("a/file"), &err), QK_ERR_IO);
    assert_int_equal(bench_make_folder(bench_test_path("a/file/d/e"), &err), QK_ERR_IO);
    assert_string_equal(err.where, bench_test_path("a/file"));
    assert_int_equal(bench_make_folder("", &err), QK_ERR_IO);
}

UNIT_TESTS(outfile, bench_test_dir_make, bench_test_dir_remove)
