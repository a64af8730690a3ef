/* SPDX-License-Identifier: MIT */
/* Writes the tests' breakdown to stdout, and reads such a file. */
#include "harness/breakdown/tests/breakdown_fixture.h"
#include "harness/records/tests/read_again.h"

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

static int take(const json_t *json, FILE *to, struct qk_error *err)
{
    struct bench_breakdown bd;
    int code = bench_breakdown_take_json(&bd, json, "", err);
    if (code)
        return code;
    if (to)
        code = bench_fields_write(&bench_breakdown_fields, &bd, "the breakdown", to, err);
    bench_breakdown_free(&bd);
    return code;
}

TEST_PART(read_breakdown)
{
    return bench_test_read_again(argc, argv, take);
}
