/* SPDX-License-Identifier: MIT */
/* Rules across the cases of a sample set. */
#include "harness/records/sample_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes `found` over. */
static void refuse(struct bench_reader *r, const char *where, json_t *found, const char *expected)
{
    bench_refuse(r, where, found, expected);
    json_decref(found);
}

static int by_group(const void *a, const void *b)
{
    const struct bench_record *x = *(const struct bench_record *const *)a;
    const struct bench_record *y = *(const struct bench_record *const *)b;
    int order = strcmp(x->op, y->op);
    if (!order)
        order = strcmp(x->shape, y->shape);
    return order ? order : (x > y) - (x < y);
}

static size_t first_row(const struct bench_sample_set *set, const struct bench_record *rec)
{
    size_t row = 0;
    for (const struct bench_record *r = set->records; r < rec; r++)
        row += r->block_count;
    return row;
}

/* Both ok and of one group. */
static void check_pair(struct bench_reader *r, const struct bench_sample_set *set,
                       const struct bench_record *first, const struct bench_record *rec)
{
    char where[80], other[BENCH_NAME_MAX], expected[BENCH_NAME_MAX + 80];
    bench_record_name(first, other, sizeof other);
    if (rec->block_count != first->block_count) {
        snprintf(where, sizeof where, "$.qkbench.cases[%zu]", (size_t)(rec - set->records));
        snprintf(expected, sizeof expected, "%zu rows in benchmarks, as for %s", first->block_count, other);
        refuse(r, where, json_integer((json_int_t)rec->block_count), expected);
    }
    for (size_t b = 0; b < rec->block_count && !r->code; b++) {
        const struct bench_block *block = &rec->blocks[b], *one = &first->blocks[b];
        const struct bench_events *e = &block->events;
        if (e->recorded != one->events.recorded || (e->recorded && e->disturbed != one->events.disturbed)) {
            snprintf(where, sizeof where, "$.benchmarks[%zu].disturbed", first_row(set, rec) + b);
            snprintf(expected, sizeof expected, "the word of row %zu of %s, which is the same block", b,
                     other);
            refuse(r, where, e->recorded ? json_boolean(e->disturbed) : NULL, expected);
        }
        if (block->slices != one->slices) {
            snprintf(where, sizeof where, "$.benchmarks[%zu].samples_ns", first_row(set, rec) + b);
            snprintf(expected, sizeof expected, "%zu samples, as in row %zu of %s", one->slices, b, other);
            refuse(r, where, json_integer((json_int_t)block->slices), expected);
        }
    }
}

/* order: the records by group, then as in the set. A group is measured by its first ok record. */
static void check_groups(struct bench_reader *r, const struct bench_sample_set *set,
                         const struct bench_record *const *order)
{
    const struct bench_record *first = NULL;
    for (size_t i = 0; i < set->record_count && !r->code; i++) {
        const struct bench_record *rec = order[i];
        if (first && (strcmp(first->op, rec->op) != 0 || strcmp(first->shape, rec->shape) != 0))
            first = NULL;
        if (rec->status == BENCH_OK && !first)
            first = rec;
        else if (rec->status == BENCH_OK)
            check_pair(r, set, first, rec);
    }
}

void bench_sample_set_check(struct bench_reader *r, const struct bench_place *at, const void *record,
                            const void *whole)
{
    const struct bench_sample_set *set = record;
    const struct bench_record **order = calloc(set->record_count + 1, sizeof *order);
    char where[64];
    (void)at, (void)whole;
    if (!order) {
        bench_reader_no_memory(r);
        return;
    }
    for (size_t i = 0; i < set->record_count; i++) {
        order[i] = &set->records[i];
        snprintf(where, sizeof where, "$.qkbench.cases[%zu].status", i);
        if (order[i]->status == BENCH_OK && !order[i]->block_count)
            refuse(r, where, json_string("ok"),
                   "at least one row of this case in benchmarks, because it is ok");
    }
    qsort(order, set->record_count, sizeof *order, by_group);
    check_groups(r, set, order);
    free(order);
}
