/* SPDX-License-Identifier: MIT */
/*
 * read_ceilings FILE: reads ceilings as the program does. But it refuses a file for which the program would
 * measure afresh.
 */
#include "harness/ceilings/ceilings.h"

#include "kernels/tests/parts.h"

#include <stdio.h>

TEST_PART(read_ceilings)
{
    struct bench_ceilings c;
    struct qk_error err;
    const int code = argc == 2 ? bench_ceilings_read_json(&c, argv[1], &err) : -1;
    if (code)
        fprintf(stderr, "qkbench: %s: %s\n", err.where, err.text);
    else
        bench_ceilings_free(&c);
    return code != 0;
}
