/* SPDX-License-Identifier: MIT */
#include "reports/page/pictures.h"

#include "harness/machine/tests/scratch.h"
#include "reports/tests/results_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every test has an empty folder for what is temporary, and leaves PATH as it was. */
static char *path_before;

UNIT_FIXTURE(set_up)
{
    return bench_test_dir_make(state) || setenv("TMPDIR", bench_test_dir, 1);
}

UNIT_FIXTURE(tear_down)
{
    return unsetenv("TMPDIR") || setenv("PATH", path_before, 1) || bench_test_dir_remove(state);
}

/*
 * Each plot in both widths of a page: an element with names of its own, and no markup in its texts but ours.
 */
UNIT_TEST_WITH(pictures_for_a_page, set_up, tear_down)
{
    static struct report_results_fixture f;
    struct report_pictures p;
    struct qk_error err = {0};
    size_t plots = 0;
    if (system("command -v gnuplot >/dev/null 2>&1") != 0)
        skip();
    report_results_fixture(&f);
    f.variants[1].name = "p4<script>&'\" id=";
    if (report_pictures_make(&p, &f.all, NULL, &err))
        fail_msg("%s", err.text);
    assert_string_equal(p.why, "");
    assert_int_equal(p.missing, 0);
    for (const struct report_plot *plot = report_plots; plot->name; plot++) {
        bool drawn = false;
        for (size_t i = 0; i < p.count; i++)
            drawn |= p.list[i].plot == plot;
        if (drawn != plot->on_pages)
            fail_msg("%s", plot->name);
        plots += drawn;
    }
    assert_true(plots >= 7);
    for (size_t i = 0; i < p.count; i++)
        for (int w = 0; w < REPORT_WIDTHS; w++) {
            char name[40];
            const char *const svg = p.list[i].svg[w];
            snprintf(name, sizeof name, " id='p%zu%c-gpDot'", i, w == REPORT_WIDE ? 'w' : 'n');
            assert_says(svg, name);
            assert_says(svg, w == REPORT_WIDE ? "<svg class=\"plot wide\" viewBox=\"0 0 720 "
                                              : "<svg class=\"plot narrow\" viewBox=\"0 0 328 ");
            assert_null(strstr(svg, "<script"));
            assert_null(strstr(svg, "<?xml"));
            assert_null(strstr(svg, "id='gpDot'"));
        }
    assert_int_equal(bench_test_entries(bench_test_dir), 0);
    report_pictures_free(&p);
    report_results_fixture_free(&f);
}

UNIT_TEST_WITH(a_page_without_gnuplot_has_no_pictures, set_up, tear_down)
{
    static struct report_results_fixture f;
    struct report_pictures p;
    struct qk_error err = {0};
    report_results_fixture(&f);
    assert_int_equal(setenv("PATH", "", 1), 0);
    assert_int_equal(report_pictures_make(&p, &f.all, NULL, &err), 0);
    assert_int_equal(p.count, 0);
    assert_true(p.missing >= 7);
    assert_says(p.why, "gnuplot is not installed");
    report_pictures_free(&p);
    assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
    assert_int_equal(report_pictures_make(&p, &f.all, NULL, &err), 0);
    assert_int_equal(p.count, 0);
    assert_says(p.why, "no folder for plots");
    report_pictures_free(&p);
    report_results_fixture_free(&f);
}

TEST_PART(pictures)
{
    const char *path = getenv("PATH");
    path_before = strdup(path ? path : "/usr/bin:/bin");
    const int failed = path_before ? unit_tests_run(argv[0], NULL, NULL) : 1;
    free(path_before);
    return failed;
}
