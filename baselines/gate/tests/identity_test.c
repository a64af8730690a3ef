/* SPDX-License-Identifier: MIT */
/* The list of rows that are the same code: what is read, what is refused, and for which files and rows it holds. */
#include "baselines/gate/identity.h"

#include "kernels/tests/cmocka_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct qk_error err;
static char folder[] = "/tmp/gate-identity-XXXXXX";
static struct baseline_identity id;

#define GOOD                                                                                                 \
    "{\"schema_version\": 1, \"base\": {\"size\": 7, \"mtime_ns\": 1000000005},"                             \
    " \"candidate\": {\"size\": 8, \"mtime_ns\": 6},"                                                        \
    " \"rows\": [{\"op\": \"rope\", \"name\": \"avx2\", \"base\": 64, \"candidate\": 128},"                  \
    " {\"op\": \"rope\", \"name\": \"scalar\", \"base\": 65, \"candidate\": 129}]}"

static const char *in_folder(const char *name)
{
    static char path[2][100];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static const char *write_file(const char *name, const char *text)
{
    const char *path = in_folder(name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    return path;
}

/* The good list with one text in place of another. */
static int read_changed(const char *old, const char *new_text)
{
    char text[1000];
    const char *at = strstr(GOOD, old);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - GOOD), GOOD, new_text, at + strlen(old));
    return baseline_identity_read(&id, write_file("list", text), &err);
}

UNIT_TEST(a_list_is_read)
{
    assert_int_equal(read_changed("rope", "rope"), 0);
    assert_int_equal(id.count, 2);
    assert_int_equal(id.file[0].size, 7);
    assert_int_equal(id.file[1].mtime_ns, 6);
    baseline_identity_free(&id);
    assert_int_equal(
        read_changed("{\"op\": \"rope\", \"name\": \"avx2\", \"base\": 64, \"candidate\": 128}, ", ""), 0);
    assert_int_equal(id.count, 1);
    baseline_identity_free(&id);
}

UNIT_TEST(a_broken_list_is_refused_with_its_place)
{
    static const struct {
        const char *old, *new_text, *where, *expected;
    } lists[] = {
        {"\"schema_version\": 1", "\"schema_version\": 2", "$.schema_version", "from 1 to 1"},
        {"\"schema_version\": 1, ", "", "$.schema_version", "found nothing"},
        {"\"schema_version\"", "\"more\": 1, \"schema_version\"", "$.more", "no such member"},
        {"{\"size\": 7, \"mtime_ns\": 1000000005}", "[]", "$.base", "an object"},
        {"\"size\": 7", "\"size\": 0", "$.base.size", "from 1"},
        {"\"size\": 7", "\"size\": 7.0", "$.base.size", "an integer"},
        {"\"size\": 7", "\"size\": 7, \"hash\": 1", "$.base.hash", "no such member"},
        {"\"mtime_ns\": 6", "\"mtime_ns\": -1", "$.candidate.mtime_ns", "from 0"},
        {"[{\"op\"", "{\"op\"", "", ""},
        {"{\"op\": \"rope\", \"name\": \"scalar\", \"base\": 65, \"candidate\": 129}", "5", "$.rows[1]",
         "an object"},
        {"\"rope\"", "7", "$.rows[0].op", "a string"},
        {"\"rope\"", "\"\"", "$.rows[0].op", "a word"},
        {"\"avx2\"", "\"av x2\"", "$.rows[0].name", "a word"},
        {"\"avx2\"", "\"av/x2\"", "$.rows[0].name", "a word"},
        {"\"avx2\"", "\"0123456789012345678901234567890123456789012345678901234567890123\"", "$.rows[0].name",
         "at most 63 bytes"},
        {"\"avx2\"", "\"scalar\"", "$.rows[1].name", "each op and name once"},
        {"64", "0", "$.rows[0].base", "from 1"},
        {"64", "99999999999999999999", "", ""},
        {"\"base\": 64, ", "", "$.rows[0].base", "found nothing"},
        {"129", "true", "$.rows[1].candidate", "an integer"},
        {"129", "129, \"hash\": \"x\"", "$.rows[1].hash", "no such member"},
        {"\"base\": 64", "\"base\": 64, \"base\": 64", "", ""},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        assert_int_equal(read_changed(lists[i].old, lists[i].new_text), QK_ERR_FORMAT);
        if ((*lists[i].where && strcmp(err.where, lists[i].where) != 0) ||
            !strstr(err.text, lists[i].expected))
            fail_msg("%s: '%s' at '%s'", lists[i].new_text, err.text, err.where);
        assert_null(id.rows);
    }
    for (size_t cut = 0; cut < strlen(GOOD); cut++) {
        char text[1000];
        snprintf(text, sizeof text, "%.*s", (int)cut, GOOD);
        assert_int_equal(baseline_identity_read(&id, write_file("list", text), &err), QK_ERR_FORMAT);
    }
    assert_int_equal(baseline_identity_read(&id, in_folder("none"), &err), QK_ERR_IO);
}

