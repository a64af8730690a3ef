/* SPDX-License-Identifier: MIT */
/* Speed-ups by size. */
#include "reports/page/private.h"

#include <math.h>
#include <string.h>

enum { SIZES = 12 };

/* The tint says how far from 1 it is: full at a factor of ten. */
static void size_cell(FILE *to, const struct report_page_case *c)
{
    if (isnan(c->ratio.value))
        report_page_in(to, "<td class=\"r n\">", c->word, "");
    else
        fprintf(to, "<td class=\"r %s t%.0f\">%.*fx", report_page_tone_class[c->tone],
                4 * fmin(1, fabs(c->worse) / M_LN10), c->ratio.value < 9.995 ? 2 : 1, c->ratio.value);
}

static const struct report_page_case *find(const struct report_page_cases *cases, size_t first, size_t end,
                                           const char *variant)
{
    for (size_t i = first; i < end; i++)
        if (!strcmp(cases->list[i].variant, variant))
            return &cases->list[i];
    return NULL;
}

static void size_table(FILE *to, const struct report_page_cases *cases, const size_t *firsts, size_t sizes)
{
    const struct report_page_case *head = &cases->list[firsts[0]];
    report_page_in(to, "<p class=\"u\">", head->op,
                   ": speed-up over the reference by size; higher is better</p>\n");
    report_page_in(to, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"sizes of ",
                   head->op, "\"><table><thead><tr><th scope=\"col\">variant");
    for (size_t s = 0; s < sizes; s++)
        report_page_in(to, "<th scope=\"col\" class=\"r\">", cases->list[firsts[s]].shape, "");
    fputs("<tbody>\n", to);
    for (size_t i = firsts[0]; i < firsts[1]; i++) {
        bool any = false;
        for (size_t s = 0; s < sizes; s++) {
            const struct report_page_case *c = find(cases, firsts[s], firsts[s + 1], cases->list[i].variant);
            any |= c && !isnan(c->ratio.value);
        }
        if (!any)
            continue;
        report_page_in(to, "<tr><th scope=\"row\">", cases->list[i].variant, "");
        for (size_t s = 0; s < sizes; s++) {
            const struct report_page_case *c = find(cases, firsts[s], firsts[s + 1], cases->list[i].variant);
            if (c)
                size_cell(to, c);
            else
                fputs("<td class=\"r n\">-", to);
        }
        fputs("\n", to);
    }
    fputs("</table></div>\n", to);
}

void report_page_sizes(FILE *to, const struct report_page_cases *cases)
{
    size_t firsts[SIZES + 1], sizes = 0, tables = 0;
    if (!cases->of->run || !cases->of->run->set)
        return;
    const struct bench_summary *sum = cases->of->run->summary;
    for (size_t first = 0, end; first < sum->count; first = end) {
        end = bench_summary_group_end(sum, first);
        firsts[sizes++] = first;
        firsts[sizes] = end;
        const bool last = end == sum->count || strcmp(sum->rows[end].rec->op, sum->rows[first].rec->op) != 0;
        if (sizes < SIZES && !last)
            continue;
        if (sizes > 1 && !tables++)
            fputs("<h3>Speed-up by size</h3>\n", to);
        if (sizes > 1)
            size_table(to, cases, firsts, sizes);
        sizes = 0;
    }
}
