/* SPDX-License-Identifier: MIT */
/*
 * The list of rows that are the same code: what the reader takes and refuses, and for which files and rows
 * the list holds.
 */
#include "baselines/gate/identity.h"

#include "harness/records/tests/fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct qk_error err;
static struct baseline_identity id;

static const char good[] =
    "{\"schema_version\": 1, \"base\": {\"size\": 7, \"mtime_ns\": 1000000005},"
    " \"candidate\": {\"size\": 8, \"mtime_ns\": 6},"
    " \"rows\": [{\"op\": \"rope\", \"name\": \"avx2\", \"base\": 64, \"candidate\": 128},"
    " {\"op\": \"rope\", \"name\": \"scalar\", \"base\": 65, \"candidate\": 129}]}";

static const char *write_file(const char *name, const char *text)
{
    const char *path = bench_test_path(name);
    bench_test_put(path, text, strlen(text));
    return path;
}

static int read_list(const char *path, struct qk_error *why)
{
    const int code = baseline_identity_read(&id, path, why);
    assert_int_equal(!id.rows, code != 0);
    if (!code)
        assert_true(id.count == 2 && id.file[0].size == 7 && id.file[1].mtime_ns == 6);
    baseline_identity_free(&id);
    return code;
}

UNIT_TEST(a_broken_list_is_refused_with_its_place)
{
    static const struct bench_test_bad lists[] = {
        {"$.schema_version", "2", "from 1 to 1", NULL},
        {"$.schema_version", NULL, "found nothing", NULL},
        {"$.more", "1", "no such member", NULL},
        {"$.base", "[]", "an object", NULL},
        {"$.base.size", "0", "from 1", NULL},
        {"$.base.size", "7.0", "an integer", NULL},
        {"$.base.hash", "1", "no such member", NULL},
        {"$.candidate.mtime_ns", "-1", "from 0", NULL},
        {"$.rows[1]", "5", "an object", NULL},
        {"$.rows[0].op", "7", "a word", NULL},
        {"$.rows[0].op", "\"\"", "a word", NULL},
        {"$.rows[0].name", "\"av x2\"", "a word", NULL},
        {"$.rows[0].name", "\"av/x2\"", "a word", NULL},
        {"$.rows[0].name", "\"0123456789012345678901234567890123456789012345678901234567890123\"",
         "at most 63", NULL},
        {"$.rows[0].name", "\"scalar\"", "each name and op once", "$.rows[1].name"},
        {"$.rows[0].base", "0", "from 1", NULL},
        {"$.rows[0].base", NULL, "found nothing", NULL},
        {"$.rows[1].candidate", "true", "an integer", NULL},
        {"$.rows[1].hash", "\"x\"", "no such member", NULL},
    };
    bench_test_refused(good, read_list, lists, sizeof lists / sizeof *lists);
}

UNIT_TEST(more_rows_than_a_module_has_are_refused)
{
    json_t *list = json_loads(good, 0, NULL), *rows = json_object_get(list, "rows");
    while (json_array_size(rows) <= QK_MODULE_ROWS_MAX)
        assert_int_equal(json_array_append(rows, json_array_get(rows, 0)), 0);
    assert_int_equal(json_dump_file(list, bench_test_path("list"), 0), 0);
    json_decref(list);
    assert_int_equal(baseline_identity_read(&id, bench_test_path("list"), &err), QK_ERR_FORMAT);
    assert_string_equal(err.where, "$.rows");
}

UNIT_TEST(it_holds_for_its_files_alone)
{
    const struct timespec then[2][2] = {{{0, 0}, {1, 5}}, {{0, 0}, {0, 6}}}, later[2] = {{0, 0}, {1, 6}};
    assert_int_equal(baseline_identity_read(&id, write_file("list", good), &err), 0);
    const char *base = write_file("base", "1234567"), *cand = write_file("cand", "12345678");
    assert_int_equal(utimensat(AT_FDCWD, base, then[0], 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, cand, then[1], 0), 0);
    assert_int_equal(baseline_identity_holds(&id, base, cand, &err), 0);
    assert_int_equal(baseline_identity_holds(&id, cand, base, &err), QK_ERR_INVALID);
    assert_int_equal(utimensat(AT_FDCWD, base, later, 0), 0);
    assert_int_equal(baseline_identity_holds(&id, base, cand, &err), QK_ERR_INVALID);
    assert_string_equal(err.where, base);
    assert_says(err.text, "found 7 bytes, changed at 1000000006 ns, expected 7 and 1000000005");
    write_file("base", "123456");
    assert_int_equal(utimensat(AT_FDCWD, base, then[0], 0), 0);
    assert_int_equal(baseline_identity_holds(&id, base, cand, &err), QK_ERR_INVALID);
    assert_int_equal(unlink(base), 0);
    assert_int_equal(baseline_identity_holds(&id, base, cand, &err), QK_ERR_INVALID);
    baseline_identity_free(&id);
}

UNIT_TEST(rows_are_the_same_where_it_says)
{
    struct qk_variant base = {.op_name = "rope", .name = "avx2", .at = 64},
                      cand = {.op_name = "rope", .name = "avx2", .at = 128};
    assert_int_equal(baseline_identity_read(&id, write_file("list", good), &err), 0);
    assert_true(baseline_identity_same(&id, &base, &cand));
    cand.at = 129; /* the table points elsewhere */
    assert_false(baseline_identity_same(&id, &base, &cand));
    cand.at = 128;
    base.at = 65;
    assert_false(baseline_identity_same(&id, &base, &cand));
    base.at = 64;
    cand.name = "scalar";
    assert_false(baseline_identity_same(&id, &base, &cand));
    cand.name = base.name = "other";
    assert_false(baseline_identity_same(&id, &base, &cand));
    baseline_identity_free(&id);
}

UNIT_TESTS(identity, bench_test_dir_make, bench_test_dir_remove)
