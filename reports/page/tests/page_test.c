/* SPDX-License-Identifier: MIT */
#include "reports/page/page.h"

#include "harness/e2e/tests/e2e_fixture.h"
#include "harness/records/tests/fixture.h"
#include "reports/forms/tests/verdicts_fixture.h"
#include "reports/page/private.h"
#include "reports/page/svg.h"
#include "reports/tests/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The hand-made records have no samples: each gets blocks around its time, every fifth disturbed. */
static void add_samples(struct report_fixture *f, struct bench_block blocks[][BENCH_BLOCKS_MAX],
                        double samples[][BENCH_BLOCKS_MAX])
{
    for (size_t i = 0; i < f->summary.count; i++) {
        for (size_t b = 0; b < f->records[i].block_count; b++) {
            samples[i][b] = f->rows[i].ns * (1 + 0.01 * (double)((i + 3) * (b + 5) % 7));
            blocks[i][b] = f->records[i].blocks[b];
            blocks[i][b].slices = 1;
            blocks[i][b].samples_ns = &samples[i][b];
        }
        f->records[i].blocks = blocks[i];
    }
}

/* Style and script are files of their own; a golden file need not hold them again. */
static void leave_out(char *text, const char *from, const char *to)
{
    char *const begin = strstr(text, from), *const end = begin ? strstr(begin, to) : NULL;
    assert_non_null(end);
    memmove(begin + strlen(from), end, strlen(end) + 1);
}

static char *written(const struct report_page *page)
{
    char *text = NULL;
    size_t size;
    struct qk_error err = {0};
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    if (report_page(page, to, &err))
        fail_msg("%s", err.text);
    assert_int_equal(fclose(to), 0);
    leave_out(text, "<style>", "</style>");
    leave_out(text, "<script>", "</script>");
    assert_null(strstr(text, "nan%"));
    assert_null(strstr(text, "inf%"));
    return text;
}

static struct bench_breakdown_row components(const struct qk_variant *variant, double unpack, double store)
{
    return (struct bench_breakdown_row){
        .variant = variant,
        .shape = "256",
        .stages = 2,
        .component = {{.name = "unpack", .ms_per_token.value = unpack},
                      {.name = "store", .ms_per_token.value = store}},
        .total.ms_per_token.value = unpack + store,
    };
}

/* A run with the whole ladder, a model, and components beside claims. */
UNIT_TEST(results_of_every_kind)
{
    static struct bench_block blocks[FIXTURE_ROWS_MAX][BENCH_BLOCKS_MAX];
    static double samples[FIXTURE_ROWS_MAX][BENCH_BLOCKS_MAX];
    struct report_fixture f;
    struct bench_e2e e;
    struct baseline_e2e_audit e2e_audit;
    struct baseline_claims claims;
    const struct qk_variant scalar = {.op_name = "qk256_dequant", .name = "scalar", .phase = "baseline"},
                            permute = {.op_name = "qk256_dequant", .name = "p4_permute", .phase = "4"};
    struct bench_breakdown_row rows[] = {components(&scalar, 400, 100), components(&permute, 100, 110)};
    struct bench_breakdown bd = {
        .count = 2, .rows = rows, .quick = true, .clock_ghz = NAN, .clock_why = "nobody looked"};
    report_fixture_sizes(&f, 1);
    add_samples(&f, blocks, samples);
    bench_test_e2e(&e, 7);
    assert_int_equal(bench_e2e_summarise(&e, NULL, NULL, "no ceilings are stored here", NULL), 0);
    assert_int_equal(baseline_e2e_audit_make(&e2e_audit, ROADMAP_JSON, &e, NULL), 0);
    assert_int_equal(baseline_claims_read(&claims, ROADMAP_JSON, NULL), 0);
    const struct report_input model = {.e2e = &e, .e2e_audit = &e2e_audit};
    const struct report_result results[] = {
        {.file = "run <1>.json", .hash = "0123456789abcdef", .run = &f.in},
        {.file = "model.json", .run = &model},
        {.file = "breakdown.json", .breakdown = &bd},
    };
    char *text = written(&(struct report_page){3, results, &claims});
    report_golden_check("page_run.html", text);
    free(text);
    baseline_claims_free(&claims);
    baseline_e2e_audit_free(&e2e_audit);
    bench_e2e_free(&e);
    report_fixture_free(&f);
}

static void check_gate(const char *kind, const char *golden, const char *says)
{
    struct baseline_report r;
    struct qk_error err;
    assert_true(report_verdicts_fixture(&r, kind));
    const struct report_result result = {.file = "gate.json", .gate = &r};
    const struct report_page page = {1, &result, NULL};
    char *text = written(&page);
    if (golden)
        report_golden_check(golden, text);
    if (!strstr(text, says))
        fail_msg("%s: no %s", kind, says);
    free(text);
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_int_equal(report_page(&page, full, &err), QK_ERR_IO);
    assert_non_null(strstr(err.text, "No space left"));
    fclose(full);
    report_verdicts_fixture_free(&r);
}

