/* SPDX-License-Identifier: MIT */
#include "baselines/gate/duet.h"
#include "harness/cli/cli.h"
#include "harness/cli/gate/gate.h"
#include "harness/machine/child.h"
#include "harness/machine/clock.h"

#include <stdlib.h>
#include <string.h>

/*
 * A build of our kernels has no name. The built-in policy is about these. It names rows that a plug-in lacks,
 * and none that it has.
 */
static bool is_plugin(const struct cli_gate *o, const struct bench_build *base)
{
    return *base->table.name && !o->policy;
}

/* The entries to expand: the patterns of the command line, or the suite's, or all that a plug-in has. */
static int entries_of(const struct cli_gate *o, const struct bench_build *base,
                      const struct baseline_policy *policy, struct baseline_report *report,
                      const char ***entries, size_t *count, struct qk_error *err)
{
    static const char all_rows[] = "*/*/*";
    const char *const name = o->suite ? o->suite : "quick";
    const bool all = is_plugin(o, base) && !o->suite && !o->measure.count;
    const struct baseline_suite *suite = all ? NULL : baseline_policy_suite(policy, name);
    if (!suite && !all && !o->measure.count)
        return qk_fail(err, QK_ERR_ARG, "--suite", "the policy %s has no suite '%.60s'", policy->source,
                       name);
    if (all)
        strcpy(report->suite, "all");
    *count = all ? 1 : o->measure.count ? o->measure.count : suite->count;
    *entries = calloc(*count, sizeof **entries);
    if (!*entries)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu patterns", *count);
    for (size_t i = 0; i < *count; i++)
        (*entries)[i] = all ? all_rows : o->measure.count ? o->measure.patterns[i] : suite->cases[i];
    return 0;
}

static void describe(const struct baseline_suite_cases *suite, const struct bench_build *base,
                     const struct bench_build *cand, struct baseline_report *r)
{
    r->unavailable = suite->unavailable;
    snprintf(r->unavailable_why, sizeof r->unavailable_why, "%s", suite->why);
    snprintf(r->base_compiler, sizeof r->base_compiler, "%s", base->table.compiler);
    snprintf(r->cand_compiler, sizeof r->cand_compiler, "%s", cand->table.compiler);
}

/* How long it may take at most, before it begins: a job that waits for it can plan with that. */
static void tell_budget(const struct cli_gate *o, const struct baseline_policy *policy,
                        const struct baseline_suite_cases *suite)
{
    const double budget_s =
        o->budget_s > 0 ? o->budget_s : baseline_gate_budget(policy, suite, o->all_shapes);
    cli_say("qkbench gate: %zu case%s, at most %.0f s", suite->count, suite->count == 1 ? "" : "s", budget_s);
}

/* A list of other files says nothing of these: everything is timed then. */
static int read_identity(const struct cli_gate *o, const struct bench_image *base,
                         const struct bench_image *cand, struct baseline_identity *id, struct qk_error *err)
{
    struct qk_error why;
    int code = o->same_code ? baseline_identity_read(id, o->same_code, err) : 0;
    if (o->same_code && !code && baseline_identity_holds(id, base->path, cand->path, &why)) {
        cli_say("qkbench: warning: %s: %s; every row is timed", why.where, why.text);
        baseline_identity_free(id);
    }
    return code;
}

