/* SPDX-License-Identifier: MIT */
/*
 * Waiting for the core. The linker wraps the estimate of the clock. At 1000 GHz the additions look few, so
 * the core looks shared. At 1 MHz they look many, so the core looks free. At 0 the true estimate answers.
 */
#include "harness/machine/core_share.h"

#include "harness/machine/clock.h"
#include "kernels/tests/cmocka_parts.h"

#include <string.h>

static const double shared_ghz = 1000, ours_ghz = 0.001;
static double ghz;
static int asked, stop_after;

double __real_bench_clock_ghz(char *why, size_t size);
double __wrap_bench_clock_ghz(char *why, size_t size);
double __wrap_bench_clock_ghz(char *why, size_t size)
{
    asked++;
    return ghz > 0 ? ghz : __real_bench_clock_ghz(why, size);
}

static bool stop(void)
{
    return stop_after && asked >= stop_after;
}

static struct bench_patience make(bool quick)
{
    static struct bench_environment env;
    strcpy(env.cpu_flags, "fpu avx2");
    asked = stop_after = 0;
    return bench_patience_make(&env, quick, 3);
}

UNIT_TEST(a_quick_run_never_waits)
{
    struct bench_patience p = make(true);
    ghz = shared_ghz;
    bench_patience_wait(&p, NULL);
    assert_false(bench_patience_again(&p));
    assert_true(p.waited_ns == 0 && p.repeated == 0 && asked == 0);
}

UNIT_TEST(a_core_of_ones_own_costs_one_look)
{
    struct bench_patience p = make(false);
    if (!bench_adds(1))
        return; /* another architecture: unknown counts as ours */
    ghz = ours_ghz;
    bench_patience_wait(&p, NULL);
    assert_false(bench_patience_again(&p));
    assert_int_equal(asked, 2);
    assert_true(p.waited_ns == 0 && p.repeated == 0);
}

UNIT_TEST(a_shared_core_is_waited_for_and_blocks_are_repeated)
{
    struct bench_patience p = make(false);
    if (!bench_adds(1))
        return;
    ghz = shared_ghz;
    p.left_ns = 10e6;
    bench_patience_wait(&p, NULL);
    assert_true(p.waited_ns >= 10e6 && p.left_ns <= 0);
    for (int i = 0; i < 3; i++)
        assert_true(bench_patience_again(&p));
    assert_false(bench_patience_again(&p));
    assert_int_equal(p.repeated, 3);
}

UNIT_TEST(a_stop_ends_the_wait)
{
    struct bench_patience p = make(false);
    if (!bench_adds(1))
        return;
    ghz = shared_ghz;
    stop_after = 2;
    bench_patience_wait(&p, stop);
    assert_true(p.left_ns > 0);
    assert_int_equal(asked, 2);
}

UNIT_TEST(an_unknown_cpu_counts_as_ours)
{
    struct bench_patience p = make(false);
    p.known = false;
    ghz = shared_ghz;
    bench_patience_wait(&p, NULL);
    assert_false(bench_patience_again(&p));
    assert_int_equal(asked, 0);
}

UNIT_TESTS(core_share, NULL, NULL)
