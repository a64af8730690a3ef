/* SPDX-License-Identifier: MIT */
#include "reports/page/cases.h"

#include "reports/forms/private.h"

#include <math.h>
#include <string.h>

/*
 * A column that explains itself: what it holds, and which way is better. `key` is what the script filters by.
 */
struct head {
    const char *name, *about, *key;
    bool number;
    enum { ALWAYS, OPS, SHARES } when;
};

/* Columns in which all cells would be the same or empty are left out. */
struct shown {
    bool of[SHARES + 1];
};

static struct shown columns_of(const struct report_page_cases *cases)
{
    struct shown shown = {{[ALWAYS] = true}};
    for (size_t i = 0; i < cases->count; i++) {
        shown.of[OPS] |= strcmp(cases->list[i].op, cases->list[0].op) != 0;
        shown.of[SHARES] |=
            cases->of->run && bench_record_metric(&cases->of->run->set->records[i], "percent_of_ceiling");
    }
    return shown;
}

static void table_head(FILE *to, const struct report_page_cases *cases, const struct head *heads,
                       size_t count, const struct shown *shown)
{
    report_page_in(to, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"cases of ",
                   cases->of->file, "\"><table class=\"cases\" data-op=\"");
    report_page_in(to, "", cases->list[0].op, "\"><thead><tr>");
    for (size_t i = 0; i < count; i++)
        if (shown->of[heads[i].when])
            fprintf(to, "<th scope=\"col\"%s%s%s%s>%s<small>%s</small></th>",
                    heads[i].number ? " class=\"r\"" : "", heads[i].key ? " data-k=\"" : "",
                    heads[i].key ? heads[i].key : "", heads[i].key ? "\"" : "", heads[i].name,
                    heads[i].about);
    fputs("</tr></thead><tbody>\n", to);
}

static void cell(FILE *to, double x)
{
    char text[REPORT_NUMBER];
    fprintf(to, "<td class=\"r\">%s", report_number(text, x));
}

static void ratio(FILE *to, double x)
{
    if (x >= 1e-3 && x < 1e6)
        fprintf(to, "<td class=\"r\">%.*f", x < 9.9995 ? 3 : x < 99.995 ? 2 : 1, x);
    else
        cell(to, x);
}

static void ends(FILE *to, const struct bench_interval *r)
{
    const int decimals = r->high < 9.9995 ? 3 : r->high < 99.995 ? 2 : 1;
    if (isnan(r->low) || isnan(r->high))
        fputs("<td class=\"r\">-", to);
    else
        fprintf(to, "<td class=\"r\">%.*f to %.*f", decimals, r->low, decimals, r->high);
}

/* A row, which is what links lead to where the case has no block. */
static void names(FILE *to, const struct report_page_cases *cases, const struct report_page_case *c,
                  const struct shown *shown)
{
    fputs("<tr", to);
    if (!c->drawn) {
        fputs(" id=\"", to);
        report_page_case_link(to, cases, c);
        fputs("\"", to);
    }
    fputs(">", to);
    if (shown->of[OPS])
        report_page_in(to, "<td>", c->op, "");
    fputs("<td>", to);
    if (c->drawn) {
        fputs("<a href=\"#", to);
        report_page_case_link(to, cases, c);
        fputs("\">", to);
    }
    report_page_in(to, "", c->variant, c->drawn ? "</a><td>" : "<td>");
    report_page_text(to, c->shape);
    fprintf(to, "<td class=\"v %s\">%s", report_page_tone_class[c->tone], c->word);
}

static void run_row(FILE *to, const struct report_page_cases *cases, const struct report_page_case *c,
                    const struct shown *shown)
{
    const struct bench_summary_row *row = &cases->of->run->summary->rows[c->at];
    const struct bench_metric *share = bench_record_metric(row->rec, "percent_of_ceiling");
    names(to, cases, c, shown);
    ratio(to, row->rec->reference ? NAN : row->speedup.value);
    ends(to, row->rec->reference ? &(struct bench_interval){NAN, NAN, NAN} : &row->speedup);
    ratio(to, row->step.value);
    cell(to, row->ns);
    cell(to, row->cycles_per_element);
    cell(to, row->gelem_s);
    cell(to, row->gb_s);
    if (shown->of[SHARES])
        cell(to, share ? share->value : NAN);
    report_page_in(to, "<td>", c->phase, "<td>");
    report_page_in(to, "", c->isa, "<td class=\"why\">");
    report_page_text(to, c->why);
    fputs("\n", to);
}