UNIT_TEST(a_gate_with_texts_that_must_be_escaped)
{
    check_gate("hostile", "page_hostile.html", "&#60;");
}

UNIT_TEST(a_gate_of_each_kind)
{
    check_gate("good", NULL, "<h1 class=\"v g\">PASS</h1>");
    check_gate("bad", NULL, "<h1 class=\"v n\">INVALID</h1>");
    check_gate("strict", NULL, "<h1 class=\"v b\">WARN (strict)</h1>");
    check_gate("empty", NULL, "It has no cases.");
    check_gate("ended", NULL, "<h1 class=\"v n\">INVALID</h1>");
}

/* A case that only one of them has is there, too; controls are in neither. */
UNIT_TEST(gates_side_by_side)
{
    struct baseline_report gates[2];
    assert_true(report_verdicts_fixture(&gates[0], "warn"));
    assert_true(report_verdicts_fixture(&gates[1], "good"));
    strcpy(gates[0].results[0].name, "op/only_here/1");
    strcpy(gates[1].results[1].name, "op/only_there/2");
    strcpy(gates[1].env.microcode, "0x<1>");
    const struct report_result results[] = {{.file = "a.json", .gate = &gates[0]},
                                            {.file = "b.json", .gate = &gates[1]}};
    char *text = written(&(struct report_page){2, results, NULL}), *end;
    char *const table = strstr(text, "Change of time against the base of the same gate");
    assert_non_null(table);
    assert_non_null(strstr(text, "<th scope=\"row\">microcode<td>unknown<td>0x&#60;1&#62;<td>shown only"));
    assert_non_null(end = strstr(table, "</table>"));
    *end = '\0';
    assert_non_null(strstr(table, "<b>only_here</b>/<wbr>1<td"));
    assert_non_null(strstr(table, "<b>only_there</b>/<wbr>2<td class=\"r v p\">-<td"));
    assert_null(strstr(table, "control"));
    size_t rows = 0;
    for (const char *row = table; (row = strstr(row, "<tr><th")) != NULL; row++)
        rows++;
    assert_int_equal(rows, 1 + 71 + 2); /* the head; 70 cases and a rule; the two that are in one alone */
    free(text);
    for (int i = 0; i < 2; i++)
        report_verdicts_fixture_free(&gates[i]);
}

UNIT_TEST(the_script_is_small)
{
    assert_in_range(strlen(report_page_script), 1000, 8 * 1024);
}

/* What is missing is said, and nothing is drawn of it. */
UNIT_TEST(a_run_with_little_to_show)
{
    static struct bench_block blocks[FIXTURE_ROWS_MAX][BENCH_BLOCKS_MAX];
    static double samples[FIXTURE_ROWS_MAX][BENCH_BLOCKS_MAX];
    struct report_fixture f;
    report_fixture_bare(&f);
    add_samples(&f, blocks, samples);
    const struct report_result result = {.file = "bare.json", .run = &f.in};
    char *text = written(&(struct report_page){1, &result, NULL});
    assert_non_null(strstr(text, "<h1 class=\"v b\">FAILED</h1>"));
    assert_non_null(strstr(text, "No core clock was estimated"));
    assert_non_null(strstr(text, "A|B &#34;&#60;i&#62;CPU"));
    free(text);
    f.set.record_count = 0;
    const struct bench_summary none = {0};
    f.in.summary = &none;
    text = written(&(struct report_page){1, &result, NULL});
    assert_non_null(strstr(text, "<h1 class=\"v n\">INVALID</h1>"));
    assert_null(strstr(text, "<svg"));
    free(text);
    report_fixture_free(&f);
}

/* Whatever the values: a few ticks in order, inside the scale, that differ as they are printed. */
UNIT_TEST(ticks_of_any_range)
{
    static const double ends[][2] = {{1, 1},      {0.998, 1.002}, {0.5, 12},
                                     {1e-9, 1e9}, {3, 3.0001},    {-4, 250},
                                     {0, 1e-7},   {1e17, 1e18},   {INFINITY, -INFINITY}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (int log = 0; log < 2; log++) {
            struct report_svg_scale s;
            if (log && ends[i][0] <= 0)
                continue;
            report_svg_scale_make(&s, log, ends[i][0], ends[i][1], 6);
            assert_in_range(s.count, 2, 6);
            assert_true(s.low < s.high && s.tick[0] >= s.low * (log ? 0.999 : 1) - 1e-9);
            for (size_t k = 1; k < s.count; k++)
                assert_true(s.tick[k - 1] < s.tick[k]);
            assert_true(report_svg_at(&s, s.tick[s.count - 1]) <= 1.001);
        }
}

UNIT_TESTS(page, NULL, NULL)
