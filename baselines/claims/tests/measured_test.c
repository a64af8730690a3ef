/* SPDX-License-Identifier: MIT */
#include "baselines/claims/audit.h"

#include "harness/e2e/tests/e2e_fixture.h"
#include "harness/records/tests/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 8 };
static struct bench_sample_set set;
static struct bench_summary sum;
static struct bench_ceilings ceilings;
static struct bench_ceiling read_l1;

/* A case of so many ns a call, with 1000 elements, 2000 ops and `bytes` bytes. */
static struct bench_record *put_case(const char *op, const char *variant, const char *shape, double ns,
                                     double bytes)
{
    struct bench_record *rec = bench_sample_set_add(&set, op, variant, shape);
    assert_true(bench_record_describe(rec, "AVX2", "-", ""));
    rec->elements = 1000;
    rec->ops = 2000;
    rec->bytes_read = bytes;
    rec->calls = 1;
    for (size_t b = 0; b < BLOCKS; b++) {
        struct bench_block *block = bench_record_add_block(rec, 1);
        block->samples_ns[0] = ns * (1 + 0.01 * (double)b);
    }
    return rec;
}

static int set_up(void **state)
{
    if (bench_test_dir_make(state))
        return -1;
    bench_sample_set_init(&set);
    put_case("a_gemv", "scalar", "8x8", 800, 1000)->reference = true;
    put_case("a_gemv", "fast", "8x8", 200, 1000);
    put_case("a_gemv", "scalar", "9x9", 800, 1000)->reference = true;
    put_case("a_gemv", "fast", "9x9", 400, 1000);
    put_case("b_gemv", "other", "8x8", 600, 4000);
    put_case("b_gemv", "idle", "8x8", 600, 0)->ops = 0;
    assert_true(bench_record_stop(put_case("b_gemv", "there", "8x8", 1, 1), BENCH_SKIP, "needs AMX"));
    assert_true(bench_record_stop(put_case("b_gemv", "wrong", "8x8", 1, 1), BENCH_ERROR, "out[3]"));
    bench_ceilings_init(&ceilings);
    for (size_t i = 0; i < bench_ceiling_loop_count; i++)
        if (bench_ceiling_loops[i].kind == BENCH_CEILING_read)
            read_l1.loop = &bench_ceiling_loops[i];
    read_l1.level = 1;
    read_l1.threads = 1;
    read_l1.best = read_l1.median = 20;
    ceilings.env.cache_count = 1;
    ceilings.env.caches[0] = (struct bench_cache){1, "Data", 32768, 1};
    ceilings.rows = &read_l1;
    ceilings.count = 1;
    return bench_summary_make(&sum, &set, NULL);
}

static int tear_down(void **state)
{
    bench_summary_free(&sum);
    bench_sample_set_free(&set);
    return bench_test_dir_remove(state);
}

#define HEAD "{\"schema_version\": 1, \"source\": \"s\", \"claims\": ["
#define SAID ", \"what\": \"w\", \"there\": \"t\"}"

/* The one row that a claim leaves. */
static struct baseline_audit audit_of(const char *claim, const struct baseline_audit_input *in, size_t count)
{
    struct baseline_audit audit;
    struct qk_error err = {0};
    char text[1000];
    snprintf(text, sizeof text, HEAD "%s" SAID "]}", claim);
    bench_test_put(bench_test_path("claims.json"), text, strlen(text));
    assert_works(baseline_audit_make(&audit, bench_test_path("claims.json"), in, count, &err), err);
    assert_int_equal(baseline_audit_collapse(&audit, NULL), 0);
    assert_int_equal(audit.count, 1);
    return audit;
}

struct expected {
    const char *claim;
    enum baseline_audit_verdict verdict;
    double measured;
    size_t of;
    const char *shape, *variant, *previous, *why; /* why: part of it; NULL: none */
};

static void check(const struct expected *table, size_t count, const struct baseline_audit_input *in, size_t n)
{
    for (size_t i = 0; i < count; i++) {
        const struct expected *x = &table[i];
        struct baseline_audit audit = audit_of(x->claim, in, n);
        const struct baseline_audit_row *row = &audit.rows[0];
        if (row->verdict != x->verdict || row->of != x->of)
            fail_msg("%s: %s of %zu (%s)", x->claim, baseline_audit_words[row->verdict], row->of, row->why);
        if (isnan(x->measured) ? !isnan(row->measured.value)
                               : fabs(row->measured.value / x->measured - 1) > 1e-9)
            fail_msg("%s: measured %g", x->claim, row->measured.value);
        assert_string_equal(row->shape, x->shape);
        assert_string_equal(row->variant, x->variant);
        if (x->previous)
            assert_string_equal(row->previous, x->previous);
        if (x->why ? !strstr(row->why, x->why) : *row->why)
            fail_msg("%s: %s", x->claim, row->why);
        assert_int_equal(audit.verdicts[x->verdict], 1);
        baseline_audit_free(&audit);
    }
}

