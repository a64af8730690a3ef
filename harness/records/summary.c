/* SPDX-License-Identifier: MIT */
#include "harness/records/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double LEVEL = 0.95;
static const struct bench_interval NOTHING = {NAN, NAN, NAN};

static bool same_group(const struct bench_record *a, const struct bench_record *b)
{
    return !strcmp(a->op, b->op) && !strcmp(a->shape, b->shape);
}

static bool has_phase(const struct bench_record *rec)
{
    return rec->phase && strcmp(rec->phase, "-") != 0;
}

/* bench_paired_ratio needs scratch of blocks + this. Every median below sorts less. */
static size_t most_slices(const struct bench_sample_set *set)
{
    size_t most = 0;
    for (size_t i = 0; i < set->record_count; i++)
        for (size_t b = 0; b < set->records[i].block_count; b++)
            if (set->records[i].blocks[b].slices > most)
                most = set->records[i].blocks[b].slices;
    return most;
}

/* By op and shape, then as in the set. */
static int by_group(const void *a, const void *b)
{
    const struct bench_record *x = *(const struct bench_record *const *)a;
    const struct bench_record *y = *(const struct bench_record *const *)b;
    int order = strcmp(x->op, y->op);
    if (!order)
        order = strcmp(x->shape, y->shape);
    return order ? order : (x > y) - (x < y);
}

/* The samples of two records, block by block. */
struct pairs {
    const double *a[BENCH_BLOCKS_MAX], *b[BENCH_BLOCKS_MAX];
    size_t slices[BENCH_BLOCKS_MAX];
};

/* False when their blocks do not pair (a failed base has none). */
static bool pair(struct pairs *p, const struct bench_record *base, const struct bench_record *rec)
{
    if (!base || base->block_count != rec->block_count)
        return false;
    for (size_t i = 0; i < rec->block_count; i++) {
        if (base->blocks[i].slices != rec->blocks[i].slices)
            return false;
        p->a[i] = base->blocks[i].samples_ns;
        p->b[i] = rec->blocks[i].samples_ns;
        p->slices[i] = rec->blocks[i].slices;
    }
    return true;
}

/* How much faster `rec` is than `base`; NaN when their blocks do not pair. */
static struct bench_interval ratio(const struct bench_record *base, const struct bench_record *rec,
                                   double *scratch)
{
    struct pairs p;
    return pair(&p, base, rec) ? bench_paired_ratio(p.a, p.b, p.slices, rec->block_count, LEVEL, scratch)
                               : NOTHING;
}

int bench_summary_blocks(const struct bench_record *base, const struct bench_record *rec, double *to,
                         size_t *count, struct qk_error *err)
{
    struct pairs p;
    size_t most = 1;
    *count = pair(&p, base, rec) ? rec->block_count : 0;
    for (size_t i = 0; i < *count; i++)
        most = p.slices[i] > most ? p.slices[i] : most;
    double *scratch = calloc(most, sizeof *scratch);
    if (!scratch)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a block of %zu slices", most);
    bench_paired_logs(p.a, p.b, p.slices, *count, to, scratch);
    for (size_t i = 0; i < *count; i++)
        to[i] = exp(to[i]);
    free(scratch);
    return QK_OK;
}

static void fill(struct bench_summary_row *row, const struct bench_record *reference,
                 const struct bench_record *previous, double *scratch)
{
    const struct bench_record *rec = row->rec;
    double ns[BENCH_BLOCKS_MAX], cycles[BENCH_BLOCKS_MAX];
    size_t clocked = 0;
    for (size_t b = 0; b < rec->block_count; b++) {
        const struct bench_block *block = &rec->blocks[b];
        ns[b] = bench_median(block->samples_ns, block->slices, scratch);
        if (!isnan(block->core_ghz))
            cycles[clocked++] = ns[b] * block->core_ghz / rec->elements;
    }
    row->ns = bench_median(ns, rec->block_count, scratch);
    row->cycles_per_element = bench_median(cycles, clocked, scratch);
    row->gelem_s = rec->elements / row->ns;
    row->gb_s = (rec->bytes_read + rec->bytes_written) / row->ns;
    row->speedup = rec->reference ? (struct bench_interval){1, 1, 1} : ratio(reference, rec, scratch);
    if (previous) {
        row->previous = previous->variant;
        row->step = ratio(previous, rec, scratch);
    }
}

/* A row outside the ladder has no step, and is no rung to step from. */
static void fill_group(struct bench_summary_row *rows, const struct bench_record *first,
                       const struct bench_record *const *group, size_t count, double *scratch)
{
    const struct bench_record *reference = NULL, *previous = NULL;
    for (size_t i = count; i-- > 0;)
        if (group[i]->reference)
            reference = group[i];
    for (size_t i = 0; i < count; i++) {
        const struct bench_record *rec = group[i];
        if (rec->status != BENCH_OK)
            continue;
        fill(&rows[rec - first], reference, has_phase(rec) ? previous : NULL, scratch);
        if (has_phase(rec))
            previous = rec;
    }
}

int bench_summary_make(struct bench_summary *sum, const struct bench_sample_set *set, struct qk_error *err)
{
    size_t room;
    *sum = (struct bench_summary){0};
    if (!qk_add_size(most_slices(set), BENCH_BLOCKS_MAX, &room))
        return qk_fail(err, QK_ERR_MEMORY, NULL, "samples of a block overflow the address space");
    double *scratch = calloc(room, sizeof *scratch);
    struct bench_summary_row *rows = calloc(set->record_count + 1, sizeof *rows);
    const struct bench_record **order = calloc(set->record_count + 1, sizeof *order);
    if (!scratch || !rows || !order) {
        free(scratch);
        free(rows);
        free(order);
        return qk_fail(err, QK_ERR_MEMORY, NULL, "out of memory for the summary of %zu cases",
                       set->record_count);
    }
    for (size_t i = 0; i < set->record_count; i++) {
        rows[i] = (struct bench_summary_row){&set->records[i], NAN, NAN, NAN, NAN, NOTHING, NULL, NOTHING};
        order[i] = &set->records[i];
    }
    qsort(order, set->record_count, sizeof *order, by_group);
    for (size_t first = 0, end; first < set->record_count; first = end) {
        for (end = first + 1; end < set->record_count && same_group(order[first], order[end]);)
            end++;
        fill_group(rows, set->records, &order[first], end - first, scratch);
    }
    free(order);
    free(scratch);
    sum->rows = rows;
    sum->count = set->record_count;
    return QK_OK;
}

void bench_summary_free(struct bench_summary *sum)
{
    free(sum->rows);
    *sum = (struct bench_summary){0};
}

size_t bench_summary_group_end(const struct bench_summary *sum, size_t first)
{
    size_t end = first + 1;
    while (end < sum->count && same_group(sum->rows[end].rec, sum->rows[first].rec))
        end++;
    return end;
}
