/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/bench.h"

#include <string.h>

const char *const cli_bench_formats[CLI_BENCH_FORMATS] = {"md", "csv", "json", "jsonl"};

#define NOT_SAID SIZE_MAX
enum { CLI_BENCH_PEER = 0x2000, CLI_BENCH_PEER_TIMEOUT };

/* Numbers from least to largest with commas between, at most `most` of them. Returns how many. */
static size_t parse_list(const struct argp_state *state, const char *option, char *list, size_t least,
                         size_t largest, size_t *to, size_t most)
{
    size_t count = 0;
    for (char *one; (one = strsep(&list, ",")) != NULL;) {
        if (count == most)
            cli_wrong(state, "%s: more than %zu numbers", option, most);
        to[count++] = cli_number(state, option, one, least, largest);
    }
    return count;
}

static void parse_heads(const struct argp_state *state, char *list, struct cli_bench *o)
{
    o->head_count = 0;
    for (char *one; (one = strsep(&list, ",")) != NULL;) {
        if (o->head_count == MODEL_HEADS)
            cli_wrong(state, "--head: more than %d heads", MODEL_HEADS);
        o->heads[o->head_count++] = cli_model_head_of(state, one);
    }
}

static void parse_format(const struct argp_state *state, const char *arg, struct cli_bench *o)
{
    for (int i = 0; i < CLI_BENCH_FORMATS; i++)
        if (!strcmp(arg, cli_bench_formats[i])) {
            o->format = (enum cli_bench_format)i;
            return;
        }
    cli_wrong(state, "--output: unknown '%s'; expected md, csv, json or jsonl", arg);
}

/* Fills in what the user did not say. For the ladder that is what the roadmap's table has. */
static void complete(const struct argp_state *state, struct cli_bench *b)
{
    b->fit = b->prompt == NOT_SAID && b->generate == NOT_SAID;
    if (b->prompt == NOT_SAID)
        b->prompt = b->ladder ? 0 : 512;
    if (b->generate == NOT_SAID)
        b->generate = b->ladder ? 8 : 64;
    if (!b->repetitions)
        b->repetitions = b->ladder ? 3 : 5;
    if (!b->thread_count) {
        b->threads[0] = 1;
        b->threads[1] = cli_model_threads(&b->model.cpus);
        b->thread_count = b->ladder || b->threads[1] == 1 ? 1 : 2;
    }
    if (!b->depth_count)
        b->depths[b->depth_count++] = 0;
    if (!b->head_count)
        b->heads[b->head_count++] = b->ladder ? MODEL_HEAD_FULL : MODEL_HEAD_CERTIFIED;
    if (!b->prompt && !b->generate)
        cli_wrong(state, "-p 0 and -n 0 leave nothing to measure");
    if (b->peer && (!*b->peer || strlen(b->peer) >= sizeof((struct bench_e2e_peer *)0)->command))
        cli_wrong(state, "--peer: expected a command of 1 to %zu characters",
                  sizeof((struct bench_e2e_peer *)0)->command - 1);
    if (b->ladder && b->peer)
        cli_wrong(state, "--ladder has a table of its own; --peer is for others");
    if (b->ladder && b->model.kernels)
        cli_wrong(state, "--ladder has its own sets; --kernels is for others");
    if (b->ladder && b->model.act != MODEL_ACT_ANY)
        cli_wrong(state, "--ladder has sets with int8 and with f32 activations; --act allows one");
}

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct cli_bench *o = to;
    switch (key) {
    case 'o':
        parse_format(state, arg, o);
        return 0;
    case 't':
        o->thread_count =
            parse_list(state, "--threads", arg, 1, MODEL_THREADS_MAX, o->threads, CLI_BENCH_THREADS_MAX);
        return 0;
    case 'd':
        o->depth_count =
            parse_list(state, "--n-depth", arg, 0, MODEL_CONTEXT_MAX, o->depths, CLI_BENCH_DEPTHS_MAX);
        return 0;
    case CLI_MODEL_HEAD:
        parse_heads(state, arg, o);
        return 0;
    case ARGP_KEY_END:
        complete(state, o);
        return 0;
    default:
        return cli_model_parse(key, arg, state, to);
    }
}

