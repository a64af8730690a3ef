/* SPDX-License-Identifier: MIT */
/* Prints the fixture's ceilings as JSON, for ceilings_schema_test.py. */
#include "harness/tests/ceilings_fixture.h"

int main(void)
{
    struct bench_ceilings c;
    bench_test_ceilings(&c);
    const int code = bench_ceilings_write_json(&c, stdout, NULL);
    bench_ceilings_free(&c);
    return code != 0;
}
