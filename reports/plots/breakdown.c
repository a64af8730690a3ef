/* SPDX-License-Identifier: MIT */
/*
 * What a time is made of: components of staged variants, the way from the baseline to the best, the
 * instructions a call executes, and parts of a model's token.
 */
#include "reports/plots/private.h"

#include "harness/counters/step.h"

#include <string.h>

enum { ROWS = 60, PARTS = 24, COLOURS = REPORT_OTHER };

/* Bars that are made of parts. */
struct stack {
    const char *part[PARTS]; /* names */
    size_t parts, count;
    struct {
        char name[200];
        double part[PARTS]; /* what is not above 0 is left out of the bar */
        double total;
    } row[ROWS];
};

/* The largest share of a part in any row. */
static double weight(const struct stack *s, size_t part)
{
    double most = 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->row[i].part[part] / s->row[i].total > most)
            most = s->row[i].part[part] / s->row[i].total;
    return most;
}

/*
 * colour[part]: 0 to COLOURS - 1 in the order of the parts, REPORT_OTHER for those that are nowhere among the
 * largest.
 */
static size_t choose(int *colour, const struct stack *s)
{
    bool own[PARTS] = {false};
    size_t other = 0;
    int used = 0;
    for (int n = 0; n < COLOURS; n++) {
        size_t best = s->parts;
        for (size_t p = 0; p < s->parts; p++)
            if (!own[p] && weight(s, p) > 0.01 && (best == s->parts || weight(s, p) > weight(s, best)))
                best = p;
        if (best < s->parts)
            own[best] = true;
    }
    for (size_t p = 0; p < s->parts; p++) {
        colour[p] = own[p] ? used++ : REPORT_OTHER;
        other += !own[p] && weight(s, p) > 0;
    }
    return other;
}

static void put_bar(struct report_tsv *t, const struct stack *s, size_t row, const int *colour)
{
    double from = 0, other = 0;
    for (size_t p = 0; p < s->parts; p++) {
        const double x = s->row[row].part[p] > 0 ? s->row[row].part[p] : 0;
        if (colour[p] == REPORT_OTHER) {
            other += x;
        } else if (x > 0) {
            report_tsv_bar(t, "part", from, from + x, colour[p]);
            from += x;
        }
    }
    if (other > 0)
        report_tsv_bar(t, "part", from, from + other, REPORT_OTHER);
}

static void put_stack(struct report_tsv *t, const struct stack *s, const char *unit)
{
    int colour[PARTS];
    char key[16], text[REPORT_NUMBER + 20], number[REPORT_NUMBER];
    const size_t other = choose(colour, s);
    for (size_t p = 0; p < s->parts; p++)
        if (colour[p] != REPORT_OTHER) {
            snprintf(key, sizeof key, "part%d", colour[p]);
            report_tsv_say(t, key, "%s", s->part[p]);
        }
    if (other)
        report_tsv_say(t, "part7", "other");
    report_svg_range_add(&t->x, 0);
    for (size_t i = 0; i < s->count; i++) {
        snprintf(text, sizeof text, "%s%.19s", report_number(number, s->row[i].total), unit);
        report_tsv_bars(t, s->row[i].name, text, text);
        put_bar(t, s, i, colour);
    }
    report_tsv_end(t);
}

/* The measured rows of a group: one op at one shape. */
struct group {
    const struct bench_breakdown_row *row[ROWS];
    size_t count;
};

/* The n-th group that was measured; empty when there is none. */
static struct group find_group(const struct bench_breakdown *b, size_t n)
{
    struct group g = {.count = 0};
    for (size_t first = 0, end; b && first < b->count; first = end) {
        g.count = 0;
        for (end = first;
             end < b->count && !strcmp(b->rows[end].variant->op_name, b->rows[first].variant->op_name) &&
             !strcmp(b->rows[end].shape, b->rows[first].shape);
             end++)
            if (b->rows[end].status == BENCH_OK && b->rows[end].stages && g.count < ROWS)
                g.row[g.count++] = &b->rows[end];
        if (g.count && n-- == 0)
            return g;
    }
    g.count = 0;
    return g;
}

