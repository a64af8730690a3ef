/* SPDX-License-Identifier: MIT */
#include "harness/records/shown.h"

#include <locale.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/*
 * Widths come from the C library's own UTF-8 locale, whatever locale the program runs in. Without it
 * everything is escaped.
 */
static locale_t utf8;

static void open_locale(void)
{
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", 0);
}

/*
 * Columns of a character that may be shown, else 0. Which ones turn, hide or join others the C library knows
 * by that.
 */
static size_t width_of(wchar_t c)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (c < 0x80)
        return c >= ' ' && c < 0x7f;
    pthread_once(&once, open_locale);
    const locale_t before = utf8 ? uselocale(utf8) : 0;
    const int width = wcwidth(c);
    if (utf8)
        uselocale(before);
    return width > 0 ? (size_t)width : 0;
}

/*
 * Bytes of the UTF-8 sequence (RFC 3629) that the n >= 1 bytes at s begin with, and its character; 0 for
 * none.
 */
static size_t decode(const unsigned char *s, size_t n, wchar_t *c)
{
    const size_t length = s[0] < 0x80                    ? 1
                          : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
                          : s[0] >= 0xe0 && s[0] <= 0xef ? 3
                          : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
                                                         : 0;
    if (!length || length > n)
        return 0;
    *c = length == 1 ? s[0] : s[0] & (0xff >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *c = *c << 6 | (s[i] & 0x3f);
    }
    const bool overlong = (length == 3 && *c < 0x800) || (length == 4 && *c < 0x10000);
    return overlong || (*c >= 0xd800 && *c <= 0xdfff) || *c > 0x10ffff ? 0 : length;
}

size_t bench_shown_first(struct bench_shown *to, const char *s, size_t n, const char *keep)
{
    static const char controls[] = "\t\n\r", letters[] = "tnr";
    wchar_t c = 0;
    if (*s >= ' ' && *s < 0x7f) { /* nearly all that is shown, and there may be megabytes of it */
        *to = (struct bench_shown){{*s}, 1, 1};
        return 1;
    }
    const size_t bytes = decode((const unsigned char *)s, n, &c);
    const char *const control = bytes == 1 && c ? strchr(controls, c) : NULL;
    const bool kept = bytes == 1 && c && c < ' ' && keep && strchr(keep, c);
    const size_t width = kept || !bytes || (!keep && c > 0x7f) ? 0 : width_of(c);
    int length = (int)bytes;
    if (kept || width)
        memcpy(to->text, s, bytes);
    else if (control)
        length = snprintf(to->text, sizeof to->text, "\\%c", letters[control - controls]);
    else if (bytes <= 1)
        length = snprintf(to->text, sizeof to->text, "\\x%02x", (unsigned)(unsigned char)*s);
    else
        length = snprintf(to->text, sizeof to->text, c > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)c);
    to->length = (size_t)length;
    to->text[length] = '\0';
    to->columns = kept ? 0 : width ? width : to->length;
    return bytes ? bytes : 1;
}

size_t bench_show(char *to, size_t size, const char *from, const char *keep)
{
    struct bench_shown one;
    size_t left = strlen(from), need = 0, used = 0;
    while (left) {
        const size_t bytes = bench_shown_first(&one, from, left, keep);
        if (need == used && used + one.length < size) {
            memcpy(to + used, one.text, one.length);
            used += one.length;
        }
        need += one.length;
        from += bytes;
        left -= bytes;
    }
    if (size)
        to[used] = '\0';
    return need;
}

char *bench_show_copy(const char *from, const char *keep)
{
    const size_t size = bench_show(NULL, 0, from, keep) + 1;
    char *copy = malloc(size);
    if (copy)
        bench_show(copy, size, from, keep);
    return copy;
}

void bench_show_csv(const char *from, FILE *to)
{
    struct bench_shown one;
    const bool quoted = strpbrk(from, ",\"") != NULL;
    if (quoted)
        putc('"', to);
    for (size_t left = strlen(from); left;) {
        const size_t bytes = bench_shown_first(&one, from, left, "");
        if (*one.text == '"')
            putc('"', to);
        fputs(one.text, to);
        from += bytes;
        left -= bytes;
    }
    if (quoted)
        putc('"', to);
}

size_t bench_shown_columns(const char *s, size_t n)
{
    struct bench_shown one;
    size_t columns = 0;
    while (n) {
        const size_t bytes = bench_shown_first(&one, s, n, "\n");
        columns += one.columns;
        s += bytes;
        n -= bytes;
    }
    return columns;
}
