/* SPDX-License-Identifier: MIT */
/* Times of whole models: tokens a second, and what a token's time is made of. */
#include "reports/page/private.h"
#include "reports/page/stack.h"

#include <math.h>
#include <string.h>

enum { ROWS = 60 };

static double rate(double ns_per_token)
{
    return 1e9 / ns_per_token;
}

static const struct baseline_e2e_row *claim_of(const struct baseline_e2e_audit *audit,
                                               const struct bench_e2e_row *row)
{
    for (size_t i = 0; audit && i < audit->count; i++)
        if (audit->rows[i].row == row)
            return &audit->rows[i];
    return NULL;
}

static void name_row(char *to, size_t size, const struct bench_e2e_row *row)
{
    snprintf(to, size, "%.160s, %zu thread%s", row->kernels, row->threads, row->threads == 1 ? "" : "s");
}

static void rate_row(struct report_svg_chart *c, const struct bench_e2e_row *row,
                     const struct baseline_e2e_audit *audit)
{
    const struct baseline_e2e_row *claim = claim_of(audit, row);
    const double middle = SVG_ROW / 2.0, low = rate(row->ns_per_token.high),
                 high = rate(row->ns_per_token.low);
    char name[200], text[PAGE_NUMBER];
    name_row(name, sizeof name, row);
    report_page_in(c->to, "<div class=\"row\"><span class=\"name\">", name, "</span>");
    report_svg_row(c);
    if (audit)
        report_svg_upright(c, (double)audit->tokens / audit->limit_s, "goal");
    if (claim && !isnan(claim->claimed_s_per_token))
        report_svg_diamond(c, 1 / claim->claimed_s_per_token, middle, "claim");
    report_svg_line(c, low, middle, high, middle, "i s");
    report_svg_point(c, rate(row->ns_per_token.value), middle, "m s");
    report_svg_close(c);
    fprintf(c->to, "<span class=\"val\">%s tokens/s",
            report_page_number(text, rate(row->ns_per_token.value)));
    if (claim)
        fprintf(c->to, "; %llu in %s s", (unsigned long long)audit->tokens,
                report_page_number(text, claim->seconds));
    fputs("</span></div>\n", c->to);
}

static struct report_svg_scale scale_of(const struct bench_e2e *e, const struct baseline_e2e_audit *audit)
{
    struct report_svg_range range = {INFINITY, -INFINITY};
    struct report_svg_scale s;
    for (size_t i = 0; i < e->count; i++) {
        report_svg_range_add(&range, rate(e->rows[i].ns_per_token.low));
        report_svg_range_add(&range, rate(e->rows[i].ns_per_token.high));
        report_svg_range_add(&range, rate(e->rows[i].ns_per_token.value));
    }
    for (size_t i = 0; audit && i < audit->count; i++)
        report_svg_range_add(&range, 1 / audit->rows[i].claimed_s_per_token);
    if (audit)
        report_svg_range_add(&range, (double)audit->tokens / audit->limit_s);
    report_svg_scale_make(&s, true, range.low, range.high, 6);
    return s;
}

static void legend(FILE *to, const struct baseline_e2e_audit *audit)
{
    fputs("<ul class=\"legend\"><li><i class=\"dot s\"></i>measured, with its interval</li>", to);
    if (audit)
        fprintf(
            to,
            "<li><i class=\"dot hollow\"></i>claimed</li><li><i class=\"dash goal\"></i>%llu tokens in %g "
            "s</li>",
            (unsigned long long)audit->tokens, audit->limit_s);
    fputs("</ul><div class=\"rows\">\n", to);
}

/* Either of writing tokens, which claims are about, or of reading a prompt. */
static void rates(FILE *to, const struct report_result *r, bool prompt)
{
    const struct bench_e2e *e = r->run->e2e;
    const struct baseline_e2e_audit *audit = prompt ? NULL : r->run->e2e_audit;
    struct report_svg_chart c = {.to = to, .x = scale_of(e, audit)};
    size_t drawn = 0;
    for (size_t i = 0; i < e->count && drawn < ROWS; i++) {
        if ((e->rows[i].prompt > 0) != prompt)
            continue;
        if (!drawn++) {
            fprintf(to, "<figure><h3>%s</h3>", prompt ? "Reading a prompt" : "Writing tokens");
            legend(to, audit);
        }
        rate_row(&c, &e->rows[i], audit);
    }
    if (!drawn)
        return;
    fputs("<div class=\"row axis\"><span class=\"name\"></span>", to);
    report_svg_row_axis(&c, "tokens a second \xE2\x86\x92 faster");
    fputs("<span class=\"val\"></span></div></div>\n", to);
    report_page_caption(to, r, "%s, %zu of its layers.%s", e->model, e->layers,
                        audit ? " Claims are of the whole 2B model." : "");
    fputs("</figure>\n", to);
}

static void parts(FILE *to, const struct report_result *r)
{
    const struct bench_e2e *e = r->run->e2e;
    static const char *names[BENCH_E2E_PARTS];
    struct report_page_stack_row rows[ROWS];
    size_t count = 0;
    for (size_t p = 0; p < BENCH_E2E_PARTS; p++)
        names[p] = bench_e2e_part(p);
    for (size_t i = 0; i < e->count && count < ROWS; i++) {
        if (!e->rows[i].generate)
            continue;
        rows[count] = (struct report_page_stack_row){.total = 1e-6 * e->rows[i].ns_per_token.value};
        name_row(rows[count].name, sizeof rows[count].name, &e->rows[i]);
        for (size_t p = 0; p < BENCH_E2E_PARTS; p++)
            rows[count].part[p] = 1e-6 * e->rows[i].components_ns[p];
        count++;
    }
    if (!count)
        return;
    fputs("<figure><h3>What the time of a token is made of</h3>\n", to);
    report_page_stack(to, names, BENCH_E2E_PARTS, rows, count, "ms a token \xE2\x86\x92 slower", "ms");
    report_page_caption(to, r, "Parts of the repetition in the middle; they add up to its time.");
    fputs("</figure>\n", to);
}

void report_page_model(FILE *to, const struct report_result *r)
{
    _Static_assert((int)BENCH_E2E_PARTS <= (int)PAGE_PARTS, "each part has a place in a bar");
    if (!r->run || !r->run->e2e)
        return;
    rates(to, r, false);
    rates(to, r, true);
    parts(to, r);
}
