/* SPDX-License-Identifier: MIT */
/* The order of results, and the words for one of them. All forms use the same. */
#include "reports/forms/private.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* As the run's verdict weighs them; what was not judged stands before what passed. */
static const enum baseline_verdict worst_first[BASELINE_VERDICTS] = {
    BASELINE_INVALID, BASELINE_MISSING, BASELINE_REGRESSION, BASELINE_INCONCLUSIVE,
    BASELINE_WARN,    BASELINE_NEW,     BASELINE_REMOVED,    BASELINE_PASS,
};

bool report_is_control(const struct baseline_result *res)
{
    return res->role == BASELINE_AA || res->role == BASELINE_SLOWED;
}

enum report_outcome report_outcome_of(const struct baseline_report *r, const struct baseline_result *res)
{
    if (report_is_control(res))
        return baseline_control_right(res) ? REPORT_PASSED : REPORT_ERRORED;
    switch (res->verdict) {
    case BASELINE_PASS:
        return REPORT_PASSED;
    case BASELINE_WARN:
        return r->strict ? REPORT_FAILED : REPORT_PASSED;
    case BASELINE_REGRESSION:
        return REPORT_FAILED;
    case BASELINE_INVALID:
    case BASELINE_MISSING:
        return REPORT_ERRORED;
    default: /* not judged */
        return REPORT_SKIPPED;
    }
}

const struct baseline_result *report_nth(const struct report_verdicts *v, size_t i)
{
    return &v->r->results[v->worst_first[i]];
}

/* A control that was judged wrongly makes all else worthless; one judged rightly is the least news of all. */
static int rank(const struct baseline_result *res, bool strict)
{
    if (report_is_control(res))
        return baseline_control_right(res) ? 2 * BASELINE_VERDICTS : -1;
    const bool refused = strict && res->verdict == BASELINE_WARN; /* next to REGRESSION */
    const enum baseline_verdict like = refused ? BASELINE_REGRESSION : res->verdict;
    int i = 0;
    while (worst_first[i] != like)
        i++;
    return 2 * i + refused;
}

static double slowness(const struct baseline_result *res)
{
    const bool known = res->timed && !isnan(res->ratio.value) && res->verdict != BASELINE_PASS;
    return known && !report_is_control(res) ? res->ratio.value : -INFINITY;
}

static int compare(const void *a, const void *b, void *ctx)
{
    const struct baseline_report *r = ctx;
    const struct baseline_result *results = r->results;
    const size_t i = *(const size_t *)a, j = *(const size_t *)b;
    const int by_rank = rank(&results[i], r->strict) - rank(&results[j], r->strict);
    const double x = slowness(&results[i]), y = slowness(&results[j]);
    if (by_rank)
        return by_rank;
    return x != y ? (x < y) - (x > y) : (i > j) - (i < j);
}

int report_verdicts_make(struct report_verdicts *v, const struct baseline_report *r, struct qk_error *err)
{
    *v = (struct report_verdicts){.r = r};
    errno = 0; /* what bench_written finds there then is a write's */
    v->worst_first = calloc(r->count ? r->count : 1, sizeof *v->worst_first);
    if (!v->worst_first)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the order of %zu verdicts", r->count);
    for (size_t i = 0; i < r->count; i++) {
        const struct baseline_result *res = &r->results[i];
        v->worst_first[i] = i;
        if (report_is_control(res)) {
            v->controls++;
            v->wrong_controls += !baseline_control_right(res);
        } else {
            v->counts[res->verdict]++;
            *(res->role == BASELINE_RULE ? &v->rules : &v->cases) += 1;
        }
    }
    qsort_r(v->worst_first, r->count, sizeof *v->worst_first, compare, (void *)(uintptr_t)r);
    return 0;
}

void report_verdicts_free(struct report_verdicts *v)
{
    free(v->worst_first);
    *v = (struct report_verdicts){0};
}

const char *report_word(const struct baseline_report *r, enum baseline_verdict verdict)
{
    return verdict == BASELINE_WARN && r->strict ? "WARN (strict)" : baseline_verdict_names[verdict];
}

const char *report_percent(char to[16], double ratio)
{
    /* Rounded first, and + 0: a negative zero would be printed with its sign. */
    const double percent = round((ratio - 1) * 1e4) / 100 + 0.0;
    if (!isfinite(percent))
        strcpy(to, "-");
    else if (fabs(percent) < 1e6)
        snprintf(to, 16, "%+.*f", fabs(percent) < 1000 ? 2 : 0, percent);
    else
        snprintf(to, 16, "%+.3g", percent);
    return to;
}

