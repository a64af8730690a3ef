/* SPDX-License-Identifier: MIT */
#include "baselines/gate/duet.h"
#include "harness/cli/cli.h"
#include "harness/cli/gate/gate.h"

#include <stdlib.h>
#include <string.h>

/* The entries to expand: the suite's, or the patterns of the command line. */
static int entries_of(const struct cli_gate *o, const struct baseline_policy *policy, const char ***entries,
                      size_t *count, struct qk_error *err)
{
    const struct baseline_suite *suite = baseline_policy_suite(policy, o->suite);
    if (!suite && !o->measure.count)
        return qk_fail(err, QK_ERR_ARG, "--suite", "the policy %s has no suite '%.60s'", policy->source,
                       o->suite);
    *count = o->measure.count ? o->measure.count : suite->count;
    *entries = calloc(*count, sizeof **entries);
    if (!*entries)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu patterns", *count);
    for (size_t i = 0; i < *count; i++)
        (*entries)[i] = o->measure.count ? o->measure.patterns[i] : suite->cases[i];
    return 0;
}

static void describe(const struct cli_gate *o, const struct baseline_suite_cases *suite,
                     const struct qk_table *base, const struct qk_table *cand, struct baseline_report *r)
{
    r->mode = "duet";
    r->seed = o->measure.job.seed;
    r->unavailable = suite->unavailable;
    snprintf(r->unavailable_why, sizeof r->unavailable_why, "%s", suite->why);
    snprintf(r->base, sizeof r->base, "%s", base->path);
    snprintf(r->candidate, sizeof r->candidate, "%s", cand->path);
    snprintf(r->base_compiler, sizeof r->base_compiler, "%s", base->compiler);
    snprintf(r->cand_compiler, sizeof r->cand_compiler, "%s", cand->compiler);
}

static int judge(const struct cli_gate *o, struct baseline_policy *policy, const struct qk_table *base,
                 const struct qk_table *cand, struct baseline_report *report, struct qk_error *err)
{
    struct baseline_suite_cases suite = {0};
    const char **entries = NULL;
    size_t count = 0;
    int code = entries_of(o, policy, &entries, &count, err);
    if (!code) {
        bench_environment_read(&report->env, o->measure.job.cpu);
        bench_environment_built(&report->env, o->measure.job.isa, cand->compiler);
        const struct baseline_suite_config cfg = {base, cand, o->measure.job.isa, &report->env, policy->isa};
        code = baseline_suite_expand(&suite, entries, count, &cfg, err);
        if (!code)
            code = baseline_suite_rules(policy, entries, count, &cfg, err);
    }
    if (!code) {
        const struct baseline_duet_config cfg = {.job = o->measure.job,
                                                 .policy = policy,
                                                 .suite = &suite,
                                                 .base = base,
                                                 .cand = cand,
                                                 .program = "/proc/self/exe",
                                                 .launch_argument = CLI_DUET_LAUNCH,
                                                 .env = &report->env,
                                                 .budget_s = o->budget_s,
                                                 .inject = o->inject,
                                                 .time_identical = o->time_identical || o->inject > 0,
                                                 .expect_change = o->expect_change,
                                                 .trace = o->outputs[CLI_GATE_TRACE].file.stream};
        describe(o, &suite, base, cand, report);
        code = baseline_gate_duet(&cfg, report, err);
    }
    baseline_suite_free(&suite);
    free(entries);
    return code;
}

int cli_gate_duet(struct cli_gate *o, struct baseline_policy *policy, struct baseline_report *report,
                  struct qk_error *err)
{
    struct qk_table base = {.path = ""}, cand = {.path = ""};
    char own[4096];
    int code = o->candidate ? 0 : bench_module_own(own, sizeof own, err);
    if (!code)
        code = qk_table_load(&base, o->duet, err);
    if (!code)
        code = qk_table_load(&cand, o->candidate ? o->candidate : own, err);
    if (!code)
        code = judge(o, policy, &base, &cand, report, err);
    qk_table_free(&cand);
    qk_table_free(&base);
    return code;
}
