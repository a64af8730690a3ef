/* SPDX-License-Identifier: MIT */
#include "reports/plots/plots.h"
#include "reports/tests/results_fixture.h"

#include "harness/machine/tests/scratch.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every test runs inside its own empty folder, with PATH as it was. */
static char folder[80], *path_before;

UNIT_FIXTURE(set_up)
{
    return bench_test_dir_make(state) || chdir(bench_test_dir) || !getcwd(folder, sizeof folder) ||
           setenv("PATH", path_before, 1);
}

UNIT_FIXTURE(tear_down)
{
    return chdir("/") || bench_test_dir_remove(state);
}

static void need_gnuplot(void)
{
    if (system("command -v gnuplot >/dev/null 2>&1") != 0)
        skip();
}

static void write_file(const char *name, const char *text)
{
    bench_test_put(name, text, strlen(text));
}

static void write_gnuplot(const char *text)
{
    write_file("gnuplot", text);
    assert_int_equal(chmod("gnuplot", 0755), 0);
}

#define SCRIPT "script.gp"

/* The plot of that name, of the first result that has one. */
static const struct report_plot *plot_of(const char *name)
{
    const struct report_plot *p = report_plots;
    while (strcmp(p->name, name) != 0)
        p++;
    return p;
}

/* The picture's numbers, and SCRIPT beside them. */
static void write_plot(const struct report_plot *plot, const struct report_results *all, size_t of,
                       const char *name)
{
    char *text = NULL;
    struct qk_error err;
    FILE *to = fopen(SCRIPT, "w");
    assert_non_null(to);
    assert_int_equal(report_plot_tsv(plot, all, of, 0, &text, &err), 0);
    assert_non_null(text);
    write_file(name, text);
    free(text);
    assert_int_equal(report_plot_script(plot, "plot", to, &err), 0);
    assert_int_equal(fclose(to), 0);
}

static void write_tsv(const struct report_fixture *f, const char *name)
{
    const struct report_result result = {.file = "run.json", .run = &f->in};
    write_plot(plot_of("phases"), &(struct report_results){.count = 1, .results = &result}, 0, name);
}

static char *read_file(const char *name)
{
    size_t size;
    char *const text = bench_test_get(name, &size);
    if (!text)
        fail_msg("%s is not there", name);
    return text;
}

static int drawn(const char *script, const char *tsv, const char *image, const char *format,
                 struct qk_error *err)
{
    const struct report_drawing d = {.script = script, .tsv = tsv, .image = image, .format = format};
    return report_gnuplot(&d, err);
}

static void draw(const char *tsv, const char *image, const char *format)
{
    struct qk_error err = {0};
    const int rc = drawn(SCRIPT, tsv, image, format, &err);
    if (rc)
        fail_msg("%d: %s", rc, err.text);
}

static uint32_t big_endian(const char *s)
{
    uint32_t x = 0;
    for (int i = 0; i < 4; i++)
        x = x << 8 | (unsigned char)s[i];
    return x;
}

UNIT_TEST_WITH(three_formats, set_up, tear_down)
{
    struct report_fixture f;
    need_gnuplot();
    report_fixture_full(&f);
    write_tsv(&f, "phases.tsv");
    draw("phases.tsv", "phases.svg", "svg");
    char *image = read_file("phases.svg");
    static const char *const texts[] = {"256 elements",
                                        "4096 elements",
                                        ">p4_permute, phase 4<",
                                        ">p2_unroll8, phase 2.5<",
                                        ">avx2_best, AVX2<",
                                        "goal, 3x",
                                        "not measured",
                                        "AMD EPYC 9R14, gcc 12.2.0",
                                        ">the reference<",
                                        "</svg>",
                                        "claimed",
                                        "over scalar, times"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strstr(image, texts[i]))
            fail_msg("the picture does not show \"%s\"", texts[i]);
    free(image);
    draw("phases.tsv", "phases.png", "png");
    image = read_file("phases.png");
    assert_memory_equal(image, "\x89PNG\r\n\x1a\n", 8);
    assert_int_equal(big_endian(image + 16), 900);
    assert_in_range(big_endian(image + 20), 300, 2000);
    free(image);
    draw("phases.tsv", "phases.pdf", "pdf");
    image = read_file("phases.pdf");
    assert_memory_equal(image, "%PDF-", 5);
    free(image);
    assert_int_equal(bench_test_entries(folder), 5);
    report_fixture_free(&f);
}

