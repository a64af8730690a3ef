/* SPDX-License-Identifier: MIT */
#include "reports/plots/plots.h"

#include "harness/e2e/tests/e2e_fixture.h"
#include "kernels/tests/cmocka_parts.h"
#include "reports/tests/results_fixture.h"

#include <stdlib.h>
#include <string.h>

/* The numbers of that plot; NULL where there are none. The caller frees them. */
static char *numbers(const char *plot, const struct report_results *all, size_t of, size_t n)
{
    const struct report_plot *p = report_plots;
    struct qk_error err = {0};
    char *text;
    while (strcmp(p->name, plot) != 0)
        p++;
    if (report_plot_tsv(p, all, of, n, &text, &err))
        fail_msg("%s", err.text);
    return text;
}

static char *of_run(const char *plot, const struct report_fixture *f, size_t n)
{
    const struct report_result result = {.file = "run.json", .run = &f->in};
    return numbers(plot, &(struct report_results){.count = 1, .results = &result}, 0, n);
}

/* All plots of all results, one after the other. */
static void check(const struct report_results *all, const char *golden)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    for (const struct report_plot *p = report_plots; p->name; p++)
        for (size_t of = 0; of < all->count; of++) {
            char *one;
            for (size_t n = 0; (one = numbers(p->name, all, of, n)); n++) {
                fprintf(to, "%s of %s, number %zu\n%s", p->name, all->results[of].file, n, one);
                free(one);
            }
        }
    assert_int_equal(fclose(to), 0);
    report_golden_check(golden, text);
    free(text);
}

UNIT_TEST(plots_of_results_of_every_kind)
{
    static struct report_results_fixture f;
    report_results_fixture(&f);
    check(&f.all, "plots.tsv");
    report_results_fixture_free(&f);
}

UNIT_TEST(what_is_missing_is_nan)
{
    struct report_fixture f;
    report_fixture_bare(&f);
    const struct report_result result = {.file = "bare.json", .run = &f.in};
    check(&(struct report_results){.count = 1, .results = &result}, "plots_bare.tsv");
    report_fixture_free(&f);
}

UNIT_TEST(without_a_reference_there_is_no_speed_up_to_plot)
{
    struct report_fixture f;
    report_fixture_bare(&f);
    const struct bench_summary orphans = {f.summary.count - 3, f.rows + 3}, none = {0};
    const struct bench_summary *const cases[] = {&orphans, &none};
    for (size_t i = 0; i < 2; i++) {
        f.in.summary = cases[i];
        assert_null(of_run("phases", &f, 0));
        assert_null(of_run("forest", &f, 0));
    }
    report_fixture_free(&f);
}

/* Each op with a ladder has a picture of its own, and one without a ladder has none. */
UNIT_TEST(an_op_with_a_ladder_is_plotted)
{
    static char op[] = "another_op", none[] = "-";
    struct report_fixture f;
    report_fixture_sizes(&f, 2);
    char *old_op[10], *old_phase[10];
    for (size_t i = 0; i < 10; i++) {
        old_op[i] = f.records[i].op;
        old_phase[i] = f.records[i].phase;
        f.records[i].op = op;
    }
    for (int ladder = 1; ladder >= 0; ladder--) {
        for (size_t i = 0; i < 10; i++)
            f.records[i].phase = ladder ? old_phase[i] : none;
        char *text = of_run("phases", &f, 0), *more = of_run("phases", &f, 1);
        assert_says(text, ladder ? "# title: Speed-up of another_op over scalar\n"
                                 : "# title: Speed-up of qk256_dequant over scalar\n");
        assert_int_equal(strstr(text, "# goal:") == NULL, ladder); /* it is of another op */
        assert_int_equal(more == NULL, !ladder);
        assert_null(of_run("phases", &f, 2));
        free(more);
        free(text);
    }
    for (size_t i = 0; i < 10; i++) {
        f.records[i].op = old_op[i];
        f.records[i].phase = old_phase[i];
    }
    report_fixture_free(&f);
}

UNIT_TEST(names_cannot_make_fields_or_lines)
{
    static char name[] = "a\tb\nc\"d e#f|g\xe2\x80\xae";
    struct report_fixture f;
    report_fixture_sizes(&f, 1);
    char *const old_variant = f.records[1].variant;
    f.records[1].variant = name;
    strcpy(f.set.env.cpu_name, "x\n# goal: 9\n1\t1|");
    char *text = of_run("phases", &f, 0);
    assert_says(text, "\ta_tb_nc_d e_f_g_u202e, AVX2\t");
    assert_says(text, "# caption: x\\n# goal: 9\\n1\\t1_, gcc 12.2.0");
    size_t rows = 0, fields = 0;
    for (const char *s = text; *s; s = strchr(s, '\n') + 1)
        rows += *s != '#';
    for (const char *s = text; (s = strchr(s, '\t')); s++)
        fields++;
    assert_int_equal(fields, 9 * rows);
    free(text);
    f.records[1].variant = old_variant;
    report_fixture_free(&f);
}

