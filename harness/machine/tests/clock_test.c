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

TEST_PART(clock)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_does_not_go_back),
        cmocka_unit_test(clock_is_plausible_or_has_a_reason),
    };
    return cmocka_run_group_tests_name("harness/clock", tests, NULL, NULL);
}
