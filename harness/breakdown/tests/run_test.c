/* SPDX-License-Identifier: MIT */
/*
 * Which cases a breakdown takes, and a small real one. The linker wraps qk_check_variant and bench_clock_ns.
 * So a test can make a variant fail its check, and make a run late.
 */
#include "harness/breakdown/breakdown.h"
#include "harness/machine/pinning.h"

#include "kernels/check/check.h"
#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *failing; /* variant whose check fails */
static bool stop_now;
static int stop_from;           /* at this block */
static int stop_asked, stop_at; /* how often it was asked; at which of these */
static int progressed;
static double last_done;
static struct qk_error err;
static struct qk_cpu isa;
static struct bench_environment env;
static struct bench_matrix m;     /* the last one made */
static struct bench_breakdown bd; /* of the last run */

int __real_qk_check_variant(const struct qk_variant *v, uint64_t seed, uint64_t *calls, struct qk_error *e);
int __wrap_qk_check_variant(const struct qk_variant *v, uint64_t seed, uint64_t *calls, struct qk_error *e);
int __wrap_qk_check_variant(const struct qk_variant *v, uint64_t seed, uint64_t *calls, struct qk_error *e)
{
    if (failing && !strcmp(v->name, failing))
        return qk_fail(e, QK_ERR_CHECK, "shape 256", "made to fail");
    return __real_qk_check_variant(v, seed, calls, e);
}

/* From the `late_from`th block on the clock is a quarter of an hour ahead. */
static int late_from;
static double budget_s;
uint64_t __real_bench_clock_ns(void);
uint64_t __wrap_bench_clock_ns(void);
uint64_t __wrap_bench_clock_ns(void)
{
    const bool late = late_from && progressed >= late_from;
    return __real_bench_clock_ns() + (late ? UINT64_C(900000000000) : 0);
}

static bool stop(void)
{
    stop_asked++;
    return stop_now || (stop_from && progressed >= stop_from) || (stop_at && stop_asked >= stop_at);
}

static void progress(void *ctx, double done, const char *what)
{
    (void)ctx;
    assert_true(done >= last_done && done < 1.0);
    assert_non_null(strchr(what, '/'));
    last_done = done;
    progressed++;
}

static int make(const char *pattern, const char *shapes)
{
    char text[64];
    char *list[] = {text};
    snprintf(text, sizeof text, "%s", pattern ? pattern : "");
    bench_matrix_free(&m);
    return bench_breakdown_matrix(&m, qk_table_builtin(), list, pattern ? 1 : 0, shapes, &env, &err);
}

static size_t wanted(const struct bench_group *g)
{
    size_t count = 0;
    for (size_t i = 0; i < qk_table_builtin()->count; i++)
        if (g->wanted[i]) {
            assert_true(qk_table_builtin()->rows[i].kind == QK_STAGED ||
                        qk_table_builtin()->rows[i].kind == QK_PREPARED);
            count++;
        }
    return count;
}

static void l1(uint64_t bytes)
{
    env.cache_count = bytes > 0;
    env.caches[0] = (struct bench_cache){1, "Data", bytes, 1};
}

static void expect_shape(const char *pattern, const char *shapes, size_t groups, const char *first)
{
    assert_int_equal(make(pattern, shapes), 0);
    assert_int_equal(m.count, groups);
    assert_string_equal(m.groups[0].name, first);
}

UNIT_TEST(one_shape_in_l1_unless_asked_otherwise)
{
    l1(32 << 10);
    expect_shape("qk256_dequant", NULL, 1, "4096");
    expect_shape("qk256_dequant/p1*", NULL, 1, "4096");
    expect_shape("qk256_dequant/p1*/*", NULL, 5, "256");
    expect_shape("qk256_dequant/p1*/512", NULL, 1, "512");
    expect_shape("qk256_dequant/p1*", "blocks", 7, "256");
    l1(128 << 10);
    expect_shape("qk256_dequant", NULL, 1, "16384");
    l1(2 << 10);
    expect_shape("qk256_dequant", NULL, 1, "256");
    l1(64); /* none fits: the smallest */
    expect_shape("qk256_dequant", NULL, 1, "256");
    l1(0); /* not known: 32 KiB are assumed, and that is said */
    expect_shape("qk256_dequant", NULL, 1, "4096");
    assert_int_equal(make(NULL, NULL), 0);
    assert_says(m.source, "32 KiB, assumed");
}

UNIT_TEST(only_staged_variants_are_taken)
{
    size_t staged = 0;
    for (size_t i = 0; i < qk_table_builtin()->count; i++)
        staged += qk_table_builtin()->rows[i].op == QK_OP_qk256_dequant &&
                  qk_table_builtin()->rows[i].kind == QK_STAGED;
    assert_int_equal(make(NULL, NULL), 0);
    for (size_t g = 0; g < m.count; g++)
        assert_true(wanted(&m.groups[g]) > 0 && qk_stage_count(m.groups[g].op) > 0);
    assert_int_equal(make("qk256_dequant", NULL), 0);
    assert_int_equal(wanted(&m.groups[0]), staged);
    assert_int_equal(make("ternary_gemv/i2s16*", NULL), 0);
    assert_string_equal(m.groups[0].name, "1024x2560");
    /* The reference does not run along, as it does for ratios. */
    assert_int_equal(make("qk256_dequant/p[14]*/4096", NULL), 0);
    assert_int_equal(wanted(&m.groups[0]), 2);
    assert_int_equal(make("qk256_dequant/*_best", NULL), QK_ERR_ARG);
    assert_says(err.text, "'qk256_dequant/*_best' matches no staged variant");
    assert_says(err.text, "qk256_dequant/p4_permute");
    assert_int_equal(make("qk256_dequant/p9", NULL), QK_ERR_ARG);
    assert_int_equal(make(NULL, "nonsense"), QK_ERR_ARG);
}

