/* SPDX-License-Identifier: MIT */
#include "baselines/claims/audit.h"

#include "harness/machine/tests/scratch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A summary made by hand: the ladder of one op in up to two shapes. Each test sets the ratios. */
enum { SCALAR, P1, P2, UNROLL, P3, P4, BEST, LADDER };
struct fixture {
    struct bench_record records[2 * LADDER];
    struct bench_summary_row rows[2 * LADDER];
    struct bench_summary sum;
};

static char op_name[] = "qk256_dequant", shape_names[2][12] = {"256", "4096"}, reason[] = "needs AVX2";
static char variants[LADDER][16] = {"scalar",      "p1_unpack",  "p2_fma",   "p2_unroll8",
                                    "p3_prefetch", "p4_permute", "avx2_best"};
static char phases[LADDER][12] = {"baseline", "1", "2", "2.5", "3", "4", "-"};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    for (size_t i = 0; i < 2 * LADDER; i++) {
        const size_t v = i % LADDER;
        f->records[i] = (struct bench_record){.op = op_name,
                                              .variant = variants[v],
                                              .shape = shape_names[i / LADDER],
                                              .phase = phases[v],
                                              .reference = v == SCALAR,
                                              .block_count = 12};
        f->rows[i].rec = &f->records[i];
        f->rows[i].speedup = (struct bench_interval){2.0, 1.9, 2.1};
        f->rows[i].step = (struct bench_interval){1.2, 1.1, 1.3};
        f->rows[i].previous = v > SCALAR && v < BEST ? variants[v - 1] : NULL;
    }
    f->sum = (struct bench_summary){LADDER, f->rows};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

#define JSON bench_test_path("audit.json")

static void audit_claims(const struct fixture *f, struct baseline_audit *audit, const char *claims)
{
    char text[2000];
    struct qk_error err = {0};
    snprintf(text, sizeof text,
             "{\"schema_version\": 1, \"source\": \"a report\", \"op\": \"qk256_dequant\", \"claims\": [%s]}",
             claims);
    bench_test_put(JSON, text, strlen(text));
    const struct baseline_audit_input in = {.run = &f->sum};
    assert_works(baseline_audit_make(audit, JSON, &in, 1, &err), err);
}

#define STEP(phase, over, ratio)                                                                             \
    "{\"kind\": \"step\", \"phase\": \"" phase "\", \"over\": \"" over "\", \"ratio\": " ratio               \
    ", \"what\": \"w\"}"
#define TOTAL(phase, ratio, more)                                                                            \
    "{\"kind\": \"total\", \"phase\": \"" phase "\", \"over\": \"baseline\", \"ratio\": " ratio              \
    ", \"what\": \"w\"" more "}"

UNIT_TEST_WITH(verdicts_and_their_boundaries, set_up, tear_down)
{
    static const struct {
        struct bench_interval step;
        enum baseline_audit_verdict verdict;
    } cases[] = {
        {{1.6, 1.55, 1.65}, BASELINE_CONFIRMED},     {{1.5, 1.5, 1.6}, BASELINE_CONFIRMED},
        {{1.5, 1.4375, 1.6}, BASELINE_NOT_RESOLVED}, {{1.45, 1.4, 1.5}, BASELINE_NOT_RESOLVED},
        {{1.4, 1.3, 1.4375}, BASELINE_REFUTED},      {{1.5, 1.5, 1.5}, BASELINE_CONFIRMED},
        {{1.6, NAN, NAN}, BASELINE_NOT_RESOLVED},    {{1.4, NAN, NAN}, BASELINE_NOT_RESOLVED},
        {{NAN, NAN, NAN}, BASELINE_NOT_RESOLVED},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct baseline_audit audit;
        f->rows[P1].step = cases[i].step;
        audit_claims(f, &audit, STEP("1", "baseline", "1.5"));
        assert_int_equal(audit.count, 1);
        if (audit.rows[0].verdict != cases[i].verdict)
            fail_msg("case %zu: %s, expected %s", i, baseline_audit_words[audit.rows[0].verdict],
                     baseline_audit_words[cases[i].verdict]);
        assert_int_equal(audit.verdicts[cases[i].verdict], 1);
        assert_int_equal(isnan(cases[i].step.low) != 0, audit.rows[0].why[0] != '\0');
        baseline_audit_free(&audit);
    }
}