UNIT_TEST(more_rows_than_a_module_has_are_refused)
{
    FILE *f = fopen(in_folder("list"), "we");
    assert_non_null(f);
    fprintf(f, "{\"schema_version\": 1, \"base\": {\"size\": 7, \"mtime_ns\": 5},"
               " \"candidate\": {\"size\": 8, \"mtime_ns\": 6}, \"rows\": [");
    for (int i = 0; i <= QK_MODULE_ROWS_MAX; i++)
        fprintf(f, "%s{\"op\": \"o\", \"name\": \"n%d\", \"base\": 1, \"candidate\": 1}", i ? "," : "", i);
    fprintf(f, "]}");
    assert_int_equal(fclose(f), 0);
    assert_int_equal(baseline_identity_read(&id, in_folder("list"), &err), QK_ERR_FORMAT);
    assert_string_equal(err.where, "$.rows");
}

UNIT_TEST(it_holds_for_its_files_alone)
{
    char base[100], cand[100];
    const struct timespec then[2][2] = {{{0, 0}, {1, 5}}, {{0, 0}, {0, 6}}}, later[2] = {{0, 0}, {1, 6}};
    assert_int_equal(read_changed("rope", "rope"), 0);
    snprintf(base, sizeof base, "%s", write_file("base", "1234567"));
    snprintf(cand, sizeof cand, "%s", write_file("cand", "12345678"));
    assert_int_equal(utimensat(AT_FDCWD, base, then[0], 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, cand, then[1], 0), 0);
    assert_int_equal(baseline_identity_holds(&id, base, cand, &err), 0);
    assert_int_equal(baseline_identity_holds(&id, cand, base, &err), QK_ERR_INVALID);
    assert_int_equal(utimensat(AT_FDCWD, base, later, 0), 0);
    assert_int_equal(baseline_identity_holds(&id, base, cand, &err), QK_ERR_INVALID);
    assert_string_equal(err.where, base);
    assert_non_null(strstr(err.text, "found 7 bytes, changed at 1000000006 ns, expected 7 and 1000000005"));
    write_file("base", "123456");
    assert_int_equal(utimensat(AT_FDCWD, base, then[0], 0), 0);
    assert_int_equal(baseline_identity_holds(&id, base, cand, &err), QK_ERR_INVALID);
    assert_int_equal(unlink(base), 0);
    assert_int_equal(baseline_identity_holds(&id, base, cand, &err), QK_ERR_INVALID);
    assert_int_equal(unlink(cand), 0);
    baseline_identity_free(&id);
}

UNIT_TEST(rows_are_the_same_where_it_says)
{
    struct qk_variant base = {.op_name = "rope", .name = "avx2", .at = 64},
                      cand = {.op_name = "rope", .name = "avx2", .at = 128};
    assert_int_equal(read_changed("rope", "rope"), 0);
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

UNIT_FIXTURE(set_up)
{
    return mkdtemp(folder) ? 0 : -1;
}

UNIT_FIXTURE(tear_down)
{
    unlink(in_folder("list"));
    return rmdir(folder);
}

TEST_PART(identity)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_read),
        cmocka_unit_test(a_broken_list_is_refused_with_its_place),
        cmocka_unit_test(more_rows_than_a_module_has_are_refused),
        cmocka_unit_test(it_holds_for_its_files_alone),
        cmocka_unit_test(rows_are_the_same_where_it_says),
    };
    return cmocka_run_group_tests_name("gate_identity", tests, set_up, tear_down);
}
