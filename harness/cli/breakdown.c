/* SPDX-License-Identifier: MIT */
#include "harness/breakdown.h"
#include "harness/cli/cli.h"
#include "harness/cli/measure.h"
#include "harness/datafile.h"
#include "harness/outfile.h"
#include "reports/breakdown.h"

#include <stdio.h>

struct options {
    char **patterns;
    size_t count;
    const char *shapes, *out;
    bool quick, markdown;
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
    case 'm':
        o->markdown = true;
        return 0;
    case 'o':
        o->out = arg;
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

static int write_json(const struct bench_breakdown *bd, const struct baseline_components *claims,
                      struct bench_outfile *file, struct qk_error *err)
{
    json_t *json = baseline_components_json(claims);
    int code = json ? bench_breakdown_write_json(bd, json, file->stream, err)
                    : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the claims");
    json_decref(json);
    return code ? code : bench_outfile_commit(file, err);
}

/* Claims are read and the file is opened first, so that neither can cost a measurement. */
static int breakdown(const struct options *o, struct qk_error *err)
{
    const struct cli_measure what = {o->patterns, o->count, o->shapes, o->quick, o->cpu, o->seed};
    struct bench_outfile file = {0};
    struct bench_breakdown bd = {0};
    struct baseline_components claims = {0};
    char path[4096];
    int code = bench_data_path("reports/roadmap.json", path, sizeof path, err);
    if (!code)
        code = baseline_components_read(&claims, path, err);
    if (!code && o->out)
        code = bench_outfile_open(&file, o->out, err);
    if (!code)
        code = cli_measure_breakdown(&what, &bd, err);
    if (!code)
        code = baseline_components_judge(&claims, &bd, err);
    if (!code && o->out)
        code = write_json(&bd, &claims, &file, err);
    const struct report_breakdown_input in = {&bd, &claims};
    if (!code)
        code = (o->markdown ? report_breakdown_markdown : report_breakdown_text)(&in, stdout, err);
    if (!code && bd.failed)
        code =
            qk_fail(err, QK_ERR_CHECK, NULL, "a variant failed its check and was not timed; see the table");
    bench_outfile_abort(&file);
    baseline_components_free(&claims);
    bench_breakdown_free(&bd);
    return code;
}

int cli_breakdown(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"shapes", 'S', "SET", 0, "seed, blocks, model, cache, or a GGUF file (default: one shape, in L1)",
         0},
        {"quick", 'q', NULL, 0, "Fewer and shorter blocks: to look at, not to quote", 0},
        {"markdown", 'm', NULL, 0, "Tables in markdown instead of text", 0},
        {"out", 'o', "FILE", 0, "Write samples and estimates as JSON (harness/breakdown.schema.json)", 0},
        {"cpu", 'p', "N", 0, "Pin to logical CPU N (default: the last one allowed)", 0},
        {"seed", 's', "N", 0, "Draw order and inputs from this seed (default: a fresh one)", 0},
        {0}};
    static const struct argp argp = {
        options,
        parse,
        "[PATTERN...]",
        "Shows what each component of a staged variant costs: its body cut after each stage is timed beside "
        "the plain kernel, interleaved in a drawn order, and neighbours are subtracted. Components add up to "
        "the total exactly; one that cannot be told from 0 is not resolved. Claims of the roadmap stand "
        "beside.\vPATTERN is a glob on op/variant/shape; variants that are not staged are left out. Without "
        "a shape in it and without --shapes, the largest of the op's first set that fits L1 is used. "
        "Examples:\n  qkbench breakdown\n  qkbench breakdown --quick '*/p4*' --out p4.json\n  qkbench "
        "breakdown '*/*/16384'",
        NULL,
        NULL,
        NULL};
    struct options o = {.cpu = -1, .seed = cli_seed()};
    struct qk_error err;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    cli_catch_interrupts();
    const int code = breakdown(&o, &err);
    return code ? cli_fail(code, &err) : CLI_DONE;
}
