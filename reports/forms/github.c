/* SPDX-License-Identifier: MIT */
/*
 * GitHub workflow commands, `::error file=...,title=...::message` (docs.github.com, "Workflow commands for
 * GitHub Actions"). A step shows ten errors and ten warnings and drops the rest. So we print the worst, and
 * how many there are.
 */
#include "harness/records/shown.h"
#include "reports/forms/private.h"

#include <string.h>

/* Line feeds and carriage returns end a command, "%" begins an escape; ":" and "," end a property. */
static void write_escaped(const char *text, bool property, FILE *to)
{
    struct bench_shown one;
    for (size_t left = strlen(text); left;) {
        const size_t bytes = bench_shown_first(&one, text, left, "\n\r");
        if (strchr(property ? "%\n\r:," : "%\n\r", *one.text))
            fprintf(to, "%%%02X", (unsigned)*one.text);
        else
            fputs(one.text, to);
        text += bytes;
        left -= bytes;
    }
}

static void annotate(const char *level, const char *file, const char *title, const char *message, FILE *to)
{
    fprintf(to, "::%s ", level);
    if (*file) {
        fputs("file=", to);
        write_escaped(file, true, to);
        putc(',', to);
    }
    fputs("title=", to);
    write_escaped(title, true, to);
    fputs("::", to);
    write_escaped(message, false, to);
    putc('\n', to);
}

/* NULL when a result needs no annotation. */
static const char *level_of(const struct baseline_report *r, const struct baseline_result *res)
{
    const enum report_outcome outcome = report_outcome_of(r, res);
    if (outcome == REPORT_FAILED || outcome == REPORT_ERRORED)
        return "error";
    const bool unsure = res->verdict == BASELINE_INCONCLUSIVE && res->role != BASELINE_SHAPE;
    return unsure || res->verdict == BASELINE_WARN ? "warning" : NULL;
}

int report_verdicts_github(const struct baseline_report *r, FILE *to, struct qk_error *err)
{
    struct report_verdicts v;
    char title[REPORT_SAID], message[REPORT_SAID], counts[160];
    const int code = report_verdicts_make(&v, r, err);
    if (code)
        return code;
    size_t shown = 0, count = 0;
    if (*r->reason) {
        annotate("error", "", "qkbench gate: INVALID", r->reason, to);
        shown++;
    }
    for (size_t i = 0; i < r->count; i++) {
        const struct baseline_result *res = report_nth(&v, i);
        const char *const level = level_of(r, res);
        if (!level)
            continue;
        count++;
        if (shown >= BASELINE_WORST)
            continue;
        snprintf(title, sizeof title, "%s%s: %s", report_is_control(res) ? "control " : "",
                 report_is_control(res) ? baseline_role_names[res->role] : report_word(r, res->verdict),
                 res->name);
        annotate(level, res->source, title, report_say(message, res), to);
        shown++;
    }
    snprintf(title, sizeof title, "qkbench gate: %s", report_word(r, r->verdict));
    snprintf(message, sizeof message, "%s; %zu of %zu controls judged right; %zu of %zu findings annotated",
             *report_counts(counts, &v) ? counts : "no cases", v.controls - v.wrong_controls, v.controls,
             shown - (*r->reason != '\0'), count);
    annotate("notice", "", title, message, to);
    report_verdicts_free(&v);
    return bench_written(to, "the gate's annotations", err);
}
