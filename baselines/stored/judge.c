/* SPDX-License-Identifier: MIT */
#include "baselines/stored/compare.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Appends to a reason, with a semicolon between. */
__attribute__((format(printf, 2, 3))) static void say(struct baseline_result *out, const char *fmt, ...)
{
    va_list args;
    size_t used = strlen(out->reason);
    if (used && used + 3 < sizeof out->reason) {
        memcpy(out->reason + used, "; ", 3);
        used += 2;
    }
    va_start(args, fmt);
    vsnprintf(out->reason + used, sizeof out->reason - used, fmt, args);
    va_end(args);
}

static bool wants_result(const struct baseline_difference *d)
{
    return !d->old_case || !d->new_case || !d->old_case->reference || d->instructions_changed;
}

/* New rows and references say nothing about the base: a run of only those has judged nothing. */
static bool says_something(const struct baseline_difference *d)
{
    return d->old_case && (!d->new_case || !d->old_case->reference);
}

static void judge_missing(struct baseline_result *out, const struct baseline_difference *d,
                          const struct baseline_policy *p)
{
    if (!d->old_case) {
        out->verdict = BASELINE_NEW;
        return;
    }
    const char *removed = baseline_policy_removed(p, d->name);
    if (d->why_not)
        say(out, "%s", d->why_not->reason);
    if (d->why_not && d->why_not->failed) {
        out->verdict = BASELINE_INVALID;
        return;
    }
    out->verdict = removed ? BASELINE_REMOVED : BASELINE_MISSING;
    if (removed)
        say(out, "%s", removed);
}

static double margin(double share, double spread)
{
    return fmax(log1p(share), isnan(spread) ? 0 : spread);
}

static void judge_time(struct baseline_result *out, const struct baseline_difference *d,
                       const struct baseline_policy *p)
{
    const struct bench_interval *x = &d->slower;
    const double spread = p->spread_factor * d->old_case->spread;
    const double ignorable = margin(p->stored.ignorable, spread),
                 must_catch = margin(p->stored.must_catch, spread);
    out->timed = true;
    out->ratio = (struct bench_interval){exp(x->value), exp(x->low), exp(x->high)};
    out->ignorable = expm1(ignorable);
    out->must_catch = expm1(must_catch);
    out->base_ns = d->old_case->ns;
    out->cand_ns = d->new_case->ns;
    out->verdict = BASELINE_INCONCLUSIVE;
    if (isnan(x->low) || isnan(x->high))
        say(out, "too few blocks for an interval");
    else if (x->low > must_catch)
        out->verdict = BASELINE_REGRESSION;
    else if (x->low > ignorable)
        out->verdict = BASELINE_WARN;
    else if (x->high < must_catch)
        out->verdict = BASELINE_PASS;
    if (ignorable > log1p(p->stored.ignorable))
        say(out, "margins are at least %.3g times the %.2g %% that launches of the baseline differed by",
            p->spread_factor, 100 * d->old_case->spread);
}

static void judge_instructions(struct baseline_result *out, const struct baseline_difference *d,
                               const struct baseline_policy *p)
{
    out->old_instructions = d->old_case->instructions;
    out->new_instructions = d->new_case->instructions;
    if (!d->instructions_changed || p->instructions == BASELINE_CHANGE_IGNORE)
        return;
    say(out, "instructions: %.0f, now %.0f", out->old_instructions, out->new_instructions);
    for (size_t i = 0; i < d->kind_count; i++)
        say(out, "%s %.0f, now %.0f", d->kinds[i].name, d->kinds[i].old_count, d->kinds[i].new_count);
    if (p->instructions == BASELINE_CHANGE_REGRESSION)
        out->verdict = BASELINE_REGRESSION;
    else if (out->verdict == BASELINE_PASS)
        out->verdict = BASELINE_WARN;
}

static void judge_components(struct baseline_result *out, const struct baseline_difference *d)
{
    out->component_count = d->component_count;
    memcpy(out->components, d->components, d->component_count * sizeof *d->components);
    for (size_t i = 0; i < d->component_count; i++)
        if (d->components[i].grew)
            say(out, "%s grew from %.1f to %.1f %% of the total", d->components[i].name,
                d->components[i].old_share, d->components[i].new_share);
}

static void judge(struct baseline_result *out, const struct baseline_difference *d,
                  const struct baseline_policy *p, bool comparable)
{
    out->reason[0] = '\0';
    snprintf(out->name, sizeof out->name, "%s", d->name);
    out->old_instructions = out->new_instructions = NAN;
    if (!comparable) {
        say(out, "the baseline is of another machine or toolchain");
        return;
    }
    if (!d->old_case || !d->new_case) {
        judge_missing(out, d, p);
        return;
    }
    if (d->old_case->reference) {
        out->verdict = BASELINE_PASS;
        say(out, "the reference: speed-ups are relative to it");
    } else {
        judge_time(out, d, p);
        judge_components(out, d);
    }
    judge_instructions(out, d, p);
}

int baseline_judge_stored(const struct baseline *old_side, const struct baseline *fresh,
                          const struct baseline_policy *p, struct baseline_report *r, struct qk_error *err)
{
    struct baseline_comparison c;
    size_t count = 0, next = 0, failed = 0;
    bool any = false;
    int code = baseline_compare(&c, old_side, fresh, p->component_share, err);
    if (code)
        return code;
    for (size_t i = 0; i < c.count; i++) {
        count += wants_result(&c.rows[i]);
        any |= says_something(&c.rows[i]);
    }
    for (size_t i = 0; i < fresh->absent_count; i++)
        failed += fresh->absent[i].failed && !baseline_find(old_side, fresh->absent[i].name);
    if (!any)
        code = qk_fail(err, QK_ERR_INVALID, old_side->name,
                       "nothing to judge: only references, whose speed-up is 1 by definition, and new cases");
    else
        code = baseline_report_make(r, count + failed, err);
    for (size_t i = 0; !code && i < c.count; i++)
        if (wants_result(&c.rows[i]))
            judge(&r->results[next++], &c.rows[i], p, !c.identity_count);
    /* A new variant that is wrong must not go unseen. */
    for (size_t i = 0; !code && i < fresh->absent_count; i++) {
        const struct baseline_absent *a = &fresh->absent[i];
        if (!a->failed || baseline_find(old_side, a->name))
            continue;
        struct baseline_result *out = &r->results[next++];
        snprintf(out->name, sizeof out->name, "%s", a->name);
        snprintf(out->reason, sizeof out->reason, "%s", a->reason);
    }
    if (!code && c.identity_count) {
        const int used = snprintf(r->reason, sizeof r->reason,
                                  "the baseline is of another machine or toolchain, so save one here: ");
        baseline_fields_text(c.identity, c.identity_count, r->reason + used, sizeof r->reason - (size_t)used);
    }
    baseline_comparison_free(&c);
    return code;
}
