/* SPDX-License-Identifier: MIT */
#include "reports/tests/fixture.h"

#include "kernels/tests/cmocka_parts.h"

#include <stdlib.h>
#include <string.h>

static void check(void (*make)(struct report_fixture *), const char *golden)
{
    struct report_fixture f;
    make(&f);
    char *text = report_fixture_written(report_phases_tsv, &f.in);
    report_golden_check(golden, text);
    report_full_stream_check(report_phases_tsv, &f.in);
    free(text);
    report_fixture_free(&f);
}

UNIT_TEST(everything_there_is)
{
    check(report_fixture_full, "full.tsv");
}

/* Also: shapes go by size, not in the order they ran. */
UNIT_TEST(what_is_missing_is_nan)
{
    check(report_fixture_bare, "bare.tsv");
}

UNIT_TEST(without_a_reference_there_is_nothing_to_plot)
{
    struct report_fixture f;
    struct qk_error err;
    char *text = NULL;
    size_t size = 0;
    report_fixture_bare(&f);
    const struct bench_summary orphans = {f.summary.count - 3, f.rows + 3}, none = {0};
    const struct bench_summary *const cases[] = {&orphans, &none};
    for (size_t i = 0; i < 2; i++) {
        f.in.summary = cases[i];
        FILE *to = open_memstream(&text, &size);
        assert_non_null(to);
        assert_int_equal(report_phases_tsv(&f.in, to, &err), QK_ERR_INVALID);
        assert_says(err.text, "nothing to plot");
        assert_int_equal(fclose(to), 0);
        assert_int_equal(size, 0);
        free(text);
    }
    report_fixture_free(&f);
}

/* The op with a ladder is drawn, also when another one ran first, and alone. */
UNIT_TEST(one_op_is_plotted)
{
    static char op[] = "another_op", none[] = "-";
    struct report_fixture f;
    report_fixture_sizes(&f, 2);
    char *old_op[10], *old_phase[10];
    for (size_t i = 0; i < 10; i++) {
        old_op[i] = f.records[i].op;
        old_phase[i] = f.records[i].phase;
        f.records[i].op = op;
        f.records[i].phase = none;
    }
    char *text = report_fixture_written(report_phases_tsv, &f.in);
    assert_says(text, "# title: Speed-up of qk256_dequant over scalar\n");
    assert_says(text, "# shapes: 512\n");
    assert_says(text, "# goal: 3\n");
    free(text);
    f.summary.count = 10;
    text = report_fixture_written(report_phases_tsv, &f.in);
    assert_says(text, "# title: Speed-up of another_op over scalar\n");
    assert_says(text, "# ladder: 0\n");
    assert_null(strstr(text, "# goal:"));
    free(text);
    f.summary.count = 20;
    for (size_t i = 0; i < 10; i++) {
        f.records[i].op = old_op[i];
        f.records[i].phase = old_phase[i];
    }
    report_fixture_free(&f);
}

UNIT_TEST(names_cannot_make_fields_or_lines)
{
    static char name[] = "a\tb\nc\"d e#f\xe2\x80\xae";
    struct report_fixture f;
    report_fixture_sizes(&f, 1);
    char *const old_variant = f.records[1].variant;
    f.records[1].variant = name;
    strcpy(f.set.env.cpu_name, "x\n# goal: 9\n1\t1");
    char *text = report_fixture_written(report_phases_tsv, &f.in);
    assert_says(text, "\ta_tb_nc_d_e_f_u202e\t");
    assert_says(text, "# subtitle: x\\n# goal: 9\\n1\\t1, gcc 12.2.0");
    size_t lines = 0;
    for (const char *s = text; *s; s++)
        lines += *s == '\n';
    assert_int_equal(lines, 8 + 10);
    free(text);
    f.records[1].variant = old_variant;
    report_fixture_free(&f);
}

/* More rows than a picture shows are refused before the work grows with their square. */
UNIT_TEST(too_many_points_are_refused)
{
    struct report_fixture f;
    struct qk_error err = {0};
    report_fixture_sizes(&f, 1);
    struct bench_summary_row *rows = calloc(REPORT_POINTS_MAX + 1, sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i <= REPORT_POINTS_MAX; i++)
        rows[i] = f.rows[0];
    struct bench_summary many = f.summary;
    many.rows = rows;
    many.count = REPORT_POINTS_MAX + 1;
    f.in.summary = &many;
    assert_int_equal(report_phases_tsv(&f.in, stderr, &err), QK_ERR_INVALID);
    assert_says(err.text, "2001 cases, and a picture shows at most 2000");
    free(rows);
    report_fixture_free(&f);
}

UNIT_TESTS(phases_tsv, NULL, NULL)
