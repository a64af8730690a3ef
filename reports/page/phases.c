/* SPDX-License-Identifier: MIT */
/* The ladder of a roadmap beside what was claimed of it, and speed-ups by size. */
#include "kernels/table.h"
#include "reports/page/private.h"

#include <math.h>
#include <string.h>

enum { RUNGS = 16, PANELS = 24, SIZES = 12 };

static bool is_rung(const struct bench_summary_row *row)
{
    return strcmp(row->rec->phase, "-") != 0;
}

static bool is_limit(const struct bench_record *rec)
{
    const struct qk_variant *v = qk_table_find(qk_table_builtin(), rec->op, rec->variant);
    return v && v->kind == QK_CEILING;
}

static bool claims_total(const struct baseline_audit_row *row, const struct bench_record *rec,
                         const char *phase)
{
    return row->kind == BASELINE_CLAIM_TOTAL && !strcmp(row->op, rec->op) &&
           !strcmp(row->shape, rec->shape) && !strcmp(row->phase, phase);
}

/* The rungs of a group. */
struct ladder {
    const struct bench_summary_row *rung[RUNGS];
    const char *names[RUNGS];
    size_t count, measured;
};

static void find_ladder(struct ladder *l, const struct bench_summary *sum, size_t first, size_t end)
{
    *l = (struct ladder){.count = 0};
    for (size_t i = first; i < end && l->count < RUNGS; i++) {
        if (!is_rung(&sum->rows[i]))
            continue;
        l->rung[l->count] = &sum->rows[i];
        l->names[l->count++] = strcmp(sum->rows[i].rec->phase, "baseline") ? sum->rows[i].rec->phase : "base";
        l->measured += !isnan(sum->rows[i].speedup.value);
    }
}

static void scales(struct report_svg_chart *c, const struct ladder *l, const struct report_input *run,
                   size_t first, size_t end, double goal)
{
    struct report_svg_range range = {1, 1};
    report_svg_range_add(&range, goal);
    for (size_t i = first; i < end; i++)
        if (is_rung(&run->summary->rows[i]) || is_limit(run->summary->rows[i].rec)) {
            report_svg_range_add(&range, run->summary->rows[i].speedup.low);
            report_svg_range_add(&range, run->summary->rows[i].speedup.high);
            report_svg_range_add(&range, run->summary->rows[i].speedup.value);
        }
    report_svg_scale_make(&c->y, true, range.low, range.high, 6);
    c->x = (struct report_svg_scale){.low = -0.5, .high = (double)l->count - 0.5, .count = l->count};
    for (size_t i = 0; i < l->count && i < SVG_TICKS; i++)
        c->x.tick[i] = (double)i;
    c->names = l->names;
}

static void panel(FILE *to, const struct ladder *l, const struct report_input *run, size_t first, size_t end)
{
    struct report_svg_chart c = {.to = to, .height = 190};
    const struct baseline_audit *audit = run->audit;
    const struct bench_record *head = l->rung[0]->rec;
    const double goal = audit && !strcmp(audit->op, head->op) ? audit->goal : NAN;
    scales(&c, l, run, first, end, goal);
    report_page_in(to, "<div class=\"panel\"><h4>", head->op, ", ");
    report_page_in(to, "shape ", head->shape, "</h4>");
    report_svg_open(&c, "speed-up of each phase over the reference", "phase of the roadmap",
                    "speed-up, times");
    report_svg_across(&c, 1, "one");
    if (!isnan(goal))
        report_svg_across(&c, goal, "goal");
    for (size_t i = first; i < end; i++)
        if (is_limit(run->summary->rows[i].rec) && !isnan(run->summary->rows[i].speedup.value))
            report_svg_across(&c, run->summary->rows[i].speedup.value, "limit");
    for (size_t i = 0; i < l->count; i++) {
        const struct bench_interval *s = &l->rung[i]->speedup;
        if (i)
            report_svg_line(&c, (double)i - 1, l->rung[i - 1]->speedup.value, (double)i, s->value, "path");
        for (size_t k = 0; audit && k < audit->count; k++)
            if (claims_total(&audit->rows[k], head, l->rung[i]->rec->phase))
                report_svg_diamond(&c, (double)i, audit->rows[k].claimed, "claim");
        report_svg_line(&c, (double)i, s->low, (double)i, s->high, "i s");
        report_svg_point(&c, (double)i, s->value, "m s");
    }
    report_svg_close(&c);
    fputs("</div>\n", to);
}

