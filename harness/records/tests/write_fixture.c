/* SPDX-License-Identifier: MIT */
/* Writes the tests' sample set to stdout. */
#include "harness/records/tests/fixture.h"

TEST_PART(write_fixture)
{
    struct bench_sample_set set;
    struct qk_error err = {.text = ""};
    bench_test_set(&set);
    const int code = bench_sample_set_write_json(&set, stdout, &err);
    bench_sample_set_free(&set);
    if (code != QK_OK)
        fprintf(stderr, "%s (%s)\n", err.text, err.where);
    return code != QK_OK || fflush(stdout) != 0;
}