/* gnuplot takes no number such as 1e+05 from a text, but 1.0e+05. */
UNIT_TEST_WITH(numbers_with_an_exponent, set_up, tear_down)
{
    struct qk_error err = {0};
    need_gnuplot();
    FILE *to = fopen(SCRIPT, "w");
    assert_non_null(to);
    assert_int_equal(report_plot_script(plot_of("scaling"), "plot", to, &err), 0);
    assert_int_equal(fclose(to), 0);
    write_file("large.tsv",
               "# title: large\n"
               "point\t2\t1e+05\t1e+05\tNaN\tNaN\tNaN\t0\t-\t-\n"
               "point\t3\t1.5e+06\t1.5e+06\tNaN\tNaN\tNaN\t0\t-\t-\n"
               "# series0: one\n# xlow: 9e+04\n# xhigh: 2e+06\n# xticks: 1e+05 1.5e+06\n# xlog: 1\n"
               "# ylow: 5e-05\n# yhigh: 4\n# yticks: 1e-04 3\n# ylog: 1\n");
    draw("large.tsv", "large.svg", "svg");
    char *image = read_file("large.svg");
    assert_true(strstr(image, "1e+05") && strstr(image, "1e-04"));
    free(image);
}

/* Left over from drawing by hand, or a user's taste. */
UNIT_TEST_WITH(the_users_variables_do_not_count, set_up, tear_down)
{
    static const char *const variables[][2] = {
        {"QKBENCH_TSV", "older"}, {"QKBENCH_IMAGE", "older"}, {"QKBENCH_FORMAT", "older"},
        {"GNUTERM", "qt"},        {"GNUPLOT_LIB", "/none"},   {"GNUPLOT_DRIVER_DIR", "/none"},
        {"LC_ALL", "de_DE.utf8"}, {"LC_NUMERIC", "de_DE"},    {"GDFONTPATH", "/none"}};
    enum { VARIABLES = sizeof variables / sizeof *variables };
    struct report_fixture f;
    need_gnuplot();
    report_fixture_sizes(&f, 1);
    write_tsv(&f, "t.tsv");
    write_file(".gnuplot", "set terminal dumb\nexit status 1\n");
    write_file(".gnuplotrc", "exit status 1\n");
    const char *const home = getenv("HOME");
    char *const home_before = home ? strdup(home) : NULL, *before[VARIABLES];
    setenv("HOME", folder, 1);
    for (size_t i = 0; i < VARIABLES; i++) {
        const char *const value = getenv(variables[i][0]);
        before[i] = value ? strdup(value) : NULL;
        assert_int_equal(setenv(variables[i][0], variables[i][1], 1), 0);
    }
    struct qk_error err = {0};
    const int rc = drawn(SCRIPT, "t.tsv", "t.svg", "svg", &err);
    for (size_t i = 0; i < VARIABLES; i++) {
        unsetenv(variables[i][0]);
        if (before[i])
            setenv(variables[i][0], before[i], 1);
        free(before[i]);
    }
    unsetenv("HOME");
    if (home_before)
        setenv("HOME", home_before, 1);
    free(home_before);
    if (rc)
        fail_msg("%d: %s", rc, err.text);
    report_fixture_free(&f);
}

UNIT_TEST_WITH(any_number_of_sizes, set_up, tear_down)
{
    static const size_t counts[] = {1, 2, 7};
    need_gnuplot();
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct report_fixture f;
        char last[24];
        report_fixture_sizes(&f, counts[i]);
        write_tsv(&f, "t.tsv");
        draw("t.tsv", "t.svg", "svg");
        char *image = read_file("t.svg");
        snprintf(last, sizeof last, ">%d elements<", 256 << (counts[i] - 1));
        assert_non_null(strstr(image, last));
        assert_null(strstr(image, "not measured"));
        free(image);
        report_fixture_free(&f);
    }
}

UNIT_TEST_WITH(rows_without_intervals, set_up, tear_down)
{
    struct report_fixture f;
    need_gnuplot();
    report_fixture_bare(&f);
    write_tsv(&f, "t.tsv");
    draw("t.tsv", "t.svg", "svg");
    char *image = read_file("t.svg");
    assert_says(image, ">12.80x -<");
    free(image);
    report_fixture_free(&f);
}

