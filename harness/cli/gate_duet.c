/* SPDX-License-Identifier: MIT */
#include "baselines/gate_duet.h"
#include "harness/cli/cli.h"
#include "harness/cli/gate.h"

#include <stdlib.h>
#include <string.h>

/* The entries to expand: the suite's, or the patterns of the command line. */
static int entries_of(const struct cli_gate *o, const struct baseline_policy *policy, const char ***entries,
                      size_t *count, struct qk_error *err)
{
    const struct baseline_suite *suite = baseline_policy_suite(policy, o->suite);
    if (!suite && !o->pattern_count)
        return qk_fail(err, QK_ERR_ARG, "--suite", "the policy %s has no suite '%.60s'", policy->source,
                       o->suite);
    *count = o->pattern_count ? o->pattern_count : suite->count;
    *entries = calloc(*count, sizeof **entries);
    if (!*entries)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu patterns", *count);
    for (size_t i = 0; i < *count; i++)
        (*entries)[i] = o->pattern_count ? o->patterns[i] : suite->cases[i];
    return 0;
}

static void describe(const struct cli_gate *o, const struct baseline_suite_cases *suite,
                     const struct bench_module *base, const struct bench_module *cand,
                     struct baseline_report *r)
{
    r->mode = "duet";
    r->seed = o->seed;
    r->unavailable = suite->unavailable;
    snprintf(r->unavailable_why, sizeof r->unavailable_why, "%s", suite->why);
    snprintf(r->base, sizeof r->base, "%s", base->path);
    snprintf(r->candidate, sizeof r->candidate, "%s", cand->path);
    snprintf(r->base_compiler, sizeof r->base_compiler, "%s", base->table->compiler);
    snprintf(r->cand_compiler, sizeof r->cand_compiler, "%s", cand->table->compiler);
}

static int judge(const struct cli_gate *o, int cpu, struct baseline_policy *policy,
                 const struct bench_module *base, const struct bench_module *cand,
                 struct baseline_report *report, struct qk_error *err)
{
    struct baseline_suite_cases suite = {0};
    struct qk_cpu isa;
    const char **entries = NULL;
    size_t count = 0;
    int code = cli_detect(&isa, err);
    if (!code)
        code = entries_of(o, policy, &entries, &count, err);
    if (!code) {
        bench_environment_read(&report->env, cpu);
        bench_environment_built(&report->env, &isa, cand->table->compiler);
        const struct baseline_suite_config cfg = {base, cand, &isa, &report->env, policy->isa};
        code = baseline_suite_expand(&suite, entries, count, &cfg, err);
        if (!code)
            code = baseline_suite_rules(policy, entries, count, &cfg, err);
    }
    if (!code) {
        const struct baseline_duet_config cfg = {.policy = policy,
                                                 .suite = &suite,
                                                 .base = base,
                                                 .cand = cand,
                                                 .program = "/proc/self/exe",
                                                 .launch_argument = CLI_DUET_LAUNCH,
                                                 .env = &report->env,
                                                 .seed = o->seed,
                                                 .cpu = cpu,
                                                 .budget_s = o->budget_s,
                                                 .inject = o->inject,
                                                 .time_identical = o->time_identical || o->inject > 0,
                                                 .expect_change = o->expect_change,
                                                 .trace = o->outputs[CLI_GATE_TRACE].file.stream,
                                                 .stop = cli_stop,
                                                 .progress = cli_progress};
        describe(o, &suite, base, cand, report);
        code = baseline_gate_duet(&cfg, report, err);
    }
    baseline_suite_free(&suite);
    free(entries);
    return code;
}

int cli_gate_duet(const struct cli_gate *o, int cpu, struct baseline_policy *policy,
                  struct baseline_report *report, struct qk_error *err)
{
    struct bench_module base = {0}, cand = {0};
    char own[4096];
    int code = o->candidate ? 0 : bench_module_own(own, sizeof own, err);
    if (!code)
        code = bench_module_load(&base, o->duet, err);
    if (!code)
        code = bench_module_load(&cand, o->candidate ? o->candidate : own, err);
    if (!code)
        code = judge(o, cpu, policy, &base, &cand, report, err);
    bench_module_free(&cand);
    bench_module_free(&base);
    return code;
}
