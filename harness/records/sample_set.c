/* SPDX-License-Identifier: MIT */
#include "harness/records/sample_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const bench_event_names[BENCH_EVENT_COUNT] = {
    [BENCH_EVENT_WALL] = "wall_ns",
    [BENCH_EVENT_TASK] = "task_clock_ns",
    [BENCH_EVENT_MINOR_FAULTS] = "minor_faults",
    [BENCH_EVENT_MAJOR_FAULTS] = "major_faults",
    [BENCH_EVENT_VOLUNTARY] = "voluntary_switches",
    [BENCH_EVENT_INVOLUNTARY] = "involuntary_switches",
    [BENCH_EVENT_MIGRATIONS] = "migrations",
    [BENCH_EVENT_STEAL] = "steal_ns",
};

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

struct bench_block *bench_record_add_block(struct bench_record *rec, size_t slices)
{
    size_t bytes;
    if (rec->block_count >= BENCH_BLOCKS_MAX || slices == 0 || !qk_mul_size(slices, sizeof(double), &bytes))
        return NULL;
    if (!rec->blocks) {
        rec->blocks = calloc(BENCH_BLOCKS_MAX, sizeof *rec->blocks);
        if (!rec->blocks)
            return NULL;
    }
    double *samples = calloc(1, bytes);
    if (!samples)
        return NULL;
    struct bench_block *block = &rec->blocks[rec->block_count++];
    *block = (struct bench_block){.core_ghz = NAN, .slices = slices, .samples_ns = samples};
    return block;
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
