/* SPDX-License-Identifier: MIT */
#include "reports/plots/tsv.h"

#include "harness/records/shown.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Characters of a line of a caption in the widest picture, and of a name before it is broken. */
enum { CAPTION = 125, NAME = 46, TICKS = 6 };

/*
 * In ASCII. What stands in `spoilt` is replaced; so is the end of "]]>", which gnuplot writes into an SVG as
 * it is.
 */
static void put_shown(const char *text, const char *spoilt, FILE *to)
{
    struct bench_shown one;
    int brackets = 0;
    for (size_t left = strlen(text); left;) {
        const size_t bytes = bench_shown_first(&one, text, left, NULL);
        for (const char *c = one.text; *c; c++) {
            putc(strchr(spoilt, *c) || (*c == '>' && brackets > 1) ? '_' : *c, to);
            brackets = *c == ']' ? brackets + 1 : 0;
        }
        text += bytes;
        left -= bytes;
    }
}

/* A field: without what gnuplot takes for a quote, an escape, or the end of a field. */
static void put_field(const char *text, FILE *to)
{
    putc('\t', to);
    put_shown(*text ? text : "-", "\"#\\\t\n", to);
}

static void put_number(double x, FILE *to)
{
    if (isfinite(x))
        fprintf(to, "\t%.9g", x);
    else
        fputs("\tNaN", to);
}

static void put_line(struct report_tsv *t, const char *kind, double y, const char *name, const double x[4],
                     int tone, const char *brief, const char *text)
{
    fputs(kind, t->to);
    put_number(y, t->to);
    put_field(name, t->to);
    for (int i = 0; i < 4; i++)
        put_number(x[i], t->to);
    fprintf(t->to, "\t%d", tone);
    put_field(brief, t->to);
    put_field(text, t->to);
    putc('\n', t->to);
}

void report_tsv_say(struct report_tsv *t, const char *key, const char *fmt, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    va_end(args);
    fprintf(t->to, "# %s: ", key);
    put_shown(text ? text : "no memory", "", t->to);
    putc('\n', t->to);
    free(text);
}

/* Where a line of at most `most` bytes ends: behind a blank, or behind a character where there is none. */
static size_t line_end(const char *text, size_t most)
{
    size_t end = most;
    if (strlen(text) <= most)
        return strlen(text);
    while (end > most / 2 && text[end - 1] != ' ')
        end--;
    if (text[end - 1] != ' ')
        end = most;
    while (end > 1 && (text[end] & 0xc0) == 0x80)
        end--;
    return end;
}

void report_tsv_begin(struct report_tsv *t, const struct report_result *of, FILE *to)
{
    char text[REPORT_CAPTION];
    report_tsv_begin_as(t, report_result_caption(text, of), to);
}

void report_tsv_begin_as(struct report_tsv *t, const char *caption, FILE *to)
{
    char text[REPORT_CAPTION];
    size_t lines = 0;
    snprintf(text, sizeof text, "%s", caption);
    *t = (struct report_tsv){.to = to, .lines = 1, .x = {INFINITY, -INFINITY}, .y = {INFINITY, -INFINITY}};
    fputs("# caption: ", to);
    for (char *c = text, *end; *c; c = end, lines++) {
        end = c + line_end(c, CAPTION);
        const char next = *end;
        *end = '\0';
        if (lines)
            putc('|', to);
        put_shown(c, "|", to);
        *end = next;
    }
    fprintf(to, "\n# captions: %zu\n", lines);
}

