/* SPDX-License-Identifier: MIT */
#include "harness/cli/cli.h"
#include "harness/cli/measure.h"
#include "harness/cli/result_files.h"

#include <stdio.h>

struct options {
    char **patterns;
    size_t count;
    const char *shapes, *counters;
    struct cli_result_files files;
    bool quick;
    int cpu; /* -1: the last one */
    uint64_t seed;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 'S':
        o->shapes = arg;
        return 0;
    case 'q':
        o->quick = true;
        return 0;
    case 'o':
        o->files.json_path = arg;
        return 0;
    case 'c':
        o->files.csv_path = arg;
        return 0;
    case 'C':
        o->counters = arg;
        return 0;
    case 'p':
        o->cpu = (int)cli_number(state, "--cpu", arg, 0, 1023);
        return 0;
    case 's':
        o->seed = cli_number(state, "--seed", arg, 0, (UINT64_C(1) << 53) - 1);
        return 0;
    case ARGP_KEY_ARGS:
        o->patterns = state->argv + state->next;
        o->count = (size_t)(state->argc - state->next);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run(struct options *o, struct qk_error *err)
{
    const struct cli_measure what = {o->patterns, o->count, o->shapes, o->quick, o->cpu, o->seed};
    struct bench_sample_set set;
    bool failed = false;
    bench_sample_set_init(&set);
    int code = cli_result_files_open(&o->files, err);
    if (!code)
        code = cli_measure_run(&what, o->counters, &set, &failed, err);
    if (!code)
        code = cli_ceilings_apply(&set, err);
    if (!code)
        code = cli_result_files_write(&o->files, &set, err);
    cli_result_files_abort(&o->files);
    if (!code)
        code = cli_print_summary(&set, err);
    if (!code && failed)
        code =
            qk_fail(err, QK_ERR_CHECK, NULL, "a variant failed its check and was not timed; see the table");
    bench_sample_set_free(&set);
    return code;
}

int cli_run(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"shapes", 'S', "SET", 0,
         "seed, blocks, model, cache, or a GGUF file, whose I2_S tensors are used (default: the op's first "
         "set)",
         0},
        {"quick", 'q', NULL, 0, "Fewer and shorter blocks: to look at, not to quote", 0},
        {"out", 'o', "FILE", 0, "Write the samples as JSON, a superset of google-benchmark's", 0},
        {"csv", 'c', "FILE", 0, "Write the samples as CSV, one line per slice", 0},
        {"counters", 'C', "LIST", 0,
         "auto (default), none, or a list of metrics, of PAPI's events (PAPI_TOT_INS, perf::PAGE-FAULTS) and "
         "of steps: "
         "instructions counted one by one, of the op's smallest shape only",
         0},
        {"cpu", 'p', "N", 0, "Pin to logical CPU N (default: the last one allowed)", 0},
        {"seed", 's', "N", 0,
         "Draw order and inputs from this seed (default: a fresh one; it is in the results)", 0},
        {0}};
    static const struct argp argp = {
        options,
        parse,
        "[PATTERN...]",
        "Times variants side by side on one pinned CPU: rounds over all variants in a drawn order, raw times "
        "kept. "
        "Every variant is checked first; a wrong one is not timed (exit code 3).\vPATTERN is a glob on "
        "op/variant/shape; the op's reference always runs along. Examples:\n  qkbench run --quick\n  qkbench "
        "run "
        "'qk256_dequant/p4*/4096' --out p4.json\n  qkbench run --shapes model.gguf --out model.json",
        NULL,
        NULL,
        NULL};
    struct options o = {.counters = "auto", .cpu = -1, .seed = cli_seed()};
    struct qk_error err;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    cli_catch_interrupts();
    const int code = run(&o, &err);
    return code ? cli_fail(code, &err) : CLI_DONE;
}
