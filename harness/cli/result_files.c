/* SPDX-License-Identifier: MIT */
#include "harness/cli/result_files.h"

#include "harness/records/summary.h"
#include "reports/text/report.h"

#include <stdio.h>

int cli_result_files_open(struct cli_result_files *f, struct qk_error *err)
{
    int code = f->json_path ? bench_outfile_open(&f->json, f->json_path, err) : 0;
    if (!code && f->csv_path)
        code = bench_outfile_open(&f->csv, f->csv_path, err);
    return code;
}

int cli_result_files_write(struct cli_result_files *f, const struct bench_sample_set *set,
                           struct qk_error *err)
{
    int code = f->json_path ? bench_sample_set_write_json(set, f->json.stream, err) : 0;
    if (!code && f->csv_path)
        code = bench_sample_set_write_csv(set, f->csv.stream, err);
    if (!code && f->json_path)
        code = bench_outfile_commit(&f->json, err);
    if (!code && f->csv_path)
        code = bench_outfile_commit(&f->csv, err);
    return code;
}

void cli_result_files_abort(struct cli_result_files *f)
{
    bench_outfile_abort(&f->json);
    bench_outfile_abort(&f->csv);
}

int cli_print_summary(const struct bench_sample_set *set, struct qk_error *err)
{
    struct bench_summary sum;
    int code = bench_summary_make(&sum, set, err);
    if (code)
        return code;
    code = report_text(&(struct report_input){.set = set, .summary = &sum}, stdout, err);
    bench_summary_free(&sum);
    return code;
}
