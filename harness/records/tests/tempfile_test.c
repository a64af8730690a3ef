/* SPDX-License-Identifier: MIT */
#include "harness/records/files/outfile.h"

#include "harness/records/files/tempfile.h"
#include "harness/records/tests/outfile_fixture.h"

#include <stdio.h>

/* The number of a process that has ended. */
static long dead(void)
{
    const pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return child;
}

UNIT_TEST(leftovers_of_the_dead_are_swept)
{
    folder("swept");
    const struct {
        const char *form;
        long pid;
        bool stays;
    } files[] = {{"swept/.qkbench-%ld-0.tmp", dead(), false},   {"swept/.qkbench-%ld-1.tmp", getpid(), false},
                 {"swept/.qkbench-%ld-2.tmp", getppid(), true}, {"swept/.qkbench-%ld-3.tmp.c", dead(), true},
                 {"swept/qkbench-%ld-4.tmp", dead(), true},     {"swept/.qkbench-%ld-0x5.tmp", dead(), true}};
    const size_t count = sizeof files / sizeof *files;
    char name[64];
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, files[i].form, files[i].pid);
        bench_test_put(bench_test_path(name), "left", 4);
    }
    snprintf(name, sizeof name, "swept/.qkbench-%ld-6.tmp", dead());
    assert_int_equal(symlink("nowhere", bench_test_path(name)), 0);
    snprintf(name, sizeof name, "swept/.qkbench-%ld-7.tmp", dead());
    assert_int_equal(mkdir(bench_test_path(name), 0755), 0);
    /* Another file of ours, in the midst. */
    struct bench_outfile other;
    assert_int_equal(bench_outfile_open(&other, bench_test_path("swept/other"), NULL), QK_OK);
    assert_int_equal(replace(bench_test_path("swept/file"), NULL), QK_OK);
    assert_int_equal(bench_outfile_commit(&other, NULL), QK_OK);
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, files[i].form, files[i].pid);
        if ((access(bench_test_path(name), F_OK) == 0) != files[i].stays)
            fail_msg("%s %s", name, files[i].stays ? "is gone" : "is still there");
    }
    assert_int_equal(bench_test_entries(bench_test_path("swept")), 4 + 2 + 2);
}

/* The number is a living process's, and so is the lock. */
UNIT_TEST(files_of_the_living_stay)
{
    const char *dir = folder("living");
    int ready[2], go[2];
    char byte;
    assert_true(pipe(ready) == 0 && pipe(go) == 0);
    const pid_t child = fork();
    if (child == 0) {
        struct bench_outfile out;
        close(go[1]);
        const int code = bench_outfile_open(&out, bench_test_path("living/theirs"), NULL);
        if (code || write(ready[1], "x", 1) != 1 || read(go[0], &byte, 1) != 0)
            _exit(1);
        _exit(bench_outfile_commit(&out, NULL) ? 2 : 0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    /* As if by a process in another container: nobody here has that number. */
    char name[64], other[64];
    snprintf(name, sizeof name, "living/.qkbench-%ld-0.tmp", (long)child);
    snprintf(other, sizeof other, "living/.qkbench-%ld-9.tmp", dead());
    assert_int_equal(link(bench_test_path(name), bench_test_path(other)), 0);
    assert_int_equal(replace(bench_test_path("living/file"), NULL), QK_OK);
    assert_int_equal(access(bench_test_path(other), F_OK), 0);
    close(go[1]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(unlink(bench_test_path(other)), 0);
    assert_int_equal(bench_test_entries(dir), 2);
    close(ready[0]), close(ready[1]), close(go[0]);
}

UNIT_TEST(tidying_removes_files_and_empty_folders)
{
    const char *dir = folder("tidy");
    struct bench_outfile out;
    bench_test_put(bench_test_path("tidy/keeps/file"), "old", 3);
    folder("tidy/none/at/all");
    assert_int_equal(bench_outfile_open(&out, bench_test_path("tidy/file"), NULL), QK_OK);
    const pid_t child = fork(); /* has a copy of what is to be removed, and removes nothing */
    if (child == 0)
        _exit(bench_outfile_tidy() ? 0 : 1);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(bench_test_entries(dir), 3);
    bench_tempfile_hold(true);
    assert_false(bench_outfile_tidy());
    bench_tempfile_hold(false);
    assert_int_equal(bench_test_entries(dir), 3);
    assert_true(bench_outfile_tidy());
    assert_int_equal(bench_test_entries(dir), 1);
    bench_outfile_abort(&out);
}

UNIT_TESTS(tempfile, bench_test_dir_make, bench_test_dir_remove)
