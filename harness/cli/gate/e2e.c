/* SPDX-License-Identifier: MIT */
#include "baselines/gate/e2e.h"
#include "harness/cli/cli.h"
#include "harness/cli/gate/gate.h"
#include "harness/cli/model/model.h"
#include "harness/records/files/outfile.h"
#include "model/synth/synth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A synthetic model, once in memory. All children map it, because making it takes each a second. */
struct made {
    FILE *file;    /* NULL: none */
    char path[48]; /* where children find it */
};

static int take(void *ctx, const void *bytes, size_t n, struct qk_error *err)
{
    FILE *const to = ctx;
    if (cli_stop())
        return qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted");
    return fwrite(bytes, 1, n, to) == n ? 0 : bench_written(to, "a copy of the model in memory", err);
}

static int make(struct made *m, const char *preset, struct qk_error *err)
{
    const int fd = memfd_create("model", MFD_CLOEXEC);
    m->file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!m->file) {
        if (fd >= 0)
            close(fd);
        return qk_fail(err, QK_ERR_IO, NULL, "no memory for a copy of the model: %s", strerror(errno));
    }
    snprintf(m->path, sizeof m->path, "/proc/%d/fd/%d", (int)getpid(), fd);
    const int code = model_synth_write(preset, MODEL_SYNTH_SEED, take, m->file, err);
    return code ? code : bench_written(m->file, "a copy of the model in memory", err);
}

/* A model that this program cannot read is an error of the command line, not the base's. */
static int look_at_model(const char *model, struct made *made, struct qk_error *err)
{
    struct model_gguf g = {0};
    const char *const preset = cli_model_preset(model);
    int code = preset ? make(made, preset, err) : 0;
    if (!code)
        code = cli_model_open(&g, preset ? made->path : model, err);
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
    struct made made = {.file = NULL};
    struct baseline_e2e_config cfg = {.policy = policy,
                                      .model = model,
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
    int code = look_at_model(model, &made, err);
    if (made.file)
        cfg.programs.model = made.path;
    if (!code) {
        cli_say("qkbench gate: a whole model, at most %.0f s and the time it takes to load",
                o->budget_s > 0 ? o->budget_s : baseline_e2e_budget(policy));
        code = baseline_gate_e2e(&cfg, report, err);
    }
    if (made.file)
        fclose(made.file);
    return code;
}