void cli_bench_parse_command(struct cli_bench *to, int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"n-prompt", 'p', "N", CLI_UINT64(cli_bench, prompt, 0, MODEL_CONTEXT_MAX),
         "Tokens of the prompt test; 0 leaves it out (default: 512)", 1},
        {"n-gen", 'n', "N", CLI_UINT64(cli_bench, generate, 0, MODEL_CONTEXT_MAX),
         "Tokens of the generation test; 0 leaves it out (default: 64)", 1},
        {"n-depth", 'd', "LIST", CLI_OTHER,
         "Positions in the cache before each test, commas between (default: 0)", 1},
        {"repetitions", 'r', "N", CLI_UINT64(cli_bench, repetitions, 1, BENCH_E2E_REPETITIONS_MAX),
         "of every test, in an order drawn anew each time (default: 5; 6 give 95 % intervals)", 1},
        {"batch", 'b', "N", CLI_UINT64(cli_bench, batch, 1, MODEL_BATCH_MAX),
         "Tokens that pass through the layers at once (default: 512)", 1},
        {"ladder", 'L', NULL, CLI_FLAG(cli_bench, ladder),
         "The roadmap's end-to-end table: baseline, each phase, best; with -p 0 -n 8 -r 3 -t 1", 1},
        CLI_MODEL_OPTION_KERNELS("Sets with commas between: best (default), baseline, p1_unpack, ..., or "
                                 "globs OP/VARIANT joined by +; all are timed side by side"),
        CLI_MODEL_OPTION_TUNE,
        CLI_MODEL_OPTIONS_ROUNDING("f16"),
        CLI_MODEL_OPTION_HEAD("LIST",
                              "How the output head is read: full, certified (the same tokens), i8 (not "
                              "exact), commas between (default: certified; --ladder: full)"),
        {"threads", 't', "LIST", CLI_OTHER,
         "Numbers of threads, commas between (default: 1, and one per CPU allowed, at most the cgroup's "
         "quota)",
         2},
        CLI_MODEL_OPTION_CPUS,
        {"output", 'o', "FORMAT", CLI_OTHER,
         "md (default), csv, json or jsonl, with the fields of llama-bench and more", 3},
        {"peer", CLI_BENCH_PEER, "CMD", CLI_STRING(cli_bench, peer),
         "Run the shell command CMD, which takes llama-bench's options, in turns with the tests, and print "
         "both in one table; CMD gets -p, -n, -t, -d, -r 1 and -o json",
         3},
        {"peer-timeout", CLI_BENCH_PEER_TIMEOUT, "S", CLI_UINT64(cli_bench, peer_timeout, 1, 86400),
         "Seconds that a start of CMD may take (default: 600)", 3},
        {"out", 'O', "FILE", CLI_STRING(cli_bench, out), "Write the JSON to FILE as well", 3},
        {"counters", 'C', "LIST", CLI_STRING(cli_bench, counters),
         "As in qkbench run, of one token by one thread (default: auto)", 3},
        CLI_ROW_SEED(cli_bench, seed, "order and tokens", 3),
        {0}};
    static const struct cli_usage usage = {
        options, parse, "[MODEL]",
        "Times prompt processing (ppN) and generation (tgN) of a whole model with any sets of kernels, side "
        "by side.\vMODEL: see qkbench model --help. A set named baseline or after a phase multiplies the "
        "ternary matrices by dequantising their rows, as the audited runtime does. Examples:\n  qkbench "
        "model bench -p 64 -n 16\n  qkbench model bench synth:bitnet-2b/4 --kernels "
        "baseline,p4_permute,best\n  qkbench model bench -p 0 --kernels 'i2s_gemv/avx2*+act_quant/scalar' -o "
        "json\n  qkbench model bench -p 0 -n 16 --head full,certified\n  qkbench model bench -p 32 -n 16 -d "
        "0,448\n  qkbench model bench -p 16 -n 16 --peer 'qkbench model bench --head full'\n  qkbench model "
        "bench "
        "synth:bitnet-2b/4 --ladder"};
    *to = (struct cli_bench){.model = {.kv_f16 = true},
                             .prompt = NOT_SAID,
                             .generate = NOT_SAID,
                             .counters = "auto",
                             .peer_timeout = 600,
                             .seed = cli_seed()};
    cli_parse(&usage, argc, argv, to);
}
