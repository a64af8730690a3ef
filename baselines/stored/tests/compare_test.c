/* SPDX-License-Identifier: MIT */
/* Two baselines compared. judge_test.c tests the verdicts. */
#include "baselines/stored/compare.h"
#include "baselines/stored/tests/stored_fixture.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <string.h>

static struct baseline a, b;
static struct baseline_comparison c; /* the last one made */

UNIT_FIXTURE(tear_down)
{
    baseline_comparison_free(&c);
    baseline_free(&a);
    baseline_free(&b);
    return 0;
}

static void compare(double component_share)
{
    baseline_comparison_free(&c);
    assert_int_equal(baseline_compare(&c, &a, &b, component_share, NULL), 0);
}

static const struct baseline_difference *row(const char *name)
{
    for (size_t i = 0; i < c.count; i++)
        if (!strcmp(c.rows[i].name, name))
            return &c.rows[i];
    fail_msg("no case %s", name);
    return NULL;
}

/* Old 4/1.01 in [4/1.02, 4], new exactly 4/1.1: the old side's arms alone make the interval. */
UNIT_TEST_WITH(change_and_interval, NULL, tear_down)
{
    baseline_test_main(&a);
    baseline_test_fresh(&b, 1.1);
    compare(5);
    assert_int_equal(c.identity_count, 0);
    const struct baseline_difference *d = row("qk256_dequant/p4_permute/4096");
    bench_test_near(d->slower.value, log(1.1 / 1.01));
    bench_test_near(d->slower.low, log(1.1 / 1.01) - log(1.02 / 1.01));
    bench_test_near(d->slower.high, log(1.1 / 1.01) + log(1.01));
    assert_true(baseline_differs(d));
    /* With arms on both sides they add up as squares. */
    struct baseline_case *n = baseline_find(&b, "qk256_dequant/p4_permute/4096");
    n->speedup = (struct bench_interval){4, 4 * exp(-0.03), 4 * exp(0.04)};
    baseline_find(&a, "qk256_dequant/p4_permute/4096")->speedup =
        (struct bench_interval){4, 4 * exp(-0.03), 4 * exp(0.04)};
    compare(5);
    d = row("qk256_dequant/p4_permute/4096");
    bench_test_near(d->slower.value, 0);
    bench_test_near(d->slower.low, -0.05);
    bench_test_near(d->slower.high, 0.05);
    assert_false(baseline_differs(d));
    n->speedup.low = n->speedup.high = NAN;
    compare(5);
    d = row("qk256_dequant/p4_permute/4096");
    assert_true(isnan(d->slower.low) && isnan(d->slower.high));
}

