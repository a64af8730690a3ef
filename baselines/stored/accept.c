/* SPDX-License-Identifier: MIT */
#include "baselines/stored/baseline.h"

#include "baselines/stored/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int check_same_machine(const struct baseline *b, const struct baseline *result, struct qk_error *err)
{
    struct baseline_field *list = NULL;
    size_t count = 0;
    char text[400];
    int code = baseline_identity(b, result, false, &list, &count, err);
    if (!code && count)
        code = qk_fail(err, QK_ERR_INVALID, b->name,
                       "the result is not comparable (%s); save a baseline of its own",
                       baseline_fields_text(list, count, text, sizeof text));
    free(list);
    return code;
}

/* The result's case, with the history of the old one and one entry more. */
static bool replace(struct baseline_case *to, const struct baseline_difference *d,
                    const struct baseline *result, const char *reason, const char *date)
{
    struct baseline_accepted entry = {.speedup = d->old_case->speedup,
                                      .instructions = d->old_case->instructions};
    const size_t before = d->old_case->history_count;
    snprintf(entry.date, sizeof entry.date, "%s", date);
    snprintf(entry.commit, sizeof entry.commit, "%s", result->env.commit);
    snprintf(entry.reason, sizeof entry.reason, "%s", reason);
    if (!baseline_case_copy(to, d->new_case))
        return false;
    /* One launch has no spread; margins should not shrink for want of one. */
    if (isnan(to->spread) && !isnan(d->old_case->spread)) {
        free(to->spread_why);
        to->spread = d->old_case->spread;
        to->spread_why = strdup("of what stood here before");
        if (!to->spread_why)
            return false;
    }
    struct baseline_accepted *history = reallocarray(to->history, before + 1, sizeof *history);
    if (!history)
        return false;
    if (before)
        memcpy(history, d->old_case->history, before * sizeof *history);
    history[before] = entry;
    to->history = history;
    to->history_count = before + 1;
    return true;
}

/* cases[c->count] becomes the new list. */
static bool build(struct baseline_case *cases, size_t *count, const struct baseline_comparison *c,
                  const struct baseline *result, const char *reason, const char *date, size_t *changed)
{
    bool fine = true;
    for (size_t i = 0; i < c->count && fine; i++) {
        const struct baseline_difference *d = &c->rows[i];
        struct baseline_case *to = &cases[(*count)++];
        const bool differs = baseline_differs(d);
        *changed += differs || !d->old_case;
        if (differs)
            fine = replace(to, d, result, reason, date);
        else
            fine = baseline_case_copy(to, d->old_case ? d->old_case : d->new_case);
    }
    return fine;
}

int baseline_accept(struct baseline *b, const struct baseline *result, const char *reason, const char *date,
                    size_t *changed, struct qk_error *err)
{
    struct baseline_comparison c;
    const size_t length = strlen(reason), most = sizeof((struct baseline_accepted *)0)->reason;
    *changed = 0;
    if (!length || length >= most)
        return qk_fail(err, QK_ERR_ARG, "--reason", "a text of %zu bytes, expected 1 to %zu", length,
                       most - 1);
    int code = check_same_machine(b, result, err);
    if (!code)
        code = baseline_compare(&c, b, result, BASELINE_COMPONENT_SHARE, err);
    if (code)
        return code;
    struct baseline next = *b;
    next.absent = NULL;
    next.absent_count = next.count = 0;
    next.cases = calloc(c.count, sizeof *next.cases);
    if (!next.cases || !build(next.cases, &next.count, &c, result, reason, date, changed)) {
        baseline_free(&next);
        *changed = 0;
        code = qk_fail(err, QK_ERR_MEMORY, b->name, "no memory for %zu cases", c.count);
    }
    baseline_comparison_free(&c);
    if (code)
        return code;
    baseline_free(b);
    *b = next;
    return 0;
}
