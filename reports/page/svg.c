/* SPDX-License-Identifier: MIT */
#include "reports/page/svg.h"

#include <math.h>
#include <string.h>

/* A place along x, in per cent. */
static double across(const struct report_svg_chart *c, double x)
{
    return 100 * report_svg_at(&c->x, x);
}

static double up(const struct report_svg_chart *c, double y)
{
    return c->y.count ? c->height * (1 - report_svg_at(&c->y, y)) : y;
}

static void grid(struct report_svg_chart *c)
{
    for (size_t i = 0; i < c->x.count; i++)
        report_svg_upright(c, c->x.tick[i], "k");
}

void report_svg_row(struct report_svg_chart *c)
{
    c->height = SVG_ROW;
    c->y.count = 0;
    fprintf(c->to, "<svg class=\"r\" width=\"100%%\" height=\"%d\" aria-hidden=\"true\">", SVG_ROW);
    grid(c);
}

static void x_labels(struct report_svg_chart *c, double y)
{
    for (size_t i = 0; i < c->x.count; i++) {
        fprintf(c->to, "<text x=\"%.2f%%\" y=\"%.0f\" class=\"x\">", across(c, c->x.tick[i]), y);
        report_svg_tick(&c->x, c->x.tick[i], c->to);
        fputs("</text>", c->to);
    }
}

void report_svg_row_axis(struct report_svg_chart *c, const char *unit)
{
    c->height = 36;
    fprintf(c->to, "<svg class=\"r\" width=\"100%%\" height=\"%.0f\" aria-hidden=\"true\">", c->height);
    x_labels(c, 14);
    report_page_in(c->to, "<text x=\"50%\" y=\"31\" class=\"x u\">", unit, "</text></svg>");
}

void report_svg_open(struct report_svg_chart *c, const char *name, const char *x_unit, const char *y_unit)
{
    report_page_in(c->to, "<div class=\"xy\"><div class=\"u\">", y_unit, "</div>");
    fprintf(c->to, "<svg width=\"100%%\" height=\"%.0f\" role=\"img\" aria-label=\"", c->height);
    report_page_in(c->to, "", name, "\">");
    grid(c);
    for (size_t i = 0; i < c->y.count; i++) {
        report_svg_across(c, c->y.tick[i], "k");
        fprintf(c->to, "<text x=\"-6\" y=\"%.1f\" class=\"y\">", up(c, c->y.tick[i]) + 4);
        report_svg_tick(&c->y, c->y.tick[i], c->to);
        fputs("</text>", c->to);
    }
    x_labels(c, c->height + 15);
    if (*x_unit) {
        fprintf(c->to, "<text x=\"50%%\" y=\"%.0f\" class=\"x u\">", c->height + 32);
        report_page_in(c->to, "", x_unit, "</text>");
    }
}

void report_svg_close(struct report_svg_chart *c)
{
    fputs(c->y.count ? "</svg></div>" : "</svg>", c->to);
}

void report_svg_point(struct report_svg_chart *c, double x, double y, const char *class)
{
    if (isfinite(x) && isfinite(y))
        fprintf(c->to, "<circle cx=\"%.2f%%\" cy=\"%.1f\" r=\"4\" class=\"%s\"/>", across(c, x), up(c, y),
                class);
}

void report_svg_diamond(struct report_svg_chart *c, double x, double y, const char *class)
{
    if (isfinite(x) && isfinite(y))
        fprintf(c->to,
                "<svg x=\"%.2f%%\" y=\"%.1f\" overflow=\"visible\"><path d=\"M0-5 5 0 0 5-5 0z\" "
                "class=\"%s\"/></svg>",
                across(c, x), up(c, y), class);
}

void report_svg_across(struct report_svg_chart *c, double y, const char *class)
{
    report_svg_line(c, c->x.low, y, c->x.high, y, class);
}

void report_svg_upright(struct report_svg_chart *c, double x, const char *class)
{
    report_svg_line(c, x, c->y.count ? c->y.low : 0, x, c->y.count ? c->y.high : c->height, class);
}

void report_svg_path(struct report_svg_chart *c, const double *y, size_t count, const char *class)
{
    const size_t step = count / 400 + 1;
    fprintf(c->to,
            "<svg width=\"100%%\" height=\"%.0f\" viewBox=\"0 0 1000 %.0f\" preserveAspectRatio=\"none\">"
            "<path vector-effect=\"non-scaling-stroke\" class=\"%s\" d=\"",
            c->height, c->height, class);
    for (size_t i = 0; i < count; i += step)
        fprintf(c->to, "%c%.0f %.1f", i ? 'L' : 'M', 10 * across(c, (double)i), up(c, y[i]));
    fputs("\"/></svg>", c->to);
}

void report_svg_bar(struct report_svg_chart *c, double x0, double x1, double y0, double y1, const char *class)
{
    const double a = across(c, x0), b = across(c, x1), top = up(c, y0), end = up(c, y1);
    fprintf(c->to, "<rect x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.1f\" height=\"%.1f\" class=\"%s\"/>",
            fmin(a, b), fabs(b - a), fmin(top, end), fabs(end - top), class);
}

void report_svg_line(struct report_svg_chart *c, double x0, double y0, double x1, double y1,
                     const char *class)
{
    if (isfinite(x0) && isfinite(y0) && isfinite(x1) && isfinite(y1))
        fprintf(c->to, "<line x1=\"%.2f%%\" y1=\"%.1f\" x2=\"%.2f%%\" y2=\"%.1f\" class=\"%s\"/>",
                across(c, x0), up(c, y0), across(c, x1), up(c, y1), class);
}
