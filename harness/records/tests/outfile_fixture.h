/* SPDX-License-Identifier: MIT */
/* Helpers that the tests of output files share. */
#pragma once

#include "harness/records/files/outfile.h"
#include "harness/records/tests/fixture.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void assert_file(const char *path, const char *text)
{
    size_t size;
    char *found = bench_test_get(path, &size);
    assert_non_null(found);
    assert_string_equal(found, text);
    free(found);
}

/* Makes a folder for one test, so that leftovers show. */
static inline char *folder(const char *name)
{
    char *path = bench_test_path(name);
    assert_int_equal(bench_make_folder(path, NULL), QK_OK);
    return path;
}

/* Runs `body` in a child that is not root, because root may write everywhere. */
static inline int as_nobody(void (*body)(void))
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(99);
        body();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Replaces `path` with "new". */
static inline int replace(const char *path, struct qk_error *err)
{
    struct bench_outfile out;
    const int code = bench_outfile_open(&out, path, err);
    if (code)
        return code;
    fputs("new", out.stream);
    return bench_outfile_commit(&out, err);
}
