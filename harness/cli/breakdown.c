/* SPDX-License-Identifier: MIT */
#include "harness/breakdown/breakdown.h"
#include "harness/cli/options.h"
#include "harness/cli/out.h"
#include "harness/machine/datafile.h"
#include "reports/text/breakdown.h"

#include <stdio.h>

struct options {
    struct cli_measure_options measure;
    bool markdown;
};

static int write_json(struct bench_breakdown *bd, const struct baseline_components *claims,
                      struct cli_out *file, struct qk_error *err)
{
    bd->claims = bench_fields_json(&baseline_components_fields, claims);
    const int code =
        bd->claims ? bench_fields_write(&bench_breakdown_fields, bd, "the breakdown", file->file.stream, err)
                   : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the claims");
    return code ? code : cli_out_commit(file, 1, err);
}

/* Reads the claims and opens the file first, so that neither can cost a measurement. */
static int breakdown(void *options, struct qk_error *err)
{
    struct options *o = options;
    struct cli_out file = {.option = "--out", .path = o->measure.out};
    struct bench_breakdown bd = {0};
    struct baseline_components claims = {0};
    char path[4096];
    int code = bench_data_path("reports/claims/roadmap.json", path, sizeof path, err);
    if (!code)
        code = baseline_components_read(&claims, path, err);
    if (!code)
        code = cli_out_spares(&file, 1, "--shapes", o->measure.what.shapes, err);
    if (!code)
        code = cli_out_open(&file, 1, err);
    if (!code)
        code = cli_measure_breakdown(&o->measure.what, o->measure.counters, &bd, err);
    if (!code)
        code = baseline_components_judge(&claims, &bd, err);
    if (!code && o->measure.out)
        code = write_json(&bd, &claims, &file, err);
    const struct report_breakdown_input in = {&bd, &claims};
    if (!code)
        code = (o->markdown ? report_breakdown_markdown : report_breakdown_text)(&in, cli_out_text(&file, 1),
                                                                                 err);
    if (!code && bd.failed)
        code =
            qk_fail(err, QK_ERR_CHECK, NULL, "a variant failed its check and was not timed; see the table");
    cli_out_abort(&file, 1);
    baseline_components_free(&claims);
    bench_breakdown_free(&bd);
    return code;
}

int cli_breakdown(int argc, char **argv)
{
    static const struct cli_option options[] = {
        CLI_OPTION_PATTERNS,
        CLI_OPTION_LOAD,
        CLI_OPTION_SHAPES("seed, blocks, model, large, cache, or a GGUF file (default: one shape, in L1)"),
        CLI_OPTION_QUICK("Take fewer and shorter blocks, for a quick look; do not quote the figures"),
        {"markdown", 'm', NULL, CLI_FLAG(options, markdown), "Tables in markdown instead of text", 0},
        CLI_OPTION_OUT("Write samples and estimates as JSON (breakdown.schema.json)"),
        CLI_OPTION_COUNTERS(
            "Count each prefix, alone and after it was timed: auto (default), none, or a list "
            "as of run; steps: each component's instructions, of the op's smallest shape"),
        CLI_OPTION_CPU("Pin to"),
        CLI_OPTION_SEED("order and inputs"),
        {0}};
    static const struct cli_usage usage = {
        options, NULL, "[PATTERN...]",
        "Shows what each component of a staged variant costs: its body cut after each stage is timed beside "
        "the plain kernel, interleaved in a drawn order, and neighbours are subtracted. A prepared one is "
        "cut "
        "before its kernel. Components add up to the total exactly; one that cannot be told from 0 is not "
        "resolved. Claims of the roadmap stand beside.\vPATTERN is a glob on op/variant/shape; other "
        "variants "
        "are left out. Without a shape in it and without --shapes, the largest of the op's first set that "
        "fits L1 is used. "
        "Examples:\n  qkbench breakdown\n  qkbench breakdown --quick '*/p4*' --counters steps\n  qkbench "
        "breakdown '*/*/16384'\n  qkbench breakdown --quick '*/mine:p4*' --load mine=base.so"};
    struct options o = {.measure = cli_measure_defaults()};
    return cli_main(&usage, argc, argv, &o, breakdown);
}
