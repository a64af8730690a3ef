/* SPDX-License-Identifier: MIT */
#include "harness/machine/datafile.h"

#include "harness/machine/tests/scratch.h"

#include <stdlib.h>
#include <string.h>

UNIT_TEST(source_folder_has_the_schema)
{
    char path[512];
    size_t size;
    unsetenv("QK_DATA");
    assert_int_equal(bench_data_path("baselines/policy.schema.json", path, sizeof path, NULL), QK_OK);
    char *text = bench_test_get(path, &size);
    assert_non_null(text);
    assert_says(text, "What a gate measures");
    free(text);
}

UNIT_TEST(variable_is_the_only_place)
{
    char path[512];
    struct qk_error err;
    setenv("QK_DATA", bench_test_dir, 1);
    assert_int_equal(bench_data_path("baselines/policy.schema.json", path, sizeof path, &err), QK_ERR_IO);
    assert_non_null(strstr(err.text, bench_test_dir));
    assert_says(err.text, "QK_DATA");
    bench_test_put(bench_test_path("baselines/policy.schema.json"), "x", 1);
    assert_int_equal(bench_data_path("baselines/policy.schema.json", path, sizeof path, &err), QK_OK);
    assert_string_equal(path, bench_test_path("baselines/policy.schema.json"));
    setenv("QK_DATA", "", 1);
    assert_int_equal(bench_data_path("baselines/policy.schema.json", path, sizeof path, &err), QK_OK);
    assert_null(strstr(path, bench_test_dir));
}

UNIT_TEST(missing_file_names_what_was_tried)
{
    char path[512], small[8];
    struct qk_error err;
    unsetenv("QK_DATA");
    assert_int_equal(bench_data_path("no/such.file", path, sizeof path, &err), QK_ERR_IO);
    assert_says(err.text, "no/such.file");
    assert_says(err.text, "/qkbench'");
    assert_says(err.text, "' or '");
    assert_int_equal(bench_data_path("no/such.file", small, sizeof small, &err), QK_ERR_IO);
    assert_says(err.text, "longer than 8 bytes");
}

UNIT_TESTS(datafile, bench_test_dir_make, bench_test_dir_remove)