UNIT_TEST_WITH(step_and_total_use_their_own_ratio, set_up, tear_down)
{
    struct fixture *f = *state;
    struct baseline_audit audit;
    f->rows[P4].step = (struct bench_interval){3.5, 3.4, 3.6};
    f->rows[P4].speedup = (struct bench_interval){5.0, 4.9, 5.1};
    audit_claims(f, &audit, STEP("4", "3", "1.52") "," TOTAL("4", "5.5", ", \"goal\": true"));
    assert_int_equal(audit.count, 2);
    assert_string_equal(audit.claims.source, "a report");
    assert_string_equal(audit.claims.op, "qk256_dequant");
    assert_true(audit.goal == 5.5);
    const struct baseline_audit_row *step = &audit.rows[0], *total = &audit.rows[1];
    assert_true(step->measured.value == 3.5 && step->claim->ratio == 1.52);
    assert_int_equal(step->claim->kind, BASELINE_CLAIM_STEP);
    assert_int_equal(step->verdict, BASELINE_CONFIRMED);
    assert_string_equal(step->variant, "p4_permute");
    assert_string_equal(step->previous, "p3_prefetch");
    assert_string_equal(step->claim->phase, "4");
    assert_string_equal(step->claim->over, "3");
    assert_string_equal(step->claim->what, "w");
    assert_true(total->measured.value == 5.0 && total->measured.low == 4.9 && total->measured.high == 5.1);
    assert_int_equal(total->verdict, BASELINE_REFUTED);
    assert_string_equal(total->previous, "scalar");
    baseline_audit_free(&audit);
    audit_claims(f, &audit, STEP("4", "3", "1.52"));
    assert_true(isnan(audit.goal));
    baseline_audit_free(&audit);
}

UNIT_TEST_WITH(a_step_over_a_later_rung_than_claimed_is_judged, set_up, tear_down)
{
    struct baseline_audit audit;
    audit_claims(*state, &audit, STEP("3", "2", "1.08"));
    assert_int_equal(audit.rows[0].verdict, BASELINE_CONFIRMED);
    assert_string_equal(audit.rows[0].previous, "p2_unroll8");
    baseline_audit_free(&audit);
}

UNIT_TEST_WITH(a_step_over_an_earlier_rung_than_claimed_is_not, set_up, tear_down)
{
    struct fixture *f = *state;
    struct baseline_audit audit;
    f->records[P1].status = BENCH_ERROR;
    f->records[P1].reason = reason;
    f->rows[P1].speedup = f->rows[P1].step = (struct bench_interval){NAN, NAN, NAN};
    f->rows[P2].previous = variants[SCALAR];
    audit_claims(f, &audit,
                 STEP("2", "1", "1.05") "," TOTAL("2", "1.69", "") "," STEP("1", "baseline", "1.05"));
    assert_int_equal(audit.count, 3);
    assert_int_equal(audit.rows[0].verdict, BASELINE_NOT_RESOLVED);
    assert_true(isnan(audit.rows[0].measured.value));
    assert_null(audit.rows[0].previous);
    assert_string_equal(audit.rows[0].why,
                        "phase 1 was not measured, so that p2_fma is compared with scalar (phase baseline)");
    assert_int_equal(audit.rows[1].verdict, BASELINE_CONFIRMED);
    assert_int_equal(audit.rows[2].verdict, BASELINE_NOT_RESOLVED);
    assert_string_equal(audit.rows[2].why, "p1_unpack failed: needs AVX2");
    assert_int_equal(audit.verdicts[BASELINE_CONFIRMED], 1);
    assert_int_equal(audit.verdicts[BASELINE_REFUTED], 0);
    assert_int_equal(audit.verdicts[BASELINE_NOT_RESOLVED], 2);
    baseline_audit_free(&audit);
}

