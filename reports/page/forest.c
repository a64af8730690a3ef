/* SPDX-License-Identifier: MIT */
#include "reports/forms/private.h"
#include "reports/page/cases.h"

#include <math.h>
#include <string.h>

/* Of a gate a change in per cent reads better than a ratio, as all are close to 1. */
void report_page_case_effect(FILE *to, const struct report_page_cases *cases,
                             const struct report_page_case *c)
{
    char text[REPORT_RATIO];
    if (cases->of->gate && cases->of->gate->results[c->at].timed)
        report_page_text(to, report_change(text, &cases->of->gate->results[c->at]));
    else if (isnan(c->ratio.value))
        report_page_text(to, *c->why ? c->why : "not timed");
    else
        fputs(report_ratio(text, &c->ratio), to);
}

/* Small changes of time are drawn as per cent; speed-ups, and changes of which one is large, as ratios. */
struct forest {
    struct report_svg_chart chart;
    bool percent;
};

static double shown(const struct forest *f, double ratio)
{
    return f->percent ? 100 * (ratio - 1) : ratio;
}

static void draw(struct forest *f, const struct report_page_case *c)
{
    static const char *const spans[PAGE_TONES] = {"i", "i g", "i b", "i w", "i n"};
    static const char *const dots[PAGE_TONES] = {"m", "m g", "m b", "m w", "m n"};
    const double middle = SVG_ROW / 2.0, ends[] = {shown(f, c->ratio.low), shown(f, c->ratio.high)};
    struct report_svg_chart *const chart = &f->chart;
    report_svg_row(chart);
    if (!isnan(c->ignorable))
        report_svg_bar(chart, shown(f, exp(-c->ignorable)), shown(f, exp(c->ignorable)), 0, SVG_ROW, "band");
    if (!isnan(c->must_catch))
        report_svg_upright(chart, shown(f, exp(c->must_catch)), "margin");
    report_svg_upright(chart, shown(f, 1), "one");
    report_svg_line(chart, ends[0], middle, ends[1], middle, spans[c->tone]);
    for (int end = 0; end < 2; end++)
        report_svg_line(chart, ends[end], middle - 4, ends[end], middle + 4, spans[c->tone]);
    (c->tone == PAGE_BAD ? report_svg_diamond : report_svg_point)(chart, shown(f, c->ratio.value), middle,
                                                                  dots[c->tone]);
    report_svg_close(chart);
}

static void scale_of(struct forest *f, const struct report_page_cases *cases, size_t most)
{
    struct report_svg_range range = {1, 1};
    for (size_t i = 0; i < most; i++) {
        const struct report_page_case *c = cases->ranked[i];
        if (isnan(c->worse))
            continue;
        report_svg_range_add(&range, c->ratio.value);
        report_svg_range_add(&range, c->ratio.low);
        report_svg_range_add(&range, c->ratio.high);
        report_svg_range_add(&range, exp(c->must_catch));
    }
    f->percent = cases->of->gate && range.high < 1.5 && range.low > 0.67;
    report_svg_scale_make(&f->chart.x, !f->percent, shown(f, range.low), shown(f, range.high), 5);
}

const char *report_page_forest_about(const struct report_page_cases *cases)
{
    return cases->of->gate
               ? "Bars are 95 % intervals; the grey band is the ignorable margin, the dashed line must-catch."
               : "Bars are 95 % intervals.";
}

void report_page_forest(FILE *to, const struct report_page_cases *cases, size_t most)
{
    struct forest f = {.chart = {.to = to}};
    most = most < cases->ranked_count ? most : cases->ranked_count;
    scale_of(&f, cases, most);
    bool several = false, plotted = false;
    for (size_t i = 0; i < most; i++)
        plotted |= !isnan(cases->ranked[i]->worse);
    for (size_t i = 1; i < most; i++)
        several |= strcmp(cases->ranked[i]->op, cases->ranked[0]->op) != 0;
    if (!several && *cases->ranked[0]->variant)
        report_page_in(to, "<p class=\"u\">", cases->ranked[0]->op, ": variant/shape</p>");
    fputs(several ? "<div class=\"rows ops\">" : "<div class=\"rows\">", to);
    for (size_t i = 0; i < most; i++) {
        const struct report_page_case *c = cases->ranked[i];
        fputs("<a class=\"row\" href=\"#", to);
        report_page_case_link(to, cases, c);
        fputs("\"", to);
        report_page_case_keys(to, c);
        fputs("><span class=\"name\">", to);
        report_page_case_name(to, c, several || !*c->variant);
        fputs("</span>", to);
        if (!isnan(c->worse))
            draw(&f, c);
        fprintf(to, "<span class=\"val %s%s\">", report_page_tone_class[c->tone],
                isnan(c->worse) ? " wide" : "");
        report_page_case_effect(to, cases, c);
        fputs("</span></a>\n", to);
    }
    if (!plotted) {
        fputs("</div>\n", to);
        return;
    }
    fputs("<div class=\"row axis\"><span class=\"name\"></span>", to);
    report_svg_row_axis(&f.chart,
                        f.percent ? "faster \xE2\x86\x90 change of time, % \xE2\x86\x92 slower"
                        : cases->of->gate
                            ? "faster \xE2\x86\x90 time, times the base \xE2\x86\x92 slower"
                            : "slower \xE2\x86\x90 speed-up over the reference, times \xE2\x86\x92 faster");
    fputs("<span class=\"val\"></span></div></div>\n", to);
}
