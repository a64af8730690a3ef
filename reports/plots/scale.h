/* SPDX-License-Identifier: MIT */
/* Where values lie on an axis, and which of them are written beside it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { SVG_TICKS = 9 };

struct report_svg_scale {
    double low, high; /* of the plot; both are ticks or beyond all values */
    bool log;
    size_t count;
    double tick[SVG_TICKS];
    int decimals; /* of the ticks' labels */
};

/* Ticks at round values, at most `most` <= SVG_TICKS, and ends that hold low and high. Log: both above 0. */
void report_svg_scale_make(struct report_svg_scale *s, bool log, double low, double high, size_t most);
/* The tick as it is written beside the axis. */
void report_svg_tick(const struct report_svg_scale *s, double x, FILE *to);
/* 0 to 1; a little beyond for values outside. */
double report_svg_at(const struct report_svg_scale *s, double x);
/* The smallest and largest finite values so far; begin with {INFINITY, -INFINITY}. */
struct report_svg_range {
    double low, high;
};
void report_svg_range_add(struct report_svg_range *r, double x);
