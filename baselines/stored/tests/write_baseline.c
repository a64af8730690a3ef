/* SPDX-License-Identifier: MIT */
/* Writes the tests' baseline, with a change that was accepted, to stdout, for the schema test. */
#include "baselines/stored/tests/stored_fixture.h"

#include "kernels/tests/parts.h"

#include <stdio.h>

TEST_PART(write_baseline)
{
    struct baseline b, fresh;
    struct qk_error err = {.text = ""};
    size_t changed;
    baseline_test_main(&b);
    baseline_test_fresh(&fresh, 1.25);
    int code = baseline_accept(&b, &fresh, "made slower on purpose", "2026-02-03T04:05:06Z", &changed, &err);
    if (!code)
        code = baseline_write(&b, stdout, &err);
    baseline_free(&fresh);
    baseline_free(&b);
    if (code)
        fprintf(stderr, "%s (%s)\n", err.text, err.where);
    return code != 0 || fflush(stdout) != 0;
}
