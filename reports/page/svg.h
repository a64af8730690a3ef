/* SPDX-License-Identifier: MIT */
/*
 * Our own SVG. Places along x are per cent of the plot's width and places along y are pixels. So a plot is as
 * wide as the reader's screen, and its texts and lines keep their size. Texts beside the plot stand in its
 * margin, which the style sheet leaves free. Colours are classes of the style sheet, so that they follow the
 * reader's scheme.
 *
 * A row is a plot of one line that shares its scale with others. A chart has both axes.
 */
#pragma once

#include "reports/page/html.h"
#include "reports/plots/scale.h"

enum { SVG_ROW = 22 }; /* height of a row */

struct report_svg_chart {
    FILE *to;
    struct report_svg_scale x, y;
    double height;
};

/* One row: the grid of x, and what is drawn until report_svg_close. The text beside it says the same. */
void report_svg_row(struct report_svg_chart *c);
/* The labels of x below or above rows. */
void report_svg_row_axis(struct report_svg_chart *c, const char *unit);
/* Both axes with labels. `name` is what somebody hears who does not see the chart. */
void report_svg_open(struct report_svg_chart *c, const char *name, const char *x_unit, const char *y_unit);
void report_svg_close(struct report_svg_chart *c);

/*
 * Marks. In a row y counts pixels from its top; SVG_ROW / 2 is the middle. What has no finite place is not
 * drawn.
 */
void report_svg_point(struct report_svg_chart *c, double x, double y, const char *class);
void report_svg_diamond(struct report_svg_chart *c, double x, double y, const char *class);
void report_svg_line(struct report_svg_chart *c, double x0, double y0, double x1, double y1,
                     const char *class);
void report_svg_across(struct report_svg_chart *c, double y,
                       const char *class); /* a line over the whole width */
void report_svg_upright(struct report_svg_chart *c, double x, const char *class); /* over the whole height */
/* Through (i, y[i]), all finite; of more than 400 some are left out. */
void report_svg_path(struct report_svg_chart *c, const double *y, size_t count, const char *class);
void report_svg_bar(struct report_svg_chart *c, double x0, double x1, double y0, double y1,
                    const char *class);
