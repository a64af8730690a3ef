/* SPDX-License-Identifier: MIT */
#include "harness/records/sample_set.h"

#include "harness/records/files/outfile.h"
#include "harness/records/shown.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void bench_sample_set_init(struct bench_sample_set *set)
{
    *set = (struct bench_sample_set){.timer_ns = NAN, .clock_ghz = NAN, .clock_why = "not estimated"};
    bench_environment_init(&set->env);
}

static void drop_blocks(struct bench_record *rec)
{
    for (size_t b = 0; b < rec->block_count; b++)
        free(rec->blocks[b].samples_ns);
    free(rec->blocks);
    rec->blocks = NULL;
    rec->block_count = 0;
    rec->calls = 0;
}

static void free_metric(struct bench_metric *metric)
{
    free(metric->name);
    free(metric->unit);
    free(metric->reason);
}

static void drop_metrics(struct bench_record *rec)
{
    for (size_t m = 0; m < rec->metric_count; m++)
        free_metric(&rec->metrics[m]);
    free(rec->metrics);
    rec->metrics = NULL;
    rec->metric_count = 0;
}

static void free_record(struct bench_record *rec)
{
    drop_blocks(rec);
    drop_metrics(rec);
    free(rec->op);
    free(rec->variant);
    free(rec->shape);
    free(rec->isa);
    free(rec->phase);
    free(rec->flags);
    free(rec->reason);
}

void bench_sample_set_free(struct bench_sample_set *set)
{
    for (size_t i = 0; i < set->record_count; i++)
        free_record(&set->records[i]);
    free(set->records);
    bench_sample_set_init(set);
}

struct bench_record *bench_sample_set_add(struct bench_sample_set *set, const char *op, const char *variant,
                                          const char *shape)
{
    if (set->record_count == set->record_room) {
        const size_t room = set->record_room ? 2 * set->record_room : 16;
        size_t bytes;
        if (room < set->record_room || !qk_mul_size(room, sizeof *set->records, &bytes))
            return NULL;
        struct bench_record *grown = realloc(set->records, bytes);
        if (!grown)
            return NULL;
        set->records = grown;
        set->record_room = room;
    }
    struct bench_record rec = {.op = strdup(op), .variant = strdup(variant), .shape = strdup(shape)};
    if (!rec.op || !rec.variant || !rec.shape) {
        free_record(&rec);
        return NULL;
    }
    set->records[set->record_count] = rec;
    return &set->records[set->record_count++];
}

bool bench_record_describe(struct bench_record *rec, const char *isa, const char *phase, const char *flags)
{
    char *const copies[] = {strdup(isa), strdup(phase), strdup(flags)};
    if (!copies[0] || !copies[1] || !copies[2]) {
        for (int i = 0; i < 3; i++)
            free(copies[i]);
        return false;
    }
    free(rec->isa);
    free(rec->phase);
    free(rec->flags);
    rec->isa = copies[0];
    rec->phase = copies[1];
    rec->flags = copies[2];
    return true;
}

bool bench_record_stop(struct bench_record *rec, enum bench_status status, const char *reason)
{
    char *copy = strdup(reason);
    if (!copy)
        return false;
    drop_blocks(rec);
    drop_metrics(rec);
    free(rec->reason);
    rec->reason = copy;
    rec->status = status;
    return true;
}

bool bench_record_take_block(struct bench_record *rec, struct bench_block *block)
{
    if (rec->block_count >= BENCH_BLOCKS_MAX)
        return false;
    if (!rec->blocks)
        rec->blocks = calloc(BENCH_BLOCKS_MAX, sizeof *rec->blocks);
    if (!rec->blocks)
        return false;
    rec->blocks[rec->block_count++] = *block;
    block->samples_ns = NULL;
    return true;
}

struct bench_block *bench_record_add_block(struct bench_record *rec, size_t slices)
{
    size_t bytes;
    if (slices == 0 || !qk_mul_size(slices, sizeof(double), &bytes))
        return NULL;
    struct bench_block block = {.core_ghz = NAN, .slices = slices, .samples_ns = calloc(1, bytes)};
    const bool taken = block.samples_ns && bench_record_take_block(rec, &block);
    free(block.samples_ns);
    return taken ? &rec->blocks[rec->block_count - 1] : NULL;
}

bool bench_record_add_metric(struct bench_record *rec, const char *name, const char *unit, double value,
                             const char *reason)
{
    size_t bytes;
    if (!qk_mul_size(rec->metric_count + 1, sizeof *rec->metrics, &bytes))
        return false;
    struct bench_metric *grown = realloc(rec->metrics, bytes);
    if (!grown)
        return false;
    rec->metrics = grown;
    struct bench_metric metric = {strdup(name), strdup(unit), value, reason ? strdup(reason) : NULL};
    if (!metric.name || !metric.unit || (reason && !metric.reason)) {
        free_metric(&metric);
        return false;
    }
    rec->metrics[rec->metric_count++] = metric;
    return true;
}

const struct bench_metric *bench_record_metric(const struct bench_record *rec, const char *name)
{
    for (size_t m = 0; m < rec->metric_count; m++)
        if (!strcmp(rec->metrics[m].name, name))
            return &rec->metrics[m];
    return NULL;
}

char *bench_record_name(const struct bench_record *rec, char *to, size_t size)
{
    snprintf(to, size, "%s/%s/%s", rec->op, rec->variant, rec->shape);
    return to;
}

int bench_sample_set_write_csv(const struct bench_sample_set *set, FILE *to, struct qk_error *err)
{
    char name[BENCH_NAME_MAX];
    errno = 0;
    fputs("case,block,slice,ns_per_call,estimated_ghz\r\n", to);
    for (size_t i = 0; i < set->record_count; i++) {
        const struct bench_record *rec = &set->records[i];
        bench_record_name(rec, name, sizeof name);
        for (size_t b = 0; b < rec->block_count; b++)
            for (size_t s = 0; s < rec->blocks[b].slices; s++) {
                bench_show_csv(name, to);
                fprintf(to, ",%zu,%zu,%.7g,", b, s, rec->blocks[b].samples_ns[s]);
                if (!isnan(rec->blocks[b].core_ghz))
                    fprintf(to, "%.7g", rec->blocks[b].core_ghz);
                fputs("\r\n", to);
            }
    }
    return bench_written(to, "the samples", err);
}