static int judge(const struct cli_gate *o, struct baseline_policy *policy,
                 const struct bench_launcher *launcher, struct bench_build *base, struct bench_build *cand,
                 struct baseline_report *report, struct qk_error *err)
{
    struct baseline_identity identity = {.count = 0};
    struct baseline_suite_cases suite = {0};
    const char **entries = NULL;
    size_t count = 0;
    int code = entries_of(o, base, policy, report, &entries, &count, err);
    if (!code)
        code = read_identity(o, &base->image, &cand->image, &identity, err);
    if (!code) {
        bench_environment_read(&report->env, o->measure.job.cpu);
        bench_environment_built(&report->env, o->measure.job.isa, cand->table.compiler);
        const struct baseline_suite_config cfg = {&base->table, &cand->table, o->measure.job.isa,
                                                  &report->env, policy->isa};
        code = baseline_suite_expand(&suite, entries, count, &cfg, err);
        if (!code && !is_plugin(o, base))
            code = baseline_suite_rules(policy, entries, count, &cfg, err);
    }
    if (!code) {
        const struct baseline_duet_config cfg = {.job = o->measure.job,
                                                 .policy = policy,
                                                 .suite = &suite,
                                                 .base = base,
                                                 .cand = cand,
                                                 .launcher = *launcher,
                                                 .env = &report->env,
                                                 .budget_s = o->budget_s,
                                                 .inject = o->inject,
                                                 .all_shapes = o->all_shapes,
                                                 .time_identical = o->time_identical || o->inject > 0,
                                                 .same_policy = o->same_policy && !o->policy,
                                                 .identity = &identity,
                                                 .trace = o->outputs[CLI_GATE_TRACE].out.file.stream};
        describe(&suite, base, cand, report);
        tell_budget(o, policy, &suite);
        code = baseline_gate_duet(&cfg, report, err);
    }
    baseline_suite_free(&suite);
    baseline_identity_free(&identity);
    free(entries);
    return code;
}

/* A side of the gate: its build, and what messages call it, "base" or "base NAME". */
struct side {
    struct bench_build build;
    char called[BENCH_DUET_CALLED];
};

/*
 * A module that ends the launch that loads it is judged, not an error. A row of an op that is not known here
 * is an error of a plug-in's. An older build of our kernels may well have one.
 */
static int open_side(struct side *to, const struct cli_load_file *file, enum bench_duet_side side,
                     const struct bench_launcher *launcher, const struct bench_job *job,
                     struct baseline_report *report, struct qk_error *err)
{
    struct qk_error why;
    if (*report->reason)
        return 0;
    snprintf(to->called, sizeof to->called, "%.9s%s%.29s", bench_side_names[side], *file->name ? " " : "",
             file->name);
    int code = bench_build_open(&to->build, file->path, side, to->called, launcher, job, &why);
    if (!code && *to->build.table.name)
        code = cli_load_strangers(&to->build, &why);
    if (code == QK_ERR_CHECK)
        snprintf(report->reason, sizeof report->reason, "%.399s", why.text);
    else if (code)
        qk_fail(err, code, why.where, "%s", why.text);
    return code == QK_ERR_CHECK ? 0 : code;
}

int cli_gate_duet(struct cli_gate *o, struct baseline_policy *policy, struct baseline_report *report,
                  struct qk_error *err)
{
    struct side base = {.called = ""}, cand = {.called = ""};
    struct cli_load_file candidate = o->candidate;
    char own[4096];
    /* Loading takes no time: a module that is not there after the launcher's grace is not going to be. */
    const struct bench_launcher launcher = {
        .program = "/proc/self/exe", .argument = CLI_DUET_LAUNCH, .until_ns = bench_clock_ns()};
    int code = candidate.path ? 0 : bench_module_own(own, sizeof own, err);
    if (!candidate.path)
        candidate.path = candidate.text = own;
    strcpy(report->mode, "duet");
    report->seed = o->measure.job.seed;
    bench_strays_adopt();
    if (!code) {
        snprintf(report->base, sizeof report->base, "%s", o->duet.text);
        snprintf(report->candidate, sizeof report->candidate, "%s", candidate.text);
        code = open_side(&base, &o->duet, BENCH_SIDE_BASE, &launcher, &o->measure.job, report, err);
    }
    if (!code)
        code = open_side(&cand, &candidate, BENCH_SIDE_CANDIDATE, &launcher, &o->measure.job, report, err);
    if (!code && !*report->reason)
        code = judge(o, policy, &launcher, &base.build, &cand.build, report, err);
    bench_build_close(&cand.build);
    bench_build_close(&base.build);
    bench_strays_end();
    return code;
}