static const struct head run_heads[] = {
    {"op", "what is computed", "0", false, OPS},
    {"variant", "one implementation", NULL, false, ALWAYS},
    {"shape", "of a call", NULL, false, ALWAYS},
    {"verdict", "does 1 lie in the interval?", "2", false, ALWAYS},
    {"speed-up", "higher is better", NULL, true, ALWAYS},
    {"interval", "of the speed-up, 95 %", NULL, true, ALWAYS},
    {"step", "over the phase before", NULL, true, ALWAYS},
    {"ns", "a call, lower is better", NULL, true, ALWAYS},
    {"cycles", "an element, lower is better", NULL, true, ALWAYS},
    {"Gelem/s", "higher is better", NULL, true, ALWAYS},
    {"GB/s", "higher is better", NULL, true, ALWAYS},
    {"% of ceiling", "higher is better", NULL, true, SHARES},
    {"phase", "of the roadmap", NULL, false, ALWAYS},
    {"ISA", "it needs", "1", false, ALWAYS},
    {"why", "it has no figures", NULL, false, ALWAYS},
};

static void percent(FILE *to, double ratio)
{
    char text[16];
    fprintf(to, "<td class=\"r\">%s", report_percent(text, ratio));
}

static void gate_row(FILE *to, const struct report_page_cases *cases, const struct report_page_case *c,
                     const struct shown *shown)
{
    const struct baseline_result *res = &cases->of->gate->results[c->at];
    names(to, cases, c, shown);
    percent(to, c->ratio.value);
    if (isnan(c->ratio.low))
        fputs("<td class=\"r\">-", to);
    else
        fprintf(to, "<td class=\"r\">%+.2f to %+.2f", 100 * (c->ratio.low - 1), 100 * (c->ratio.high - 1));
    cell(to, 100 * c->ignorable);
    cell(to, 100 * c->must_catch);
    cell(to, res->timed ? res->base_ns : NAN);
    cell(to, res->timed ? res->cand_ns : NAN);
    if (res->timed)
        fprintf(to, "<td class=\"r\">%zu in %zu", res->blocks, res->launches);
    else
        fputs("<td class=\"r\">-", to);
    fprintf(to, "<td>%s<td>", baseline_role_names[res->role]);
    report_page_text(to, *res->memory ? res->memory : "-");
    report_page_in(to, "<td>", c->isa, "<td class=\"why\">");
    report_page_text(to, c->why);
    fputs("\n", to);
}

static const struct head gate_heads[] = {
    {"op", "what is computed", "0", false, OPS},
    {"variant", "one implementation", NULL, false, ALWAYS},
    {"shape", "of a call", NULL, false, ALWAYS},
    {"verdict", "of the sequential test", "2", false, ALWAYS},
    {"change", "of time, %; lower is better", NULL, true, ALWAYS},
    {"interval", "of the change, 95 %", NULL, true, ALWAYS},
    {"ignorable", "margin, %", NULL, true, ALWAYS},
    {"must-catch", "margin, %", NULL, true, ALWAYS},
    {"base", "ns a call", NULL, true, ALWAYS},
    {"candidate", "ns a call", NULL, true, ALWAYS},
    {"blocks", "in launches", NULL, true, ALWAYS},
    {"role", "aa and slowed are controls", NULL, false, ALWAYS},
    {"memory", "where its data lie", NULL, false, ALWAYS},
    {"ISA", "it needs", "1", false, ALWAYS},
    {"why", "where figures do not say it", NULL, false, ALWAYS},
};

void report_page_case_table(FILE *to, const struct report_page_cases *cases)
{
    const bool gate = cases->of->gate;
    const size_t count = gate ? sizeof gate_heads / sizeof *gate_heads : sizeof run_heads / sizeof *run_heads;
    const struct shown shown = columns_of(cases);
    table_head(to, cases, gate ? gate_heads : run_heads, count, &shown);
    for (size_t i = 0; i < cases->count; i++)
        (gate ? gate_row : run_row)(to, cases, &cases->list[i], &shown);
    fputs("</tbody></table></div>\n", to);
}
