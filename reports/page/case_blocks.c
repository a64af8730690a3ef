/* SPDX-License-Identifier: MIT */
/*
 * A block for each drawn case: its speed-up block by block as they were measured, and how these are spread.
 */
#include "reports/forms/private.h"
#include "reports/page/cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BINS = 12 };

/* The reference of the record's group; NULL without one. */
static const struct bench_record *reference_of(const struct bench_summary *sum, size_t at)
{
    const struct bench_record *rec = sum->rows[at].rec;
    size_t first = at;
    while (first > 0 && !strcmp(sum->rows[first - 1].rec->op, rec->op) &&
           !strcmp(sum->rows[first - 1].rec->shape, rec->shape))
        first--;
    for (const size_t end = bench_summary_group_end(sum, first); first < end; first++)
        if (sum->rows[first].rec->reference)
            return sum->rows[first].rec;
    return NULL;
}

static void spread(struct report_svg_chart *c, const double *ratio, size_t count)
{
    size_t bins[BINS] = {0}, most = 0;
    for (size_t i = 0; i < count; i++) {
        const double at = BINS * report_svg_at(&c->y, ratio[i]);
        size_t *bin = &bins[at < 0 ? 0 : at >= BINS ? BINS - 1 : (size_t)at];
        most = ++*bin > most ? *bin : most;
    }
    const double width = (c->x.high - (double)count) * 0.9;
    for (size_t i = 0; i < BINS; i++) {
        const double top = c->y.low + (c->y.high - c->y.low) * (double)(i + 1) / BINS;
        const double low = c->y.low + (c->y.high - c->y.low) * (double)i / BINS;
        if (bins[i])
            report_svg_bar(c, (double)count + 0.02 * c->x.high,
                           (double)count + 0.02 * c->x.high + width * (double)bins[i] / (double)most, low,
                           top, "hist");
    }
}

/* The value of each block with its interval; `odd` blocks are disturbed. */
struct drawing {
    const double *value;
    const bool *odd;
    size_t count;
    struct bench_interval all;
    const char *name, *unit;
};

static void draw_blocks(FILE *to, const struct drawing *d)
{
    struct report_svg_chart c = {.to = to, .height = 104};
    struct report_svg_range range = {INFINITY, -INFINITY};
    for (size_t b = 0; b < d->count; b++)
        report_svg_range_add(&range, d->value[b]);
    report_svg_range_add(&range, d->all.value);
    report_svg_scale_make(&c.y, false, range.low, range.high, 4);
    report_svg_scale_make(&c.x, false, 0, (double)d->count - 1, 5);
    c.x.low = -1;
    c.x.high = (double)d->count * 1.3;
    report_svg_open(&c, d->name, "block, in the order measured", d->unit);
    if (!isnan(d->all.low))
        report_svg_bar(&c, -1, (double)d->count, d->all.low, d->all.high, "band");
    report_svg_across(&c, d->all.value, "med");
    for (size_t b = 0; b < d->count; b++)
        (d->odd[b] ? report_svg_diamond : report_svg_point)(&c, (double)b, d->value[b],
                                                            d->odd[b] ? "m w" : "m s");
    spread(&c, d->value, d->count);
    report_svg_close(&c);
}

static void open_block(FILE *to, const struct report_page_cases *cases, const struct report_page_case *c)
{
    fputs("<article class=\"card\" id=\"", to);
    report_page_case_link(to, cases, c);
    fputs("\"", to);
    report_page_case_keys(to, c);
    fputs("><h4>", to);
    report_page_case_name(to, c, true);
    fprintf(to, "</h4><p class=\"v %s\">%s: ", report_page_tone_class[c->tone], c->word);
}

