/* SPDX-License-Identifier: MIT */
#include "harness/ceilings/tests/ceilings_fixture.h"
#include "harness/records/tests/fixture.h"

#include "harness/ceilings/roofline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct bench_ceilings c;

UNIT_FIXTURE(set_up)
{
    bench_test_ceilings(&c);
    return 0;
}

UNIT_FIXTURE(tear_down)
{
    bench_ceilings_free(&c);
    return 0;
}

/* The expected bounds were computed by hand, from the rates of the fixture. */
UNIT_TEST_WITH(the_bound_is_what_the_ceilings_give, set_up, tear_down)
{
    struct bench_bound b;
    /* L1: a copy at 200 GB/s is 100 each way, which the write alone takes: reads cost nothing. */
    b = bench_roofline_bound(&c, &c.env, 1000, 10000, 0);
    bench_test_near(b.ns, 100);
    assert_says(b.text, "L1 at 100 GB/s written and 200 GB/s read, 100 % overlapped");
    b = bench_roofline_bound(&c, &c.env, 20000, 1000, 0);
    bench_test_near(b.ns, 100);
    /* L2: a copy at 100 GB/s takes what both take one after the other. */
    b = bench_roofline_bound(&c, &c.env, 100000, 200000, 0);
    bench_test_near(b.ns, 3000);
    assert_says(b.text, "L2 at 100 GB/s written and 100 GB/s read, 0 % overlapped");
    /* L3 holds what fits exactly. */
    b = bench_roofline_bound(&c, &c.env, 0, 32 << 20, 0);
    bench_test_near(b.ns, (32 << 20) / 50.0);
    /*
     * DRAM: a copied byte takes 0.2 ns, more than 1/20 + 1/10: all of the shorter on top, and no more. Past
     * the caches it writes 16 GB/s instead of 10, and a bound takes the better.
     */
    b = bench_roofline_bound(&c, &c.env, 20e6, 160e6, 0);
    bench_test_near(b.ns, 10e6 + 1e6);
    assert_says(b.text, "DRAM at 16 GB/s written and 20 GB/s read, 0 % overlapped");
}

UNIT_TEST_WITH(overlap_is_between_none_and_all, set_up, tear_down)
{
    for (size_t i = 0; i < c.count; i++)
        if (c.rows[i].loop->kind == BENCH_CEILING_copy && c.rows[i].level == 2)
            c.rows[i].best = 2 / 0.015; /* half-way from 1/100 to 1/100 + 1/100 */
    bench_test_near(bench_roofline_bound(&c, &c.env, 100000, 200000, 0).ns, 2500);
    for (size_t i = 0; i < c.count; i++)
        if (c.rows[i].loop->kind == BENCH_CEILING_copy && c.rows[i].level == 2)
            c.rows[i].best = 1000; /* faster than its slower half: nothing on top, but no less either */
    bench_test_near(bench_roofline_bound(&c, &c.env, 100000, 200000, 0).ns, 2000);
}

UNIT_TEST_WITH(much_arithmetic_binds, set_up, tear_down)
{
    /* The largest peak is tdpbsud's: 2 per ns, 32768 operations each. */
    const struct bench_bound b = bench_roofline_bound(&c, &c.env, 100, 100, 65536000);
    bench_test_near(b.ns, 1000);
    assert_says(b.text, "Gop/s of tdpbsud tmm");
}

UNIT_TEST_WITH(a_missing_ceiling_is_no_number, set_up, tear_down)
{
    for (size_t i = 0; i < c.count; i++)
        if (c.rows[i].level == 3) {
            c.rows[i].best = c.rows[i].median = NAN;
            strcpy(c.rows[i].reason, "not known");
        }
    const struct bench_bound b = bench_roofline_bound(&c, &c.env, 0, 2 << 20, 1);
    assert_true(isnan(b.ns));
    assert_string_equal(b.text, "no ceilings of L3: not known");
    c.count = 0;
    assert_string_equal(bench_roofline_bound(&c, &c.env, 0, 1, 1).text,
                        "no ceilings of L1: the stored ceilings have none");
}

static struct bench_record *add(struct bench_sample_set *set, const char *variant, double ns)
{
    struct bench_record *rec = bench_sample_set_add(set, "qk256_dequant", variant, "256");
    assert_non_null(rec);
    rec->elements = rec->ops = 256;
    rec->bytes_read = 76;
    rec->bytes_written = 1000;
    rec->calls = 1;
    for (int b = 0; b < 3; b++) {
        struct bench_block *block = bench_record_add_block(rec, 1);
        assert_non_null(block);
        block->samples_ns[0] = ns + b - 1;
    }
    return rec;
}

UNIT_TEST_WITH(every_ok_record_gets_its_share, set_up, tear_down)
{
    struct bench_sample_set set;
    struct qk_error err;
    bench_sample_set_init(&set);
    set.env = c.env;
    add(&set, "scalar", 40);
    add(&set, "avx512_best", 8);
    add(&set, "ceiling_store64", 9);
    assert_true(bench_record_stop(add(&set, "p1_unpack", 9), BENCH_SKIP, "why"));
    assert_int_equal(bench_roofline_apply(&set, &c, &err), 0);
    const struct bench_metric *share[4];
    for (int i = 0; i < 4; i++)
        share[i] = bench_record_metric(&set.records[i], "percent_of_ceiling");
    bench_test_near(share[0]->value, 25);
    assert_string_equal(share[0]->unit, "%");
    assert_string_equal(share[0]->reason, "100 % is 10 ns: L1 at 100 GB/s written and 200 GB/s read, 100 % "
                                          "overlapped; ceilings of 2026-01-02T03:04:05+00:00");
    bench_test_near(share[1]->value, 125);
    assert_says(share[1]->reason, "more than 100: the machine was faster");
    assert_true(share[2]->value > 100);
    assert_says(share[2]->reason, "more than 100: this row touches less");
    assert_null(share[3]);
    bench_sample_set_free(&set);
}

UNIT_TESTS(roofline, NULL, NULL)
