/* SPDX-License-Identifier: MIT */
#include "harness/cli/options.h"
#include "harness/cli/out.h"
#include "harness/records/summary.h"
#include "reports/text/report.h"

#include <stdio.h>

enum { JSON, CSV, FILES };
struct options {
    struct cli_measure_options measure;
    struct cli_out files[FILES];
};

static int write_files(struct cli_out *files, const struct bench_sample_set *set, struct qk_error *err)
{
    int code = files[JSON].path ? bench_sample_set_write_json(set, files[JSON].file.stream, err) : 0;
    if (!code && files[CSV].path)
        code = bench_sample_set_write_csv(set, files[CSV].file.stream, err);
    return code ? code : cli_out_commit(files, FILES, err);
}

static int print_summary(const struct bench_sample_set *set, FILE *to, struct qk_error *err)
{
    struct bench_summary sum;
    int code = bench_summary_make(&sum, set, err);
    if (code)
        return code;
    code = report_text(&(struct report_input){.set = set, .summary = &sum}, to, err);
    bench_summary_free(&sum);
    return code;
}

static int run(void *options, struct qk_error *err)
{
    struct options *o = options;
    struct bench_sample_set set;
    bool failed = false;
    bench_sample_set_init(&set);
    o->files[JSON] = (struct cli_out){.option = "--out", .path = o->measure.out};
    o->files[CSV].option = "--csv";
    int code = cli_out_spares(o->files, FILES, "--shapes", o->measure.what.shapes, err);
    if (!code)
        code = cli_out_open(o->files, FILES, err);
    if (!code)
        code = cli_measure_run(&o->measure.what, o->measure.counters, &set, &failed, err);
    if (!code)
        code = cli_ceilings_apply(&set, err);
    if (!code)
        code = write_files(o->files, &set, err);
    cli_out_abort(o->files, FILES);
    if (!code)
        code = print_summary(&set, cli_out_text(o->files, FILES), err);
    if (!code && failed)
        code =
            qk_fail(err, QK_ERR_CHECK, NULL, "a variant failed its check and was not timed; see the table");
    bench_sample_set_free(&set);
    return code;
}

int cli_run(int argc, char **argv)
{
    static const struct cli_option options[] = {
        CLI_OPTION_PATTERNS,
        CLI_OPTION_LOAD,
        CLI_OPTION_SHAPES("seed, blocks, model, large, cache, or a GGUF file, whose I2_S tensors are used "
                          "(default: the op's first set)"),
        CLI_OPTION_QUICK("Take fewer and shorter blocks, for a quick look; do not quote the figures"),
        CLI_OPTION_OUT("Write the samples as JSON, a superset of google-benchmark's"),
        {"csv", 'c', "FILE", CLI_STRING(options, files[CSV].path),
         "Write the samples as CSV, one line per slice", 0},
        CLI_OPTION_COUNTERS(
            "auto (default), none, or a list of metrics, of PAPI's events (PAPI_TOT_INS, perf::PAGE-FAULTS) "
            "and of steps: instructions counted one by one, of the op's smallest shape only"),
        CLI_OPTION_CPU("Pin to"),
        CLI_OPTION_SEED("order and inputs, as the results say,"),
        {0}};
    static const struct cli_usage usage = {
        options, NULL, "[PATTERN...]",
        "Times variants side by side on one pinned CPU: rounds over all variants in a drawn order, raw times "
        "kept. Every variant is checked first; a wrong one is not timed (exit code 3).\vPATTERN is a glob on "
        "op/variant/shape; the op's reference always runs along. Examples:\n  qkbench run --quick\n  qkbench "
        "run 'qk256_dequant/p4*/4096' --out p4.json\n  qkbench run --shapes model.gguf --out model.json\n  "
        "qkbench run --quick "
        "'qk256_dequant/*p4*/4096' --load mine=base.so"};
    struct options o = {.measure = cli_measure_defaults()};
    return cli_main(&usage, argc, argv, &o, run);
}
