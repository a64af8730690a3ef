/* SPDX-License-Identifier: MIT */
/* Several runs or gates side by side: what differs of their machines, and each case in each of them. */
#include "baselines/stored/compare.h"
#include "reports/page/private.h"

#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* Results of one kind, each with its cases by name. */
struct column {
    const struct report_page_cases *of;
    const struct report_page_case **list;
    size_t count;
};

static void field(FILE *to, const struct baseline_field *f, const char *about)
{
    report_page_in(to, "<tr><th scope=\"row\">", f->name, "<td>");
    report_page_text(to, f->old_value);
    report_page_in(to, "<td>", f->new_value, "<td>");
    report_page_text(to, about);
    fputs("\n", to);
}

/* Between the first result and another one. */
static void differences(FILE *to, const struct report_page_cases *first,
                        const struct report_page_cases *other)
{
    const bool run = first->of->run;
    struct baseline side[2] = {
        {.env = *report_result_environment(first->of), .quick = run && first->of->run->set->quick},
        {.env = *report_result_environment(other->of), .quick = run && other->of->run->set->quick}};
    struct baseline_field *list = NULL;
    size_t count = 0, hard = 0;
    int code = baseline_identity(&side[0], &side[1], false, &list, &count, NULL);
    hard = count;
    if (!code)
        code = baseline_shown(&side[0], &side[1], &list, &count, NULL);
    if (code)
        report_page_in(to, "<p>There was no memory to compare the machine of ", other->of->file, ".</p>\n");
    else if (!count)
        report_page_in(to, "<p>", other->of->file,
                       " is of the same machine and toolchain as the first.</p>\n");
    else {
        report_page_in(
            to,
            "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"differences\"><table "
            "class=\"plain\"><caption>What "
            "differs</caption><thead><tr><th scope=\"col\">field<th scope=\"col\">",
            first->of->file, "<th scope=\"col\">");
        report_page_in(to, "", other->of->file, "<th scope=\"col\">weight<tbody>\n");
        for (size_t i = 0; i < count; i++)
            field(to, &list[i], i < hard ? "times cannot be compared" : "shown only");
        fputs("</table></div>\n", to);
    }
    free(list);
}

static int by_name(const void *a, const void *b)
{
    const struct report_page_case *x = *(const struct report_page_case *const *)a,
                                  *y = *(const struct report_page_case *const *)b;
    const int op = strcmp(x->op, y->op), variant = op ? op : strcmp(x->variant, y->variant);
    return variant ? variant : strcmp(x->shape, y->shape);
}

/* Controls have the names of cases. */
static size_t add_cases(const struct report_page_case **to, const struct report_page_cases *cases)
{
    size_t count = 0;
    for (size_t i = 0; i < cases->count; i++)
        if (!cases->list[i].control)
            to[count++] = &cases->list[i];
    qsort(to, count, sizeof(struct report_page_case *), by_name);
    return count;
}

static void cell(FILE *to, const struct report_page_cases *cases, const struct report_page_case *const *found)
{
    const struct report_page_case *const c = found ? *found : NULL;
    fprintf(to, "<td class=\"r v %s\">", report_page_tone_class[c ? c->tone : PAGE_PLAIN]);
    if (c && !isnan(c->ratio.value))
        report_page_case_effect(to, cases, c);
    else
        fputs(c ? c->word : "-", to);
}

/* A row for each case that any of them has. */
static void table(FILE *to, const struct column *columns, size_t count, const struct report_page_case **all)
{
    const bool gates = columns->of->of->gate;
    size_t rows = 0;
    for (size_t k = 0; k < count; k++)
        rows += add_cases(all + rows, columns[k].of);
    qsort(all, rows, sizeof *all, by_name);
    report_page_in(
        to,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"cases by results\"><table "
        "class=\"plain\"><caption>",
        gates ? "Change of time against the base of the same gate; lower is better"
              : "Speed-up over the reference of the same run; higher is better",
        "</caption><thead><tr><th scope=\"col\">case");
    for (size_t k = 0; k < count; k++)
        report_page_in(to, "<th scope=\"col\" class=\"r\">", columns[k].of->of->file, "");
    fputs("<tbody>\n", to);
    for (size_t i = 0, end; i < rows; i = end) {
        bool wanted = false;
        for (end = i; end < rows && !by_name(&all[i], &all[end]); end++)
            wanted |= gates || all[end]->ranked;
        if (!wanted)
            continue;
        fputs("<tr><th scope=\"row\">", to);
        report_page_case_name(to, all[i], true);
        for (size_t k = 0; k < count; k++)
            cell(to, columns[k].of,
                 bsearch(&all[i], columns[k].list, columns[k].count, sizeof *all, by_name));
        fputs("\n", to);
    }
    fputs("</table></div>\n", to);
}

static void beside(const struct report_page_parts *p, bool gates)
{
    struct column *columns = calloc(p->page->count, sizeof *columns);
    const struct report_page_case **all = NULL;
    size_t count = 0, cases = 0;
    for (size_t i = 0; columns && i < p->page->count; i++) {
        const struct report_result *r = &p->page->results[i];
        if (gates ? !r->gate : !r->run || !r->run->set)
            continue;
        columns[count++].of = &p->cases[i];
        cases += p->cases[i].count;
    }
    if (columns && count < 2) {
        free(columns);
        return;
    }
    report_page_section(p->to, gates ? "gates" : "runs", gates ? "Gates side by side" : "Runs side by side");
    for (size_t k = 1; k < count; k++)
        differences(p->to, columns->of, columns[k].of);
    /* All of them, and each once more. */
    all = columns ? calloc(2 * cases + 1, sizeof *all) : NULL;
    for (size_t k = 0, at = cases; all && k < count; at += columns[k++].count) {
        columns[k].list = all + at;
        columns[k].count = add_cases(all + at, columns[k].of);
    }
    if (all)
        table(p->to, columns, count, all);
    else
        fputs("<p>There was no memory for the table.</p>", p->to);
    fputs("</section>\n", p->to);
    free(all);
    free(columns);
}

void report_page_beside(const struct report_page_parts *p)
{
    beside(p, false);
    beside(p, true);
}
