/* SPDX-License-Identifier: MIT */
#include "harness/records/tests/fixture.h"
#include "kernels/tests/cmocka_parts.h"
#include "reports/forms/private.h"
#include "reports/forms/tests/verdicts_fixture.h"
#include "reports/tests/fixture.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const forms[] = {"text", "markdown", "json", "junit", "github", "bmf"};
static const char *const kinds[] = {"good",   "bad",     "warn",  "strict", "unsure",
                                    "stalls", "hostile", "empty", "ended"};
enum { FORMS = sizeof forms / sizeof *forms, KINDS = sizeof kinds / sizeof *kinds };

/*
 * To be freed. In the caller's variable, because gcc takes what open_memstream leaves in ours for its
 * address.
 */
static void write_report(const char *form, const struct baseline_report *r, char **text)
{
    struct qk_error err;
    size_t size;
    *text = NULL;
    FILE *to = open_memstream(text, &size);
    assert_non_null(to);
    if (report_verdicts_writer_of(form)(r, to, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(fclose(to), 0);
}

static void written(const char *form, const char *kind, char **text)
{
    struct baseline_report r;
    assert_true(report_verdicts_fixture(&r, kind));
    write_report(form, &r, text);
    report_verdicts_fixture_free(&r);
}

UNIT_TEST(forms_are_as_they_were)
{
    static const struct {
        const char *form, *kind, *golden;
    } rows[] = {
        {"text", "good", "gate_good.txt"},     {"text", "bad", "gate_bad.txt"},
        {"markdown", "bad", "gate_bad.md"},    {"json", "hostile", "gate_hostile.json"},
        {"json", "bad", "gate_bad.json"},      {"json", "ended", "gate_ended.json"},
        {"junit", "bad", "gate_bad.xml"},      {"junit", "hostile", "gate_hostile.xml"},
        {"github", "bad", "gate_bad.github"},  {"github", "strict", "gate_strict.github"},
        {"text", "unsure", "gate_unsure.txt"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text;
        written(rows[i].form, rows[i].kind, &text);
        report_golden_check(rows[i].golden, text);
        free(text);
    }
}

UNIT_TEST(text_keeps_to_its_width)
{
    for (size_t i = 0; i < KINDS; i++) {
        char *text;
        written("text", kinds[i], &text);
        for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
            const size_t n = strcspn(line, "\n");
            size_t width = 0;
            for (size_t k = 0; k < n; k++)
                width += ((unsigned char)line[k] & 0xc0) != 0x80;
            if (width > REPORT_TEXT_WIDTH || (n && line[n - 1] == ' '))
                fail_msg("%s: %.*s", kinds[i], (int)n, line);
        }
        free(text);
    }
}

UNIT_TEST(what_is_no_number_is_never_written)
{
    for (size_t f = 0; f < FORMS; f++) {
        char *text;
        written(forms[f], "hostile", &text);
        assert_null(strstr(text, "nan"));
        assert_null(strstr(text, "inf"));
        free(text);
    }
}

UNIT_TEST(the_end_of_a_text_says_what_to_do)
{
    static const char *const says[][2] = {
        {"good", "qkbench gate: PASS, exit code 0"},
        {"bad", "qkbench breakdown 'qk256_dequant/p4_permute/*'"},
        {"bad", "none of its verdicts"},
        {"unsure", "Give more with --budget"},
        {"stalls", "Proven slower, by rare stalls."},
        {"stalls", "1 undecided in the second"},
        {"warn", "let through"},
        {"strict", "qkbench gate: WARN (strict), exit code 3"},
        {"empty", "the run: nothing was timed"},
        {"ended", "qkbench gate: INVALID, exit code 130"},
        {"ended", "the run: op/v/1: interrupted"},
    };
    for (size_t i = 0; i < sizeof says / sizeof *says; i++) {
        char *text;
        written("text", says[i][0], &text);
        const char *const end = strstr(text, "\nqkbench gate: ");
        assert_non_null(end);
        if (!strstr(end, says[i][1]))
            fail_msg("%s does not say '%s': %s", says[i][0], says[i][1], end);
        free(text);
    }
}

static ssize_t take_nothing(void *ctx, const char *bytes, size_t size)
{
    (void)ctx;
    (void)bytes;
    (void)size;
    return 0;
}

UNIT_TEST(an_error_has_the_reason_of_its_write)
{
    for (size_t f = 0; f < FORMS; f++) {
        struct baseline_report r;
        struct qk_error err = {0};
        assert_true(report_verdicts_fixture(&r, "good"));
        FILE *to = fopencookie(NULL, "w", (cookie_io_functions_t){.write = take_nothing});
        assert_non_null(to);
        errno = EPERM;
        assert_int_equal(report_verdicts_writer_of(forms[f])(&r, to, &err), QK_ERR_IO);
        assert_null(strstr(err.text, strerror(EPERM)));
        fclose(to);
        report_verdicts_fixture_free(&r);
    }
}

/* A history has no place for a doubt. */
UNIT_TEST(metrics_of_a_doubtful_run_are_none)
{
    for (int doubt = 0; doubt < 3; doubt++) {
        struct baseline_report r;
        char *text;
        assert_true(report_verdicts_fixture(&r, "good"));
        if (doubt == 1)
            strcpy(r.reason, "another gate ran beside it");
        for (size_t i = 0; i < r.count; i++)
            if (doubt == 2 && r.results[i].role == BASELINE_AA)
                r.results[i].verdict = BASELINE_WARN;
        write_report("bmf", &r, &text);
        assert_int_equal(strcmp(text, "{}\n") == 0, doubt > 0);
        free(text);
        report_verdicts_fixture_free(&r);
    }
}

/* Shapes of cases that were not timed share lines, which are not endless. */
UNIT_TEST(no_shape_is_lost)
{
    enum { SHAPES = 200 };
    static struct baseline_result results[SHAPES];
    struct baseline_report r = {.mode = "duet", .count = SHAPES, .results = results};
    char *text, name[BASELINE_NAME];
    for (size_t i = 0; i < SHAPES; i++) {
        results[i] = (struct baseline_result){.verdict = BASELINE_PASS, .reason = "identical code"};
        snprintf(results[i].name, sizeof results[i].name, "op/%s/%015zu", i < 150 ? "v" : "vw", i);
    }
    write_report("markdown", &r, &text);
    for (size_t i = 0; i < SHAPES; i++) {
        snprintf(name, sizeof name, "%015zu", i);
        const char *const at = strstr(text, name);
        assert_non_null(at);
        assert_null(strstr(at + 1, name));
    }
    assert_says(text, "| op/v | 000000000000000, ");
    assert_says(text, "| op/vw | 000000000000150, ");
    free(text);
}

/* Small enough to stay in the stream's buffer, so that the error comes with the flush; and large. */
UNIT_TEST(a_full_device_is_an_error)
{
    for (size_t f = 0; f < FORMS; f++) {
        for (int large = 0; large < 2; large++) {
            struct baseline_report r;
            struct qk_error err = {0};
            assert_true(report_verdicts_fixture(&r, large ? "many" : "warn"));
            FILE *to = fopen("/dev/full", "w");
            assert_non_null(to);
            if (report_verdicts_writer_of(forms[f])(&r, to, &err) != QK_ERR_IO ||
                !strstr(err.text, "No space left"))
                fail_msg("%s, large %d: %s", forms[f], large, err.text);
            fclose(to);
            report_verdicts_fixture_free(&r);
        }
    }
}

UNIT_TEST(numbers_have_the_digits_that_matter)
{
    static const struct {
        double x;
        const char *percent, *time;
    } rows[] = {
        {1.0152, "+1.52", "1.015 ns"},
        {0.99999, "+0.00", "1.000 ns"},
        {0.98004, "-2.00", "0.980 ns"},
        {99.996, "+9900", "100.0 ns"},
        {999.96, "+99896", "1.000 us"},
        {1.2345e7, "+1.23e+09", "12.35 ms"},
        {3.5e12, "+3.5e+14", "3500.0 s"},
        {NAN, "-", "-"},
        {INFINITY, "-", "-"},
        {1e300, "+1e+302", "1e+291 s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char percent[16], time[24];
        assert_string_equal(report_percent(percent, rows[i].x), rows[i].percent);
        assert_string_equal(report_time(time, rows[i].x), rows[i].time);
    }
}

static int read_file(const char *path, struct qk_error *err)
{
    struct baseline_report r;
    int code = QK_OK;
    json_t *json = bench_json_load(path, &code, err);
    if (json)
        code = report_verdicts_take_json(&r, json, path, err);
    if (!code)
        baseline_report_free(&r);
    json_decref(json);
    return code;
}

/* What a field's own rule cannot say; those fields_test.py breaks one by one. */
UNIT_TEST_WITH(json_that_was_edited_is_refused, bench_test_dir_make, bench_test_dir_remove)
{
    static const struct bench_test_bad bad[] = {
        {"$.exit_code", "3", "that of the verdict", NULL},
        {"$.verdict", "\"REGRESSION\"", "that of the verdict", "$.exit_code"},
        {"$.counts.PASS", "0", "how many of the results have each verdict", "$.counts"},
        {"$.counts", NULL, "found nothing", NULL},
        {"$.results[0].verdict", "\"REGRESSION\"", "how many of the results", "$.counts"},
        {"$.results[0].judged_right", "true", "what role, verdict and timing give", NULL},
        {"$.results[71].judged_right", "false", "what role, verdict and timing give", NULL},
        {"$.results[71].role", "\"case\"", "what role, verdict and timing give",
         "$.results[71].judged_right"},
        {"$.fingerprint.identity", NULL, "found nothing", NULL},
        {"$.fingerprint.hash", "\"x\"", "16 hexadecimal digits", NULL},
    };
    char *text;
    written("json", "good", &text);
    bench_test_refused(text, read_file, bad, sizeof bad / sizeof *bad);
    free(text);
}

UNIT_TESTS(verdicts, NULL, NULL)
