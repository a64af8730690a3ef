/* SPDX-License-Identifier: MIT */
/*
 * What the scripts read: one line for each mark, with ten fields, and heads behind '#' for all texts and for
 * the axes. rows.gp draws rows from top to bottom with a name each. xy.gp draws series over two axes.
 *
 *   kind  y  name  value  low  high  claimed  tone  short  text
 *
 * Texts are ASCII, because a glyph that no font has makes gnuplot draw nonsense all over the picture.
 */
#pragma once

#include "reports/plots/scale.h"
#include "reports/text/result.h"

#include <math.h>

/* Of a mark; the scripts have the colours. PARTS are numbered 0 to 7, the last is "other". */
enum { REPORT_PLAIN, REPORT_GOOD, REPORT_BAD, REPORT_WARN, REPORT_GREY, REPORT_OTHER = 7 };

struct report_tsv {
    FILE *to;
    size_t rows, lines;          /* so far; lines of the longest name */
    size_t names, briefs, texts; /* characters of the longest, of a name in a line */
    struct report_svg_range x, y;
    bool log_x, log_y, decade; /* decade: an interval spans a factor of ten */
};

/* Begins a plot of that result. Axes without a value in them have no ticks. */
void report_tsv_begin(struct report_tsv *t, const struct report_result *of, FILE *to);
/* The same with a caption of the caller's. */
void report_tsv_begin_as(struct report_tsv *t, const char *caption, FILE *to);
/* A head of one line: "# key: text". The legend's entries are heads, too: what has none is not explained. */
void report_tsv_say(struct report_tsv *t, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A row without marks, which names the rows that follow. */
void report_tsv_group(struct report_tsv *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * A row with a mark, its interval, and what is claimed of it. `text` stands at its end, `brief` where it is
 * narrow.
 */
void report_tsv_row(struct report_tsv *t, const char *name, const struct bench_interval *value,
                    double claimed, int tone, const char *brief, const char *text);
/* A row for bars, which report_tsv_bar then puts into it. */
void report_tsv_bars(struct report_tsv *t, const char *name, const char *brief, const char *text);
/* Kinds are "part", "bar" and "claim". */
void report_tsv_bar(struct report_tsv *t, const char *kind, double low, double high, int tone);
/* A line or a band across the rows from `first` to the last one. */
void report_tsv_across(struct report_tsv *t, const char *kind, double low, double high, size_t first);

/* A point of a series, with the interval of y; and a line from one to the next. */
void report_tsv_point(struct report_tsv *t, size_t series, double x, const struct bench_interval *y,
                      const char *name);
void report_tsv_joint(struct report_tsv *t, size_t series, const double from[2], const double to[2]);

/* A line of the kind that the legend's entry "roof" and its number explains. */
void report_tsv_roof(struct report_tsv *t, size_t number, const double from[2], const double to[2]);

/* The axes. */
void report_tsv_end(struct report_tsv *t);
