/* SPDX-License-Identifier: MIT */
#include "baselines/stored/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct bench_interval slower(const struct bench_interval *was, const struct bench_interval *is)
{
    const double old_log = log(was->value), new_log = log(is->value), d = old_log - new_log;
    return (struct bench_interval){d, d - hypot(old_log - log(was->low), log(is->high) - new_log),
                                   d + hypot(log(was->high) - old_log, new_log - log(is->low))};
}

static double total_ns(const struct baseline_case *c)
{
    double sum = 0;
    for (size_t i = 0; i < c->component_count; i++)
        sum += c->components[i].ns.value;
    return sum;
}

/*
 * Shares are compared, because a slow minute of the machine makes every time longer. They are compared
 * between the near ends of both intervals, because the intervals of two short launches are narrow by luck
 * now and then. An end that is not known proves nothing.
 */
static bool grew(const struct baseline_difference *d, const struct baseline_part *was,
                 const struct baseline_part *is, double margin)
{
    return 100 * (is->ns.low / total_ns(d->new_case) - was->ns.high / total_ns(d->old_case)) > margin;
}

static void compare_components(struct baseline_difference *d, double margin)
{
    for (size_t i = 0; i < d->old_case->component_count; i++) {
        const struct baseline_part *was = &d->old_case->components[i];
        for (size_t k = 0; k < d->new_case->component_count; k++) {
            const struct baseline_part *is = &d->new_case->components[k];
            if (strcmp(was->name, is->name) != 0)
                continue;
            struct baseline_component *c = &d->components[d->component_count++];
            memcpy(c->name, was->name, sizeof c->name);
            c->old_share = was->share;
            c->new_share = is->share;
            c->grew = grew(d, was, is, margin);
        }
    }
}

/* Both are sorted; a kind that is not named did not occur. */
static void add_kinds(struct baseline_difference *d)
{
    const struct baseline_case *a = d->old_case, *b = d->new_case;
    for (size_t i = 0, k = 0; i < a->kind_count || k < b->kind_count;) {
        const int order = i == a->kind_count   ? 1
                          : k == b->kind_count ? -1
                                               : strcmp(a->kinds[i].name, b->kinds[k].name);
        const char *name = order <= 0 ? a->kinds[i].name : b->kinds[k].name;
        const double was = order <= 0 ? a->kinds[i].value : 0, is = order >= 0 ? b->kinds[k].value : 0;
        if (was != is)
            d->kinds[d->kind_count++] = (struct baseline_kind_change){name, was, is};
        i += order <= 0;
        k += order >= 0;
    }
}

/* Where one side could not name the kinds, only the counts are compared. */
static bool compare_instructions(struct baseline_difference *d)
{
    const struct baseline_case *was = d->old_case, *is = d->new_case;
    if (isnan(was->instructions) || isnan(is->instructions))
        return true;
    d->kinds = calloc(was->kind_count + is->kind_count + 1, sizeof *d->kinds);
    if (!d->kinds)
        return false;
    if (was->kind_count && is->kind_count)
        add_kinds(d);
    d->instructions_changed = was->instructions != is->instructions || d->kind_count;
    return true;
}

static bool add_row(struct baseline_comparison *c, const struct baseline_case *was,
                    const struct baseline_case *is)
{
    struct baseline_difference *d = &c->rows[c->count++];
    *d = (struct baseline_difference){
        .name = was ? was->name : is->name, .old_case = was, .new_case = is, .slower = {NAN, NAN, NAN}};
    if (!was || !is) {
        d->why_not = baseline_find_absent(was ? c->new_side : c->old_side, d->name);
        return true;
    }
    d->slower = slower(&was->speedup, &is->speedup);
    compare_components(d, c->component_share);
    return compare_instructions(d);
}

/* Both sides are sorted. */
static bool walk(struct baseline_comparison *c)
{
    const struct baseline *a = c->old_side, *b = c->new_side;
    bool fine = true;
    for (size_t i = 0, k = 0; fine && (i < a->count || k < b->count);) {
        const int order = i == a->count ? 1 : k == b->count ? -1 : strcmp(a->cases[i].name, b->cases[k].name);
        fine = add_row(c, order <= 0 ? &a->cases[i] : NULL, order >= 0 ? &b->cases[k] : NULL);
        i += order <= 0;
        k += order >= 0;
    }
    return fine;
}

int baseline_compare(struct baseline_comparison *c, const struct baseline *old_side,
                     const struct baseline *new_side, double component_share, struct qk_error *err)
{
    *c = (struct baseline_comparison){
        .old_side = old_side, .new_side = new_side, .component_share = component_share};
    int code = baseline_identity(old_side, new_side, true, &c->identity, &c->identity_count, err);
    if (!code)
        code = baseline_shown(old_side, new_side, &c->shown, &c->shown_count, err);
    c->rows = calloc(old_side->count + new_side->count + 1, sizeof *c->rows);
    if (!code && (!c->rows || !walk(c)))
        code = qk_fail(err, QK_ERR_MEMORY, old_side->name, "no memory for %zu cases",
                       old_side->count + new_side->count);
    if (code)
        baseline_comparison_free(c);
    return code;
}

void baseline_comparison_free(struct baseline_comparison *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->rows[i].kinds);
    free(c->rows);
    free(c->identity);
    free(c->shown);
    *c = (struct baseline_comparison){0};
}

bool baseline_differs(const struct baseline_difference *d)
{
    if (!d->old_case || !d->new_case)
        return false;
    /* fmax takes the other one of a NaN. */
    const double spread = fmax(0, fmax(d->old_case->spread, d->new_case->spread));
    return d->instructions_changed || strcmp(d->old_case->flags, d->new_case->flags) != 0 ||
           d->slower.low > spread || d->slower.high < -spread;
}
