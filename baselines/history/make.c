/* SPDX-License-Identifier: MIT */
/* Runs of a history, made of what gates found. */
#include "baselines/history/history.h"

#include "harness/records/shown.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct bench_interval nothing = {NAN, NAN, NAN};

/* Whole characters, and none that other databases refuse. */
static void put(char *to, size_t size, const char *text)
{
    bench_show(to, size, text, "");
}

void baseline_history_run_free(struct baseline_history_run *run)
{
    free(run->results);
    run->results = NULL;
    run->count = 0;
}

struct baseline_history_result *baseline_history_run_add(struct baseline_history_run *run, const char *name)
{
    size_t bytes;
    if (!qk_mul_size(run->count + 1, sizeof *run->results, &bytes))
        return NULL;
    struct baseline_history_result *const more = realloc(run->results, bytes);
    if (!more)
        return NULL;
    run->results = more;
    struct baseline_history_result *const r = &more[run->count++];
    *r = (struct baseline_history_result){.parent = {.verdict = -1, .ratio = nothing, .margin = NAN},
                                          .pinned = {.verdict = -1, .ratio = nothing, .margin = NAN},
                                          .ns = NAN,
                                          .instructions = NAN};
    put(r->name, sizeof r->name, name);
    return r;
}

/* Of a run whose controls were judged wrongly no figure is believed. */
static const char *run_reason(const struct baseline_report *report)
{
    return report->verdict == BASELINE_INVALID ? report->reason : "";
}

static void put_ratio(struct baseline_history_ratio *to, const struct baseline_report *report,
                      const struct baseline_result *r)
{
    to->verdict = r->verdict;
    put(to->reason, sizeof to->reason, r->reason);
    if (*run_reason(report)) {
        to->verdict = BASELINE_INVALID;
        snprintf(to->reason, sizeof to->reason, "the run is INVALID: %.370s", report->reason);
    } else if (r->timed && r->verdict != BASELINE_INVALID) {
        to->ratio = r->ratio;
        to->margin = r->must_catch;
        if (!isfinite(r->ratio.low) || !isfinite(r->ratio.high)) {
            to->ratio.low = to->ratio.high = NAN;
            put(to->reason, sizeof to->reason, *r->reason ? r->reason : "too few blocks for an interval");
        }
    } else if (!*r->reason && r->verdict == BASELINE_NEW) {
        put(to->reason, sizeof to->reason, "the other build has no such case");
    } else if (!*r->reason) {
        snprintf(to->reason, sizeof to->reason, "the gate says %s and no more",
                 baseline_verdict_names[r->verdict]);
    }
}

/* Figures of the candidate, which both gates have: the first that knows them counts. */
static void put_figures(struct baseline_history_result *to, const struct baseline_history_ratio *as,
                        const struct baseline_result *r)
{
    if (isnan(to->ns) && isfinite(as->ratio.value) && isfinite(r->cand_ns)) {
        to->ns = r->cand_ns;
        *to->ns_reason = '\0';
    } else if (isnan(to->ns) && !*to->ns_reason) {
        put(to->ns_reason, sizeof to->ns_reason, *as->reason ? as->reason : "the gate has no time of it");
    }
    if (isnan(to->instructions) && isfinite(r->new_instructions)) {
        to->instructions = r->new_instructions;
        *to->instructions_reason = '\0';
    } else if (isnan(to->instructions) && !*to->instructions_reason) {
        put(to->instructions_reason, sizeof to->instructions_reason, "the gate has no count of it");
    }
}

