/* SPDX-License-Identifier: MIT */
#include "harness/ceilings/ceilings.h"
#include "harness/ceilings/roofline.h"
#include "harness/cli/options.h"
#include "harness/cli/out.h"
#include "reports/text/ceilings.h"

#include <stdio.h>

struct options {
    struct cli_measure_options measure;
    bool fresh;
};

static void warn(const struct qk_error *err, const char *so)
{
    cli_say("qkbench: warning: %s%s%s%s", err->where, *err->where ? ": " : "", err->text, so);
}

/*
 * Loads the stored ceilings into *c, whose environment is read, unless they will not do. Quick ones do not
 * do where full ones are wanted.
 */
static int get(const struct options *o, const struct bench_ceilings_config *cfg, struct bench_ceilings *c,
               bool *stored, struct qk_error *err)
{
    const struct bench_environment env = c->env;
    struct qk_error why;
    *stored = false;
    if (!o->fresh && bench_ceilings_load(c, env.fingerprint, stored, &why))
        warn(&why, "; measuring afresh");
    if (*stored && (o->measure.what.job.quick || !c->quick))
        return 0;
    if (*stored)
        bench_ceilings_free(c);
    *stored = false;
    c->env = env;
    const int code = bench_ceilings_measure(c, cfg, err);
    cli_progress_end();
    /* Without DRAM they would be in the way of better ones. */
    if (!code && !c->cramped && bench_ceilings_store(c, &why))
        warn(&why, "; the ceilings are not stored");
    return code;
}

static int ceilings(void *options, struct qk_error *err)
{
    struct options *o = options;
    struct bench_ceilings c = {0};
    struct cli_out file = {.option = "--out", .path = o->measure.out};
    struct bench_cpus allowed;
    bool stored;
    int code = bench_cpus_allowed(&allowed, err);
    if (!code)
        code = cli_measure_begin(&o->measure.what, &c.env, err);
    if (!code)
        code = cli_out_open(&file, 1, err);
    if (code)
        return code;
    const struct bench_ceilings_config cfg = {.job = o->measure.what.job, .allowed = &allowed};
    code = get(o, &cfg, &c, &stored, err);
    if (!code && o->measure.out)
        code = bench_fields_write(&bench_ceilings_fields, &c, "the ceilings", file.file.stream, err);
    if (!code)
        code = cli_out_commit(&file, 1, err);
    cli_out_abort(&file, 1);
    if (!code)
        code = report_ceilings_text(&c, stored, cli_out_text(&file, 1), err);
    bench_ceilings_free(&c);
    return code;
}

int cli_ceilings(int argc, char **argv)
{
    static const struct cli_option options[] = {
        CLI_OPTION_OUT("Write them as JSON (ceilings.schema.json)"),
        {"fresh", 'f', NULL, CLI_FLAG(options, fresh),
         "Measure, even when there are stored ones of this machine", 0},
        CLI_OPTION_QUICK("Take 2 s instead of 25 s, for a quick look; do not quote the figures"),
        CLI_OPTION_CPU("Single threads run on"),
        {0}};
    static const struct cli_usage usage = {
        options, NULL, NULL,
        "Limits of this machine: bandwidths of L1, L2, L3 and DRAM by one thread and by one per CPU, peaks "
        "of the instructions that kernels live on, for each ISA level present, and the clocks.\vMeasured "
        "once and kept in $XDG_CACHE_HOME/qkbench (or ~/.cache/qkbench) under the machine's fingerprint; "
        "`run` then says which share of its ceiling each variant reaches. Examples:\n  qkbench ceilings\n  "
        "qkbench ceilings --fresh --out ceilings.json"};
    struct options o = {.measure = cli_measure_defaults()};
    return cli_main(&usage, argc, argv, &o, ceilings);
}

int cli_ceilings_apply(struct bench_sample_set *set, struct qk_error *err)
{
    struct bench_ceilings c;
    struct qk_error why;
    bool found;
    if (bench_ceilings_load(&c, set->env.fingerprint, &found, &why))
        warn(&why, "; no shares of ceilings");
    if (!found)
        return 0;
    const int code = bench_roofline_apply(set, &c, err);
    bench_ceilings_free(&c);
    return code;
}