UNIT_TEST_WITH(components_that_grew, NULL, tear_down)
{
    static const struct {
        double points, margin;
        bool grew;
    } cases[] = {{6, 5, true}, {4.9, 5, false}, {4.9, 4, true}, {-6, 5, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tear_down(NULL);
        baseline_test_main(&a);
        baseline_test_main(&b);
        struct baseline_case *o = baseline_find(&a, "qk256_dequant/p4_permute/4096"),
                             *n = baseline_find(&b, "qk256_dequant/p4_permute/4096");
        o->components[2].ns.high = o->components[2].ns.value;
        n->components[2].ns.low = n->components[2].ns.value;
        baseline_test_grow(n, 2, cases[i].points);
        double total = 0;
        for (size_t k = 0; k < n->component_count; k++)
            total += n->components[k].ns.value;
        for (int wide = 0; wide < 2; wide++) {
            /*
             * By 1.5 points: the intervals do not overlap, but growth beyond the margin is not shown any
             * more.
             */
            n->components[2].ns.low -= wide * 0.015 * total;
            compare(cases[i].margin);
            const struct baseline_difference *d = row("qk256_dequant/p4_permute/4096");
            assert_int_equal(d->component_count, 5);
            assert_string_equal(d->components[2].name, "lookup");
            assert_int_equal(d->components[2].grew, cases[i].grew && !wide);
            bench_test_near(d->components[2].new_share - d->components[2].old_share, cases[i].points);
            for (size_t k = 0; cases[i].points > 0 && k < 5; k++)
                assert_true(k == 2 || !d->components[k].grew);
            assert_false(baseline_differs(d));
        }
    }
}

UNIT_TEST_WITH(instructions_by_kind, NULL, tear_down)
{
    baseline_test_main(&a);
    baseline_test_main(&b);
    struct baseline_case *n = baseline_find(&b, "qk256_dequant/scalar/4096");
    compare(5);
    assert_false(row(n->name)->instructions_changed);
    /* The same number of instructions, another kind. */
    n->kinds[0].value += 1;
    compare(5);
    const struct baseline_difference *d = row(n->name);
    assert_true(d->instructions_changed && d->kind_count == 1 && baseline_differs(d));
    assert_string_equal(d->kinds[0].name, "load");
    assert_true(d->kinds[0].old_count == 1000 && d->kinds[0].new_count == 1001);
    n->kinds[0].name[0] = 'L'; /* a kind only the new side has, one only the old */
    compare(5);
    d = row(n->name);
    assert_int_equal(d->kind_count, 2);
    assert_true(d->kinds[0].old_count == 0 && d->kinds[0].new_count == 1001);
    assert_true(d->kinds[1].old_count == 1000 && d->kinds[1].new_count == 0);
    n->instructions = NAN;
    compare(5);
    assert_false(row(n->name)->instructions_changed);
}

UNIT_TEST_WITH(cases_of_one_side, NULL, tear_down)
{
    baseline_test_main(&a);
    baseline_test_fresh(&b, 1);
    strcpy(baseline_find(&a, "qk256_dequant/autovec_v3/4096")->name, "qk256_dequant/a/4096");
    strcpy(baseline_find(&a, "qk256_dequant/p1_unpack/4096")->name, "qk256_dequant/p2_fma/4096");
    compare(5);
    assert_int_equal(c.count, 7);
    assert_null(row("qk256_dequant/a/4096")->new_case);
    assert_null(row("qk256_dequant/autovec_v3/4096")->old_case);
    const struct baseline_difference *d = row("qk256_dequant/p2_fma/4096");
    assert_true(!d->new_case && isnan(d->slower.value));
    assert_string_equal(d->why_not->reason, "no AVX2 here");
}

UNIT_TEST_WITH(every_field_of_the_identity, NULL, tear_down)
{
    char text[400];
    baseline_test_main(&a);
    baseline_test_main(&b);
    struct bench_environment *e = &b.env;
    a.env.cache_count = b.env.cache_count = 1;
    a.env.caches[0] = b.env.caches[0] = (struct bench_cache){2, "Unified", 1 << 20, 1};
    strcpy(e->cpu_vendor, "Other");
    e->cpu_family++;
    e->cpu_model++;
    e->cpu_stepping++;
    strcpy(e->isa_levels, "BASE");
    e->caches[0].bytes *= 2;
    e->caches[0].sharing = 8;
    strcpy(e->compiler, "clang 14");
    b.abi++;
    strcpy(baseline_find(&b, "qk256_dequant/scalar/256")->flags, "-O2");
    strcpy(baseline_find(&b, "qk256_dequant/scalar/4096")->flags, "-O2");
    strcpy(e->kernel, "Linux 0.1");
    strcpy(e->microcode, "0xff");
    strcpy(e->governor, "powersave");
    e->load[0] = 99;
    compare(5);
    static const char *const identity[] = {
        "CPU vendor",   "CPU family",        "CPU model",
        "CPU stepping", "ISA levels in use", "L2 Unified cache",
        "compiler",     "kernel ABI",        "flags of qk256_dequant/scalar"};
    static const char *const shown[] = {"CPUs at the L2 Unified cache", "kernel", "microcode", "governor",
                                        "load"};
    assert_int_equal(c.identity_count, sizeof identity / sizeof *identity);
    for (size_t i = 0; i < sizeof identity / sizeof *identity; i++)
        assert_string_equal(c.identity[i].name, identity[i]);
    assert_int_equal(c.shown_count, sizeof shown / sizeof *shown);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        assert_string_equal(c.shown[i].name, shown[i]);
    baseline_fields_text(c.identity, c.identity_count, text, sizeof text);
    assert_says(text, "; L2 Unified cache: 1024 KiB, now 2048 KiB; ");
    char small[8];
    assert_int_equal(strlen(baseline_fields_text(c.identity, c.identity_count, small, sizeof small)), 7);
}

UNIT_TESTS(compare, NULL, NULL)
