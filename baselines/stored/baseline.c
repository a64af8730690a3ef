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

static int against_case(const void *name, const void *one)
{
    return strcmp(name, ((const struct baseline_case *)one)->name);
}

static int against_absent(const void *name, const void *one)
{
    return strcmp(name, ((const struct baseline_absent *)one)->name);
}

struct baseline_case *baseline_find(const struct baseline *b, const char *name)
{
    return b->count ? bsearch(name, b->cases, b->count, sizeof *b->cases, against_case) : NULL;
}

const struct baseline_absent *baseline_find_absent(const struct baseline *b, const char *name)
{
    return b->absent_count ? bsearch(name, b->absent, b->absent_count, sizeof *b->absent, against_absent)
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

bool baseline_metrics_add(struct bench_metric **to, size_t *count, const struct bench_metric *from, size_t n)
{
    struct bench_metric *more = reallocarray(*to, *count + n + 1, sizeof *more);
    if (more)
        *to = more;
    for (size_t i = 0; i < n && more; i++) {
        struct bench_metric *m = &more[(*count)++];
        *m = (struct bench_metric){.value = from[i].value};
        if (!copy_text(&m->name, from[i].name) || !copy_text(&m->unit, from[i].unit) ||
            !copy_text(&m->reason, from[i].reason))
            return false;
    }
    return more;
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
           baseline_metrics_add(&to->kinds, &to->kind_count, from->kinds, from->kind_count) &&
           baseline_metrics_add(&to->counters, &to->counter_count, from->counters, from->counter_count);
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
