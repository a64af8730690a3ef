/* SPDX-License-Identifier: MIT */
#include "baselines/history/tests/history_fixture.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct baseline_history *history_open(const char *path)
{
    const struct baseline_history_config cfg = {.path = path, .write = true, .wait_s = 1};
    struct baseline_history *h;
    struct qk_error err = {.text = ""};
    if (baseline_history_open(&h, &cfg, &err)) {
        fprintf(stderr, "%s: %s\n", err.where, err.text);
        abort();
    }
    return h;
}

static void put(struct baseline_history_ratio *r, struct history_said said, enum baseline_verdict verdict)
{
    if (isnan(said.half)) {
        snprintf(r->reason, sizeof r->reason, "%s", said.reason);
        r->verdict = BASELINE_INVALID;
        return;
    }
    r->verdict = (int)verdict;
    r->margin = 0.008;
    r->ratio = (struct bench_interval){1 + said.percent / 100, 1 + (said.percent - said.half) / 100,
                                       1 + (said.percent + said.half) / 100};
}

struct baseline_history_run history_run_of(int n, const char *machine, const char *release, size_t cases,
                                           struct history_said pinned)
{
    struct baseline_history_run run = {.verdict = BASELINE_PASS, .time = 1767312000 + 60 * n};
    snprintf(run.key, sizeof run.key, "%.6s%010d", machine, n);
    snprintf(run.machine.fingerprint, sizeof run.machine.fingerprint, "%s", machine);
    snprintf(run.commit, sizeof run.commit, "c%d", n);
    snprintf(run.pinned, sizeof run.pinned, "%s", release);
    if (*release)
        snprintf(run.pinned_key, sizeof run.pinned_key, "p%015d", n);
    for (size_t i = 0; i < cases; i++) {
        char name[32];
        snprintf(name, sizeof name, "op/v%zu/1", i);
        struct baseline_history_result *const r = baseline_history_run_add(&run, name);
        assert(r);
        put(&r->parent, (struct history_said){0.1, 0.1, NULL}, BASELINE_PASS);
        if (*release)
            put(&r->pinned, pinned, BASELINE_PASS);
        else
            snprintf(r->pinned.reason, sizeof r->pinned.reason, "no pinned release was measured");
        r->ns = 100;
        snprintf(r->instructions_reason, sizeof r->instructions_reason, "not counted");
    }
    return run;
}

int64_t history_add_run(struct baseline_history *h, int n, const char *machine, const char *release,
                        size_t cases, struct history_said pinned)
{
    struct baseline_history_run run = history_run_of(n, machine, release, cases, pinned);
    struct baseline_history_added added;
    struct qk_error err = {.text = ""};
    if (baseline_history_add(h, &run, 1, &added, &err)) {
        fprintf(stderr, "%s: %s\n", err.where, err.text);
        abort();
    }
    baseline_history_run_free(&run);
    return added.id;
}
