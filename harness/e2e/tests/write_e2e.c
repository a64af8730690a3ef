/* SPDX-License-Identifier: MIT */
/*
 * Prints the fixture's rows as JSON, JSON lines or CSV, for e2e_schema_test.py: write_e2e json|jsonl|csv
 * [REPETITIONS]
 */
#include "harness/e2e/tests/e2e_fixture.h"

#include "kernels/tests/parts.h"

#include <stdlib.h>
#include <string.h>

TEST_PART(write_e2e)
{
    struct bench_e2e e;
    if (argc < 2)
        return 2;
    bench_test_e2e(&e, argc > 2 ? strtoul(argv[2], NULL, 10) : 6);
    int code = bench_e2e_summarise(&e, NULL, NULL, "none here", NULL);
    if (!code)
        code = strcmp(argv[1], "csv") ? bench_e2e_write_json(&e, !strcmp(argv[1], "jsonl"), stdout, NULL)
                                      : bench_e2e_write_csv(&e, stdout, NULL);
    bench_e2e_free(&e);
    return code != 0;
}
