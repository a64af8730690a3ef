/* SPDX-License-Identifier: MIT */
/* How near the cases of a run come to what the machine can do. */
#include "reports/plots/private.h"
#include "reports/plots/series.h"

#include <string.h>

static double peak_of(const struct bench_ceilings *c)
{
    double most = NAN;
    for (size_t i = 0; i < c->count; i++)
        if (c->rows[i].level == BENCH_REGISTERS && !isnan(c->rows[i].best))
            most = fmax(most, c->rows[i].best * c->rows[i].loop->ops);
    return most;
}

static double intensity(const struct bench_summary_row *row)
{
    const double bytes = row->rec->bytes_read + row->rec->bytes_written;
    return row->rec->ops > 0 && bytes > 0 && !isnan(row->ns) ? row->rec->ops / bytes : NAN;
}

/* Slopes of the caches and of memory up to the peak, over all of the plot. */
static void put_roofs(struct report_tsv *t, const struct bench_ceilings *c, double peak)
{
    const double low = t->x.low / 4, high = t->x.high * 4, floor = t->y.low / 2;
    char key[16];
    report_svg_range_add(&t->x, low);
    report_svg_range_add(&t->x, high);
    report_svg_range_add(&t->y, peak);
    report_svg_range_add(&t->y, floor);
    for (int level = 1; level <= BENCH_DRAM; level++) {
        const struct bench_ceiling *read = bench_ceilings_find(c, BENCH_CEILING_read, level, 1);
        if (!read || isnan(peak))
            continue;
        const double foot = fmax(low, floor / read->best), knee = fmin(high, peak / read->best);
        snprintf(key, sizeof key, "roof%d", level - 1);
        report_tsv_say(t, key, "%s, %.4g GB/s read", bench_ceiling_levels[level], read->best);
        if (foot < knee)
            fprintf(t->to, "roof\t%.9g\t-\t%.9g\t%.9g\t%.9g\tNaN\t%d\t-\t-\n", foot * read->best, foot, knee,
                    knee * read->best, level - 1);
    }
    if (isnan(peak))
        return;
    report_tsv_say(t, "peak", "peak, %.4g Gop/s", peak);
    fprintf(t->to, "peak\t%.9g\t-\tNaN\tNaN\tNaN\tNaN\t0\t-\t-\n", peak);
}

void report_plot_roofline(const struct report_results *all, size_t of, size_t n, FILE *to)
{
    const struct report_input *run = all->results[of].run;
    const struct bench_ceilings *ceilings = NULL;
    struct report_tsv t;
    struct report_series s = {.count = 0};
    size_t points = 0;
    for (size_t i = all->count; i--;)
        ceilings = all->results[i].ceilings ? all->results[i].ceilings : ceilings;
    if (n || !ceilings || !run || !run->set)
        return;
    for (size_t i = 0; i < run->summary->count; i++)
        points += !isnan(intensity(&run->summary->rows[i]));
    if (!points)
        return;
    report_tsv_begin(&t, &all->results[of], to);
    report_tsv_say(&t, "title", "Operations a second over operations per byte");
    report_tsv_say(&t, "xlabel", "operations per byte");
    report_tsv_say(&t, "ylabel", "Gop/s");
    report_tsv_say(&t, "about",
                   "By declared work, one thread. A case under a slope waits for that memory. Under the flat "
                   "line it computes.");
    t.log_x = t.log_y = true;
    for (size_t i = 0; i < run->summary->count; i++) {
        const struct bench_summary_row *row = &run->summary->rows[i];
        char name[200];
        if (isnan(intensity(row)))
            continue;
        snprintf(name, sizeof name, "%.80s/%.80s", row->rec->op, row->rec->variant);
        report_series_point(&s, &t, name, intensity(row),
                            &(struct bench_interval){row->rec->ops / row->ns, NAN, NAN}, false);
    }
    put_roofs(&t, ceilings, peak_of(ceilings));
    report_series_say(&s, &t);
    report_tsv_end(&t);
}