UNIT_TEST_WITH(names_are_never_code, set_up, tear_down)
{
    static const char *const names[][2] = {
        {"<touch pwned; echo", "|touch pwned;"},
        {"a'b\"c $(touch pwned) `touch pwned`", "d'e\"f $(touch pwned)"},
        {"-", "--"},
        {"~x", "%s {a}_b^c\\n"},
        {"a\nb\t\x1b", "c\n\\n%d\n"},
        {"x\"; system('touch pwned') #", "y'; system(\"touch pwned\") #"},
    };
    struct report_fixture f;
    need_gnuplot();
    report_fixture_sizes(&f, 1);
    strcpy(f.set.env.cpu_name, "X \"1\" '$(touch pwned)' `touch pwned` {a_b}^2 <i>&amp;\\n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        write_tsv(&f, names[i][0]);
        draw(names[i][0], names[i][1], "svg");
        char *image = read_file(names[i][1]);
        assert_says(image, "'$(touch pwned)' `touch pwned` {a_b}^2 &lt;i>&amp;amp;\\n, gcc");
        free(image);
        assert_int_equal(bench_test_entries(folder), 3);
        assert_int_equal(unlink(names[i][0]) | unlink(names[i][1]), 0);
    }
    report_fixture_free(&f);
}

/* The old picture survives and no other file is left. */
static void assert_old_image(void)
{
    char *image = read_file("old.svg");
    assert_string_equal(image, "old");
    free(image);
    assert_int_equal(unlink("old.svg"), 0);
}

static void expect_failure(const char *script, const char *format, int code, const char *text, size_t files)
{
    struct qk_error err = {0};
    write_file("old.svg", "old");
    const int rc = drawn(script, "t.tsv", "old.svg", format, &err);
    if (rc != code || !strstr(err.text, text))
        fail_msg("%d, \"%s\"; expected %d, \"%s\"", rc, err.text, code, text);
    assert_old_image();
    assert_int_equal(bench_test_entries(folder), files);
}

UNIT_TEST_WITH(without_gnuplot_it_is_unavailable, set_up, tear_down)
{
    assert_int_equal(setenv("PATH", "", 1), 0);
    expect_failure(SCRIPT, "svg", QK_ERR_UNAVAILABLE, "apt-get install gnuplot-nox", 0);
    assert_int_equal(setenv("PATH", "/nonexistent:/etc/passwd", 1), 0);
    expect_failure(SCRIPT, "svg", QK_ERR_UNAVAILABLE, "apt-get install gnuplot-nox", 0);
}

UNIT_TEST_WITH(gnuplots_own_words_are_passed_on, set_up, tear_down)
{
    need_gnuplot();
    struct report_fixture f;
    report_fixture_sizes(&f, 1);
    write_tsv(&f, "other.tsv");
    report_fixture_free(&f);
    assert_int_equal(unlink("other.tsv"), 0);
    expect_failure(SCRIPT, "svg", QK_ERR_IO, "t.tsv", 1);
    assert_int_equal(unlink(SCRIPT), 0);
    expect_failure("absent.gp", "svg", QK_ERR_IO, "absent.gp", 0);
    write_file("bad.gp", "set nonsense\n");
    expect_failure("bad.gp", "svg", QK_ERR_IO, "line 1: unrecognized option", 1);
    write_file("bad.gp", "x = 1\n");
    expect_failure("bad.gp", "svg", QK_ERR_IO, "cut off", 1);
}

UNIT_TEST_WITH(a_false_gnuplot_leaves_nothing_behind, set_up, tear_down)
{
    assert_int_equal(setenv("PATH", folder, 1), 0);
    write_gnuplot("#!/bin/sh\necho '<svg>half' >\"$QKBENCH_IMAGE\"\n");
    expect_failure("s.gp", "svg", QK_ERR_IO, "cut off: \"</svg>\" expected", 1);
    expect_failure("s.gp", "png", QK_ERR_IO, "cut off: \"IEND\" expected", 1);
    expect_failure("s.gp", "pdf", QK_ERR_IO, "cut off: \"%%EOF\" expected", 1);
    write_gnuplot("#!/bin/sh\necho dying\nkill -TERM $$\n");
    expect_failure("s.gp", "svg", QK_ERR_IO, "signal 15 (Terminated): dying", 1);
    write_gnuplot("#!/bin/sh\nexit 3\n");
    expect_failure("s.gp", "svg", QK_ERR_IO, "gnuplot failed (exit 3): it said nothing", 1);
    write_gnuplot(
        "#!/bin/sh\ni=0; while [ $i -lt 20000 ]; do echo 'a lot   to say'; i=$((i+1)); done; exit 1\n");
    expect_failure("s.gp", "svg", QK_ERR_IO, "a lot to say a lot to say", 1);
    expect_failure("s.gp", "gif", QK_ERR_ARG, "unknown image format \"gif\", expected svg, png or pdf", 1);
}