static void put_components(struct report_tsv *t, const struct group *g)
{
    struct stack s = {.parts = g->row[0]->stages, .count = g->count};
    for (size_t p = 0; p < s.parts; p++)
        s.part[p] = g->row[0]->component[p].name;
    for (size_t i = 0; i < g->count; i++) {
        snprintf(s.row[i].name, sizeof s.row[i].name, "%s", g->row[i]->variant->name);
        s.row[i].total = g->row[i]->total.ms_per_token.value;
        for (size_t p = 0; p < g->row[i]->stages && p < s.parts; p++)
            s.row[i].part[p] = g->row[i]->component[p].ms_per_token.value;
    }
    report_tsv_say(t, "title", "Components of %s, shape %s", g->row[0]->variant->op_name, g->row[0]->shape);
    report_tsv_say(t, "xlabel", "ms a token of the 2B model: more is slower");
    report_tsv_say(
        t, "about",
        "A component is what adding its stage costs in this body. One below 0 is left out of its bar.");
    put_stack(t, &s, " ms");
}

static void put_model(struct report_tsv *t, const struct bench_e2e *e)
{
    _Static_assert((int)BENCH_E2E_PARTS <= (int)PARTS, "each part has a place in a bar");
    struct stack s = {.parts = BENCH_E2E_PARTS};
    for (size_t p = 0; p < BENCH_E2E_PARTS; p++)
        s.part[p] = bench_e2e_part(p);
    for (size_t i = 0; i < e->count && s.count < ROWS; i++) {
        const struct bench_e2e_row *row = &e->rows[i];
        if (!row->generate)
            continue;
        snprintf(s.row[s.count].name, sizeof s.row->name, "%.160s, %zu thread%s", row->kernels, row->threads,
                 row->threads == 1 ? "" : "s");
        s.row[s.count].total = 1e-6 * row->ns_per_token.value;
        for (size_t p = 0; p < BENCH_E2E_PARTS; p++)
            s.row[s.count].part[p] = 1e-6 * row->components_ns[p];
        s.count++;
    }
    report_tsv_say(t, "title", "What a token of %s is made of, %zu of its layers", e->model, e->layers);
    report_tsv_say(t, "xlabel", "ms a token: more is slower");
    report_tsv_say(t, "about", "Parts of the repetition in the middle. They add up to its time.");
    put_stack(t, &s, " ms");
}

void report_plot_breakdown(const struct report_results *all, size_t of, size_t n, FILE *to)
{
    const struct report_result *r = &all->results[of];
    const struct bench_e2e *e = r->run && !r->run->set ? r->run->e2e : NULL;
    const struct group g = find_group(r->breakdown, n);
    struct report_tsv t;
    bool generates = false;
    for (size_t i = 0; e && i < e->count; i++)
        generates |= e->rows[i].generate > 0;
    if (!g.count && (!generates || n))
        return;
    report_tsv_begin(&t, r, to);
    if (g.count)
        put_components(&t, &g);
    else
        put_model(&t, e);
}

/* Instructions of the kernel's call, of a class or NULL for all; NaN when they were not counted. */
static double steps_of(const struct bench_breakdown_row *row, const char *class)
{
    char name[64];
    snprintf(name, sizeof name, class ? "steps.%s" : "steps", class);
    for (size_t k = 0; k < row->count_count; k++)
        if (!strcmp(row->counts[k].name, name))
            return row->counts[k].value[row->stages];
    return NAN;
}

/* By class: each instruction is in one of them. Traits, such as "load", are of instructions in any class. */
void report_plot_instructions(const struct report_results *all, size_t of, size_t n, FILE *to)
{
    const struct report_result *r = &all->results[of];
    const struct group g = find_group(r->breakdown, n);
    struct stack s = {.count = g.count};
    struct report_tsv t;
    for (int class = 0; class < BENCH_STEP_CLASSES; class ++) {
        double most = 0;
        for (size_t i = 0; i < g.count; i++) {
            s.row[i].part[s.parts] = steps_of(g.row[i], bench_step_kind_name(class));
            most = fmax(most, s.row[i].part[s.parts]);
        }
        if (most > 0) /* "other" is what the picture calls parts too small to be seen */
            s.part[s.parts++] = class == BENCH_STEP_LAST_CLASS ? "general" : bench_step_kind_name(class);
    }
    if (!s.parts)
        return;
    for (size_t i = 0; i < g.count; i++) {
        snprintf(s.row[i].name, sizeof s.row[i].name, "%s", g.row[i]->variant->name);
        s.row[i].total = steps_of(g.row[i], NULL);
    }
    report_tsv_begin(&t, r, to);
    report_tsv_say(&t, "title", "Instructions of a call of %s", g.row[0]->variant->op_name);
    report_tsv_say(&t, "xlabel", "instructions executed in a call");
    report_tsv_say(&t, "about",
                   "Counted one by one at the smallest shape of the op, by the widest register. "
                   "General: no vector register.");
    put_stack(&t, &s, "");
}

