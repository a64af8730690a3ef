/* SPDX-License-Identifier: MIT */
/* Every claim beside what was measured, of kernels, of components and of whole models. */
#include "reports/page/private.h"

#include <math.h>
#include <string.h>

static void head(FILE *to, const char *about)
{
    report_page_in(to, "<p class=\"u\">", about, "</p>\n");
    fputs(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"claims\"><table><thead><tr>"
        "<th scope=\"col\">what<th scope=\"col\">shape<th scope=\"col\">of phase<th scope=\"col\" "
        "class=\"r\">"
        "claimed<th scope=\"col\" class=\"r\">measured<th scope=\"col\">of<th scope=\"col\">verdict<tbody>\n",
        to);
}

struct claim {
    const char *what, *shape, *phase, *over, *after, *before, *why;
    double claimed;
    struct bench_interval measured;
    enum baseline_audit_verdict verdict;
};

static void row(FILE *to, const struct claim *c)
{
    static const enum report_page_tone tones[BASELINE_AUDIT_VERDICTS] = {
        [BASELINE_CONFIRMED] = PAGE_GOOD, [BASELINE_REFUTED] = PAGE_BAD, [BASELINE_NOT_RESOLVED] = PAGE_WARN};
    char text[REPORT_RATIO];
    report_page_in(to, "<tr><td>", c->what, "<td>");
    report_page_text(to, c->shape);
    fputs("<td>", to);
    report_page_say(to, "%s over %s", c->phase, c->over);
    fprintf(to, "<td class=\"r\">%.2fx<td class=\"r\">%s<td>", c->claimed, report_ratio(text, &c->measured));
    if (c->before && *c->before)
        report_page_say(to, "%s over %s", c->after, c->before);
    else
        report_page_text(to, c->after);
    fprintf(to, "<td class=\"v %s\">%s", report_page_tone_class[tones[c->verdict]],
            baseline_audit_words[c->verdict]);
    if (c->why && *c->why)
        report_page_in(to, "<small>", c->why, "</small>");
    fputs("\n", to);
}

static size_t of_kernels(FILE *to, const struct report_result *r)
{
    const struct baseline_audit *audit = r->run && r->run->set ? r->run->audit : NULL;
    for (size_t i = 0; audit && i < audit->count; i++) {
        const struct baseline_audit_row *a = &audit->rows[i];
        if (!i)
            head(to, audit->source);
        row(to, &(struct claim){a->what, a->shape, a->phase, a->claimed_over, a->variant, a->previous, a->why,
                                a->claimed, a->measured, a->verdict});
    }
    if (audit && audit->count)
        fputs("</table></div>\n", to);
    return audit ? audit->count : 0;
}

static size_t of_components(FILE *to, const struct report_result *r)
{
    const size_t count = r->claimed ? r->claimed->count : 0;
    for (size_t i = 0; i < count; i++) {
        const struct baseline_gain_row *g = &r->claimed->rows[i];
        if (!i)
            head(to, r->claimed->claims.source);
        row(to, &(struct claim){g->claim.name, g->shape, g->claim.gain_phase, g->claim.gain_over, g->after,
                                g->before, g->why, g->claim.gain, g->measured, g->verdict});
    }
    if (count)
        fputs("</table></div>\n", to);
    return count;
}

static size_t of_models(FILE *to, const struct report_result *r)
{
    const struct baseline_e2e_audit *audit = r->run ? r->run->e2e_audit : NULL;
    size_t count = 0;
    for (size_t i = 0; audit && i < audit->count; i++) {
        const struct baseline_e2e_row *a = &audit->rows[i];
        if (!a->judged)
            continue;
        if (!count++)
            head(to, "Speed-ups claimed of a whole model");
        row(to, &(struct claim){a->target ? "target" : "end to end", r->run->e2e->model, a->row->phase,
                                "baseline", a->row->kernels, "", "", a->claimed_ratio, a->row->speedup,
                                a->verdict});
    }
    if (count)
        fputs("</table></div>\n", to);
    return count;
}

void report_page_claims(const struct report_page_parts *p)
{
    size_t count = 0;
    bool any = false;
    for (size_t i = 0; i < p->page->count; i++) {
        const struct report_result *r = &p->page->results[i];
        any |= r->breakdown || r->run;
    }
    if (!any)
        return;
    report_page_section(p->to, "claims", "Claims");
    fputs("<p>Confirmed: the whole interval lies at or above the claim. Refuted: all of it lies below. Else "
          "the claim is not "
          "resolved.</p>\n",
          p->to);
    for (size_t i = 0; i < p->page->count; i++)
        count += of_kernels(p->to, &p->page->results[i]) + of_components(p->to, &p->page->results[i]) +
                 of_models(p->to, &p->page->results[i]);
    if (!count)
        fputs("<p>Nothing was claimed of what is on this page.</p>", p->to);
    fputs("</section>\n", p->to);
}
