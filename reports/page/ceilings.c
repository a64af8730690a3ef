/* SPDX-License-Identifier: MIT */
/* What the machine can do. */
#include "reports/page/private.h"

#include <math.h>

/* Bandwidths are the kinds up to nt_write. */
enum { KINDS = BENCH_CEILING_nt_write + 1 };

static void bandwidth(FILE *to, const struct report_result *r, int threads)
{
    const struct bench_ceilings *c = r->ceilings;
    char text[REPORT_NUMBER];
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
            fprintf(to, "<td class=\"r\">%s", report_number(text, row ? row->best : NAN));
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
