/* SPDX-License-Identifier: MIT */
/* Writes the tests' breakdown to stdout. */
#include "harness/breakdown/tests/breakdown_fixture.h"

#include "kernels/tests/parts.h"

TEST_PART(write_breakdown)
{
    struct bench_breakdown bd;
    struct qk_error err = {.text = ""};
    bench_test_breakdown(&bd);
    struct qk_variant variants[6];
    for (size_t i = 0; i < bd.count; i++) { /* their flags are those of this build */
        variants[i] = *bd.rows[i].variant;
        variants[i].flags = "-O3";
        bd.rows[i].variant = &variants[i];
    }
    const int code = bench_fields_write(&bench_breakdown_fields, &bd, "the breakdown", stdout, &err);
    bench_breakdown_free(&bd);
    if (code != QK_OK)
        fprintf(stderr, "%s (%s)\n", err.text, err.where);
    return code != QK_OK || fflush(stdout) != 0;
}