const char *report_time(char to[24], double ns)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    size_t unit = 0;
    if (!isfinite(ns) || ns < 0) {
        strcpy(to, "-");
        return to;
    }
    for (; ns >= 999.95 && unit < 3; unit++)
        ns /= 1000;
    if (ns < 1e6)
        snprintf(to, 24, "%.*f %s", ns < 9.9995 ? 3 : ns < 99.995 ? 2 : 1, ns, units[unit]);
    else
        snprintf(to, 24, "%.3g %s", ns, units[unit]);
    return to;
}

const char *report_change(char to[64], const struct baseline_result *res)
{
    char value[16], low[16], high[16];
    const struct bench_interval *x = &res->ratio;
    const bool known = isfinite(x->low) && isfinite(x->high);
    *to = '\0';
    if (!res->timed || !isfinite(x->value))
        return to;
    if (res->role == BASELINE_RULE && known)
        snprintf(to, 64, "%.3fx [%.3f, %.3f]", 1 / x->value, 1 / x->high, 1 / x->low);
    else if (res->role == BASELINE_RULE)
        snprintf(to, 64, "%.3fx", 1 / x->value);
    else if (known)
        snprintf(to, 64, "%s %% [%s, %s]", report_percent(value, x->value), report_percent(low, x->low),
                 report_percent(high, x->high));
    else
        snprintf(to, 64, "%s %%", report_percent(value, x->value));
    return to;
}

/* Appends, cutting what does not fit. */
static void add(char *to, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void add(char *to, size_t size, const char *fmt, ...)
{
    const size_t used = strlen(to);
    va_list args;
    va_start(args, fmt);
    vsnprintf(to + used, size - used, fmt, args);
    va_end(args);
}

const char *report_counts(char to[160], const struct report_verdicts *v)
{
    *to = '\0';
    for (int i = 0; i < BASELINE_VERDICTS; i++)
        if (v->counts[worst_first[i]])
            add(to, 160, "%s%zu %s", *to ? ", " : "", v->counts[worst_first[i]],
                baseline_verdict_names[worst_first[i]]);
    return to;
}

const char *report_should_be(const struct baseline_result *res)
{
    return baseline_verdict_names[res->role == BASELINE_AA ? BASELINE_PASS : BASELINE_REGRESSION];
}

static void say_measured(char *to, const struct baseline_result *res)
{
    char change[64], base[24], cand[24];
    if (!*report_change(change, res))
        return;
    add(to, REPORT_SAID, ", %s", change);
    if (res->role == BASELINE_RULE)
        add(to, REPORT_SAID, ", at least %.3fx", exp(-res->must_catch));
    else
        add(to, REPORT_SAID, ", margins %.3g and %.3g %%, %s, was %s", 100 * res->ignorable,
            100 * res->must_catch, report_time(cand, res->cand_ns), report_time(base, res->base_ns));
    if (res->injected > 0)
        add(to, REPORT_SAID, ", %.2f %% of extra work", 100 * res->injected);
    add(to, REPORT_SAID, ", %zu blocks in %.2f s", res->blocks, res->seconds);
}

const char *report_say(char to[REPORT_SAID], const struct baseline_result *res)
{
    *to = '\0';
    add(to, REPORT_SAID, "%s", baseline_verdict_names[res->verdict]);
    if (report_is_control(res) && !baseline_control_right(res))
        add(to, REPORT_SAID, " where it must be a timed %s%s", report_should_be(res),
            res->role == BASELINE_SLOWED ? " by more than must-catch" : "");
    if (*res->memory)
        add(to, REPORT_SAID, " (%s)", res->memory);
    say_measured(to, res);
    for (size_t i = 0; i < res->component_count; i++)
        if (res->components[i].grew)
            add(to, REPORT_SAID, "; %s grew from %.1f to %.1f %% of the time", res->components[i].name,
                res->components[i].old_share, res->components[i].new_share);
    if (isfinite(res->old_instructions) && isfinite(res->new_instructions) &&
        res->old_instructions != res->new_instructions)
        add(to, REPORT_SAID, "; %.0f instructions, were %.0f", res->new_instructions, res->old_instructions);
    if (*res->reason)
        add(to, REPORT_SAID, "; %s", res->reason);
    return to;
}
