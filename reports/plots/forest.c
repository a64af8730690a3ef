/* SPDX-License-Identifier: MIT */
/* Ratios of a run's or a gate's cases with their intervals and margins, the worst first. */
#include "reports/forms/private.h"
#include "reports/page/cases.h"
#include "reports/plots/private.h"

#include <string.h>

static void put_case(struct report_tsv *t, const struct report_page_case *c,
                     const struct baseline_report *gate)
{
    static const int tones[PAGE_TONES] = {[PAGE_GOOD] = REPORT_GOOD,
                                          [PAGE_BAD] = REPORT_BAD,
                                          [PAGE_WARN] = REPORT_WARN,
                                          [PAGE_GREY] = REPORT_GREY};
    char name[BENCH_NAME_MAX + 4], brief[40], buffer[REPORT_RATIO];
    const char *text = isnan(c->worse) ? c->word
                       : gate          ? report_change(buffer, &gate->results[c->at])
                                       : report_ratio(buffer, &c->ratio);
    const char *interval = strstr(text, " [");
    snprintf(name, sizeof name, "%.120s%s%.80s%s%.40s", c->op, *c->variant ? "/" : "", c->variant,
             *c->shape ? "/" : "", c->shape);
    snprintf(brief, sizeof brief, "%.*s", interval ? (int)(interval - text) : 39, text);
    report_tsv_row(t, name, isnan(c->worse) ? &(struct bench_interval){NAN, NAN, NAN} : &c->ratio, NAN,
                   tones[c->tone], brief, text);
    if (!isnan(c->ignorable) && !isnan(c->worse))
        report_tsv_across(t, "band", exp(-c->ignorable), exp(c->ignorable), t->rows - 1);
    if (!isnan(c->must_catch) && !isnan(c->worse))
        report_tsv_across(t, "margin", exp(c->must_catch), NAN, t->rows - 1);
}

void report_plot_forest(const struct report_results *all, size_t of, size_t n, FILE *to)
{
    struct report_page_cases cases;
    struct report_tsv t;
    const struct report_result *r = &all->results[of];
    size_t effects = 0;
    if (n || report_page_cases_make(&cases, r, of, NULL))
        return;
    for (size_t i = 0; i < cases.ranked_count; i++)
        effects += !isnan(cases.ranked[i]->worse);
    const size_t most = cases.ranked_count < REPORT_DRAWN ? cases.ranked_count : REPORT_DRAWN;
    if (effects) {
        report_tsv_begin(&t, r, to);
        report_tsv_say(&t, "title",
                       r->gate ? "Time of the candidate over that of the base, the worst first"
                               : "Speed-up over each op's reference, the worst first");
        report_tsv_say(&t, "xlabel",
                       r->gate ? "time, times the base: faster <- -> slower"
                               : "speed-up over the reference, times: slower <- -> faster");
        report_tsv_say(&t, "measured", "measured, with its 95 %% interval");
        t.log_x = true;
        report_tsv_say(&t, "about",
                       r->gate ? "The band is the ignorable margin, the dashed line must-catch."
                               : "References and limits have no place here.");
        for (size_t i = 0; i < most; i++)
            put_case(&t, cases.ranked[i], r->gate);
        report_tsv_across(&t, "one", 1, NAN, 0);
        if (r->gate) {
            report_tsv_say(&t, "band", "ignorable");
            report_tsv_say(&t, "margin", "must-catch");
        }
        if (most < cases.ranked_count)
            report_tsv_say(&t, "left", "%zu of %zu cases are drawn.", most, cases.ranked_count);
        report_tsv_end(&t);
    }
    report_page_cases_free(&cases);
}