#define GAIN(kind, of, than, ratio)                                                                          \
    "{\"kind\": \"" kind "\", \"of\": \"" of "\", \"than\": \"" than "\", \"ratio\": " ratio

UNIT_TEST_WITH(gains_of_cases, set_up, tear_down)
{
    static const struct expected table[] = {
        {GAIN("cases", "a_gemv/fast/8x8", "a_gemv/scalar/8x8", "3.9"), BASELINE_CONFIRMED, 4, 1, "8x8",
         "fast", "scalar", NULL},
        {GAIN("cases", "a_gemv/fast/*", "a_gemv/scalar/*", "3.9"), BASELINE_REFUTED, 2, 2, "9x9", "fast",
         "scalar", NULL},
        {GAIN("cases", "a_gemv/fast/*", "a_gemv/scalar/*", "3.9") ", \"up_to\": true", BASELINE_CONFIRMED, 4,
         2, "8x8", "fast", "scalar", NULL},
        {GAIN("cases", "a_gemv/fast/*", "a_gemv/scalar/*", "4.1") ", \"up_to\": true", BASELINE_REFUTED, 4, 2,
         "8x8", "fast", "scalar", NULL},
        {GAIN("cases", "a_gemv/fast/8x8", "b_gemv/other/8x8", "2.5"), BASELINE_CONFIRMED, 3, 1, "8x8",
         "a_gemv/fast", "b_gemv/other", NULL},
        {GAIN("cases", "a_gemv/fast/9x9", "b_gemv/other/8x8", "2.5"), BASELINE_REFUTED, 1.5, 1, "9x9",
         "a_gemv/fast", "b_gemv/other/8x8", NULL},
        {GAIN("cases", "b_gemv/there/8x8", "b_gemv/other/8x8", "2"), BASELINE_NOT_TESTABLE, NAN, 1, "8x8",
         "there", "other", "b_gemv/there was skipped: needs AMX"},
        {GAIN("cases", "b_gemv/wrong/8x8", "b_gemv/other/8x8", "2"), BASELINE_NOT_RESOLVED, NAN, 1, "8x8",
         "wrong", "other", "b_gemv/wrong failed: out[3]"},
        {GAIN("cases", "c_gemv/*", "b_gemv/*", "2"), BASELINE_NOT_RESOLVED, NAN, 0, "", "", NULL,
         "no result has c_gemv/* and b_gemv/*"},
        {GAIN("bytes", "a_gemv/fast/8x8", "b_gemv/other/8x8", "4"), BASELINE_CONFIRMED, 4, 1, "8x8",
         "a_gemv/fast", "b_gemv/other", NULL},
        {GAIN("bytes", "a_gemv/fast/8x8", "b_gemv/other/8x8", "4.01"), BASELINE_REFUTED, 4, 1, "8x8",
         "a_gemv/fast", "b_gemv/other", NULL},
        {GAIN("bytes", "b_gemv/idle/8x8", "b_gemv/other/8x8", "4"), BASELINE_NOT_RESOLVED, NAN, 1, "8x8",
         "idle", "other", "declares no bytes"},
        {"{\"kind\": \"elsewhere\", \"figure\": \"9x\", \"needs\": \"a plug-in\"", BASELINE_NOT_TESTABLE, NAN,
         1, "", "", NULL, "needs a plug-in"},
    };
    check(table, sizeof table / sizeof *table, &(struct baseline_audit_input){.run = &sum}, 1);
}

