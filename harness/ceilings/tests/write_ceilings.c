/* SPDX-License-Identifier: MIT */
/* Prints a fifth of the fixture's ceilings as JSON, of which golden/ has a copy. */
#include "harness/ceilings/tests/ceilings_fixture.h"

#include "kernels/tests/parts.h"

TEST_PART(write_ceilings)
{
    struct bench_ceilings c;
    bench_test_ceilings(&c);
    size_t kept = 0;
    for (size_t i = 1; i < c.count; i += 5)
        c.rows[kept++] = c.rows[i];
    c.count = kept;
    const int code = bench_fields_write(&bench_ceilings_fields, &c, "", stdout, NULL);
    bench_ceilings_free(&c);
    return code != 0;
}
