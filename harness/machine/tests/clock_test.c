/* SPDX-License-Identifier: MIT */
#include "harness/machine/clock.h"

#include "harness/machine/tests/scratch.h"

#include <math.h>
#include <string.h>

UNIT_TEST(time_does_not_go_back)
{
    uint64_t before = bench_clock_ns();
    assert_true(before > 0);
    for (int i = 0; i < 1000; i++) {
        const uint64_t now = bench_clock_ns();
        assert_true(now >= before);
        before = now;
    }
}

UNIT_TEST(clock_is_plausible_or_has_a_reason)
{
    for (int i = 0; i < 20; i++) {
        char why[96] = "untouched";
        const double ghz = bench_clock_ghz(why, sizeof why);
        if (isnan(ghz)) {
            assert_true(strlen(why) > 10 && strcmp(why, "untouched") != 0);
        } else {
            assert_true(ghz > 0.3 && ghz < 10);
            assert_string_equal(why, "untouched");
        }
    }
}

UNIT_TEST(step_decides)
{
    struct qk_error err;
    const double step = bench_clock_step();
    assert_true(step >= 1 && step == bench_clock_step());
    if (isinf(step))
        return;
    assert_int_equal(bench_clock_check(100 * step, "this", &err), 0);
    assert_int_equal(bench_clock_check(99 * step, "this", &err), QK_ERR_INVALID);
    assert_says(err.text, "this");
}

UNIT_TEST(clocks_are_compared)
{
    const double ms = 1e6;
    const struct bench_clocks begin = {1000, {1000, 1000}, 0};
    const struct {
        double ns, beside[2], task;
        const char *why;
    } rows[] = {
        {30, {30, 30}, 30, NULL},        {30, {33, 27}, 5, NULL},
        {39, {30, 30}, 30, NULL},        {0, {30, 30}, 30, "stood still"},
        {-1, {30, 30}, 30, "back"},      {15, {15, 15}, 30, "lost"},
        {15, {30, 15}, 15, "lost"},      {3000, {30, 3000}, 9, "gained"},
        {3000, {3000, 30}, 9, "gained"}, {3600e3, {3600e3, 3600e3}, 9, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench_clocks end = {begin.ns + (uint64_t)(int64_t)(rows[i].ns * ms), {0}, rows[i].task * ms};
        for (int k = 0; k < 2; k++)
            end.beside[k] = begin.beside[k] + (uint64_t)(rows[i].beside[k] * ms);
        const char *why = bench_clocks_differ(&begin, &end);
        assert_int_equal(!why, !rows[i].why);
        assert_true(!why || strstr(why, rows[i].why));
    }
}

UNIT_TESTS(clock, NULL, NULL)