/* Processes in our folder besides this one: what gnuplot started has never left it. */
static void assert_alone(void)
{
    DIR *dir = opendir("/proc");
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char link[300], to[sizeof folder + 1];
        snprintf(link, sizeof link, "/proc/%s/cwd", e->d_name);
        const ssize_t n = strtol(e->d_name, NULL, 10) > 0 ? readlink(link, to, sizeof to) : -1;
        if (n == (ssize_t)strlen(folder) && !memcmp(to, folder, (size_t)n) &&
            strtol(e->d_name, NULL, 10) != getpid())
            fail_msg("process %s is left", e->d_name);
    }
    closedir(dir);
}

static bool never(void)
{
    return false;
}

static bool at_once(void)
{
    return true;
}

/* Whatever it does, the call ends, and nothing that gnuplot started is left. */
UNIT_TEST_WITH(a_gnuplot_that_does_not_end_is_ended, set_up, tear_down)
{
    static const char *const scripts[] = {
        "echo drawing; sleep 60",         /* slow */
        "trap '' TERM INT HUP; sleep 60", /* deaf */
        "exec >&- 2>&-; sleep 60",        /* its pipe is closed early */
        "setsid sleep 60 & wait",         /* in a session of its own */
        "while :; do echo garbage; done", /* talks without end */
    };
    char path[128];
    snprintf(path, sizeof path, "%s:/usr/bin:/bin", folder);
    assert_int_equal(setenv("PATH", path, 1), 0);
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        char text[200];
        struct qk_error err = {0};
        snprintf(text, sizeof text, "#!/bin/sh\n%s\n", scripts[i]);
        write_gnuplot(text);
        struct report_drawing d = {.script = "s.gp",
                                   .tsv = "t.tsv",
                                   .image = "t.svg",
                                   .format = "svg",
                                   .stop = never,
                                   .limit_ms = 100};
        int rc = report_gnuplot(&d, &err);
        if (rc != QK_ERR_IO || !strstr(err.text, "did not end within 0.1 s"))
            fail_msg("%s: %d, \"%s\"", scripts[i], rc, err.text);
        assert_alone();
        d.stop = at_once;
        d.limit_ms = 0;
        rc = report_gnuplot(&d, &err);
        assert_int_equal(rc, QK_ERR_INTERRUPTED);
        assert_alone();
        assert_int_equal(bench_test_entries(folder), 1);
    }
}

/* Its output is held open by one who stays; it is not waited for. */
UNIT_TEST_WITH(what_gnuplot_leaves_behind_is_ended, set_up, tear_down)
{
    char path[128];
    struct qk_error err = {0};
    snprintf(path, sizeof path, "%s:/usr/bin:/bin", folder);
    assert_int_equal(setenv("PATH", path, 1), 0);
    write_gnuplot("#!/bin/sh\necho '<svg></svg>' >\"$QKBENCH_IMAGE\"\nsleep 60 &\n");
    const struct report_drawing d = {
        .script = "s.gp", .tsv = "t.tsv", .image = "t.svg", .format = "svg", .limit_ms = 50000};
    const int rc = report_gnuplot(&d, &err);
    if (rc)
        fail_msg("%d: %s", rc, err.text);
    assert_alone();
}

UNIT_TEST_WITH(an_image_that_cannot_be_written_is_an_io_error, set_up, tear_down)
{
    struct qk_error err = {0};
    assert_int_equal(drawn(SCRIPT, "t.tsv", "absent/t.svg", "svg", &err), QK_ERR_IO);
    assert_says(err.text, "absent/t.svg");
}

TEST_PART(gnuplot)
{
    const char *path = getenv("PATH");
    path_before = strdup(path ? path : "/usr/bin:/bin");
    const int failed = path_before ? unit_tests_run(argv[0], NULL, NULL) : 1;
    free(path_before);
    return failed;
}
