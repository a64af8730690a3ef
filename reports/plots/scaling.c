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

enum axis { THREADS, DEPTH, LAYERS, AXES };

static size_t place(const struct bench_e2e *e, const struct bench_e2e_row *row, enum axis axis)
{
    return axis == THREADS ? row->threads : axis == DEPTH ? row->depth : e->layers;
}

static const struct bench_e2e *model_of(const struct report_result *r)
{
    return r->run && !r->run->set ? r->run->e2e : NULL;
}

/* Do they differ in nothing but their number of layers, as synth:bitnet-2b/4 and synth:bitnet-2b/8 do? */
static bool alike(const struct bench_e2e *a, const struct bench_e2e *b)
{
    const size_t n = strcspn(a->model, "/");
    return n == strcspn(b->model, "/") && !strncmp(a->model, b->model, n) && !strncmp(a->model, "synth:", 6);
}

/* Models in which the axis may vary: that of the result, and for layers those that differ in them alone. */
static const struct bench_e2e *next_model(const struct report_results *all, size_t of, enum axis axis,
                                          size_t *i)
{
    const struct bench_e2e *own = model_of(&all->results[of]);
    if (axis != LAYERS)
        return (*i)++ ? NULL : own;
    for (; *i < all->count; (*i)++) {
        const struct bench_e2e *e = model_of(&all->results[*i]);
        if (e && alike(own, e)) {
            (*i)++;
            return e;
        }
    }
    return NULL;
}

/* Has the result a picture over this axis? That of layers belongs to the first of the models. */
static bool varies(const struct report_results *all, size_t of, enum axis axis)
{
    const struct bench_e2e *const own = model_of(&all->results[of]), *e;
    bool any = false, before = axis == LAYERS;
    size_t i = 0;
    while (own && (e = next_model(all, of, axis, &i)) != NULL) {
        if (before && e != own)
            return false;
        before = false;
        for (size_t k = 0; k < e->count; k++)
            any |= place(e, &e->rows[k], axis) != place(own, own->rows, axis);
    }
    return any;
}

/* What is the same along a line: everything but the axis. */
static void name_series(char *to, size_t size, const struct bench_e2e_row *row, enum axis axis)
{
    const bool head = *row->head && strcmp(row->head, "full") != 0;
    char threads[40] = "", depth[40] = "";
    if (axis != THREADS)
        snprintf(threads, sizeof threads, ", %zu thread%s", row->threads, row->threads == 1 ? "" : "s");
    if (axis != DEPTH && row->depth)
        snprintf(depth, sizeof depth, " @ d%zu", row->depth);
    snprintf(to, size, "%s%s%s%s%s%s", row->kernels, head ? ", " : "", head ? row->head : "",
             head ? " head" : "", threads, depth);
}

static void put_axis(struct report_tsv *t, const struct report_results *all, size_t of, enum axis axis)
{
    static const char *const labels[AXES] = {"threads", "positions in the cache", "layers"};
    const struct bench_e2e *const own = model_of(&all->results[of]), *e;
    const bool rate = axis == THREADS; /* costs that add up are times, over axes that are not logarithmic */
    struct report_series s = {.count = 0};
    char name[340];
    if (axis == LAYERS)
        report_tsv_say(t, "title", "A token of %.*s with each number of layers",
                       (int)strcspn(own->model, "/"), own->model);
    else
        report_tsv_say(t, "title", "%s with each number of %s", own->model, labels[axis]);
    report_tsv_say(t, "xlabel", "%s", labels[axis]);
    report_tsv_say(t, "ylabel", rate ? "tokens a second: more is faster" : "ms a token: less is faster");
    for (size_t last = 0, first = 1;; first = 0) {
        size_t next = SIZE_MAX, i = 0;
        while ((e = next_model(all, of, axis, &i)) != NULL)
            for (size_t k = 0; k < e->count; k++) {
                const size_t x = place(e, &e->rows[k], axis);
                next = e->rows[k].generate && (first || x > last) && x < next ? x : next;
            }
        if (next == SIZE_MAX)
            break;
        for (last = next, i = 0; (e = next_model(all, of, axis, &i)) != NULL;)
            for (size_t k = 0; k < e->count; k++) {
                const struct bench_e2e_row *row = &e->rows[k];
                const struct bench_interval *ns = &row->ns_per_token;
                if (!row->generate || place(e, row, axis) != next)
                    continue;
                name_series(name, sizeof name, row, axis);
                report_series_point(&s, t, name, (double)next,
                                    &(struct bench_interval){rate ? 1e9 / ns->value : ns->value * 1e-6,
                                                             rate ? 1e9 / ns->high : ns->low * 1e-6,
                                                             rate ? 1e9 / ns->low : ns->high * 1e-6},
                                    true);
            }
    }
    report_series_say(&s, t);
    report_tsv_end(t);
}

/* The n-th axis over which the result has a picture; AXES: none. */
static enum axis nth_axis(const struct report_results *all, size_t of, size_t n)
{
    int axis = 0;
    for (; axis < AXES; axis++)
        if (varies(all, of, (enum axis)axis) && n-- == 0)
            break;
    return (enum axis)axis;
}

void report_plot_scaling(const struct report_results *all, size_t of, size_t n, FILE *to)
{
    const struct report_input *run = all->results[of].run;
    struct report_tsv t;
    const char *op = run && run->set ? find_op(run->summary, n) : NULL;
    const enum axis axis = run && !run->set ? nth_axis(all, of, n) : AXES;
    if (!op && axis == AXES)
        return;
    report_tsv_begin(&t, &all->results[of], to);
    if (op || axis == THREADS) {
        report_tsv_say(&t, "about", "Both axes are logarithmic.");
        t.log_x = t.log_y = true;
    }
    if (op)
        put_sizes(&t, run->summary, op);
    else
        put_axis(&t, all, of, axis);
}
