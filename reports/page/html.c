/* SPDX-License-Identifier: MIT */
#include "reports/page/html.h"

#include "harness/records/shown.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *const report_page_tone_class[PAGE_TONES] = {"p", "g", "b", "w", "n"};

void report_page_text(FILE *to, const char *text)
{
    struct bench_shown one;
    for (size_t left = text ? strlen(text) : 0; left;) {
        const size_t bytes = bench_shown_first(&one, text, left, "\n");
        if (strchr("&<>\"'", *one.text))
            fprintf(to, "&#%d;", *one.text);
        else
            fwrite(one.text, 1, one.length, to);
        text += bytes;
        left -= bytes;
    }
}

void report_page_say(FILE *to, const char *fmt, ...)
{
    va_list args, again;
    char text[256], *long_text = NULL;
    va_start(args, fmt);
    va_copy(again, args);
    const int length = vsnprintf(text, sizeof text, fmt, args);
    if (length >= (int)sizeof text && vasprintf(&long_text, fmt, again) < 0)
        long_text = NULL; /* what fits */
    report_page_text(to, long_text ? long_text : text);
    free(long_text);
    va_end(again);
    va_end(args);
}

void report_page_in(FILE *to, const char *open, const char *text, const char *shut)
{
    fputs(open, to);
    report_page_text(to, text);
    fputs(shut, to);
}