UNIT_TEST_WITH(what_was_not_measured_is_not_resolved, set_up, tear_down)
{
    struct fixture *f = *state;
    struct baseline_audit audit;
    const struct bench_interval none = {NAN, NAN, NAN};
    f->records[P4].status = BENCH_SKIP;
    f->records[P4].reason = reason;
    f->records[SCALAR].status = BENCH_SKIP;
    f->records[SCALAR].reason = reason;
    f->rows[P1].speedup = f->rows[P1].step = none;
    f->rows[P1].previous = NULL;
    f->records[P2].block_count = 3;
    f->rows[P2].step = (struct bench_interval){1.2, NAN, NAN};
    audit_claims(f, &audit,
                 TOTAL("4", "3", "") "," TOTAL("1", "1.1", "") "," STEP("1", "baseline",
                                                                        "1.1") "," STEP("2", "1", "1.1"));
    const char *const expected[] = {"p4_permute was skipped: needs AVX2", "the reference was not measured",
                                    "no earlier phase was measured",
                                    "3 blocks are too few for a 95 % interval"};
    assert_int_equal(audit.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(audit.rows[i].why, expected[i]);
        assert_int_equal(audit.rows[i].verdict, BASELINE_NOT_RESOLVED);
        assert_int_equal(audit.rows[i].previous != NULL, i == 3);
    }
    assert_true(audit.rows[3].measured.value == 1.2);
    baseline_audit_free(&audit);
}

UNIT_TEST_WITH(claims_meet_groups, set_up, tear_down)
{
    struct fixture *f = *state;
    struct baseline_audit audit;
    f->sum.count = 2 * LADDER;
    audit_claims(f, &audit,
                 TOTAL("1", "1.5", "") "," TOTAL("1", "1.6", ", \"shape\": \"4096\"") "," TOTAL(
                     "1", "1.7", ", \"shape\": \"409\"") "," TOTAL("5", "9", ""));
    assert_int_equal(audit.count, 3);
    assert_string_equal(audit.rows[0].shape, "256");
    assert_true(audit.rows[0].claim->ratio == 1.5);
    assert_string_equal(audit.rows[1].shape, "4096");
    assert_true(audit.rows[1].claim->ratio == 1.5);
    assert_string_equal(audit.rows[2].shape, "4096");
    assert_true(audit.rows[2].claim->ratio == 1.6);
    baseline_audit_free(&audit);

    f->sum = (struct bench_summary){1, f->rows + BEST};
    audit_claims(f, &audit, TOTAL("1", "1.5", ""));
    assert_int_equal(audit.count, 0);
    baseline_audit_free(&audit);
    f->sum.count = 0;
    audit_claims(f, &audit, TOTAL("1", "1.5", ""));
    assert_int_equal(audit.count, 0);
    baseline_audit_free(&audit);
}

UNIT_TEST_WITH(another_op_is_not_judged, set_up, tear_down)
{
    struct fixture *f = *state;
    struct baseline_audit audit;
    static const char other[] =
        "{\"schema_version\": 1, \"source\": \"s\", \"op\": \"qk256\", \"claims\": [" TOTAL(
            "1", "1.5", ", \"goal\": true") "]}";
    bench_test_put(JSON, other, strlen(other));
    const struct baseline_audit_input in = {.run = &f->sum};
    assert_int_equal(baseline_audit_make(&audit, JSON, &in, 1, NULL), 0);
    assert_int_equal(audit.count, 0);
    assert_true(audit.goal == 1.5);
    baseline_audit_free(&audit);
}

UNIT_TEST_WITH(of_two_rows_of_a_phase_the_measured_one_counts, set_up, tear_down)
{
    struct fixture *f = *state;
    struct baseline_audit audit;
    f->records[P3].phase = phases[P4];
    f->records[P3].status = BENCH_SKIP;
    f->records[P3].reason = reason;
    audit_claims(f, &audit, TOTAL("4", "1.5", ""));
    assert_string_equal(audit.rows[0].variant, "p4_permute");
    baseline_audit_free(&audit);
}

UNIT_TESTS(audit, bench_test_dir_make, bench_test_dir_remove)
