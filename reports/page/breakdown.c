/* SPDX-License-Identifier: MIT */
/*
 * Components of staged variants: bars, the way from the baseline to the best, and what instructions they
 * execute.
 */
#include "reports/page/private.h"
#include "reports/page/stack.h"

#include <math.h>
#include <string.h>

enum { ROWS = 24 };

/* The measured rows of a group: one op at one shape. */
struct group {
    const struct bench_breakdown_row *row[ROWS];
    size_t count;
};

static size_t find_group(struct group *g, const struct bench_breakdown *b, size_t first)
{
    const struct bench_breakdown_row *head = &b->rows[first];
    g->count = 0;
    for (; first < b->count && !strcmp(b->rows[first].variant->op_name, head->variant->op_name) &&
           !strcmp(b->rows[first].shape, head->shape);
         first++)
        if (b->rows[first].status == BENCH_OK && g->count < ROWS)
            g->row[g->count++] = &b->rows[first];
    return first;
}

static void bars(FILE *to, const struct group *g)
{
    struct report_page_stack_row rows[ROWS] = {0};
    const char *names[BENCH_STAGES_MAX];
    const struct bench_breakdown_row *head = g->row[0];
    for (size_t p = 0; p < head->stages; p++)
        names[p] = head->component[p].name;
    for (size_t i = 0; i < g->count; i++) {
        const struct bench_breakdown_row *row = g->row[i];
        snprintf(rows[i].name, sizeof rows[i].name, "%s", row->variant->name);
        rows[i].total = row->total.ms_per_token.value;
        for (size_t p = 0; p < row->stages && p < head->stages; p++)
            rows[i].part[p] = row->component[p].ms_per_token.value;
    }
    report_page_stack(to, names, head->stages, rows, g->count,
                      "ms a token of the 2B model \xE2\x86\x92 slower", "ms");
}

/* "steps.load" of each row, as parts of all that was stepped through. */
static void instructions(FILE *to, const struct group *g, const struct report_result *r)
{
    static const char prefix[] = "steps.";
    struct report_page_stack_row rows[ROWS] = {0};
    const char *names[PAGE_PARTS];
    size_t kinds = 0;
    const struct bench_breakdown_row *head = g->row[0];
    for (size_t k = 0; k < head->count_count && kinds < PAGE_PARTS; k++)
        if (!strncmp(head->counts[k].name, prefix, strlen(prefix)) &&
            !isnan(head->counts[k].value[head->stages]))
            names[kinds++] = head->counts[k].name + strlen(prefix);
    if (!kinds)
        return;
    for (size_t i = 0; i < g->count; i++) {
        snprintf(rows[i].name, sizeof rows[i].name, "%s", g->row[i]->variant->name);
        for (size_t k = 0; k < g->row[i]->count_count; k++) {
            const struct bench_breakdown_count *count = &g->row[i]->counts[k];
            const double kernel = count->value[g->row[i]->stages];
            if (!strcmp(count->name, "steps"))
                rows[i].total = kernel;
            for (size_t n = 0; n < kinds; n++)
                if (!strncmp(count->name, prefix, strlen(prefix)) &&
                    !strcmp(count->name + strlen(prefix), names[n]))
                    rows[i].part[n] = kernel;
        }
    }
    report_page_in(to, "<figure><h3>Instructions of a call, ", head->variant->op_name, "</h3>\n");
    report_page_stack(to, names, kinds, rows, g->count, "instructions executed \xE2\x86\x92 more", "");
    report_page_caption(to, r, "Counted one by one at the smallest shape of the op.");
    fputs("</figure>\n", to);
}

static const struct baseline_component_claim *claim_of(const struct baseline_claims *claims, const char *op,
                                                       const char *stage)
{
    for (size_t i = 0; claims && !strcmp(claims->op, op) && i < claims->component_count; i++)
        if (!strcmp(claims->components[i].stage, stage))
            return &claims->components[i];
    return NULL;
}

static double claimed_at(const struct baseline_component_claim *claim, const char *phase)
{
    for (size_t i = 0; claim && i < claim->count; i++)
        if (!strcmp(claim->at[i].phase, phase))
            return claim->at[i].ms;
    return NAN;
}

/* One step of the way: from `before` to `after`, in per cent of where the way began. */
struct step {
    double from, to, ms;
};

