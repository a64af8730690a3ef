/* SPDX-License-Identifier: MIT */
/* What the machine can do, and how near the cases of a run come to it. */
#include "reports/page/private.h"

#include <math.h>
#include <string.h>

/* Bandwidths are the kinds up to nt_write. */
enum { KINDS = BENCH_CEILING_nt_write + 1 };

static void bandwidth(FILE *to, const struct report_result *r, int threads)
{
    const struct bench_ceilings *c = r->ceilings;
    char text[PAGE_NUMBER];
    fprintf(to,
            "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"ceilings\"><table><caption>%d "
            "thread%s, GB/s; higher is better</caption><thead><tr><th "
            "scope=\"col\">level",
            threads, threads == 1 ? "" : "s");
    for (int k = 0; k < KINDS; k++)
        fprintf(to, "<th scope=\"col\" class=\"r\">%s", bench_ceiling_kind_words[k]);
    fputs("<tbody>", to);
    for (int level = 1; level <= BENCH_DRAM; level++) {
        fprintf(to, "<tr><th scope=\"row\">%s", bench_ceiling_levels[level]);
        for (int k = 0; k < KINDS; k++) {
            const struct bench_ceiling *row =
                bench_ceilings_find(c, (enum bench_ceiling_kind)k, level, threads);
            fprintf(to, "<td class=\"r\">%s", report_page_number(text, row ? row->best : NAN));
        }
    }
    fputs("</table></div>\n", to);
}

void report_page_ceilings(FILE *to, const struct report_result *r)
{
    if (!r->ceilings)
        return;
    fputs("<figure>", to);
    bandwidth(to, r, 1);
    if (r->ceilings->threads > 1)
        bandwidth(to, r, r->ceilings->threads);
    report_page_caption(to, r, "The fastest of many short repetitions.");
    fputs("</figure>\n", to);
}

static double peak_of(const struct bench_ceilings *c)
{
    double most = NAN;
    for (size_t i = 0; i < c->count; i++)
        if (c->rows[i].level == BENCH_REGISTERS && !isnan(c->rows[i].best))
            most = fmax(most, c->rows[i].best * c->rows[i].loop->ops);
    return most;
}

static double intensity(const struct bench_record *rec)
{
    const double bytes = rec->bytes_read + rec->bytes_written;
    return rec->ops > 0 && bytes > 0 ? rec->ops / bytes : NAN;
}

static void draw(FILE *to, const struct report_input *run, const struct bench_ceilings *ceilings)
{
    static const char *const roofs[] = {"", "c0", "c1", "c2", "c3"};
    struct report_svg_chart c = {.to = to, .height = 300};
    struct report_svg_range x = {INFINITY, -INFINITY}, y = {INFINITY, -INFINITY};
    const double peak = peak_of(ceilings);
    for (size_t i = 0; i < run->summary->count; i++) {
        const struct bench_summary_row *row = &run->summary->rows[i];
        report_svg_range_add(&x, isnan(row->ns) ? NAN : intensity(row->rec));
        report_svg_range_add(&y,
                             isnan(row->ns) || isnan(intensity(row->rec)) ? NAN : row->rec->ops / row->ns);
    }
    report_svg_range_add(&x, x.low / 4);
    report_svg_range_add(&x, x.high * 4);
    report_svg_range_add(&y, peak);
    report_svg_scale_make(&c.x, true, x.low, x.high, 6);
    report_svg_scale_make(&c.y, true, y.low / 2, y.high, 6);
    report_svg_open(&c, "roofline: operations a second over operations per byte", "operations per byte",
                    "Gop/s");
    for (int level = 1; level <= BENCH_DRAM; level++) {
        const struct bench_ceiling *read = bench_ceilings_find(ceilings, BENCH_CEILING_read, level, 1);
        if (!read || isnan(peak))
            continue;
        char class[16];
        const double knee = fmin(c.x.high, peak / read->best), foot = fmax(c.x.low, c.y.low / read->best);
        snprintf(class, sizeof class, "roof %s", roofs[level]);
        if (foot < knee)
            report_svg_line(&c, foot, foot * read->best, knee, knee * read->best, class);
    }
    if (!isnan(peak))
        report_svg_across(&c, peak, "one");
    for (size_t i = 0; i < run->summary->count; i++) {
        const struct bench_summary_row *row = &run->summary->rows[i];
        if (!isnan(row->ns) && !isnan(intensity(row->rec)))
            report_svg_point(&c, intensity(row->rec), row->rec->ops / row->ns,
                             row->rec->reference ? "m n" : "m s");
    }
    report_svg_close(&c);
}

static bool has_points(const struct report_input *run)
{
    for (size_t i = 0; i < run->summary->count; i++)
        if (!isnan(run->summary->rows[i].ns) && !isnan(intensity(run->summary->rows[i].rec)))
            return true;
    return false;
}

void report_page_roofline(const struct report_page_parts *p)
{
    const struct report_result *run = NULL, *ceilings = NULL;
    char text[PAGE_NUMBER];
    FILE *to = p->to;
    for (size_t i = 0; i < p->page->count; i++) {
        const struct report_result *r = &p->page->results[i];
        run = !run && r->run && r->run->set && has_points(r->run) ? r : run;
        ceilings = !ceilings && r->ceilings ? r : ceilings;
    }
    if (!run || !ceilings)
        return;
    report_page_section(to, "roofline", "Roofline");
    fputs("<figure><ul class=\"legend\"><li><i class=\"dot s\"></i>a case</li><li><i class=\"dot n\"></i>a "
          "reference</li>",
          to);
    for (int level = 1; level <= BENCH_DRAM; level++) {
        const struct bench_ceiling *read =
            bench_ceilings_find(ceilings->ceilings, BENCH_CEILING_read, level, 1);
        if (read)
            fprintf(to, "<li><i class=\"dash c%d\"></i>%s, %s GB/s read</li>", level - 1,
                    bench_ceiling_levels[level], report_page_number(text, read->best));
    }
    fprintf(to, "<li><i class=\"dash one\"></i>peak, %s Gop/s</li></ul>\n",
            report_page_number(text, peak_of(ceilings->ceilings)));
    draw(to, run->run, ceilings->ceilings);
    report_page_caption(
        to, run,
        "By declared work. A case under a slope waits for that memory; under the flat line it "
        "computes. One thread.");
    fputs("</figure></section>\n", to);
}
