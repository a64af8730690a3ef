/* SPDX-License-Identifier: MIT */
#include "harness/cli/gate/gate.h"

static report_verdicts_writer *const writers[REPORT_FORMS] = {
#define REPORT_FORM(name, option, argument, help) report_verdicts_##name,
#include "reports/forms/verdicts.def"
#undef REPORT_FORM
};

int cli_gate_outputs_open(struct cli_gate_output *o, struct qk_error *err)
{
    int code = 0;
    for (int i = 0; i < CLI_GATE_OUTPUTS && !code; i++)
        if (o[i].path)
            code = bench_outfile_open(&o[i].file, o[i].path, err);
    return code;
}

static int write_forms(struct cli_gate_output *o, bool files, const struct baseline_report *r,
                       struct qk_error *err)
{
    int code = 0;
    for (int i = 0; i < REPORT_FORMS && !code; i++)
        if (o[i].wanted && !o[i].path == !files)
            code = writers[i](r, files ? o[i].file.stream : stdout, err);
    return code;
}

int cli_gate_outputs_write(struct cli_gate_output *o, const struct baseline_report *r, struct qk_error *err)
{
    int code = write_forms(o, true, r, err);
    for (int i = 0; i < CLI_GATE_OUTPUTS && !code; i++)
        if (o[i].path)
            code = bench_outfile_commit(&o[i].file, err);
    if (!code)
        code = report_verdicts_text(r, stdout, err);
    return code ? code : write_forms(o, false, r, err);
}

void cli_gate_outputs_abort(struct cli_gate_output *o)
{
    for (int i = 0; i < CLI_GATE_OUTPUTS; i++)
        bench_outfile_abort(&o[i].file);
}
