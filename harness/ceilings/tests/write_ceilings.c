/* SPDX-License-Identifier: MIT */
/* Prints the fixture's ceilings as JSON, for ceilings_schema_test.py. */
#include "harness/ceilings/tests/ceilings_fixture.h"

#include "kernels/tests/parts.h"

TEST_PART(write_ceilings)
{
    struct bench_ceilings c;
    bench_test_ceilings(&c);
    const int code = bench_ceilings_write_json(&c, stdout, NULL);
    bench_ceilings_free(&c);
    return code != 0;
}
