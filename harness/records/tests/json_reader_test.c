/* SPDX-License-Identifier: MIT */
#include "harness/records/json_reader.h"

#include "harness/records/tests/fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_refused(const char *path, int code, const char *where, const char *text)
{
    struct qk_error err = {.text = ""};
    int found = QK_OK;
    assert_null(bench_json_load(path, &found, &err));
    if (found != code || strcmp(err.where, where) != 0 || !strstr(err.text, text) || !strstr(err.text, path))
        fail_msg("found %d '%s' (%s), expected %d '%s' (%s)", found, err.text, err.where, code, text, where);
}

static void refuse_bytes(const char *bytes, size_t size, const char *where, const char *text)
{
    const char *path = bench_test_path("bytes.json");
    bench_test_put(path, bytes, size);
    assert_refused(path, QK_ERR_FORMAT, where ? where : path, text);
}

UNIT_TEST(what_is_not_json)
{
    refuse_bytes("", 0, NULL, "empty file");
    refuse_bytes("\n \n", 3, "line 3, column 0", "not JSON");
    refuse_bytes("\x7f"
                 "ELF\x02\x01\x01\0\0",
                 9, "line 1, column 1", "not JSON");
    refuse_bytes("{\"a\": \"\xff\"}", 10, "line 1, column 7", "not JSON: unable to decode byte 0xff");
    refuse_bytes("\xef\xbb\xbf{}", 5, "line 1, column 1", "byte order mark");
    refuse_bytes("\x1b[31m", 5, "line 1, column 1", "'\\x1b'");
    refuse_bytes("{\n  \"a\": NaN\n}", 14, "line 2, column 10", "NaN");
    refuse_bytes("{\"a\": 1, \"a\": 2}", 16, "line 1, column 12", "duplicate");
    refuse_bytes("{\"a\": 1e999}", 12, "line 1, column 11", "overflow");
    refuse_bytes("{\"a\": \"\\u0000\"}", 15, "line 1, column 14", "\\u0000");
    refuse_bytes("{} {}", 5, "line 1, column 4", "end of file expected");
    char *deep = malloc(100000);
    assert_non_null(deep);
    memset(deep, '[', 100000);
    refuse_bytes(deep, 100000, "line 1, column 2049", "depth");
    free(deep);
}

UNIT_TEST(what_is_no_readable_file)
{
    const char *path = bench_test_path("nothing.json");
    assert_refused(path, QK_ERR_IO, path, "No such file");
    assert_refused(bench_test_dir, QK_ERR_IO, bench_test_dir, "Is a directory");
}

static int pieces_left;

static void *take_few(size_t size)
{
    return pieces_left-- > 0 ? malloc(size) : NULL;
}

/* Wherever memory ends, the message does not blame the file. */
UNIT_TEST(memory_ends)
{
    static const char text[] = "{\"a\": [1, 2.5, \"a text of more than sixteen bytes\", {\"b\": null}]}";
    const char *path = bench_test_path("bytes.json");
    json_t *json = NULL;
    bench_test_put(path, text, sizeof text - 1);
    for (int pieces = 0; !json; pieces++) {
        struct qk_error err = {.text = ""};
        int code = QK_OK;
        pieces_left = pieces;
        json_set_alloc_funcs(take_few, free);
        json = bench_json_load(path, &code, &err);
        json_set_alloc_funcs(malloc, free);
        if (!json && (code != QK_ERR_MEMORY || !strstr(err.text, "out of memory")))
            fail_msg("%d pieces: found %d '%s'", pieces, code, err.text);
    }
    json_decref(json);
}

/* Through a pipe, to spare the disk. Blanks are legal JSON for as long as they last. */
UNIT_TEST(huge_file)
{
    static char blanks[1 << 20];
    int ends[2], status;
    char path[32];
    memset(blanks, ' ', sizeof blanks);
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        for (int i = 0; i < 300; i++)
            if (write(ends[1], blanks, sizeof blanks) < 0)
                _exit(1);
        _exit(0);
    }
    close(ends[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    assert_refused(path, QK_ERR_FORMAT, path, "more than 256 MiB");
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0); /* nobody read it to its end */
}

/* A pipe is read, and one that nobody writes does not hold its reader. */
UNIT_TEST(pipes)
{
    struct qk_error err;
    int ends[2], code = QK_OK;
    char path[32];
    assert_int_equal(mkfifo(bench_test_path("fifo"), 0600), 0);
    assert_refused(bench_test_path("fifo"), QK_ERR_FORMAT, bench_test_path("fifo"), "found an empty pipe");
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "[1, 2]", 6), 6);
    close(ends[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    json_t *json = bench_json_load(path, &code, &err);
    close(ends[0]);
    assert_int_equal(json_array_size(json), 2);
    json_decref(json);
}

/* The first refusal is the one that is told, and nothing after it is read. */
UNIT_TEST(first_error_is_kept)
{
    struct qk_error err;
    struct bench_reader r = {.file = "file", .err = &err};
    json_t *json = json_loads("{\"a\": {\"b\": [1, 2.5, \"x\\ny\"], \"c\": true}, \"n\": null}", 0, NULL);
    assert_non_null(json);
    const struct bench_place root = {.json = json, .path = "$"}, a = bench_member(&root, "a"),
                             b = bench_member(&a, "b"), last = bench_element(&b, 2);
    assert_string_equal(last.path, "$.a.b[2]");
    assert_int_equal(r.code, QK_OK);
    bench_expect(&r, &last, JSON_INTEGER, "an integer");
    assert_int_equal(r.code, QK_ERR_FORMAT);
    assert_string_equal(err.text,
                        "file: found \"x\\ny\", expected an integer"); /* no line end in a message */
    bench_demand(&r, false, &root, "n", "a number");
    bench_reader_no_memory(&r);
    assert_int_equal(r.code, QK_ERR_FORMAT);
    assert_string_equal(err.where, "$.a.b[2]");
    json_decref(json);
}

UNIT_TESTS(json_reader, bench_test_dir_make, bench_test_dir_remove)