/* 2000 ops in 200 ns and more: the median block takes 207 ns. */
UNIT_TEST_WITH(rates_and_what_memory_gives, set_up, tear_down)
{
#define RATE(rate, unit)                                                                                     \
    "{\"kind\": \"rate\", \"of\": \"a_gemv/fast/8x8\", \"rate\": " rate ", \"unit\": \"" unit "\""
    const struct baseline_audit_input in[] = {{.run = &sum}, {.ceilings = &ceilings}};
    const double middle = (1 / 206.0 + 1 / 208.0) / 2;
    const struct expected table[] = {
        {RATE("9", "Gop/s"), BASELINE_CONFIRMED, 2000 * middle, 1, "8x8", "fast", NULL, NULL},
        {RATE("9.7", "Gop/s"), BASELINE_NOT_RESOLVED, 2000 * middle, 1, "8x8", "fast", NULL, NULL},
        {RATE("11", "Gop/s"), BASELINE_REFUTED, 2000 * middle, 1, "8x8", "fast", NULL, NULL},
        {RATE("4", "Gweights/s"), BASELINE_CONFIRMED, 1000 * middle, 1, "8x8", "fast", NULL, NULL},
        {RATE("20", "GB/s"), BASELINE_REFUTED, 1000 * middle, 1, "8x8", "fast", NULL, NULL},
        {RATE("20.1", "GB/s"), BASELINE_IMPOSSIBLE, 1000 * middle, 1, "8x8", "fast", NULL,
         "it needs 20.1 GB/s, and one thread reads at most 20 GB/s from L1 here"},
        {RATE("41", "Gop/s"), BASELINE_IMPOSSIBLE, 2000 * middle, 1, "8x8", "fast", NULL, "20.5 GB/s"},
    };
    check(table, sizeof table / sizeof *table, in, 2);
    const struct expected idle = {
        "{\"kind\": \"rate\", \"of\": \"b_gemv/idle/8x8\", \"rate\": 41, \"unit\": \"Gop/s\"",
        BASELINE_NOT_RESOLVED,
        NAN,
        1,
        "8x8",
        "idle",
        NULL,
        "no work in this unit"};
    check(&idle, 1, in, 2);
    /* Without ceilings nothing is impossible. */
    struct baseline_audit audit = audit_of(RATE("41", "Gop/s"), in, 1);
    assert_int_equal(audit.rows[0].verdict, BASELINE_REFUTED);
    baseline_audit_free(&audit);
}

UNIT_TEST_WITH(whole_models, set_up, tear_down)
{
    struct bench_e2e e;
    bench_test_e2e(&e, 7);
    assert_int_equal(bench_e2e_summarise(&e, NULL, NULL, "none", NULL), 0);
    struct bench_e2e_row *base = &e.rows[1], *fast = &e.rows[5];
    char claim[400], shape[80], variant[200], previous[200], test[BENCH_E2E_TEST];
    assert_true(base->generate && fast->generate && base->threads == fast->threads);
    const struct baseline_audit_input in = {.model = &e};
    snprintf(claim, sizeof claim, GAIN("model", "%s/full/tg*/%zu", "%s/full/tg*/*", "3.9"), fast->kernels,
             fast->threads, base->kernels);
    snprintf(shape, sizeof shape, "%s, %zu thread%s", bench_e2e_test(fast, test), fast->threads,
             fast->threads == 1 ? "" : "s");
    snprintf(variant, sizeof variant, "%s, full head", fast->kernels);
    snprintf(previous, sizeof previous, "%s, full head", base->kernels);
    struct baseline_audit audit = audit_of(claim, &in, 1);
    const struct baseline_audit_row *row = &audit.rows[0];
    assert_string_equal(row->shape, shape);
    assert_string_equal(row->variant, variant);
    assert_string_equal(row->previous, previous);
    assert_true(fabs(row->measured.value / fast->speedup.value - 1) < 1e-6);
    assert_int_equal(row->verdict, baseline_audit_judge(&fast->speedup, 3.9));
    baseline_audit_free(&audit);

    /* One token a second; a token reads 10 MB, and the ceiling is 1 GB/s, so 100 tokens are the most. */
    fast->read_bytes = 10e6;
    fast->read_ceiling_gbs = 1;
    fast->ns_per_token = (struct bench_interval){1e9, 0.9e9, 1.1e9};
    static const struct {
        const char *rate;
        enum baseline_audit_verdict verdict;
    } rates[] = {{"0.9", BASELINE_CONFIRMED},
                 {"1", BASELINE_NOT_RESOLVED},
                 {"99", BASELINE_REFUTED},
                 {"101", BASELINE_IMPOSSIBLE}};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        snprintf(claim, sizeof claim, "{\"kind\": \"tokens\", \"of\": \"%s/full/tg*/%zu\", \"rate\": %s",
                 fast->kernels, fast->threads, rates[i].rate);
        audit = audit_of(claim, &in, 1);
        assert_int_equal(audit.rows[0].verdict, rates[i].verdict);
        baseline_audit_free(&audit);
    }
    strcpy(fast->invalid, "too fast");
    audit = audit_of(claim, &in, 1);
    assert_string_equal(audit.rows[0].why,
                        "a token reads 10 MB, so it needs 1.01 GB/s, and 1 thread reads at most 1 GB/s here");
    baseline_audit_free(&audit);
    fast->read_ceiling_gbs = NAN;
    audit = audit_of(claim, &in, 1);
    assert_int_equal(audit.rows[0].verdict, BASELINE_NOT_RESOLVED);
    assert_string_equal(audit.rows[0].why, "INVALID: too fast");
    baseline_audit_free(&audit);
    bench_e2e_free(&e);
}

UNIT_TESTS(measured, NULL, NULL)