static double claimed(const struct report_result *r, const struct bench_breakdown_row *row, const char *stage)
{
    return r->claimed ? baseline_components_claimed(r->claimed, row, stage) : NAN;
}

/*
 * Claimed times are scaled so that both baselines are equally long: by that, they are ms of the axis on top.
 */
struct way {
    struct report_tsv t;
    double scale, measured, claimed; /* ends so far */
    bool worse;                      /* a component takes more time */
};

static void put_step(struct way *w, const char *name, double ms, double said, bool whole)
{
    char number[2][REPORT_NUMBER], brief[64], text[140];
    const char *sign = whole || ms < 0 ? "" : "+", *said_sign = whole || said <= 0 ? "" : "+";
    snprintf(brief, sizeof brief, "%s%s ms", sign, report_number(number[0], ms));
    snprintf(text, sizeof text, isnan(said) ? "%s" : "%s (claimed %s%s)", brief, said_sign,
             report_number(number[1], said));
    report_tsv_bars(&w->t, name, brief, text);
    const double from = whole ? 0 : w->measured, said_from = whole ? 0 : w->claimed;
    report_tsv_bar(&w->t, "bar", from, from + ms, ms > 0 && !whole ? REPORT_BAD : REPORT_PLAIN);
    w->measured = from + ms;
    w->worse |= ms > 0 && !whole;
    if (isnan(said))
        return;
    report_tsv_bar(&w->t, "claim", said_from, said_from + said * w->scale, 0);
    w->claimed = said_from + said * w->scale;
}

/* The axis on top: ticks of claimed ms, at their places on the axis below. */
static void put_top(struct way *w, double whole)
{
    struct report_svg_scale s;
    report_svg_scale_make(&s, false, 0, whole, 5);
    fputs("# topticks:", w->t.to);
    for (size_t i = 0; i < s.count; i++) {
        putc(' ', w->t.to);
        report_svg_tick(&s, s.tick[i], w->t.to);
        fprintf(w->t.to, " %.9g", s.tick[i] * w->scale);
    }
    putc('\n', w->t.to);
    report_tsv_say(&w->t, "toplabel", "claimed: ms a token, on the machine of the claim");
    report_tsv_say(&w->t, "claim", "claimed");
}

void report_plot_waterfall(const struct report_results *all, size_t of, size_t n, FILE *to)
{
    const struct report_result *r = &all->results[of];
    const struct group g = find_group(r->breakdown, n);
    const struct bench_breakdown_row *from = g.count ? g.row[0] : NULL, *best = from;
    for (size_t i = 1; i < g.count; i++)
        if (g.row[i]->total.ms_per_token.value < best->total.ms_per_token.value)
            best = g.row[i];
    if (best == from || !(from->total.ms_per_token.value > 0))
        return;
    const double whole = claimed(r, from, "total"), last = claimed(r, best, "total");
    struct way w = {.scale = from->total.ms_per_token.value / whole};
    report_tsv_begin(&w.t, r, to);
    report_tsv_say(&w.t, "title", "%s, shape %s: from %s to %s", from->variant->op_name, from->shape,
                   from->variant->name, best->variant->name);
    report_tsv_say(&w.t, "xlabel",
                   isnan(whole) ? "ms a token of the 2B model" : "measured: ms a token of the 2B model");
    report_tsv_say(&w.t, "bar", "measured");
    if (!isnan(whole))
        report_tsv_say(
            &w.t, "about",
            "Claimed times are of another machine. Both baselines are equally long, each on its own axis.");
    report_svg_range_add(&w.t.x, 0);
    put_step(&w, from->variant->name, from->total.ms_per_token.value, whole, true);
    for (size_t p = 0; p < from->stages && p < best->stages; p++)
        put_step(&w, from->component[p].name,
                 best->component[p].ms_per_token.value - from->component[p].ms_per_token.value,
                 claimed(r, best, from->component[p].name) - claimed(r, from, from->component[p].name),
                 false);
    put_step(&w, best->variant->name, best->total.ms_per_token.value, last, true);
    if (w.worse)
        report_tsv_say(&w.t, "worse", "measured, takes more time");
    if (!isnan(whole))
        put_top(&w, whole);
    report_tsv_end(&w.t);
}
