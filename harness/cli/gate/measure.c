/* SPDX-License-Identifier: MIT */
#include "harness/cli/gate/gate.h"

#include "baselines/stored/compare.h"
#include "harness/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 3 };

struct measured {
    struct bench_sample_set sets[RUNS];
    size_t count;
    struct bench_breakdown bd;
    bool made;
    char why[480]; /* why there is no breakdown */
};

/* Of a budget, if there is one: the first run, the breakdown, and each of the two further runs. */
static const double first_share = 0.4, breakdown_share = 0.15, again_share = 0.2;

static int run_once(struct measured *all, struct cli_measure m, double share, struct qk_error *err)
{
    m.job.budget_s *= share;
    bool failed = false; /* what failed its check comes back as absent */
    bench_sample_set_init(&all->sets[all->count]);
    return cli_measure_run(&m, "auto,steps", &all->sets[all->count++], &failed, err);
}

static int make(struct baseline *fresh, const struct measured *all, const char *name, struct qk_error *err)
{
    const struct bench_sample_set *list[RUNS];
    for (size_t i = 0; i < all->count; i++)
        list[i] = &all->sets[i];
    return baseline_make(fresh, name, list, all->count, all->made ? &all->bd : NULL, all->why, err);
}

/* The cases that have components in the baseline, on the shapes they have them on. */
static int measure_components(struct measured *all, const struct baseline *base, struct cli_measure m,
                              struct qk_error *err)
{
    m.count = 0;
    m.job.budget_s *= breakdown_share;
    m.patterns = calloc(base->count + 1, sizeof *m.patterns);
    if (!m.patterns)
        return qk_fail(err, QK_ERR_MEMORY, base->name, "no memory for %zu cases", base->count);
    for (size_t i = 0; i < base->count; i++)
        if (base->cases[i].component_count)
            m.patterns[m.count++] = base->cases[i].name;
    snprintf(all->why, sizeof all->why, "the baseline has none");
    const int code =
        m.count ? cli_baseline_breakdown(&m, &all->bd, &all->made, all->why, sizeof all->why, err) : 0;
    free(m.patterns);
    return code;
}

/* Runs those cases again and puts what all runs say of them in the place of what the first one said. */
static int run_again(struct baseline *fresh, struct measured *all, struct cli_measure m, struct qk_error *err)
{
    struct baseline again;
    int code = 0;
    for (size_t i = 1; i < RUNS && !code; i++) {
        m.job.seed++;
        cli_say("run %zu of %d, of the %zu cases that may not pass", i + 1, RUNS, m.count);
        code = run_once(all, m, again_share, err);
    }
    if (!code)
        code = make(&again, all, fresh->name, err);
    if (code)
        return code;
    for (size_t i = 0; i < m.count; i++) {
        struct baseline_case *to = baseline_find(fresh, m.patterns[i]),
                             *from = baseline_find(&again, m.patterns[i]);
        if (!to || !from)
            continue;
        const struct baseline_case first = *to;
        *to = *from;
        *from = first;
    }
    baseline_free(&again);
    return 0;
}

static int doubt(struct baseline *fresh, const struct baseline *base, struct measured *all,
                 struct cli_measure m, const struct baseline_policy *policy, struct qk_error *err)
{
    struct baseline_report r = {.verdict = BASELINE_INVALID};
    int code = baseline_judge_stored(base, fresh, policy, &r, err);
    m.count = 0;
    m.patterns = calloc(r.count + 1, sizeof *m.patterns);
    if (!code && !m.patterns)
        code = qk_fail(err, QK_ERR_MEMORY, base->name, "no memory for %zu cases", r.count);
    for (size_t i = 0; i < r.count && !code; i++)
        if (r.results[i].timed && r.results[i].verdict != BASELINE_PASS)
            m.patterns[m.count++] = r.results[i].name;
    if (!code && m.count)
        code = run_again(fresh, all, m, err);
    free(m.patterns);
    baseline_report_free(&r);
    return code;
}

int cli_gate_measure(struct baseline *fresh, const struct baseline *base, struct cli_measure *m,
                     const struct baseline_policy *policy, struct qk_error *err)
{
    struct measured *all = calloc(1, sizeof *all);
    if (!all)
        return qk_fail(err, QK_ERR_MEMORY, base->name, "no memory for a run");
    int code = run_once(all, *m, first_share, err);
    if (!code)
        code = measure_components(all, base, *m, err);
    if (!code)
        code = make(fresh, all, base->name, err);
    if (!code) {
        code = doubt(fresh, base, all, *m, policy, err);
        if (code)
            baseline_free(fresh);
    }
    bench_breakdown_free(&all->bd);
    for (size_t i = 0; i < all->count; i++)
        bench_sample_set_free(&all->sets[i]);
    free(all);
    return code;
}