static bool full;

static int run(const char *pattern)
{
    const struct bench_run_config cfg = {.job = {.table = qk_table_builtin(),
                                                 .budget_s = budget_s,
                                                 .quick = !full,
                                                 .seed = 5,
                                                 .cpu = bench_pin(-1, NULL),
                                                 .isa = &isa,
                                                 .stop = stop,
                                                 .progress = progress}};
    bench_breakdown_free(&bd);
    memset(&bd, 0, sizeof bd);
    progressed = stop_asked = 0;
    last_done = 0;
    assert_int_equal(make(pattern, NULL), 0);
    return bench_breakdown_run(&bd, &m, &cfg, &err);
}

UNIT_TEST(a_small_real_one)
{
    assert_int_equal(run("qk256_dequant/scalar/[25][15][62]"), 0);
    assert_int_equal(bd.count, 2); /* 256 and 512 */
    assert_true(progressed > 0);
    assert_false(bd.failed);
    for (size_t i = 0; i < bd.count; i++) {
        const struct bench_breakdown_row *row = &bd.rows[i];
        double sum = 0;
        assert_int_equal(row->status, BENCH_OK);
        assert_int_equal(row->stages, 5);
        assert_true(row->blocks >= 8 && row->rounds >= 1);
        assert_true(row->same_code);
        for (size_t k = 0; k < row->blocks * 6 * row->rounds; k++)
            assert_true(row->samples_ns[k] > 0 && isfinite(row->samples_ns[k]));
        for (size_t k = 0; k < row->stages; k++)
            sum += row->component[k].ns.value;
        assert_true(sum == row->total.ns.value && sum > 0);
        assert_true(row->kernel.ns.value > 0);
        assert_true(row->component[0].resolved);
    }
}

UNIT_TEST(a_wrong_variant_is_not_timed)
{
    if (!isa.present[QK_ISA_AVX2])
        skip();
    failing = "p1_unpack";
    assert_int_equal(run("qk256_dequant/[sp][c1]*/256"), 0);
    assert_true(bd.failed);
    assert_int_equal(bd.count, 2);
    assert_int_equal(bd.rows[0].status, BENCH_OK);
    assert_int_equal(bd.rows[1].status, BENCH_ERROR);
    assert_says(bd.rows[1].reason, "made to fail");
    assert_null(bd.rows[1].samples_ns);
    assert_int_equal(run("qk256_dequant/p1*/256"), QK_ERR_INVALID);
    failing = NULL;
}

UNIT_TEST(what_cannot_run_here_is_skipped)
{
    const struct qk_cpu all = isa;
    assert_int_equal(qk_cpu_detect(&isa, "avx2", &err), 0);
    assert_int_equal(run("qk256_dequant/p4*/256"), QK_ERR_UNAVAILABLE);
    assert_says(err.text, "none of the variants named can run here");
    assert_int_equal(run("qk256_dequant/[sp][c4]*/256"), 0);
    assert_int_equal(bd.rows[0].status, BENCH_OK);
    assert_int_equal(bd.rows[1].status, BENCH_SKIP);
    assert_true(strlen(bd.rows[1].reason) > 0);
    isa = all;
}

UNIT_TEST(a_stop_ends_it)
{
    stop_now = true;
    assert_int_equal(run("qk256_dequant/scalar/256"), QK_ERR_INTERRUPTED);
    stop_now = false;
    stop_from = 3;
    assert_int_equal(run("qk256_dequant/scalar/256"), QK_ERR_INTERRUPTED);
    assert_int_equal(progressed, 3);
    assert_string_equal(err.where, "qk256_dequant/scalar/256");
    stop_from = 0;
    /* Also while it is found out how fast a variant is: asked for the check, then before that. */
    stop_at = 2;
    assert_int_equal(run("qk256_dequant/scalar/256"), QK_ERR_INTERRUPTED);
    assert_int_equal(progressed, 0);
    assert_says(err.text, "before timing");
    stop_at = 0;
}

UNIT_TEST(a_late_run_makes_do_with_fewer_blocks)
{
    full = true;
    late_from = 20;
    assert_int_equal(run("qk256_dequant/scalar/256"), 0);
    full = false;
    late_from = 0;
    assert_int_equal(bd.rows[0].blocks, 20);
    assert_true(bd.rows[0].component[0].resolved);
}

UNIT_TEST(a_budget_takes_blocks_but_leaves_sixteen)
{
    full = true;
    budget_s = 1e-6;
    assert_int_equal(run("qk256_dequant/scalar/256"), 0);
    full = false;
    budget_s = 0;
    assert_int_equal(bd.rows[0].blocks, 16);
}

UNIT_FIXTURE(tear_down)
{
    bench_matrix_free(&m);
    bench_breakdown_free(&bd);
    return 0;
}

TEST_PART(run)
{
    if (qk_cpu_detect(&isa, NULL, &err))
        return 1;
    return unit_tests_run(argv[0], NULL, tear_down);
}