static int run_block(FILE *to, const struct report_page_cases *cases, const struct report_page_case *c,
                     struct qk_error *err)
{
    const struct bench_summary *sum = cases->of->run->summary;
    const struct bench_record *rec = sum->rows[c->at].rec, *base = reference_of(sum, c->at);
    double ratio[BENCH_BLOCKS_MAX];
    bool odd[BENCH_BLOCKS_MAX];
    char text[REPORT_RATIO];
    size_t count = 0, disturbed = 0;
    const int code = base ? bench_summary_blocks(base, rec, ratio, &count, err) : 0;
    if (code)
        return code;
    for (size_t b = 0; b < rec->block_count; b++)
        disturbed += odd[b] = rec->blocks[b].events.recorded && rec->blocks[b].events.disturbed;
    open_block(to, cases, c);
    fputs(report_ratio(text, &c->ratio), to);
    fprintf(to, ", %s ns a call</p>", report_number(text, sum->rows[c->at].ns));
    if (count)
        draw_blocks(to,
                    &(struct drawing){ratio, odd, count, c->ratio,
                                      "speed-up of each block in the order measured, and how they are spread",
                                      "speed-up, times"});
    else
        fputs("<p>No blocks that pair with the reference&#39;s: nothing to draw.</p>", to);
    fprintf(to, "<p class=\"ev\">%zu blocks of %zu slices of %llu calls, %zu disturbed.</p></article>\n",
            rec->block_count, rec->blocks[0].slices, (unsigned long long)rec->calls, disturbed);
    return 0;
}

/* What each process had, block by block, and what it had to reach. */
static void draw_path(FILE *to, const struct baseline_evidence *e, double *scratch)
{
    static const char *const classes[BASELINE_PROCESSES] = {"e e-slower", "e e-beyond", "e e-within"};
    struct report_svg_chart c = {.to = to, .height = 104};
    struct report_svg_range range = {-e->threshold / 2, e->threshold};
    for (size_t b = 0; b < e->count; b++)
        for (int p = 0; p < BASELINE_PROCESSES; p++)
            report_svg_range_add(&range, fmin(e->looks[b].log_e[p], 3 * e->threshold));
    range.low = fmax(range.low, -e->threshold);
    report_svg_scale_make(&c.y, false, range.low, range.high, 4);
    report_svg_scale_make(&c.x, false, 0, (double)e->count - 1, 5);
    c.x.low = -1;
    report_svg_open(&c, "evidence after each block, and the bound that decides", "blocks so far",
                    "evidence, ln E");
    report_svg_across(&c, e->threshold, "margin");
    for (int p = 0; p < BASELINE_PROCESSES; p++) {
        for (size_t b = 0; b < e->count; b++)
            scratch[b] = e->looks[b].log_e[p];
        report_svg_path(&c, scratch, e->count, classes[p]);
    }
    report_svg_close(&c);
}

static int gate_block(FILE *to, const struct report_page_cases *cases, const struct report_page_case *c,
                      struct qk_error *err)
{
    const struct baseline_evidence *e = &cases->of->evidence[c->at];
    double *change = calloc(e->count, sizeof *change);
    bool *odd = calloc(e->count, sizeof *odd);
    char text[REPORT_RATIO];
    size_t disturbed = 0;
    if (change && odd) {
        for (size_t b = 0; b < e->count; b++) {
            change[b] = 100 * expm1(e->looks[b].log_ratio);
            disturbed += odd[b] = e->looks[b].disturbed;
        }
        open_block(to, cases, c);
        fputs(report_change(text, &cases->of->gate->results[c->at]), to);
        fputs("</p>", to);
        draw_blocks(to, &(struct drawing){
                            change,
                            odd,
                            e->count,
                            {100 * (c->ratio.value - 1), 100 * (c->ratio.low - 1), 100 * (c->ratio.high - 1)},
                            "change of time in each block in the order measured, and how they are spread",
                            "change of time, %"});
        draw_path(to, e, change);
        fprintf(to, "<p class=\"ev\">%zu blocks, %zu disturbed.</p></article>\n", e->count, disturbed);
    }
    const bool failed = !change || !odd;
    free(change);
    free(odd);
    return failed ? qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu blocks", e->count) : 0;
}

int report_page_case_blocks(FILE *to, const struct report_page_cases *cases, struct qk_error *err)
{
    int code = 0;
    fputs("<div class=\"cards\">", to);
    for (size_t i = 0; i < cases->ranked_count && !code; i++)
        if (cases->ranked[i]->drawn)
            code = (cases->of->gate ? gate_block : run_block)(to, cases, cases->ranked[i], err);
    fputs("</div>\n", to);
    return code;
}
