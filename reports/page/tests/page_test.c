/* SPDX-License-Identifier: MIT */
#include "reports/page/page.h"

#include "harness/e2e/tests/e2e_fixture.h"
#include "reports/forms/tests/verdicts_fixture.h"
#include "reports/page/private.h"
#include "reports/page/svg.h"
#include "reports/tests/results_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Style and script are files of their own; a golden file need not hold them again. */
static void leave_out(char *text, const char *from, const char *to)
{
    char *const begin = strstr(text, from), *const end = begin ? strstr(begin, to) : NULL;
    assert_non_null(end);
    memmove(begin + strlen(from), end, strlen(end) + 1);
}

static char *written(const struct report_results *page, const struct report_pictures *pictures)
{
    char *text = NULL;
    size_t size;
    struct qk_error err = {0};
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    if (report_page(page, pictures, to, &err))
        fail_msg("%s", err.text);
    assert_int_equal(fclose(to), 0);
    leave_out(text, "<style>", "</style>");
    leave_out(text, "<script>", "</script>");
    assert_null(strstr(text, "nan%"));
    assert_null(strstr(text, "inf%"));
    return text;
}

static const struct report_pictures nothing_drawn = {.missing = 2, .why = "gnuplot is <not> installed"};

static struct bench_e2e_read read_at(const void *gbs, size_t threads)
{
    (void)threads;
    return (struct bench_e2e_read){*(const double *)gbs, NAN};
}

/* A run with the whole ladder, a model, and components beside claims. */
UNIT_TEST(results_of_every_kind)
{
    static struct report_results_fixture f;
    report_results_fixture(&f);
    f.all.count = RESULTS_CEILINGS;
    /* gnuplot draws elsewhere (plots/tests). */
    struct report_picture picture = {
        .plot = &report_plots[1],
        .title = (char[]){"Speed-up <1>"},
        .about = (char[]){"On a logarithmic axis."},
        .svg = {(char[]){"<svg class=\"plot wide\" role=\"img\" aria-label=\"w\"></svg>"},
                (char[]){"<svg class=\"plot narrow\" role=\"img\" aria-label=\"n\"></svg>"}}};
    const struct report_pictures pictures = {.count = 1, .list = &picture, .left_out = true};
    char *text = written(&f.all, &pictures);
    report_golden_check("page_run.html", text);
    free(text);
    report_results_fixture_free(&f);
}

static void check_gate(const char *kind, const char *golden, const char *says)
{
    struct baseline_report r;
    struct qk_error err;
    assert_true(report_verdicts_fixture(&r, kind));
    const struct report_result result = {.file = "gate.json", .gate = &r};
    const struct report_results page = {.count = 1, .results = &result};
    char *text = written(&page, &nothing_drawn);
    if (golden)
        report_golden_check(golden, text);
    if (!strstr(text, says))
        fail_msg("%s: no %s", kind, says);
    free(text);
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_int_equal(report_page(&page, &nothing_drawn, full, &err), QK_ERR_IO);
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
    char *text = written(&(struct report_results){.count = 2, .results = results}, &nothing_drawn), *end;
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

UNIT_TEST(a_model_at_two_depths)
{
    struct bench_e2e e;
    bench_test_e2e(&e, 7);
    e.rows[6].depth = e.rows[7].depth = 512;
    strcpy(e.rows[7].head, "certified");
    struct report_input in = {.e2e = &e};
    const struct report_result result = {.file = "model.json", .run = &in};
    const struct report_results page = {.count = 1, .results = &result};
    const double gbs = 4;
    for (int believed = 1; believed >= 0; believed--) {
        const double ceiling = believed ? 2 * gbs : gbs;
        assert_int_equal(bench_e2e_summarise(&e, read_at, &ceiling, NULL, NULL), 0);
        char *text = written(&page, &nothing_drawn);
        assert_says(text, "<tr><th scope=\"row\">tg8<td class=\"r\">1<td>baseline<");
        assert_says(text, "<tr><th scope=\"row\">tg8 @ d512<td class=\"r\">1<td>best, certified head<");
        assert_says(text, believed ? "<h1 class=\"v p\">MEASURED</h1>" : "<h1 class=\"v n\">INVALID</h1>");
        assert_says(text, believed ? "57.3 %<" : "114.6 % INVALID<");
        assert_int_equal(strstr(text, "work was skipped") != NULL, !believed);
        free(text);
    }
    bench_e2e_free(&e);
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
    report_fixture_samples(&f, blocks, samples);
    const struct report_result result = {.file = "bare.json", .run = &f.in};
    char *text = written(&(struct report_results){.count = 1, .results = &result}, &nothing_drawn);
    assert_non_null(strstr(text, "<h1 class=\"v b\">FAILED</h1>"));
    assert_non_null(strstr(text, "No core clock was estimated"));
    assert_non_null(strstr(text, "<p>2 overview plots are missing: gnuplot is &#60;not&#62; installed.</p>"));
    assert_non_null(strstr(text, "A|B &#34;&#60;i&#62;CPU"));
    free(text);
    f.set.record_count = 0;
    const struct bench_summary none = {0};
    f.in.summary = &none;
    text = written(&(struct report_results){.count = 1, .results = &result}, &nothing_drawn);
    assert_non_null(strstr(text, "<h1 class=\"v n\">INVALID</h1>"));
    assert_null(strstr(text, "<svg"));
    free(text);
    report_fixture_free(&f);
}

/* Whatever the values: a few ticks in order, inside the scale, that differ as they are printed. */
UNIT_TEST(ticks_of_any_range)
{
    static const double ends[][2] = {
        {1, 1},    {0.998, 1.002}, {0.5, 12},    {1e-9, 1e9},  {3, 3.0001},
        {-4, 250}, {0, 1e-7},      {1e17, 1e18}, {1.2e5, 4e5}, {INFINITY, -INFINITY}};
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
            for (size_t k = 0; k < s.count; k++) {
                char text[40] = "";
                FILE *to = fmemopen(text, sizeof text, "w");
                assert_non_null(to);
                report_svg_tick(&s, s.tick[k], to);
                assert_int_equal(fclose(to), 0);
                if (fabs(strtod(text, NULL) - s.tick[k]) > 1e-6 * (s.high - s.low))
                    fail_msg("%g is shown as %s", s.tick[k], text);
            }
            assert_true(report_svg_at(&s, s.tick[s.count - 1]) <= 1.001);
        }
}

UNIT_TESTS(page, NULL, NULL)
