/* SPDX-License-Identifier: MIT */
#include "baselines/claims/e2e_audit.h"

#include "harness/e2e/tests/e2e_fixture.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct bench_e2e e;

static int set_up(void **state)
{
    if (bench_test_dir_make(state))
        return -1;
    bench_test_e2e(&e, 7);
    return bench_e2e_summarise(&e, NULL, NULL, "none", NULL);
}

static int tear_down(void **state)
{
    bench_e2e_free(&e);
    return bench_test_dir_remove(state);
}

/*
 * The fixture's generation rows: the baseline takes 10.3 s a token. Phase 1 is about 1.25 times as fast, but
 * not surely. Phase 4 is 4 times as fast. Then comes best.
 */
UNIT_TEST(claims_are_put_beside_their_phase)
{
    struct baseline_e2e_audit a;
    struct qk_error err;
    assert_works(baseline_e2e_audit_make(&a, ROADMAP_JSON, &e, &err), err);
    assert_int_equal(a.tokens, 8);
    assert_true(a.limit_s == 30);
    assert_int_equal(a.count, 4);
    assert_ptr_equal(a.rows[0].row, &e.rows[1]);
    assert_true(a.rows[0].claimed_s_per_token == 10 && a.rows[0].claimed_s == 80);
    assert_true(isnan(a.rows[0].claimed_ratio) && !a.rows[0].judged);
    assert_true(fabs(a.rows[0].seconds - 82.4) < 1e-6 && !a.rows[0].within);
    assert_true(a.rows[1].claimed_ratio == 1.21 && a.rows[1].judged && !a.rows[1].target);
    assert_int_equal(a.rows[1].verdict, BASELINE_NOT_RESOLVED);
    assert_true(a.rows[2].target && a.rows[2].judged && a.rows[2].within);
    assert_int_equal(a.rows[2].verdict, BASELINE_CONFIRMED);
    assert_true(isnan(a.rows[3].claimed_s) && !a.rows[3].judged && a.rows[3].within);
    baseline_e2e_audit_free(&a);
}

UNIT_TEST(only_speedups_over_the_baseline_are_judged)
{
    struct baseline_e2e_audit a;
    strcpy(e.rows[1].phase, "2");
    assert_int_equal(baseline_e2e_audit_make(&a, ROADMAP_JSON, &e, NULL), 0);
    assert_false(a.rows[2].judged);
    baseline_e2e_audit_free(&a);
    strcpy(e.rows[1].phase, "baseline");
}

UNIT_TEST(few_repetitions_resolve_nothing)
{
    struct baseline_e2e_audit a;
    e.level = 0.9375;
    assert_int_equal(baseline_e2e_audit_make(&a, ROADMAP_JSON, &e, NULL), 0);
    assert_true(a.rows[2].judged);
    assert_int_equal(a.rows[2].verdict, BASELINE_NOT_RESOLVED);
    baseline_e2e_audit_free(&a);
    e.level = 0.95;
}

UNIT_TEST(a_file_without_such_claims_is_refused)
{
    struct baseline_e2e_audit a;
    struct qk_error err;
    const char *path = bench_test_path("claims.json");
    static const char claims[] =
        "{\"schema_version\": 1, \"source\": \"s\", \"op\": \"o\", \"claims\": [{\"kind\": \"total\", "
        "\"phase\": \"1\", \"over\": \"baseline\", \"ratio\": 2, \"what\": \"w\"}]}";
    bench_test_put(path, claims, strlen(claims));
    assert_int_equal(baseline_e2e_audit_make(&a, path, &e, &err), QK_ERR_FORMAT);
    assert_says(err.text, "no end_to_end");
    unlink(path);
    assert_int_equal(baseline_e2e_audit_make(&a, path, &e, &err), QK_ERR_IO);
}

UNIT_TESTS(e2e_audit, set_up, tear_down)