void report_page_phases(FILE *to, const struct report_result *r)
{
    struct ladder l;
    size_t panels = 0, left_out = 0;
    if (!r->run || !r->run->set)
        return;
    const struct bench_summary *sum = r->run->summary;
    for (size_t first = 0, end; first < sum->count; first = end) {
        end = bench_summary_group_end(sum, first);
        find_ladder(&l, sum, first, end);
        if (l.measured < 2 || l.count > SVG_TICKS)
            continue;
        if (panels == PANELS) {
            left_out++;
            continue;
        }
        if (!panels++)
            fputs("<figure><h3>Phases of the roadmap: claimed and measured</h3><ul class=\"legend\"><li><i "
                  "class=\"dot s\"></i>"
                  "measured, with its 95 % interval</li><li><i class=\"dot hollow\"></i>claimed</li>"
                  "<li><i class=\"dash goal\"></i>goal</li><li><i class=\"dash limit\"></i>limit: rows that "
                  "only load or store"
                  "</li></ul><div class=\"panels\">",
                  to);
        panel(to, &l, r->run, first, end);
    }
    if (!panels)
        return;
    fputs("</div>", to);
    if (left_out)
        fprintf(to, "<p>%zu more sizes are not drawn; the table has them.</p>", left_out);
    report_page_caption(
        to, r,
        "Speed-up of each phase over the reference, on a logarithmic axis: equal steps are equal factors.");
    fputs("</figure>\n", to);
}

/* The tint says how far from 1 it is: full at a factor of ten. */
static void size_cell(FILE *to, const struct report_page_case *c)
{
    if (isnan(c->ratio.value))
        report_page_in(to, "<td class=\"r n\">", c->word, "");
    else
        fprintf(to, "<td class=\"r %s t%.0f\">%.*fx", report_page_tone_class[c->tone],
                4 * fmin(1, fabs(c->worse) / M_LN10), c->ratio.value < 9.995 ? 2 : 1, c->ratio.value);
}

static const struct report_page_case *find(const struct report_page_cases *cases, size_t first, size_t end,
                                           const char *variant)
{
    for (size_t i = first; i < end; i++)
        if (!strcmp(cases->list[i].variant, variant))
            return &cases->list[i];
    return NULL;
}

static void size_table(FILE *to, const struct report_page_cases *cases, const size_t *firsts, size_t sizes)
{
    const struct report_page_case *head = &cases->list[firsts[0]];
    report_page_in(to, "<p class=\"u\">", head->op,
                   ": speed-up over the reference by size; higher is better</p>\n");
    report_page_in(to, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"sizes of ",
                   head->op, "\"><table><thead><tr><th scope=\"col\">variant");
    for (size_t s = 0; s < sizes; s++)
        report_page_in(to, "<th scope=\"col\" class=\"r\">", cases->list[firsts[s]].shape, "");
    fputs("<tbody>\n", to);
    for (size_t i = firsts[0]; i < firsts[1]; i++) {
        bool any = false;
        for (size_t s = 0; s < sizes; s++) {
            const struct report_page_case *c = find(cases, firsts[s], firsts[s + 1], cases->list[i].variant);
            any |= c && !isnan(c->ratio.value);
        }
        if (!any)
            continue;
        report_page_in(to, "<tr><th scope=\"row\">", cases->list[i].variant, "");
        for (size_t s = 0; s < sizes; s++) {
            const struct report_page_case *c = find(cases, firsts[s], firsts[s + 1], cases->list[i].variant);
            if (c)
                size_cell(to, c);
            else
                fputs("<td class=\"r n\">-", to);
        }
        fputs("\n", to);
    }
    fputs("</table></div>\n", to);
}

void report_page_sizes(FILE *to, const struct report_page_cases *cases)
{
    size_t firsts[SIZES + 1], sizes = 0, tables = 0;
    if (!cases->of->run || !cases->of->run->set)
        return;
    const struct bench_summary *sum = cases->of->run->summary;
    for (size_t first = 0, end; first < sum->count; first = end) {
        end = bench_summary_group_end(sum, first);
        firsts[sizes++] = first;
        firsts[sizes] = end;
        const bool last = end == sum->count || strcmp(sum->rows[end].rec->op, sum->rows[first].rec->op) != 0;
        if (sizes < SIZES && !last)
            continue;
        if (sizes > 1 && !tables++)
            fputs("<h3>Speed-up by size</h3>\n", to);
        if (sizes > 1)
            size_table(to, cases, firsts, sizes);
        sizes = 0;
    }
}
