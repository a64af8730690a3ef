/* SPDX-License-Identifier: MIT */
/* Every claim beside what was measured, of kernels, of components and of whole models. */
#include "reports/page/private.h"

#include "reports/text/judged/audit.h"

static void head(FILE *to, const char *about)
{
    report_page_in(to, "<p class=\"u\">", about, "</p>\n");
    fputs("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"claims\"><table><thead><tr>"
          "<th scope=\"col\">claim<th scope=\"col\" class=\"r\">claimed<th scope=\"col\" class=\"r\">"
          "measured here<th scope=\"col\">verdict<tbody>\n",
          to);
}

/* A line of any table of claims. `why` is below the verdict; `there` below the claim, and may be empty. */
struct line {
    const char *what, *there, *claimed, *measured, *why;
    enum baseline_audit_verdict verdict;
};

static void put_line(FILE *to, const struct line *l)
{
    static const enum report_page_tone tones[BASELINE_AUDIT_VERDICTS] = {[BASELINE_CONFIRMED] = PAGE_GOOD,
                                                                         [BASELINE_REFUTED] = PAGE_BAD,
                                                                         [BASELINE_NOT_RESOLVED] = PAGE_WARN,
                                                                         [BASELINE_NOT_TESTABLE] = PAGE_GREY,
                                                                         [BASELINE_IMPOSSIBLE] = PAGE_BAD};
    report_page_in(to, "<tr><td>", l->what, "");
    if (*l->there)
        report_page_in(to, "<small>", l->there, "</small>");
    report_page_in(to, "<td class=\"r\">", l->claimed, "<td class=\"r\">");
    report_page_text(to, l->measured);
    fprintf(to, "<td class=\"v %s\">%s", report_page_tone_class[tones[l->verdict]],
            baseline_audit_words[l->verdict]);
    report_page_in(to, "<small>", l->why, "</small>\n");
}

static size_t put_audit(FILE *to, const struct baseline_audit *audit)
{
    char what[REPORT_AUDIT], measured[REPORT_AUDIT], why[REPORT_AUDIT], claimed[BASELINE_CLAIM_FIGURE];
    for (size_t i = 0; audit && i < audit->count; i++) {
        const struct baseline_audit_row *a = &audit->rows[i];
        if (!i)
            head(to, report_audit_source(audit, what));
        put_line(to,
                 &(struct line){report_audit_what(a, what), a->claim->there,
                                baseline_claim_figure(a->claim, claimed), report_audit_measured(a, measured),
                                report_audit_why(a, why), a->verdict});
    }
    if (audit && audit->count)
        fputs("</table></div>\n", to);
    return audit ? audit->count : 0;
}

static size_t of_components(FILE *to, const struct report_result *r)
{
    const size_t count = r->claimed ? r->claimed->count : 0;
    char what[200], claimed[40], measured[REPORT_RATIO], why[520];
    for (size_t i = 0; i < count; i++) {
        const struct baseline_gain_row *g = &r->claimed->rows[i];
        if (!i)
            head(to, r->claimed->claims.source);
        snprintf(what, sizeof what, "%s: %s over %s", g->claim.name, g->claim.gain_phase, g->claim.gain_over);
        snprintf(claimed, sizeof claimed, "%.2fx", g->claim.gain);
        snprintf(why, sizeof why, "%.100s: %s%s%s%s%s", g->shape, g->after, *g->before ? " over " : "",
                 g->before, *g->why ? ": " : "", g->why);
        put_line(to,
                 &(struct line){what, "", claimed, report_ratio(measured, &g->measured), why, g->verdict});
    }
    if (count)
        fputs("</table></div>\n", to);
    return count;
}

static size_t of_models(FILE *to, const struct report_result *r)
{
    const struct baseline_e2e_audit *audit = r->run ? r->run->e2e_audit : NULL;
    char what[80], claimed[40], measured[REPORT_RATIO], why[480];
    size_t count = 0;
    for (size_t i = 0; audit && i < audit->count; i++) {
        const struct baseline_e2e_row *a = &audit->rows[i];
        if (!a->judged)
            continue;
        if (!count++)
            head(to, "Speed-ups claimed of a whole model");
        snprintf(what, sizeof what, "%s: %s over baseline", a->target ? "target" : "end to end",
                 a->row->phase);
        snprintf(claimed, sizeof claimed, "%.2fx", a->claimed_ratio);
        snprintf(why, sizeof why, "%.200s: %s", r->run->e2e->model, a->row->kernels);
        put_line(
            to, &(struct line){what, "", claimed, report_ratio(measured, &a->row->speedup), why, a->verdict});
    }
    if (count)
        fputs("</table></div>\n", to);
    return count;
}

static size_t of_run(FILE *to, const struct report_result *r)
{
    return put_audit(to, r->run && r->run->set ? r->run->audit : NULL);
}

void report_page_claims(const struct report_page_parts *p)
{
    size_t count = 0;
    bool any = false;
    for (size_t i = 0; i < p->page->count; i++) {
        const struct report_result *r = &p->page->results[i];
        any |= r->breakdown || r->run;
    }
    if (!any && !p->page->audit_count)
        return;
    report_page_section(p->to, "claims", "Claims");
    fputs("<p>Confirmed: the whole interval lies at or above the claim. Refuted: all of it lies below. Else "
          "the claim is not "
          "resolved. A claimed rate that this machine's memory does not give is impossible.</p>\n",
          p->to);
    for (size_t i = 0; i < p->page->count; i++)
        count += of_run(p->to, &p->page->results[i]) + of_components(p->to, &p->page->results[i]) +
                 of_models(p->to, &p->page->results[i]);
    for (size_t i = 0; i < p->page->audit_count; i++)
        count += put_audit(p->to, &p->page->audits[i]);
    if (!count)
        fputs("<p>Nothing was claimed of what is on this page.</p>", p->to);
    fputs("</section>\n", p->to);
}
