/* SPDX-License-Identifier: MIT */
/* Writes the tests' breakdown to stdout, for the schema test. */
#include "harness/breakdown/tests/breakdown_fixture.h"

#include "kernels/tests/parts.h"

TEST_PART(write_breakdown)
{
    struct bench_breakdown bd;
    struct qk_error err = {.text = ""};
    bench_test_breakdown(&bd);
    const int code = bench_breakdown_write_json(&bd, NULL, stdout, &err);
    bench_breakdown_free(&bd);
    if (code != QK_OK)
        fprintf(stderr, "%s (%s)\n", err.text, err.where);
    return code != QK_OK || fflush(stdout) != 0;
}
