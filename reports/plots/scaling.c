/* SPDX-License-Identifier: MIT */
/* How an op's variants do at each size, and a model's kernels with each number of threads. */
#include "reports/plots/private.h"
#include "reports/plots/series.h"

#include <string.h>

/* The n-th op that has two sizes; NULL when there is none. */
static const char *find_op(const struct bench_summary *sum, size_t n)
{
    for (size_t i = 0; i < sum->count; i++) {
        const char *op = sum->rows[i].rec->op;
        bool first = true, sizes = false;
        for (size_t k = 0; k < i && first; k++)
            first = strcmp(sum->rows[k].rec->op, op) != 0;
        for (size_t k = i; k < sum->count && first && !sizes; k++)
            sizes = !strcmp(sum->rows[k].rec->op, op) && !isnan(sum->rows[k].gelem_s) &&
                    sum->rows[k].rec->elements != sum->rows[i].rec->elements;
        if (sizes && n-- == 0)
            return op;
    }
    return NULL;
}

static bool has_point(const struct bench_summary_row *row, const char *op)
{
    return !strcmp(row->rec->op, op) && row->gelem_s > 0;
}

/* From small to large, as lines join them. */
static void put_sizes(struct report_tsv *t, const struct bench_summary *sum, const char *op)
{
    struct report_series s = {.count = 0};
    size_t points = 0;
    report_tsv_say(t, "title", "%s at each size", op);
    report_tsv_say(t, "xlabel", "elements of a call");
    report_tsv_say(t, "ylabel", "elements a ns: more is faster");
    for (double last = 0, next; points < REPORT_POINTS_MAX; last = next) {
        next = INFINITY;
        for (size_t i = 0; i < sum->count; i++)
            if (has_point(&sum->rows[i], op) && sum->rows[i].rec->elements > last)
                next = fmin(next, sum->rows[i].rec->elements);
        if (isinf(next))
            break;
        for (size_t i = 0; i < sum->count; i++)
            if (has_point(&sum->rows[i], op) && sum->rows[i].rec->elements == next) {
                report_series_point(&s, t, sum->rows[i].rec->variant, next,
                                    &(struct bench_interval){sum->rows[i].gelem_s, NAN, NAN}, true);
                points++;
            }
    }
    report_series_say(&s, t);
    report_tsv_end(t);
}

static void put_threads(struct report_tsv *t, const struct bench_e2e *e)
{
    struct report_series s = {.count = 0};
    report_tsv_say(t, "title", "%s with each number of threads", e->model);
    report_tsv_say(t, "xlabel", "threads");
    report_tsv_say(t, "ylabel", "tokens a second: more is faster");
    for (size_t threads = 1; threads <= MODEL_THREADS_MAX; threads++)
        for (size_t i = 0; i < e->count; i++) {
            const struct bench_interval *ns = &e->rows[i].ns_per_token;
            if (e->rows[i].generate && e->rows[i].threads == threads)
                report_series_point(&s, t, e->rows[i].kernels, (double)threads,
                                    &(struct bench_interval){1e9 / ns->value, 1e9 / ns->high, 1e9 / ns->low},
                                    true);
        }
    report_series_say(&s, t);
    report_tsv_end(t);
}

void report_plot_scaling(const struct report_results *all, size_t of, size_t n, FILE *to)
{
    const struct report_input *run = all->results[of].run;
    struct report_tsv t;
    const char *op = run && run->set ? find_op(run->summary, n) : NULL;
    bool threads = false;
    for (size_t i = 0; run && !run->set && i < run->e2e->count && !n; i++)
        threads |= run->e2e->rows[i].threads != run->e2e->rows[0].threads;
    if (!op && !threads)
        return;
    report_tsv_begin(&t, &all->results[of], to);
    report_tsv_say(&t, "about", "Both axes are logarithmic.");
    t.log_x = t.log_y = true;
    if (op)
        put_sizes(&t, run->summary, op);
    else
        put_threads(&t, run->e2e);
}