static const char *file_name(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static int check_gate(const struct baseline_history_gate *g, struct qk_error *err)
{
    const struct baseline_report *const r = g->report;
    if (r->ended)
        return qk_fail(err, QK_ERR_INVALID, g->file, "the gate ended before it could judge: %s", r->reason);
    if (strcmp(r->mode, "duet") != 0 && strcmp(r->mode, "e2e") != 0)
        return qk_fail(err, QK_ERR_ARG, g->file,
                       "is of mode \"%s\", expected \"duet\" or \"e2e\": two builds timed against each other",
                       r->mode);
    if (!*r->env.fingerprint || !*r->env.date)
        return qk_fail(err, QK_ERR_INVALID, g->file, "does not say %s it was measured",
                       *r->env.fingerprint ? "when" : "on what machine");
    return 0;
}

/* Both must have measured the same candidate on the same machine. */
static int check_pair(const struct baseline_history_gate *parent, const struct baseline_history_gate *pinned,
                      struct qk_error *err)
{
    const struct baseline_report *const a = parent->report, *const b = pinned->report;
    if (!strcmp(parent->key, pinned->key))
        return qk_fail(err, QK_ERR_ARG, pinned->file,
                       "is the gate of %s; expected one against a pinned release", parent->file);
    if (strcmp(a->env.fingerprint, b->env.fingerprint) != 0)
        return qk_fail(err, QK_ERR_ARG, pinned->file,
                       "is of the machine %s, and %s of %s; expected two gates of one machine and compiler",
                       b->env.fingerprint, parent->file, a->env.fingerprint);
    if (strcmp(a->env.commit, b->env.commit) != 0)
        return qk_fail(err, QK_ERR_ARG, pinned->file,
                       "is of the commit %s, and %s of %s; expected two gates of one candidate",
                       b->env.commit, parent->file, a->env.commit);
    if (strcmp(a->mode, b->mode) != 0)
        return qk_fail(err, QK_ERR_ARG, pinned->file, "is of mode \"%s\", and %s of \"%s\"", b->mode,
                       parent->file, a->mode);
    return 0;
}

/* NULL when the gate has no such case. */
static const struct baseline_result *find(const struct baseline_report *report, const char *name)
{
    for (size_t i = 0; i < report->count; i++)
        if (baseline_is_case(&report->results[i]) && !strcmp(report->results[i].name, name))
            return &report->results[i];
    return NULL;
}

static int add_cases(struct baseline_history_run *run, const struct baseline_history_gate *parent,
                     const struct baseline_history_gate *pinned, const struct baseline_report *names,
                     struct qk_error *err)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *const name = names->results[i].name;
        if (!baseline_is_case(&names->results[i]) || (names != parent->report && find(parent->report, name)))
            continue;
        if (find(names, name) != &names->results[i])
            return qk_fail(err, QK_ERR_FORMAT, names == parent->report ? parent->file : pinned->file,
                           "has the case %.200s twice", name);
        struct baseline_history_result *const to = baseline_history_run_add(run, name);
        if (!to)
            return qk_fail(err, QK_ERR_MEMORY, parent->file, "no memory for %zu cases", names->count);
        const struct baseline_result *const a = find(parent->report, name), *const b =
                                                                                pinned ? find(pinned->report,
                                                                                              name)
                                                                                       : NULL;
        if (a) {
            put_ratio(&to->parent, parent->report, a);
            put_figures(to, &to->parent, a);
        } else {
            put(to->parent.reason, sizeof to->parent.reason, "not in the gate against the parent");
        }
        if (b) {
            put_ratio(&to->pinned, pinned->report, b);
            put_figures(to, &to->pinned, b);
        } else {
            put(to->pinned.reason, sizeof to->pinned.reason,
                pinned ? "not in the gate against the pinned release" : "no pinned release was measured");
        }
    }
    return 0;
}

int baseline_history_of_gate(struct baseline_history_run *run, const struct baseline_history_gate *parent,
                             const struct baseline_history_gate *pinned, const char *release,
                             const char *commit, struct qk_error *err)
{
    const struct baseline_report *const r = parent->report;
    *run = (struct baseline_history_run){.source = BASELINE_FROM_GATE, .verdict = (int)r->verdict};
    int code = check_gate(parent, err);
    if (!code && pinned)
        code = check_gate(pinned, err);
    if (!code && pinned)
        code = check_pair(parent, pinned, err);
    if (code)
        return code;
    if (!baseline_history_time(r->env.date, &run->time))
        return qk_fail(err, QK_ERR_FORMAT, parent->file, "\"%s\" is no date", r->env.date);
    put(run->key, sizeof run->key, parent->key);
    put(run->machine.fingerprint, sizeof run->machine.fingerprint, r->env.fingerprint);
    put(run->machine.cpu, sizeof run->machine.cpu, r->env.cpu_name);
    put(run->machine.isa_levels, sizeof run->machine.isa_levels, r->env.isa_levels);
    put(run->machine.compiler, sizeof run->machine.compiler, r->env.compiler);
    put(run->commit, sizeof run->commit, commit ? commit : r->env.commit);
    put(run->parent, sizeof run->parent, file_name(r->base));
    if (pinned) {
        put(run->pinned_key, sizeof run->pinned_key, pinned->key);
        put(run->pinned, sizeof run->pinned, release ? release : file_name(pinned->report->base));
    }
    code = add_cases(run, parent, pinned, r, err);
    if (!code && pinned)
        code = add_cases(run, parent, pinned, pinned->report, err);
    if (!code && !run->count)
        code = qk_fail(err, QK_ERR_INVALID, parent->file, "the gate has no case");
    return code;
}
