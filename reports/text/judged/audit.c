/* SPDX-License-Identifier: MIT */
#include "reports/text/judged/audit.h"

#include "reports/text/content.h"

#include <math.h>
#include <string.h>

char *report_audit_what(const struct baseline_audit_row *row, char *to)
{
    const struct baseline_claim *c = row->claim;
    if (*c->phase)
        snprintf(to, REPORT_AUDIT, "%s: %s over %s", c->what, c->phase, c->over);
    else
        snprintf(to, REPORT_AUDIT, "%s", c->what);
    return to;
}

char *report_audit_measured(const struct baseline_audit_row *row, char *to)
{
    const struct bench_interval *m = &row->measured;
    const char *unit = baseline_claim_unit(row->claim);
    if (!isfinite(m->value))
        strcpy(to, "-");
    else if (strcmp(unit, "x") == 0 && m->low == m->high)
        snprintf(to, REPORT_AUDIT, "%.3fx", m->value);
    else if (strcmp(unit, "x") == 0)
        report_ratio(to, m);
    else if (isfinite(m->low) && isfinite(m->high))
        snprintf(to, REPORT_AUDIT, "%.4g [%.4g, %.4g] %s", m->value, m->low, m->high, unit);
    else
        snprintf(to, REPORT_AUDIT, "%.4g - %s", m->value, unit);
    return to;
}

char *report_audit_why(const struct baseline_audit_row *row, char *to)
{
    static const char *const said[BASELINE_AUDIT_VERDICTS] = {
        [BASELINE_CONFIRMED] = " is at least that",
        [BASELINE_REFUTED] = " is less",
        [BASELINE_NOT_RESOLVED] = " is not clear: the figure lies inside the interval"};
    char of[80] = "";
    if (!*row->variant) {
        snprintf(to, REPORT_AUDIT, "%s", row->why);
        return to;
    }
    if (row->of > 1)
        snprintf(of, sizeof of, ", the %s of %zu,", row->claim->up_to ? "best" : "worst", row->of);
    snprintf(to, REPORT_AUDIT, "%.160s: %.160s%s%.160s%s%s%s", row->shape, row->variant,
             row->previous ? " over " : "", row->previous ? row->previous : "", of, *row->why ? ": " : "",
             *row->why ? row->why : said[row->verdict]);
    return to;
}

char *report_audit_source(const struct baseline_audit *audit, char *to)
{
    const struct baseline_claims *c = &audit->claims;
    snprintf(to, REPORT_AUDIT_SOURCE, "%s%s%s", c->source, *c->url ? ", " : "", c->url);
    return to;
}

char *report_audit_title(const struct baseline_audit *audit, char *to)
{
    size_t at = (size_t)snprintf(to, REPORT_AUDIT, "Audit:");
    for (size_t v = 0; v < BASELINE_AUDIT_VERDICTS; v++)
        if (audit->verdicts[v] || v <= BASELINE_NOT_RESOLVED)
            at += (size_t)snprintf(to + at, REPORT_AUDIT - at, "%s %zu %s", v ? "," : "", audit->verdicts[v],
                                   baseline_audit_words[v]);
    snprintf(to + at, REPORT_AUDIT - at, ". Claims of: ");
    report_audit_source(audit, to + strlen(to));
    return to;
}

void report_add_audit(struct report_table *t, const struct baseline_audit *audit)
{
    char text[REPORT_AUDIT], figure[BASELINE_CLAIM_FIGURE];
    report_table_title(t, "%s", report_audit_title(audit, text));
    report_table_columns(t, "wwwww", "claim", "claimed", "measured here", "verdict", "why");
    for (size_t i = 0; i < audit->count; i++) {
        const struct baseline_audit_row *row = &audit->rows[i];
        report_table_texts(t, report_audit_what(row, text), baseline_claim_figure(row->claim, figure), NULL);
        report_table_cell(t, "%s", report_audit_measured(row, text));
        report_table_cell(t, "%s", baseline_audit_words[row->verdict]);
        report_table_cell(t, "%s", report_audit_why(row, text));
    }
}

static void add_facts(struct report_table *t, const struct report_results *all)
{
    char model[60];
    report_table_facts(t);
    report_table_title(t, "What others claim, beside what was measured here");
    for (size_t i = 0; i < all->count; i++) {
        const struct report_result *r = &all->results[i];
        const struct bench_environment *env = report_result_environment(r);
        if (!env)
            continue;
        if (env->cpu_family > 0) /* times of a whole model keep the name alone */
            snprintf(model, sizeof model, ", family %d, model %d", env->cpu_family, env->cpu_model);
        report_table_fact(t, report_result_kind(r), "%s: %s%s; commit %s, %s", r->file,
                          *env->cpu_name ? env->cpu_name : "unknown CPU", env->cpu_family > 0 ? model : "",
                          env->commit, report_result_date(r));
    }
}

int report_audits(const struct report_results *all, bool markdown, FILE *to, struct qk_error *err)
{
    struct report_tables tables = {0};
    add_facts(report_tables_add(&tables), all);
    for (size_t i = 0; i < all->audit_count; i++)
        report_add_audit(report_tables_add(&tables), &all->audits[i]);
    return report_tables_write(&tables, false, markdown ? report_table_markdown : report_table_text,
                               "the verdicts on claims", to, err);
}
