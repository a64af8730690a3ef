/* SPDX-License-Identifier: MIT */
#include "baselines/campaigns/chances.h"

#include "kernels/tests/parts.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void near(double found, double expected, double by)
{
    if (!(fabs(found - expected) <= by))
        fail_msg("found %.10g, expected %.10g", found, expected);
}

/* With no hit the upper end is 1 - 0.025^(1/n); with only hits the lower end is 0.025^(1/n). */
static void rates_have_exact_ends(void **state)
{
    (void)state;
    struct baseline_rate r = baseline_rate(0, 300);
    near(r.low, 0, 0);
    near(r.high, 1 - pow(0.025, 1.0 / 300), 1e-12);
    r = baseline_rate(10, 10);
    near(r.low, pow(0.025, 0.1), 1e-12);
    near(r.high, 1, 0);
    r = baseline_rate(0, 0);
    near(r.low, 0, 0);
    near(r.high, 1, 0);
    r = baseline_rate(99, 100); /* by summing binomial terms */
    near(r.low, 0.9455406146, 1e-9);
    near(r.high, 1 - (1 - pow(0.975, 0.01)), 1e-12);
    r = baseline_rate(5, 10);
    near(r.low, 0.1870860284, 1e-9);
    near(r.high, 1 - r.low, 1e-12);
    near(baseline_rate(285, 300).low, 0.9188726428, 1e-9);
    near(baseline_rate(0, 1000000).high, 3.688873e-6, 1e-11);
}

/* The chance of at most k hits at the upper end is 2.5 %, and of at least k at the lower end. */
static void ends_leave_what_they_say(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 40; n++)
        for (size_t k = 0; k <= n; k++) {
            const struct baseline_rate r = baseline_rate(k, n);
            double at_most = 0, at_least = 0;
            for (size_t i = 0; i <= n; i++) {
                const double ways =
                    lgamma((double)n + 1) - lgamma((double)i + 1) - lgamma((double)(n - i) + 1);
                at_most += i <= k ? exp(ways) * pow(r.high, (double)i) * pow(1 - r.high, (double)(n - i)) : 0;
                at_least += i >= k ? exp(ways) * pow(r.low, (double)i) * pow(1 - r.low, (double)(n - i)) : 0;
            }
            near(at_most, k < n ? 0.025 : 1, 1e-9);
            near(at_least, k ? 0.025 : 1, 1e-9);
        }
}

static void tails_are_the_known_ones(void **state)
{
    (void)state;
    near(baseline_beta(0.3, 1, 1), 0.3, 1e-14);
    near(baseline_beta(0.3, 2, 1), 0.09, 1e-14);
    near(baseline_beta(0, 2, 3), 0, 0);
    near(baseline_beta(1, 2, 3), 1, 0);
    near(baseline_student(1, 1), 0.5, 1e-12);             /* Cauchy */
    near(baseline_student(1, 2), 1 - 1 / sqrt(3), 1e-12); /* 1 - t / sqrt(2 + t^2) */
    near(baseline_student(-2.228138852, 10), 0.05, 1e-9); /* tables */
    near(baseline_student(1.959963985, 1e7), 0.05, 1e-6); /* almost normal */
    near(baseline_normal(-1.959963985), 0.05, 1e-9);
}

TEST_PART(chances)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_have_exact_ends),
        cmocka_unit_test(ends_leave_what_they_say),
        cmocka_unit_test(tails_are_the_known_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
