/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/bench.h"

#include <string.h>

const char *const cli_bench_formats[CLI_BENCH_FORMATS] = {"md", "csv", "json", "jsonl"};

struct options {
    struct cli_bench bench;
    bool prompt, generate, repetitions, threads; /* said so */
};

static void parse_threads(const struct argp_state *state, char *list, struct cli_bench *o)
{
    o->thread_count = 0;
    for (char *one; (one = strsep(&list, ",")) != NULL;) {
        if (o->thread_count == CLI_BENCH_THREADS_MAX)
            argp_error(state, "--threads: more than %d numbers", CLI_BENCH_THREADS_MAX);
        o->threads[o->thread_count++] = cli_number(state, "--threads", one, 1, MODEL_THREADS_MAX);
    }
}

static void parse_format(const struct argp_state *state, const char *arg, struct cli_bench *o)
{
    for (int i = 0; i < CLI_BENCH_FORMATS; i++)
        if (!strcmp(arg, cli_bench_formats[i])) {
            o->format = (enum cli_bench_format)i;
            return;
        }
    argp_error(state, "--output: unknown '%s'; expected md, csv, json or jsonl", arg);
}

static error_t parse_sizes(int key, char *arg, struct argp_state *state, struct options *o)
{
    switch (key) {
    case 'p':
        o->bench.prompt = cli_number(state, "--n-prompt", arg, 0, MODEL_CONTEXT_MAX);
        o->prompt = true;
        return 0;
    case 'n':
        o->bench.generate = cli_number(state, "--n-gen", arg, 0, MODEL_CONTEXT_MAX);
        o->generate = true;
        return 0;
    case 'r':
        o->bench.repetitions = cli_number(state, "--repetitions", arg, 1, BENCH_E2E_REPETITIONS_MAX);
        o->repetitions = true;
        return 0;
    case 'b':
        o->bench.batch = cli_number(state, "--batch", arg, 1, MODEL_BATCH_MAX);
        return 0;
    case 'O':
        o->bench.out = arg;
        return 0;
    case 'C':
        o->bench.counters = arg;
        return 0;
    case 't':
        parse_threads(state, arg, &o->bench);
        o->threads = true;
        return 0;
    default:
        return cli_model_parse(key, arg, state, &o->bench.model);
    }
}

/* What was not said, which for the ladder is what the roadmap's table has. */
static void complete(struct argp_state *state, struct options *o)
{
    struct cli_bench *b = &o->bench;
    if (!o->prompt)
        b->prompt = b->ladder ? 0 : 512;
    if (!o->generate)
        b->generate = b->ladder ? 8 : 64;
    b->fit = !o->prompt && !o->generate;
    if (!o->repetitions)
        b->repetitions = b->ladder ? 3 : 5;
    if (!o->threads) {
        b->threads[0] = 1;
        b->threads[1] = cli_model_cpus();
        b->thread_count = b->ladder || b->threads[1] == 1 ? 1 : 2;
    }
    if (!b->prompt && !b->generate)
        argp_error(state, "-p 0 and -n 0 leave nothing to measure");
    if (b->ladder && b->model.kernels)
        argp_error(state, "--ladder has its own sets; --kernels is for others");
    if (b->ladder && b->model.act != MODEL_ACT_ANY)
        argp_error(state, "--ladder has sets with int8 and with f32 activations; --act allows one");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 'o':
        parse_format(state, arg, &o->bench);
        return 0;
    case 'L':
        o->bench.ladder = true;
        return 0;
    case 's':
        o->bench.seed = cli_number(state, "--seed", arg, 0, (UINT64_C(1) << 53) - 1);
        return 0;
    case ARGP_KEY_END:
        complete(state, o);
        return 0;
    default:
        return parse_sizes(key, arg, state, o);
    }
}

void cli_bench_parse_command(struct cli_bench *to, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"n-prompt", 'p', "N", 0, "Tokens of the prompt test; 0 leaves it out (default: 512)", 1},
        {"n-gen", 'n', "N", 0, "Tokens of the generation test; 0 leaves it out (default: 64)", 1},
        {"repetitions", 'r', "N", 0,
         "of every test, in an order drawn anew each time (default: 5; 6 give 95 % intervals)", 1},
        {"batch", 'b', "N", 0, "Tokens that pass through the layers at once (default: 512)", 1},
        {"ladder", 'L', NULL, 0,
         "The roadmap's end-to-end table: baseline, each phase, best; with -p 0 -n 8 -r 3 -t 1", 1},
        CLI_MODEL_OPTION_KERNELS(
            "Sets with commas between: best (default), baseline, p1_unpack, ..., or globs OP/VARIANT "
            "joined by +; all are timed side by side"),
        CLI_MODEL_OPTIONS_ROUNDING("f16", "f32"),
        {"threads", 't', "LIST", 0, "Numbers of threads, commas between (default: 1 and one per CPU allowed)",
         2},
        {"output", 'o', "FORMAT", 0,
         "md (default), csv, json or jsonl, with the fields of llama-bench and more", 3},
        {"out", 'O', "FILE", 0, "Write the JSON to FILE as well", 3},
        {"counters", 'C', "LIST", 0, "As in qkbench run, of one token by one thread (default: auto)", 3},
        {"seed", 's', "N", 0, "Draw order and tokens from this seed (default: a fresh one)", 3},
        {0}};
    static const struct argp argp = {options,
                                     parse,
                                     "[MODEL]",
                                     "Times prompt processing (ppN) and generation (tgN) of a whole model "
                                     "with any sets of kernels, side by side.\vMODEL: see qkbench model "
                                     "--help. A set named baseline or after a phase multiplies the ternary "
                                     "matrices by dequantising their rows, as the audited runtime does. "
                                     "Examples:\n  qkbench model bench -p 64 -n 16\n  qkbench model bench "
                                     "synth:bitnet-2b/4 --kernels baseline,p4_permute,best\n  qkbench model "
                                     "bench -p 0 --kernels 'i2s_gemv/avx2*+act_quant/scalar' -o json\n  "
                                     "qkbench model bench synth:bitnet-2b/4 --ladder",
                                     NULL,
                                     NULL,
                                     NULL};
    struct options o = {.bench = {.model = {.kv_f16 = true}, .counters = "auto", .seed = cli_seed()}};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    *to = o.bench;
}
