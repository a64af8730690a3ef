/* SPDX-License-Identifier: MIT */
#include "reports/page/stack.h"

#include <math.h>
#include <string.h>

/* The largest share of a part in any row. */
static double weight(const struct report_page_stack_row *rows, size_t count, size_t part)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        if (rows[i].part[part] / rows[i].total > most)
            most = rows[i].part[part] / rows[i].total;
    return most;
}

/* colour[part]: 0 to PAGE_COLOURS - 1 in the order of the parts, PAGE_COLOURS for "other". */
static size_t choose(size_t *colour, const struct report_page_stack_row *rows, size_t count, size_t parts)
{
    bool own[PAGE_PARTS] = {false};
    size_t used = 0, other = 0;
    for (size_t n = 0; n < PAGE_COLOURS; n++) {
        size_t best = parts;
        for (size_t p = 0; p < parts; p++)
            if (!own[p] && weight(rows, count, p) > 0.01 &&
                (best == parts || weight(rows, count, p) > weight(rows, count, best)))
                best = p;
        if (best < parts)
            own[best] = true;
    }
    for (size_t p = 0; p < parts; p++) {
        colour[p] = own[p] ? used++ : PAGE_COLOURS;
        other += !own[p] && weight(rows, count, p) > 0;
    }
    return other;
}

static void bar(struct report_svg_chart *c, const struct report_page_stack_row *row, const size_t *colour,
                size_t parts)
{
    char class[8];
    double from = 0, other = 0;
    report_svg_row(c);
    for (size_t p = 0; p < parts; p++) {
        const double x = row->part[p] > 0 ? row->part[p] : 0;
        if (colour[p] == PAGE_COLOURS) {
            other += x;
            continue;
        }
        snprintf(class, sizeof class, "c%zu", colour[p]);
        if (x > 0)
            report_svg_bar(c, from, from + x, 4, SVG_ROW - 4, class);
        from += x;
    }
    if (other > 0)
        report_svg_bar(c, from, from + other, 4, SVG_ROW - 4, "c7");
    report_svg_close(c);
}

void report_page_stack(FILE *to, const char *const *names, size_t parts,
                       const struct report_page_stack_row *rows, size_t count, const char *unit,
                       const char *value)
{
    struct report_svg_chart c = {.to = to};
    size_t colour[PAGE_PARTS];
    char text[PAGE_NUMBER];
    double most = 0;
    const size_t other = choose(colour, rows, count, parts);
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (size_t p = 0; p < parts; p++)
            sum += rows[i].part[p] > 0 ? rows[i].part[p] : 0;
        most = fmax(most, sum);
    }
    report_svg_scale_make(&c.x, false, 0, most, 5);
    fputs("<ul class=\"legend\">", to);
    for (size_t p = 0; p < parts; p++)
        if (colour[p] < PAGE_COLOURS) {
            fprintf(to, "<li><i class=\"box c%zu\"></i>", colour[p]);
            report_page_in(to, "", names[p], "</li>");
        }
    fputs(other ? "<li><i class=\"box c7\"></i>other</li></ul><div class=\"rows\">\n"
                : "</ul><div class=\"rows\">\n",
          to);
    for (size_t i = 0; i < count; i++) {
        report_page_in(to, "<div class=\"row\"><span class=\"name\">", rows[i].name, "</span>");
        bar(&c, &rows[i], colour, parts);
        fprintf(to, "<span class=\"val\">%s", report_page_number(text, rows[i].total));
        report_page_in(to, " ", value, "</span></div>\n");
    }
    fputs("<div class=\"row axis\"><span class=\"name\"></span>", to);
    report_svg_row_axis(&c, unit);
    fputs("<span class=\"val\"></span></div></div>\n", to);
}
