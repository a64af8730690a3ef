/* SPDX-License-Identifier: MIT */
#include "harness/records/shown.h"

#include "kernels/tests/cmocka_parts.h"

#include <stdlib.h>
#include <string.h>

UNIT_TEST(texts_and_columns)
{
    static const struct {
        const char *from, *shown;
        size_t columns;
    } cases[] = {
        {"", "", 0},
        {"plain \\ ~", "plain \\ ~", 9},
        {"a\tb\nc\rd", "a\\tb\\nc\\rd", 10},
        {"\x1b[31m\x07\x7f", "\\x1b[31m\\x07\\x7f", 16},
        {"\xc2\xb5s \xc3\xbc", "\xc2\xb5s \xc3\xbc", 4},
        {"\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x98\x80", "\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x98\x80", 7},
        /* C1 controls, as characters and as bytes */
        {"\xc2\x9b|\x9b", "\\u009b|\\x9b", 11},
        /* what turns text, joins or hides */
        {"\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8f", "\\u202e\\u2066\\u200f", 18},
        {"\xd8\x9c\xe2\x80\x8b\xef\xbb\xbf", "\\u061c\\u200b\\ufeff", 18},
        {"e\xcc\x81", "e\\u0301", 7},
        {"\xf3\xa0\x81\x81", "\\U000e0041", 10},
        {"\xe2\x80\xa8", "\\u2028", 6},
        /* noncharacters */
        {"\xef\xbf\xbe\xef\xbf\xbf", "\\ufffe\\uffff", 12},
        /* not UTF-8: cut off, overlong, surrogate, above the last character, a stray continuation */
        {"\xe4\xbd", "\\xe4\\xbd", 8},
        {"\xe4\xbdz", "\\xe4\\xbdz", 9},
        {"\xc0\xaf", "\\xc0\\xaf", 8},
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf", 12},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80", 12},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 16},
        {"\x80\xff", "\\x80\\xff", 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *shown = bench_show_copy(cases[i].from, "");
        assert_non_null(shown);
        assert_string_equal(shown, cases[i].shown);
        assert_int_equal(bench_shown_columns(shown, strlen(shown)), cases[i].columns);
        /* Shown twice it is the same. */
        char *again = bench_show_copy(shown, "");
        assert_string_equal(again, shown);
        free(again);
        free(shown);
    }
}

UNIT_TEST(what_is_kept_stays)
{
    char to[32];
    assert_int_equal(bench_show(to, sizeof to, "a\nb\tc\xc4\x8a", "\n"), 8);
    assert_string_equal(to, "a\nb\\tc\xc4\x8a"); /* U+010A ends like a line feed, and is none */
}

UNIT_TEST(whole_characters_are_cut)
{
    char to[8];
    assert_int_equal(bench_show(to, 3, "\xe4\xbd\xa0x", ""), 4);
    assert_string_equal(to, "");
    assert_int_equal(bench_show(to, 4, "\xe4\xbd\xa0x", ""), 4);
    assert_string_equal(to, "\xe4\xbd\xa0");
    /* What comes behind something that did not fit is not shown, small as it may be. */
    assert_int_equal(bench_show(to, 5, "ab\x1bz", ""), 7);
    assert_string_equal(to, "ab");
    assert_int_equal(bench_show(NULL, 0, "abc", ""), 3);
}

/* A NUL is a byte like others to those who have a length. */
UNIT_TEST(single_characters)
{
    struct bench_shown one;
    assert_int_equal(bench_shown_first(&one, "\0a", 2, "\n"), 1);
    assert_string_equal(one.text, "\\x00");
    assert_int_equal(bench_shown_first(&one, "\xe4\xbd\xa0", 3, NULL), 3);
    assert_string_equal(one.text, "\\u4f60");
    assert_int_equal(one.columns, 6);
}

UNIT_TEST(fields_of_csv)
{
    static const char *const cases[][2] = {
        {"a b", "a b"},
        {"a,b", "\"a,b\""},
        {"\"", "\"\"\"\""},
        {"a\r\nb,\x1b", "\"a\\r\\nb,\\x1b\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        assert_non_null(to);
        bench_show_csv(cases[i][0], to);
        assert_int_equal(fclose(to), 0);
        assert_string_equal(text, cases[i][1]);
        free(text);
    }
}

UNIT_TESTS(shown, NULL, NULL)
