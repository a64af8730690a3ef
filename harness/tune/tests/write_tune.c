/* SPDX-License-Identifier: MIT */
/* Prints the fixture as JSON, of which golden/ has a copy. */
#include "harness/tune/tests/tune_fixture.h"

#include "kernels/tests/parts.h"

TEST_PART(write_tune)
{
    struct bench_tune t;
    bench_test_tune(&t);
    const int code = bench_fields_write(&bench_tune_fields, &t, "", stdout, NULL);
    bench_tune_free(&t);
    return code != 0;
}
