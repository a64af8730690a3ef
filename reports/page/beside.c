/* SPDX-License-Identifier: MIT */
/* Several runs side by side: what differs of their machines, and each case in each of them. */
#include "baselines/stored/compare.h"
#include "reports/page/private.h"

#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 8 };

struct runs {
    size_t count, left_out;
    const struct report_page_cases *of[RUNS];
};

static void find_runs(struct runs *runs, const struct report_page_parts *p)
{
    *runs = (struct runs){.count = 0};
    for (size_t i = 0; i < p->page->count; i++) {
        if (!p->page->results[i].run || !p->page->results[i].run->set)
            continue;
        if (runs->count < RUNS)
            runs->of[runs->count++] = &p->cases[i];
        else
            runs->left_out++;
    }
}

static void field(FILE *to, const struct baseline_field *f, const char *about)
{
    report_page_in(to, "<tr><th scope=\"row\">", f->name, "<td>");
    report_page_text(to, f->old_value);
    report_page_in(to, "<td>", f->new_value, "<td>");
    report_page_text(to, about);
    fputs("\n", to);
}

/* Between the first run and another one. */
static void differences(FILE *to, const struct report_page_cases *first,
                        const struct report_page_cases *other)
{
    struct baseline side[2] = {{.env = first->of->run->set->env, .quick = first->of->run->set->quick},
                               {.env = other->of->run->set->env, .quick = other->of->run->set->quick}};
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

struct sorted {
    size_t count;
    const struct report_page_case **list;
};

static bool sort(struct sorted *s, const struct report_page_cases *cases)
{
    s->count = cases->count;
    s->list = calloc(cases->count + 1, sizeof *s->list);
    for (size_t i = 0; s->list && i < cases->count; i++)
        s->list[i] = &cases->list[i];
    if (s->list)
        qsort(s->list, s->count, sizeof *s->list, by_name);
    return s->list;
}

static void table(FILE *to, const struct runs *runs, const struct sorted *sorted)
{
    char text[REPORT_RATIO];
    fputs("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"cases by results\"><table "
          "class=\"plain\"><caption>Speed-up "
          "over the reference of the same run; higher is better</caption><thead><tr><th scope=\"col\">case",
          to);
    for (size_t k = 0; k < runs->count; k++)
        report_page_in(to, "<th scope=\"col\" class=\"r\">", runs->of[k]->of->file, "");
    fputs("<tbody>\n", to);
    for (size_t i = 0; i < sorted[0].count; i++) {
        const struct report_page_case *c = sorted[0].list[i];
        if (!c->ranked)
            continue;
        fputs("<tr><th scope=\"row\">", to);
        report_page_say(to, "%s/%s/%s", c->op, c->variant, c->shape);
        for (size_t k = 0; k < runs->count; k++) {
            const struct report_page_case **found =
                bsearch(&c, sorted[k].list, sorted[k].count, sizeof c, by_name);
            fprintf(to, "<td class=\"r\">%s", found ? report_ratio(text, &(*found)->ratio) : "-");
        }
        fputs("\n", to);
    }
    fputs("</table></div>\n", to);
}

void report_page_beside(const struct report_page_parts *p)
{
    struct runs runs;
    struct sorted sorted[RUNS] = {0};
    bool all = true;
    find_runs(&runs, p);
    if (runs.count < 2)
        return;
    report_page_section(p->to, "beside", "Runs side by side");
    for (size_t k = 1; k < runs.count; k++)
        differences(p->to, runs.of[0], runs.of[k]);
    for (size_t k = 0; k < runs.count; k++)
        all &= sort(&sorted[k], runs.of[k]);
    if (all)
        table(p->to, &runs, sorted);
    else
        fputs("<p>There was no memory for the table.</p>", p->to);
    if (runs.left_out)
        fprintf(p->to, "<p>%zu more runs are left out here.</p>", runs.left_out);
    for (size_t k = 0; k < runs.count; k++)
        free(sorted[k].list);
    fputs("</section>\n", p->to);
}
