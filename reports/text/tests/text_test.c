/* SPDX-License-Identifier: MIT */
#include "reports/tests/fixture.h"

#include "kernels/tests/cmocka_parts.h"

#include <stdlib.h>
#include <string.h>

static void assert_fits(const char *text)
{
    size_t line = 1, width = 0;
    for (const char *s = text; *s; s++) {
        const unsigned char c = (unsigned char)*s;
        if (c == '\n') {
            if (width > 120)
                fail_msg("line %zu has %zu columns", line, width);
            if (s > text && s[-1] == ' ')
                fail_msg("line %zu ends in a blank", line);
            width = 0;
            line++;
        } else {
            assert_true(c >= ' ' && c != 0x7f);
            width += (c & 0xc0) != 0x80;
        }
    }
    assert_int_equal(width, 0);
}

static void check(void (*make)(struct report_fixture *), const char *golden)
{
    struct report_fixture f;
    make(&f);
    char *text = report_fixture_written(report_text, &f.in);
    assert_fits(text);
    report_golden_check(golden, text);
    report_full_stream_check(report_text, &f.in);
    free(text);
    report_fixture_free(&f);
}

UNIT_TEST(everything_there_is)
{
    check(report_fixture_full, "full.txt");
}

UNIT_TEST(what_is_missing_is_said)
{
    check(report_fixture_bare, "bare.txt");
}

static void set_reason(struct bench_record *rec, const char *name, const char *reason)
{
    struct bench_metric *metric = (struct bench_metric *)bench_record_metric(rec, name);
    if (!metric)
        return;
    free(metric->reason);
    metric->reason = strdup(reason);
}

/* It stands once above the tables, and not beside each number. */
UNIT_TEST(who_counted_is_a_fact)
{
    struct report_fixture f;
    report_fixture_full(&f);
    for (size_t i = 0; i < f.summary.count; i++) {
        set_reason(&f.records[i], "cycles", "counted by perf_event_open");
        set_reason(&f.records[i], "ipc", "counted by perf_event_open; not validated: why");
    }
    char *text = report_fixture_written(report_text, &f.in);
    assert_says(text, "counters    counted by perf_event_open\n");
    assert_says(text, "] not validated: why\n");
    assert_null(strstr(text, "] counted by"));
    free(text);
    for (size_t i = 0; i < f.summary.count; i++)
        set_reason(&f.records[i], "cycles", "counted by PAPI");
    text = report_fixture_written(report_text, &f.in);
    assert_says(text, "counters    counted by PAPI and perf_event_open\n");
    free(text);
    report_fixture_free(&f);
}

/* Far more than any table of ours needs: every breakable column has to give way at once. */
UNIT_TEST(the_width_holds_whatever_the_names)
{
    struct report_fixture f;
    char name[400], shape[300];
    report_fixture_full(&f);
    memset(name, 'n', sizeof name - 1);
    memset(shape, '7', sizeof shape - 1);
    name[sizeof name - 1] = shape[sizeof shape - 1] = '\0';
    char *const old_name = f.records[5].variant, *const old_shape = f.records[5].shape;
    f.records[5].variant = name;
    f.records[5].shape = shape;
    f.rows[6].previous = name;
    f.audit_rows[1].previous = f.audit_rows[2].variant = name;
    f.audit_rows[2].shape = shape;
    f.in.no_plot = name;
    char *text = report_fixture_written(report_text, &f.in);
    assert_fits(text);
    free(text);
    f.records[5].variant = old_name;
    f.records[5].shape = old_shape;
    report_fixture_free(&f);
}

UNIT_TEST(an_empty_set_is_a_page_without_tables)
{
    struct report_fixture f;
    report_fixture_full(&f);
    f.set.record_count = 0;
    const struct bench_summary none = {0};
    f.in.summary = &none;
    f.in.audit = NULL;
    char *text = report_fixture_written(report_text, &f.in);
    assert_fits(text);
    assert_says(text, "AMD EPYC 9R14");
    assert_null(strstr(text, "variant"));
    free(text);
    report_fixture_free(&f);
}

UNIT_TESTS(text, NULL, NULL)