static void step_row(struct report_svg_chart *c, const char *name, const struct step *measured,
                     const struct step *claimed, bool whole)
{
    char text[PAGE_NUMBER];
    report_page_in(c->to, "<div class=\"row two\"><span class=\"name\">", name, "</span>");
    report_svg_row(c);
    report_svg_bar(c, measured->from, measured->to, 2, isnan(claimed->ms) ? SVG_ROW - 2 : 11,
                   measured->to > measured->from && !whole ? "c-worse" : "c-step");
    if (!isnan(claimed->ms))
        report_svg_bar(c, claimed->from, claimed->to, 13, 20, "c-claim");
    report_svg_close(c);
    fprintf(c->to, "<span class=\"val\">%s%s ms", whole || measured->ms < 0 ? "" : "+",
            report_page_number(text, measured->ms));
    if (!isnan(claimed->ms))
        fprintf(c->to, " (claimed %s%s)", whole || claimed->ms <= 0 ? "" : "+",
                report_page_number(text, claimed->ms));
    fputs("</span></div>\n", c->to);
}

/*
 * From the first row to the fastest, component by component; beside it what the roadmap claims of that phase.
 */
static void way(FILE *to, const struct group *g, const struct report_result *r,
                const struct baseline_claims *claims)
{
    const struct bench_breakdown_row *from = g->row[0], *best = g->row[0];
    struct report_svg_chart c = {.to = to};
    for (size_t i = 1; i < g->count; i++)
        if (g->row[i]->total.ms_per_token.value < best->total.ms_per_token.value)
            best = g->row[i];
    const double whole = from->total.ms_per_token.value,
                 claimed_whole =
                     claimed_at(claim_of(claims, from->variant->op_name, "total"), from->variant->phase);
    if (best == from || !(whole > 0))
        return;
    struct report_svg_range range = {0, 100};
    double at = whole;
    for (size_t p = 0; p < from->stages && p < best->stages; p++) {
        at += best->component[p].ms_per_token.value - from->component[p].ms_per_token.value;
        report_svg_range_add(&range, 100 * at / whole);
    }
    report_svg_scale_make(&c.x, false, fmin(range.low, 0), range.high, 5);
    fprintf(to, "<figure><h3>From ");
    report_page_say(to, "%s to %s: where the time went", from->variant->name, best->variant->name);
    fputs("</h3><ul class=\"legend\"><li><i class=\"box c-step\"></i>measured, less time</li><li><i "
          "class=\"box c-worse\"></i>"
          "measured, more time</li>",
          to);
    fputs(isnan(claimed_whole) ? "" : "<li><i class=\"box c-claim\"></i>claimed</li>", to);
    fputs("</ul><div class=\"rows\">\n", to);
    struct step m = {0, 100, whole}, k = {0, 100, claimed_whole};
    step_row(&c, from->variant->name, &m, &k, true);
    double measured = 100, claimed = 100;
    for (size_t p = 0; p < from->stages && p < best->stages; p++) {
        const struct baseline_component_claim *claim =
            claim_of(claims, from->variant->op_name, from->component[p].name);
        m.ms = best->component[p].ms_per_token.value - from->component[p].ms_per_token.value;
        m = (struct step){measured, measured + 100 * m.ms / whole, m.ms};
        k.ms = claimed_at(claim, best->variant->phase) - claimed_at(claim, from->variant->phase);
        k = (struct step){claimed, claimed + 100 * k.ms / claimed_whole, k.ms};
        measured = m.to;
        claimed = isnan(k.ms) ? claimed : k.to;
        step_row(&c, from->component[p].name, &m, &k, false);
    }
    m = (struct step){0, 100 * best->total.ms_per_token.value / whole, best->total.ms_per_token.value};
    k = (struct step){0, NAN,
                      claimed_at(claim_of(claims, from->variant->op_name, "total"), best->variant->phase)};
    k.to = 100 * k.ms / claimed_whole;
    step_row(&c, best->variant->name, &m, &k, true);
    fputs("<div class=\"row axis\"><span class=\"name\"></span>", to);
    report_svg_row_axis(&c, "% of the time of the baseline");
    fputs("<span class=\"val\"></span></div></div>\n", to);
    report_page_caption(
        to, r,
        "Each in per cent of its own baseline, as claimed times are of another machine. Numbers are "
        "ms a token of the 2B model.");
    fputs("</figure>\n", to);
}

void report_page_breakdown(FILE *to, const struct report_result *r, const struct baseline_claims *claims)
{
    struct group g;
    if (!r->breakdown)
        return;
    for (size_t first = 0; first < r->breakdown->count;) {
        first = find_group(&g, r->breakdown, first);
        if (!g.count) {
            report_page_in(to, "<p>Not measured: ", r->breakdown->rows[first - 1].reason, "</p>\n");
            continue;
        }
        fputs("<figure><h3>", to);
        report_page_say(to, "Components of %s, shape %s", g.row[0]->variant->op_name, g.row[0]->shape);
        fputs("</h3>\n", to);
        bars(to, &g);
        report_page_caption(
            to, r,
            "A component is what adding its stage costs in this body. One that came out below 0 is "
            "left out of the bar.%s",
            r->breakdown->quick ? " A quick run." : "");
        fputs("</figure>\n", to);
        way(to, &g, r, claims);
        instructions(to, &g, r);
    }
}
