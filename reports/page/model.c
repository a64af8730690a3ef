/* SPDX-License-Identifier: MIT */
/* The tests of a whole model: a row for each number of threads and each depth. */
#include "reports/page/private.h"

#include <math.h>
#include <string.h>

/* Tokens a second; the ends of the interval change places. */
static void speed(FILE *to, const struct bench_interval *ns)
{
    char value[REPORT_NUMBER], low[REPORT_NUMBER], high[REPORT_NUMBER];
    fprintf(to, "<td class=\"r\">%s", report_number(value, 1e9 / ns->value));
    if (!isnan(ns->low) && !isnan(ns->high))
        fprintf(to, " [%s, %s]", report_number(low, 1e9 / ns->high), report_number(high, 1e9 / ns->low));
}

/* "-" where nobody knows. */
static void number(FILE *to, double x)
{
    char text[REPORT_NUMBER];
    fprintf(to, "<td class=\"r\">%s", isnan(x) ? "-" : report_number(text, x));
}

static void share(FILE *to, const struct bench_e2e_row *row)
{
    const char *const tone = report_page_tone_class[*row->invalid ? PAGE_BAD : PAGE_PLAIN];
    if (isnan(row->fraction_of_ceiling))
        report_page_in(to, "<td class=\"r\" title=\"", row->ceiling_why, "\">-");
    else
        fprintf(to, "<td class=\"r v %s\">%.1f %%%s", tone, 100 * row->fraction_of_ceiling,
                *row->invalid ? " INVALID" : "");
}

static void put_row(FILE *to, const struct bench_e2e_row *row, bool peer)
{
    char test[BENCH_E2E_TEST];
    const bool head = *row->head && strcmp(row->head, "full") != 0;
    report_page_in(to, "<tr><th scope=\"row\">", bench_e2e_test(row, test), "");
    fprintf(to, "<td class=\"r\">%zu", row->threads);
    report_page_in(to, "<td>", row->kernels, "");
    if (head)
        fprintf(to, ", %s head", row->head);
    speed(to, &row->ns_per_token);
    number(to, row->read_gbs);
    share(to, row);
    number(to, row->first_token_ns.value * 1e-6);
    for (size_t p = 0; p < BENCH_E2E_PERCENTILES; p++)
        number(to, row->token_percentile_ns[p] * 1e-6);
    if (peer) {
        speed(to, &row->peer.ns_per_token);
        number(to, row->peer.ratio.value);
    }
    fputs("\n", to);
}

void report_page_model(FILE *to, const struct report_result *r)
{
    static const char *const heads[] = {"threads",
                                        "kernels",
                                        "tokens a second",
                                        "GB/s",
                                        "of read ceiling",
                                        "first token, ms",
                                        "p50 token, ms",
                                        "p95",
                                        "p99",
                                        "the peer's",
                                        "ratio"};
    const struct bench_e2e *e = r->run && !r->run->set ? r->run->e2e : NULL;
    if (!e || !e->count)
        return;
    const bool peer = e->rows[0].peer.count;
    const size_t columns = sizeof heads / sizeof *heads - (peer ? 0 : 2);
    fputs("<figure><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"tests\"><table><thead>"
          "<tr><th scope=\"col\">test",
          to);
    for (size_t i = 0; i < columns; i++)
        fprintf(to, "<th scope=\"col\"%s>%s", i == 1 ? "" : " class=\"r\"", heads[i]);
    fputs("<tbody>\n", to);
    for (size_t i = 0; i < e->count; i++)
        put_row(to, &e->rows[i], peer);
    fputs("</table></div>\n", to);
    for (size_t i = 0; i < e->count; i++)
        if (*e->rows[i].invalid)
            report_page_in(to, "<p class=\"v b\">INVALID: ", e->rows[i].invalid, "</p>\n");
    report_page_caption(
        to, r,
        "pp: a prompt of so many tokens; tg: so many generated; @ d: behind so many positions "
        "in the cache. Percentiles are by nearest rank%s.",
        peer ? "; the peer ran in turns with the tests, and the ratio is of our speed over "
               "its"
             : "");
    fputs("</figure>\n", to);
}
