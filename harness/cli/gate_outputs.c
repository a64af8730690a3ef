/* SPDX-License-Identifier: MIT */
#include "harness/cli/gate.h"
#include "reports/verdicts.h"

typedef int writer(const struct baseline_report *r, FILE *to, struct qk_error *err);

static writer *const writers[CLI_GATE_FORMS] = {[CLI_GATE_JSON] = report_verdicts_json,
                                                [CLI_GATE_MARKDOWN] = report_verdicts_markdown,
                                                [CLI_GATE_JUNIT] = report_verdicts_junit,
                                                [CLI_GATE_BMF] = report_verdicts_bmf};

int cli_gate_outputs_open(struct cli_gate_outputs *o, struct qk_error *err)
{
    int code = o->trace_path ? bench_outfile_open(&o->trace, o->trace_path, err) : 0;
    for (int i = 0; i < CLI_GATE_FORMS && !code; i++)
        if (o->path[i])
            code = bench_outfile_open(&o->file[i], o->path[i], err);
    return code;
}

int cli_gate_outputs_write(struct cli_gate_outputs *o, const struct baseline_report *r, struct qk_error *err)
{
    int code = 0;
    for (int i = 0; i < CLI_GATE_FORMS && !code; i++)
        if (o->path[i])
            code = writers[i](r, o->file[i].stream, err);
    for (int i = 0; i < CLI_GATE_FORMS && !code; i++)
        if (o->path[i])
            code = bench_outfile_commit(&o->file[i], err);
    if (!code && o->trace_path)
        code = bench_outfile_commit(&o->trace, err);
    if (!code)
        code = report_verdicts_text(r, stdout, err);
    if (!code && o->github)
        code = report_verdicts_github(r, stdout, err);
    return code;
}

void cli_gate_outputs_abort(struct cli_gate_outputs *o)
{
    for (int i = 0; i < CLI_GATE_FORMS; i++)
        bench_outfile_abort(&o->file[i]);
    bench_outfile_abort(&o->trace);
}