void report_tsv_group(struct report_tsv *t, const char *fmt, ...)
{
    static const double none[4] = {NAN, NAN, NAN, NAN};
    char text[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    put_line(t, "group", (double)t->rows++ + 0.5, text, none, 0, "", "");
}

static void widen(size_t *most, size_t length)
{
    *most = length > *most ? length : *most;
}

/*
 * Into to: the name with a '|' where the scripts break it, or a long one would leave no room for the marks.
 */
static void break_name(struct report_tsv *t, const char *name, char *to, size_t size)
{
    size_t at = 0, lines = 1, last = 0;
    for (size_t i = 0; name[i] && at + 3 < size; i++) {
        to[at++] = name[i] == '|' ? '_' : name[i];
        const bool good = name[i] == '/' || name[i] == '_' || name[i] == ' ';
        if (name[i + 1] && ((good && i - last > NAME * 2 / 3) || i - last >= NAME)) {
            to[at++] = '|';
            widen(&t->names, i - last + 1);
            last = i;
            lines++;
        }
    }
    to[at] = '\0';
    widen(&t->names, strlen(name) - last);
    widen(&t->lines, lines);
}

void report_tsv_row(struct report_tsv *t, const char *name, const struct bench_interval *value,
                    double claimed, int tone, const char *brief, const char *text)
{
    const double x[4] = {value->value, value->low, value->high, claimed};
    char broken[400];
    break_name(t, name, broken, sizeof broken);
    for (int i = 0; i < 4; i++)
        report_svg_range_add(&t->x, x[i]);
    t->decade |= value->high >= 10 * value->low && value->low > 0;
    widen(&t->briefs, strlen(brief));
    widen(&t->texts, strlen(text));
    put_line(t, isnan(value->value) ? "none" : "mark", (double)t->rows++ + 0.5, broken, x, tone, brief, text);
}

void report_tsv_bars(struct report_tsv *t, const char *name, const char *brief, const char *text)
{
    static const double none[4] = {NAN, NAN, NAN, NAN};
    char broken[400];
    break_name(t, name, broken, sizeof broken);
    widen(&t->briefs, strlen(brief));
    widen(&t->texts, strlen(text));
    put_line(t, "bars", (double)t->rows++ + 0.5, broken, none, 0, brief, text);
}

void report_tsv_bar(struct report_tsv *t, const char *kind, double low, double high, int tone)
{
    report_svg_range_add(&t->x, low);
    report_svg_range_add(&t->x, high);
    put_line(t, kind, (double)t->rows - 0.5, "", (double[]){NAN, low, high, NAN}, tone, "", "");
}

void report_tsv_across(struct report_tsv *t, const char *kind, double low, double high, size_t first)
{
    report_svg_range_add(&t->x, low);
    report_svg_range_add(&t->x, high);
    for (; first < t->rows; first++)
        put_line(t, kind, (double)first + 0.5, "", (double[]){NAN, low, high, NAN}, 0, "", "");
}

void report_tsv_point(struct report_tsv *t, size_t series, double x, const struct bench_interval *y,
                      const char *name)
{
    report_svg_range_add(&t->x, x);
    report_svg_range_add(&t->y, y->value);
    report_svg_range_add(&t->y, y->low);
    report_svg_range_add(&t->y, y->high);
    t->decade |= y->high >= 10 * y->low && y->low > 0;
    put_line(t, "point", y->value, name, (double[]){x, y->low, y->high, NAN}, (int)series, "", "");
}

void report_tsv_joint(struct report_tsv *t, size_t series, const double from[2], const double to[2])
{
    put_line(t, "joint", from[1], "", (double[]){from[0], to[0], to[1], NAN}, (int)series, "", "");
}

void report_tsv_roof(struct report_tsv *t, size_t number, const double from[2], const double to[2])
{
    report_svg_range_add(&t->x, from[0]);
    report_svg_range_add(&t->x, to[0]);
    report_svg_range_add(&t->y, from[1]);
    report_svg_range_add(&t->y, to[1]);
    put_line(t, "roof", from[1], "", (double[]){from[0], to[0], to[1], NAN}, (int)number, "", "");
}

static void put_axis(struct report_tsv *t, const char *axis, const struct report_svg_range *range, bool log)
{
    struct report_svg_scale s;
    if (!(range->low <= range->high))
        return;
    report_svg_scale_make(&s, log, range->low, range->high, TICKS);
    fprintf(t->to, "# %slow: %.9g\n# %shigh: %.9g\n# %sticks:", axis, s.low, axis, s.high, axis);
    for (size_t i = 0; i < s.count; i++) {
        putc(' ', t->to);
        report_svg_tick(&s, s.tick[i], t->to);
    }
    putc('\n', t->to);
    if (log)
        fprintf(t->to, "# %slog: 1\n", axis);
}

void report_tsv_end(struct report_tsv *t)
{
    if (t->decade)
        report_tsv_say(
            t, "wide",
            "An interval over a factor of ten or more has too few blocks. A full run measures longer.");
    put_axis(t, "x", &t->x, t->log_x);
    put_axis(t, "y", &t->y, t->log_y);
    fprintf(t->to, "# rows: %zu\n# lines: %zu\n# names: %zu\n# briefs: %zu\n# texts: %zu\n", t->rows,
            t->lines, t->names, t->briefs, t->texts);
}
