/* SPDX-License-Identifier: MIT */
/* The end of a gate's report: the verdict, and what to do about it. */
#include "reports/forms/private.h"

#include "reports/text/judged/campaign.h"

#include <math.h>
#include <string.h>

enum { NAMED = 3 };

/* The worst results of a verdict, by name: "a +1.52 %, b +1.10 %, and 4 more". */
struct named {
    const struct baseline_result *worst; /* a case, NULL when there is none among them */
    size_t count, blocks;
    double seconds; /* most of any of them, as are blocks */
    char text[NAMED * (BASELINE_NAME + 80) + 40];
};

static void name_one(struct named *n, const struct baseline_result *res)
{
    char change[64];
    const size_t used = strlen(n->text);
    const char *const more = report_change(change, res);
    snprintf(n->text + used, sizeof n->text - used, "%s%s%s%s%s%s", used ? ", " : "", res->name,
             report_is_control(res) ? ", " : "", report_is_control(res) ? baseline_role_names[res->role] : "",
             *more ? " " : "", more);
}

/* Another shape that was not decided in its second: shown, and no verdict of the run. */
static bool is_open_shape(const struct baseline_result *res)
{
    return res->role == BASELINE_SHAPE && res->verdict == BASELINE_INCONCLUSIVE;
}

static void find(struct named *n, const struct report_verdicts *v, enum baseline_verdict verdict,
                 bool controls)
{
    *n = (struct named){0};
    for (size_t i = 0; i < v->r->count; i++) {
        const struct baseline_result *res = report_nth(v, i);
        if (report_is_control(res) != controls ||
            (controls ? baseline_control_right(res) : res->verdict != verdict || is_open_shape(res)))
            continue;
        if (n->count++ < NAMED)
            name_one(n, res);
        if (!n->worst && baseline_is_case(res))
            n->worst = res;
        if (res->timed && res->seconds > n->seconds) {
            n->seconds = res->seconds;
            n->blocks = res->blocks;
        }
    }
    const size_t used = strlen(n->text);
    if (n->count > NAMED)
        snprintf(n->text + used, sizeof n->text - used, ", and %zu more", n->count - NAMED);
}

static void add_advice(struct report_table *t, const struct report_verdicts *v, enum baseline_verdict verdict,
                       const char *advice)
{
    struct named n;
    find(&n, v, verdict, false);
    if (n.count)
        report_table_fact(t, report_word(v->r, verdict), "%s. %s", n.text, advice);
}

/* Of the case's median it would not be one. */
static bool by_stalls(const struct baseline_result *res)
{
    return res->mean > 0 && res->mean_ratio > 1 + 3 * res->mean && res->ratio.value <= 1 + res->must_catch;
}

static void add_regressions(struct report_table *t, const struct report_verdicts *v)
{
    struct named n;
    find(&n, v, BASELINE_REGRESSION, false);
    const char *const end = n.worst ? strrchr(n.worst->name, '/') : NULL;
    const int length = end ? (int)(end - n.worst->name) : BASELINE_NAME;
    if (n.worst && !strcmp(v->r->mode, "e2e"))
        report_table_fact(
            t, "REGRESSION",
            "%s. Proven slower, %s. Where the time goes: qkbench model bench in both trees. Again: "
            "the same command",
            n.text, by_stalls(n.worst) ? "by rare stalls" : "beyond must-catch");
    else if (n.worst)
        report_table_fact(
            t, "REGRESSION",
            "%s. Proven slower, %s. Where the time goes: qkbench breakdown '%.*s/*' in both trees. "
            "Again, and alone: qkbench gate '%s' with the same options",
            n.text, by_stalls(n.worst) ? "by rare stalls" : "beyond must-catch", length, n.worst->name,
            n.worst->name);
    else if (n.count)
        report_table_fact(t, "REGRESSION", "%s. Not as fast as the policy demands", n.text);
}

static void add_inconclusive(struct report_table *t, const struct report_verdicts *v)
{
    struct named n;
    find(&n, v, BASELINE_INCONCLUSIVE, false);
    if (n.blocks)
        report_table_fact(
            t, "INCONCLUSIVE",
            "%s. The time ended first: at most %zu blocks in %.2f s a case. Give more with --budget; "
            "or less noise: qkbench doctor says what disturbs this machine. An interval that stays "
            "between the margins needs many times as much",
            n.text, n.blocks, n.seconds);
    else if (n.count)
        report_table_fact(t, "INCONCLUSIVE",
                          "%s. Give more time with --budget, or quiet the machine: qkbench doctor", n.text);
}

static void add_open_shapes(struct report_table *t, const struct report_verdicts *v)
{
    size_t count = 0;
    for (size_t i = 0; i < v->r->count; i++)
        count += is_open_shape(&v->r->results[i]);
    if (count)
        report_table_fact(t, "other shapes",
                          "%zu undecided in the second that each has. They do not count. Give them as "
                          "patterns to judge them",
                          count);
}

static void add_controls(struct report_table *t, const struct report_verdicts *v)
{
    struct named n;
    find(&n, v, BASELINE_INVALID, true);
    if (n.count)
        report_table_fact(
            t, "controls",
            "%s. The gate itself cannot be trusted here and now, so none of its verdicts counts. "
            "Quiet the machine (qkbench doctor) and run it again",
            n.text);
}

void report_add_outcome(struct report_table *t, const struct report_verdicts *v, size_t most)
{
    const struct baseline_report *r = v->r;
    char counts[160], quote[REPORT_QUOTE];
    report_table_facts(t);
    report_table_title(t, "qkbench gate: %s, exit code %d", report_word(r, r->verdict),
                       baseline_report_exit(r));
    report_table_fact(t, "verdicts", "%s: %zu case%s and %zu rule%s. Controls: %zu of %zu judged right",
                      *report_counts(counts, v) ? counts : "none", v->cases, v->cases == 1 ? "" : "s",
                      v->rules, v->rules == 1 ? "" : "s", v->controls - v->wrong_controls, v->controls);
    if (*r->reason)
        report_table_fact(t, "INVALID", "the run: %s", r->reason);
    add_controls(t, v);
    add_advice(t, v, BASELINE_INVALID, "Not measured, or not to be trusted: the notes say why");
    add_advice(t, v, BASELINE_MISSING,
               "In the base, not in the candidate. If that is meant, the policy lists it under removed, with "
               "the reason");
    add_regressions(t, v);
    add_inconclusive(t, v);
    add_open_shapes(t, v);
    add_advice(t, v, BASELINE_WARN,
               r->strict
                   ? "Slower than ignorable, or changed otherwise: refused, because the run is strict"
                   : "Proven slower than ignorable but not beyond must-catch, or changed otherwise: let "
                     "through, look at it");
    add_advice(t, v, BASELINE_NEW, "Not in the base: nothing to compare with yet");
    add_advice(t, v, BASELINE_REMOVED, "Gone, as the policy says");
    if (r->count && *report_campaign_quote(r, quote))
        report_table_fact(t, "campaign", "%s", quote);
    if (most < r->count)
        report_table_fact(
            t, "cut",
            "tables have at most %zu rows, so that all stays below the size a job summary may have; "
            "the gate's JSON has everything",
            most);
}
