/* SPDX-License-Identifier: MIT */
/*
 * Writes the tests' baseline to stdout. It can write it as it is, as another machine's, with a slower stage,
 * or with an accepted change.
 */
#include "baselines/stored/tests/stored_fixture.h"

#include "kernels/table/table.h"
#include "kernels/tests/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int write(struct baseline *b)
{
    struct qk_error err;
    const int code = baseline_write(b, stdout, &err);
    baseline_free(b);
    if (code)
        fprintf(stderr, "%s (%s)\n", err.text, err.where);
    return code != 0 || fflush(stdout) != 0;
}

TEST_PART(write_main)
{
    struct baseline b;
    baseline_test_main(&b);
    return write(&b);
}

/* As if it had been measured here, whatever here is. */
TEST_PART(write_here)
{
    struct baseline b;
    struct qk_cpu isa;
    if (qk_cpu_detect(&isa, getenv("QK_DISABLE_ISA"), NULL))
        return 1;
    baseline_test_main(&b);
    bench_environment_built(&b.env, &isa, qk_table_builtin()->compiler);
    return write(&b);
}

TEST_PART(write_elsewhere)
{
    struct baseline b;
    baseline_test_main(&b);
    strcpy(b.env.cpu_vendor, "NobodysCPU");
    bench_environment_kernels(&b.env, "BASE", "tcc 1");
    return write(&b);
}

/* The look-up of p4_permute takes three times as long, and nothing else changes. */
TEST_PART(write_slower)
{
    enum { LOOKUP = 2 };
    struct baseline b;
    baseline_test_main(&b);
    struct baseline_case *c = baseline_find(&b, "qk256_dequant/p4_permute/4096");
    const double share = c->components[LOOKUP].share / 100, times = 1 + 2 * share;
    baseline_test_grow(c, LOOKUP, 100 * (3 * share / times - share));
    c->ns *= times;
    c->speedup =
        (struct bench_interval){c->speedup.value / times, c->speedup.low / times, c->speedup.high / times};
    return write(&b);
}

TEST_PART(write_baseline)
{
    struct baseline b, fresh;
    struct qk_error err = {.text = ""};
    size_t changed;
    baseline_test_main(&b);
    baseline_test_fresh(&fresh, 1.25);
    int code = baseline_accept(&b, &fresh, "made slower on purpose", "2026-02-03T04:05:06Z", &changed, &err);
    baseline_free(&fresh);
    if (!code)
        return write(&b);
    fprintf(stderr, "%s (%s)\n", err.text, err.where);
    baseline_free(&b);
    return 1;
}