/* A picture has a limit, and what it leaves out is said. */
UNIT_TEST(too_many_sizes_are_left_out)
{
    struct report_fixture f;
    report_fixture_sizes(&f, 1);
    enum { GROUPS = 400 };
    const size_t each = f.summary.count;
    struct bench_summary_row *rows = calloc(GROUPS * each, sizeof *rows);
    struct bench_record *records = calloc(GROUPS * each, sizeof *records);
    char(*shapes)[24] = calloc(GROUPS, sizeof *shapes);
    assert_true(rows && records && shapes);
    for (size_t i = 0; i < GROUPS * each; i++) {
        snprintf(shapes[i / each], sizeof *shapes, "%zu", i / each + 1);
        records[i] = f.records[i % each];
        records[i].shape = shapes[i / each];
        rows[i] = f.rows[i % each];
        rows[i].rec = &records[i];
    }
    const struct bench_summary many = {GROUPS * each, rows};
    f.in.summary = &many;
    char *text = of_run("phases", &f, 0);
    assert_says(text, "more sizes are not drawn.");
    assert_null(strstr(text, "\t400 elements\t"));
    assert_says(text, "\t5 elements\t");
    free(text);
    free(shapes);
    free(records);
    free(rows);
    report_fixture_free(&f);
}

/* The rows of the fixture are those of two sets, each with the values of a list. */
static void model(struct bench_e2e *e, const char *name, size_t layers, const size_t *threads,
                  const size_t *depths)
{
    bench_test_e2e(e, 7);
    snprintf(e->model, sizeof e->model, "%s", name);
    e->layers = layers;
    for (size_t i = 0; i < e->count; i++) {
        strcpy(e->rows[i].kernels, i < 4 ? "best" : "baseline");
        e->rows[i].threads = threads[i / 2 % 2];
        e->rows[i].depth = depths[i / 2 % 2];
    }
    assert_int_equal(bench_e2e_summarise(e, NULL, NULL, "none here", NULL), 0);
}

/* Each axis that varies has a picture; that of layers is the first model's. */
UNIT_TEST(models_scale_by_threads_depth_and_layers)
{
    static const size_t one[] = {1, 1}, two[] = {1, 2}, none[] = {0, 0}, deep[] = {0, 512};
    struct bench_e2e e[4];
    struct report_input in[4];
    struct report_result results[4];
    model(&e[0], "synth:bitnet-2b/4", 4, one, none);
    model(&e[1], "synth:bitnet-2b/8", 8, two, none);
    model(&e[2], "model.gguf", 30, one, deep);
    model(&e[3], "synth:bitnet-2b", 30, one, none);
    for (size_t i = 0; i < 4; i++) {
        in[i] = (struct report_input){.e2e = &e[i]};
        results[i] = (struct report_result){.file = "m.json", .run = &in[i]};
    }
    const struct report_results all = {.count = 4, .results = results},
                                alone = {.count = 1, .results = results};
    char *layers = numbers("scaling", &all, 0, 0), *threads = numbers("scaling", &all, 1, 0),
         *depth = numbers("scaling", &all, 2, 0), *tokens = numbers("tokens", &all, 2, 0);
    assert_says(layers, "# title: A token of synth:bitnet-2b with each number of layers\n");
    assert_says(layers, "# series0: best, 1 thread\n");
    assert_says(layers, "# series1: baseline, 1 thread\n");
    assert_says(layers, "# series2: best, 2 threads\n");
    assert_says(threads, "# title: synth:bitnet-2b/8 with each number of threads\n");
    assert_says(threads, "# series0: best\n");
    assert_says(depth, "# title: model.gguf with each number of positions in the cache\n");
    assert_says(depth, "# ylabel: ms a token: less is faster\n");
    assert_says(depth, "# series1: baseline, 1 thread\n");
    assert_null(strstr(depth, "# series2"));
    assert_says(tokens, "\tbest, 1 thread @ d512\t");
    size_t points = 0, joints = 0;
    for (const char *s = depth; (s = strstr(s, "\npoint")); s++)
        points++;
    for (const char *s = depth; (s = strstr(s, "\njoint")); s++)
        joints++;
    assert_int_equal(points, 4);
    assert_int_equal(joints, 2); /* from depth 0, too */
    assert_null(numbers("scaling", &all, 0, 1));
    assert_null(numbers("scaling", &all, 1, 1));
    assert_null(numbers("scaling", &all, 2, 1));
    assert_null(numbers("scaling", &all, 3, 0));
    assert_null(numbers("scaling", &alone, 0, 0));
    free(layers);
    free(threads);
    free(depth);
    free(tokens);
    for (size_t i = 0; i < 4; i++)
        bench_e2e_free(&e[i]);
}

UNIT_TESTS(plots, NULL, NULL)
