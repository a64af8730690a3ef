/* SPDX-License-Identifier: MIT */
/* Tokens a second of whole models, beside what was claimed and what was to be reached. */
#include "reports/plots/private.h"

#include <string.h>

enum { ROWS = 60 };

static double rate(double ns_per_token)
{
    return 1e9 / ns_per_token;
}

static void put_row(struct report_tsv *t, const struct bench_e2e_row *row,
                    const struct baseline_e2e_audit *audit)
{
    const struct bench_interval value = {rate(row->ns_per_token.value), rate(row->ns_per_token.high),
                                         rate(row->ns_per_token.low)};
    double claimed = NAN;
    char name[280], depth[40] = "", brief[60], text[120];
    const bool head = *row->head && strcmp(row->head, "full") != 0;
    for (size_t i = 0; audit && i < audit->count; i++)
        if (audit->rows[i].row == row && !row->prompt)
            claimed = 1 / audit->rows[i].claimed_s_per_token;
    if (row->depth)
        snprintf(depth, sizeof depth, " @ d%zu", row->depth);
    snprintf(name, sizeof name, "%s%s%s%s, %zu thread%s%s", row->kernels, head ? ", " : "",
             head ? row->head : "", head ? " head" : "", row->threads, row->threads == 1 ? "" : "s", depth);
    snprintf(brief, sizeof brief, "%.3g/s", value.value);
    snprintf(text, sizeof text, "%.3g [%.3g, %.3g] tokens/s", value.value, value.low, value.high);
    report_tsv_row(t, name, &value, claimed, REPORT_PLAIN, brief, text);
}

void report_plot_tokens(const struct report_results *all, size_t of, size_t n, FILE *to)
{
    const struct report_input *run = all->results[of].run;
    struct report_tsv t;
    const struct bench_e2e *e = run && !run->set ? run->e2e : NULL;
    const struct baseline_e2e_audit *audit = run ? run->e2e_audit : NULL;
    if (!e || !e->count || n)
        return;
    report_tsv_begin(&t, &all->results[of], to);
    report_tsv_say(&t, "title", "Tokens a second of %s, %zu of its layers", e->model, e->layers);
    report_tsv_say(&t, "xlabel", "tokens a second: more is faster");
    report_tsv_say(&t, "measured", e->level > 0 ? "measured, with its %g %% interval" : "measured",
                   100 * e->level);
    if (audit)
        report_tsv_say(&t, "about", "Claims are of the whole 2B model.");
    t.log_x = true;
    for (int prompt = 0; prompt < 2; prompt++) {
        const size_t from = t.rows;
        for (size_t i = 0; i < e->count && t.rows < ROWS; i++)
            if ((e->rows[i].prompt > 0) == prompt) {
                if (t.rows == from)
                    report_tsv_group(&t, prompt ? "reading a prompt" : "writing tokens");
                put_row(&t, &e->rows[i], audit);
            }
        if (prompt || !audit || t.rows == from)
            continue;
        report_tsv_across(&t, "goal", (double)audit->tokens / audit->limit_s, NAN, from);
        report_tsv_say(&t, "goal", "%llu tokens in %g s", (unsigned long long)audit->tokens, audit->limit_s);
        for (size_t i = 0; i < audit->count; i++)
            if (!isnan(audit->rows[i].claimed_s_per_token)) {
                report_tsv_say(&t, "claimed", "claimed");
                break;
            }
    }
    report_tsv_end(&t);
}
