/* SPDX-License-Identifier: MIT */
#include "harness/records/files/outfile.h"
#include "harness/records/shown.h"
#include "reports/text/content.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the plot places: variants in slots from left to right, shapes within a slot from small to large. */
struct layout {
    const char *op, *reference;
    const struct bench_record **slots;  /* a record of each variant, the ladder first */
    const struct bench_record **shapes; /* a record of each shape, by elements */
    size_t slot_count, ladder_count, shape_count;
};

static bool on_ladder(const struct bench_record *rec)
{
    return strcmp(rec->phase, "-") != 0;
}

static const char *pick_op(const struct bench_summary *sum)
{
    for (size_t i = 0; i < sum->count; i++)
        if (on_ladder(sum->rows[i].rec))
            return sum->rows[i].rec->op;
    return sum->count ? sum->rows[0].rec->op : NULL;
}

/* Index of the first record in list[count] with the same variant, or count. */
static size_t find_slot(const struct layout *l, const struct bench_record *rec)
{
    size_t i = 0;
    while (i < l->slot_count && strcmp(l->slots[i]->variant, rec->variant) != 0)
        i++;
    return i;
}

static size_t find_shape(const struct layout *l, const struct bench_record *rec)
{
    size_t i = 0;
    while (i < l->shape_count && strcmp(l->shapes[i]->shape, rec->shape) != 0)
        i++;
    return i;
}

static void place(struct layout *l, const struct bench_record *rec)
{
    if (find_shape(l, rec) == l->shape_count) {
        size_t i = l->shape_count++;
        for (; i > 0 && l->shapes[i - 1]->elements > rec->elements; i--)
            l->shapes[i] = l->shapes[i - 1];
        l->shapes[i] = rec;
    }
    if (find_slot(l, rec) == l->slot_count)
        l->slots[l->slot_count++] = rec;
}

static bool lay_out(struct layout *l, const struct bench_summary *sum)
{
    *l = (struct layout){.op = pick_op(sum), .reference = "the reference"};
    l->slots = calloc(sum->count + 1, sizeof *l->slots);
    l->shapes = calloc(sum->count + 1, sizeof *l->shapes);
    if (!l->slots || !l->shapes) {
        free(l->slots);
        free(l->shapes);
        return false;
    }
    for (int plain = 0; plain < 2; plain++) {
        for (size_t i = 0; i < sum->count; i++) {
            const struct bench_record *rec = sum->rows[i].rec;
            if (strcmp(rec->op, l->op) == 0 && on_ladder(rec) == !plain)
                place(l, rec);
            if (strcmp(rec->op, l->op) == 0 && rec->reference)
                l->reference = rec->variant;
        }
        if (!plain)
            l->ladder_count = l->slot_count;
    }
    return true;
}

/*
 * In ASCII, because a glyph that no font has makes gnuplot draw nonsense all over the picture. What stands in
 * `spoilt` is replaced; so is the end of "]]>", which gnuplot writes into an SVG as it is.
 */
static void put_shown(const char *text, const char *spoilt, FILE *to)
{
    struct bench_shown one;
    int brackets = 0;
    for (size_t left = strlen(text); left;) {
        const size_t bytes = bench_shown_first(&one, text, left, NULL);
        for (const char *c = one.text; *c; c++) {
            putc(strchr(spoilt, *c) || (*c == '>' && brackets > 1) ? '_' : *c, to);
            brackets = *c == ']' ? brackets + 1 : 0;
        }
        text += bytes;
        left -= bytes;
    }
}

/*
 * One word: without what gnuplot takes for a quote or an escape, and what the list of shapes is separated by.
 */
static void put_word(const char *text, FILE *to)
{
    put_shown(text, " \"#\\", to);
}

static void put_line(const char *label, const char *text, FILE *to)
{
    fprintf(to, "# %s: ", label);
    put_shown(text, "", to);
    putc('\n', to);
}

static void put_head(const struct report_input *in, const struct layout *l, FILE *to)
{
    const struct bench_environment *env = &in->set->env;
    char text[400];
    snprintf(text, sizeof text, "Speed-up of %s over %s", l->op, l->reference);
    put_line("title", text, to);
    snprintf(text, sizeof text, "%s, %s, commit %.12s, %s", *env->cpu_name ? env->cpu_name : "unknown CPU",
             *env->compiler ? env->compiler : "unknown compiler", *env->commit ? env->commit : "unknown",
             in->set->quick ? "quick run: not for quoting" : "full run");
    put_line("subtitle", text, to);
    put_line("reference", l->reference, to);
    if (in->audit && strcmp(in->audit->op, l->op) == 0 && isfinite(in->audit->goal))
        fprintf(to, "# goal: %.17g\n", in->audit->goal);
    fprintf(to, "# slots: %zu\n# ladder: %zu\n# shapes:", l->slot_count, l->ladder_count);
    for (size_t i = 0; i < l->shape_count; i++) {
        putc(' ', to);
        put_word(l->shapes[i]->shape, to);
    }
    fputs("\n# slot\tsize\tvariant\tisa\tphase\tshape\telements\tns\tspeedup\tspeedup_low\tspeedup_high"
          "\tstep\tstep_low\tstep_high\tprevious\tstatus\n",
          to);
}

static void put_row(const struct bench_summary_row *row, const struct layout *l, FILE *to)
{
    static const char *const words[] = {[BENCH_OK] = "ok", [BENCH_SKIP] = "skip", [BENCH_ERROR] = "error"};
    const struct bench_record *rec = row->rec;
    const char *const names[] = {rec->variant, rec->isa, rec->phase, rec->shape};
    const double numbers[] = {rec->elements,     row->ns,         row->speedup.value, row->speedup.low,
                              row->speedup.high, row->step.value, row->step.low,      row->step.high};
    fprintf(to, "%zu\t%zu", find_slot(l, rec) + 1, find_shape(l, rec) + 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        putc('\t', to);
        put_word(names[i], to);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (isfinite(numbers[i]))
            fprintf(to, "\t%.17g", numbers[i]);
        else
            fputs("\tNaN", to);
    putc('\t', to);
    put_word(row->previous ? row->previous : "-", to);
    fprintf(to, "\t%s\n", words[rec->status]);
}

int report_phases_tsv(const struct report_input *in, FILE *to, struct qk_error *err)
{
    struct layout l;
    const struct bench_summary *sum = in->summary;
    const char *const op = pick_op(sum);
    size_t points = 0;
    bool any = false;
    for (size_t i = 0; i < sum->count; i++)
        points += strcmp(sum->rows[i].rec->op, op) == 0;
    if (points > REPORT_POINTS_MAX)
        return qk_fail(err, QK_ERR_INVALID, NULL, "%s has %zu cases, and a picture shows at most %d", op,
                       points, REPORT_POINTS_MAX);
    if (!lay_out(&l, sum))
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory to lay out a plot of %zu rows", sum->count);
    for (size_t i = 0; i < sum->count; i++)
        any |= strcmp(sum->rows[i].rec->op, l.op) == 0 && isfinite(sum->rows[i].speedup.value);
    if (any) {
        put_head(in, &l, to);
        for (size_t i = 0; i < sum->count; i++)
            if (strcmp(sum->rows[i].rec->op, l.op) == 0)
                put_row(&sum->rows[i], &l, to);
    }
    free(l.slots);
    free(l.shapes);
    if (!any)
        return qk_fail(err, QK_ERR_INVALID, NULL, "no row has a speed-up over %s: nothing to plot",
                       l.reference);
    errno = 0;
    return bench_written(to, "the numbers of the plot", err);
}
