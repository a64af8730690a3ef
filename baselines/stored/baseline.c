/* SPDX-License-Identifier: MIT */
#include "baselines/stored/baseline.h"

#include <stdlib.h>
#include <string.h>

void baseline_metrics_free(struct bench_metric *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(list[i].name);
        free(list[i].unit);
        free(list[i].reason);
    }
    free(list);
}

void baseline_case_free(struct baseline_case *c)
{
    free(c->isa);
    free(c->phase);
    free(c->flags);
    free(c->spread_why);
    free(c->instructions_why);
    free(c->components_why);
    baseline_metrics_free(c->kinds, c->kind_count);
    baseline_metrics_free(c->counters, c->counter_count);
    free(c->history);
    *c = (struct baseline_case){0};
}

void baseline_free(struct baseline *b)
{
    for (size_t i = 0; i < b->count; i++)
        baseline_case_free(&b->cases[i]);
    free(b->cases);
    free(b->absent);
    *b = (struct baseline){0};
}

int baseline_by_first(const void *a, const void *b)
{
    return strcmp(a, b);
}

struct baseline_case *baseline_find(const struct baseline *b, const char *name)
{
    return b->count ? bsearch(name, b->cases, b->count, sizeof *b->cases, baseline_by_first) : NULL;
}

const struct baseline_absent *baseline_find_absent(const struct baseline *b, const char *name)
{
    return b->absent_count ? bsearch(name, b->absent, b->absent_count, sizeof *b->absent, baseline_by_first)
                           : NULL;
}

void baseline_keep(struct baseline *b, bool (*wanted)(void *ctx, const char *name), void *ctx)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->count; i++)
        if (wanted(ctx, b->cases[i].name))
            b->cases[kept++] = b->cases[i];
        else
            baseline_case_free(&b->cases[i]);
    b->count = kept;
    kept = 0;
    for (size_t i = 0; i < b->absent_count; i++)
        if (wanted(ctx, b->absent[i].name))
            b->absent[kept++] = b->absent[i];
    b->absent_count = kept;
}

static bool copy_text(char **to, const char *from)
{
    *to = from ? strdup(from) : NULL;
    return *to || !from;
}

bool baseline_metric_add(struct bench_metric **list, size_t *count, const char *name, const char *unit,
                         double value, const char *reason)
{
    struct bench_metric *more = reallocarray(*list, *count + 1, sizeof *more);
    if (!more)
        return false;
    *list = more;
    struct bench_metric *m = &more[(*count)++];
    *m = (struct bench_metric){.value = value};
    return copy_text(&m->name, name) && copy_text(&m->unit, unit) && copy_text(&m->reason, reason);
}

static bool copy_metrics(struct bench_metric **to, size_t *count, const struct bench_metric *from, size_t n)
{
    bool fine = true;
    for (size_t i = 0; i < n && fine; i++)
        fine = baseline_metric_add(to, count, from[i].name, from[i].unit, from[i].value, from[i].reason);
    return fine;
}

bool baseline_case_copy(struct baseline_case *to, const struct baseline_case *from)
{
    *to = *from;
    to->isa = to->phase = to->flags = to->spread_why = to->instructions_why = to->components_why = NULL;
    to->kinds = to->counters = NULL;
    to->kind_count = to->counter_count = to->history_count = 0;
    to->history = calloc(from->history_count ? from->history_count : 1, sizeof *to->history);
    if (!to->history)
        return false;
    to->history_count = from->history_count;
    if (from->history_count)
        memcpy(to->history, from->history, from->history_count * sizeof *to->history);
    return copy_text(&to->isa, from->isa) && copy_text(&to->phase, from->phase) &&
           copy_text(&to->flags, from->flags) && copy_text(&to->spread_why, from->spread_why) &&
           copy_text(&to->instructions_why, from->instructions_why) &&
           copy_text(&to->components_why, from->components_why) &&
           copy_metrics(&to->kinds, &to->kind_count, from->kinds, from->kind_count) &&
           copy_metrics(&to->counters, &to->counter_count, from->counters, from->counter_count);
}

int baseline_by_name(const void *a, const void *b)
{
    const struct bench_metric *x = a, *y = b;
    return strcmp(x->name, y->name);
}

const struct bench_metric *baseline_find_counter(const struct baseline_case *c, const char *name)
{
    const struct bench_metric key = {.name = (char *)(uintptr_t)name};
    return c->counter_count
               ? bsearch(&key, c->counters, c->counter_count, sizeof *c->counters, baseline_by_name)
               : NULL;
}
