/* SPDX-License-Identifier: MIT */
#include "reports/text/breakdown.h"

#include "harness/breakdown/tests/breakdown_fixture.h"
#include "kernels/tests/cmocka_parts.h"
#include "reports/tests/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct qk_error err;
static struct bench_breakdown bd;
static struct baseline_components claims;

UNIT_FIXTURE(set_up)
{
    bench_test_breakdown(&bd);
    const int code = baseline_components_read(&claims, ROADMAP_JSON, &err);
    return code ? code : baseline_components_judge(&claims, &bd, &err);
}

UNIT_FIXTURE(tear_down)
{
    baseline_components_free(&claims);
    bench_breakdown_free(&bd);
    return 0;
}

typedef int writer(const struct report_breakdown_input *in, FILE *to, struct qk_error *e);

/*
 * To be freed. In the caller's variable, because gcc takes what open_memstream leaves in ours for its
 * address.
 */
static void written(writer *write, const struct baseline_components *beside, char **text)
{
    size_t size;
    *text = NULL;
    FILE *to = open_memstream(text, &size);
    assert_non_null(to);
    assert_int_equal(write(&(struct report_breakdown_input){&bd, beside}, to, &err), 0);
    assert_int_equal(fclose(to), 0);
}

UNIT_TEST_WITH(both_forms_are_as_they_were, set_up, tear_down)
{
    char *text, *markdown;
    written(report_breakdown_text, &claims, &text);
    written(report_breakdown_markdown, &claims, &markdown);
    report_golden_check("breakdown.txt", text);
    report_golden_check("breakdown.md", markdown);
    free(text);
    free(markdown);
}

/* Columns of a variant's table that are to add up: ns/call, cycles, share, ms/token. */
static void sum_up(const char *table, int lines)
{
    enum { COLUMNS = 4 };
    long sum[COLUMNS] = {0}, total[COLUMNS] = {0};
    const char *line = strstr(table, "\nloop ");
    assert_non_null(line);
    for (int i = 0; i <= lines; i++) {
        char copy[200], *rest = copy, *word;
        int column = -1;
        bool inside = false;
        line++;
        snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line, "\n"), line);
        /* The figures without their points: the same decimals in all lines. */
        while ((word = strsep(&rest, " ")) && column < COLUMNS) {
            if (!*word)
                continue;
            inside |= *word == '[';
            if (!inside && ++column > 0) {
                char *point = strchr(word, '.');
                if (point)
                    memmove(point, point + 1, strlen(point));
                *(i < lines ? &sum[column - 1] : &total[column - 1]) += strtol(word, NULL, 10);
            }
            if (strchr(word, ']'))
                inside = false;
        }
        line += strcspn(line, "\n");
    }
    for (int k = 0; k < COLUMNS; k++)
        assert_int_equal(sum[k], total[k]);
    assert_true(total[0] > 1000);
}

UNIT_TEST_WITH(what_is_shown_adds_up, set_up, tear_down)
{
    struct qk_rng rng;
    qk_rng_seed(&rng, 9);
    for (int trial = 0; trial < 50; trial++) {
        struct bench_breakdown_row *row = &bd.rows[0];
        double at[BENCH_TEST_ARMS];
        for (int a = 0; a < BENCH_TEST_ARMS; a++)
            at[a] = 100 + 2000 * (double)qk_rng_unit(&rng);
        free(row->samples_ns);
        free(row->counts);
        bench_test_breakdown_row(row, "scalar", at, 0.7);
        assert_int_equal(bench_breakdown_estimate(row, &err), 0);
        bd.count = 1;
        char *text;
        written(report_breakdown_text, NULL, &text);
        sum_up(strstr(text, "qk256_dequant/scalar/4096"), 5);
        free(text);
        bd.count = 6;
    }
}

UNIT_TEST_WITH(what_is_missing_is_said, set_up, tear_down)
{
    for (size_t b = 0; b < BENCH_TEST_BLOCKS; b++)
        bd.rows[0].core_ghz[b] = NAN;
    bd.rows[0].blocks = 5;
    assert_int_equal(bench_breakdown_estimate(&bd.rows[0], &err), 0);
    bd.clock_ghz = NAN;
    strcpy(bd.clock_why, "no multiply chain for this architecture");
    bd.quick = true;
    bd.count = 1;
    char *text;
    written(report_breakdown_text, NULL, &text);
    assert_says(text, "no multiply chain");
    assert_says(text, "not for quoting");
    assert_says(text, "5 blocks are too few");
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "Claimed"));
    assert_null(strstr(text, "Not measured"));
    free(text);
    bd.count = 6;
}

/* As under --counters none: no table, and no fact. */
UNIT_TEST_WITH(nothing_counted_is_nothing_said, set_up, tear_down)
{
    char *text;
    for (size_t i = 0; i < bd.count; i++)
        bd.rows[i].count_count = 0;
    written(report_breakdown_text, &claims, &text);
    assert_null(strstr(text, "counters"));
    assert_null(strstr(text, "steps"));
    free(text);
}

UNIT_TEST_WITH(the_width_holds, set_up, tear_down)
{
    memset(bd.rows[3].reason, 'x', sizeof bd.rows[3].reason - 1);
    char *text;
    written(report_breakdown_text, &claims, &text);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 120)
            fail_msg("%.*s", (int)strcspn(line, "\n"), line);
    free(text);
}

UNIT_TEST_WITH(a_full_stream_is_an_error, set_up, tear_down)
{
    FILE *to = fopen("/dev/full", "w");
    assert_non_null(to);
    assert_int_equal(report_breakdown_text(&(struct report_breakdown_input){&bd, &claims}, to, &err),
                     QK_ERR_IO);
    assert_says(err.text, "No space left");
    fclose(to);
}

UNIT_TESTS(breakdown, NULL, NULL)
