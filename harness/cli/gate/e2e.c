/* SPDX-License-Identifier: MIT */
#include "baselines/gate/e2e.h"
#include "harness/cli/cli.h"
#include "harness/cli/gate/gate.h"
#include "harness/cli/model/model.h"

#include <stdlib.h>
#include <string.h>

/* A model that this program cannot read is an error of the command line, not the base's. */
static int look_at_model(const char *model, struct qk_error *err)
{
    struct model_gguf g = {0};
    const int code = cli_model_open(&g, model, err);
    if (!code)
        model_gguf_close(&g);
    return code;
}

int cli_gate_e2e(struct cli_gate *o, struct baseline_policy *policy, struct baseline_report *report,
                 struct qk_error *err)
{
    static const char self[] = "/proc/self/exe";
    const char *const model = o->measure.count ? o->measure.patterns[0] : NULL;
    char *const own = o->candidate.path ? NULL : realpath(self, NULL);
    const struct baseline_e2e_config cfg = {
        .policy = policy,
        .budget_s = o->budget_s,
        .programs = {.job = o->measure.job,
                     .base = o->e2e.path,
                     .candidate = o->candidate.path ? o->candidate.path : self,
                     .model = model,
                     .threads = o->threads,
                     .allowed = &o->allowed,
                     .tokens = o->tokens,
                     .inject = o->inject}};
    strcpy(report->mode, "e2e");
    report->seed = o->measure.job.seed;
    snprintf(report->suite, sizeof report->suite, "%s", model ? model : "trained");
    snprintf(report->base, sizeof report->base, "%s", o->e2e.text);
    snprintf(report->candidate, sizeof report->candidate, "%s",
             o->candidate.text ? o->candidate.text
             : own             ? own
                               : "this program");
    free(own);
    bench_environment_read(&report->env, o->measure.job.cpu);
    bench_environment_built(&report->env, o->measure.job.isa, o->measure.job.table->compiler);
    const int code = look_at_model(model, err);
    if (code)
        return code;
    cli_say("qkbench gate: a whole model, at most %.0f s and the time it takes to load",
            o->budget_s > 0 ? o->budget_s : baseline_e2e_budget(policy));
    return baseline_gate_e2e(&cfg, report, err);
}
