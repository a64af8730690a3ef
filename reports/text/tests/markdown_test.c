/* SPDX-License-Identifier: MIT */
#include "reports/tests/fixture.h"

#include "kernels/tests/cmocka_parts.h"

#include <stdlib.h>
#include <string.h>

/* Every row of a table must have as many cells as its head, whatever its texts contain. */
static void assert_rows_are_whole(const char *text)
{
    size_t cells_of_head = 0;
    while (*text) {
        const size_t n = strcspn(text, "\n");
        size_t bars = 0;
        for (size_t i = 0; i < n; i++)
            bars += text[i] == '|' && (i == 0 || text[i - 1] != '\\');
        if (text[0] != '|')
            cells_of_head = 0;
        else if (cells_of_head == 0)
            cells_of_head = bars;
        else if (bars != cells_of_head)
            fail_msg("%zu bars, expected %zu: %.*s", bars, cells_of_head, (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void check(void (*make)(struct report_fixture *), const char *golden)
{
    struct report_fixture f;
    make(&f);
    char *text = report_fixture_written(report_markdown, &f.in);
    assert_rows_are_whole(text);
    report_golden_check(golden, text);
    report_full_stream_check(report_markdown, &f.in);
    free(text);
    report_fixture_free(&f);
}

UNIT_TEST(everything_there_is)
{
    check(report_fixture_full, "full.md");
}

UNIT_TEST(what_is_missing_is_said)
{
    check(report_fixture_bare, "bare.md");
}

UNIT_TEST(names_are_not_markup)
{
    static char name[] = "a|b\\|c*d*<e>&amp;`f`~~g~~_h_ i_j [k](l)";
    struct report_fixture f;
    report_fixture_full(&f);
    char *const old = f.records[3].variant;
    f.records[3].variant = name;
    char *text = report_fixture_written(report_markdown, &f.in);
    assert_rows_are_whole(text);
    assert_non_null(strstr(
        text, "| a\\|b\\\\\\|c\\*d\\*\\<e\\>\\&amp;\\`f\\`\\~\\~g\\~\\~\\_h\\_ i_j [k\\](l) | AVX2 |"));
    free(text);
    f.records[3].variant = old;
    report_fixture_free(&f);
}

UNIT_TESTS(markdown, NULL, NULL)
