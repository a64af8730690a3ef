/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/model.h"

#include "harness/cli/out.h"
#include "model/synth/synth.h"

#include <stdio.h>
#include <xxhash.h>

struct options {
    const char *preset, *out;
    uint64_t seed;
};

/* Where the bytes go, and what has gone there. */
struct written {
    FILE *to;
    const char *path;
    XXH3_state_t *hash;
    uint64_t bytes, of;
};

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    switch (key) {
    case ARGP_KEY_ARG:
        if (o->preset)
            cli_wrong(state, "unexpected argument '%s' after preset '%s'", arg, o->preset);
        o->preset = arg;
        return 0;
    case ARGP_KEY_END:
        if (!o->preset)
            cli_wrong(state,
                      "a PRESET is needed, such as bitnet-2b/4; qkbench model synth --help lists them");
        if (!o->out)
            cli_wrong(state, "--out FILE is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int take(void *ctx, const void *bytes, size_t n, struct qk_error *err)
{
    struct written *w = ctx;
    if (cli_stop())
        return qk_fail(err, QK_ERR_INTERRUPTED, w->path, "interrupted; nothing was written");
    if (fwrite(bytes, 1, n, w->to) != n)
        return bench_written(w->to, w->path, err);
    XXH3_64bits_update(w->hash, bytes, n);
    w->bytes += n;
    cli_progress(NULL, (double)w->bytes / (double)w->of, w->path);
    return 0;
}

static int run(void *options, struct qk_error *err)
{
    const struct options *o = options;
    struct cli_out file = {.option = "--out", .path = o->out};
    struct written w = {.path = o->out, .hash = XXH3_createState()};
    FILE *say = stdout;
    if (!w.hash || XXH3_64bits_reset(w.hash) != XXH_OK) {
        XXH3_freeState(w.hash);
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a hash");
    }
    int code = model_synth_size(o->preset, o->seed, &w.of, err);
    if (!code)
        code = cli_out_open(&file, 1, err);
    if (!code) {
        w.to = file.file.stream;
        say = cli_out_text(&file, 1);
        code = model_synth_write(o->preset, o->seed, take, &w, err);
        code = code ? code : cli_out_commit(&file, 1, err);
        cli_out_abort(&file, 1);
        cli_progress_end();
    }
    if (!code)
        fprintf(say, "%s: %s, seed %llu, %llu bytes, xxh3 %016llx\n", o->out, o->preset,
                (unsigned long long)o->seed, (unsigned long long)w.bytes,
                (unsigned long long)XXH3_64bits_digest(w.hash));
    XXH3_freeState(w.hash);
    return code;
}

/* A line of help for each. */
#define PRESET(name, model, cut, arch, vocab, context, embedding, layers, feed_forward, head_dim, heads,     \
               kv_heads, merges, base, epsilon, pre, own_head, matrices, table, unverified)                  \
    "  " name ": " model ", " #layers " layers, " #matrices ", head " #table "; unverified: " unverified "\n"
static const char presets[] =
    "Writes a model of random weights as a GGUF file in the form of the published one, with a vocabulary "
    "of full size. The same preset and seed give the same bytes on every machine.\vPRESET is one of these:\n"
#include "model/synth/presets.def"
    "Behind all but tiny /N takes the first N layers. Then can come ,head=peaked (the likeliest token stands "
    "far above the others), ,head=TYPE (F32, F16, BF16, Q8_0, Q6_K, Q2_0, PQ2_0) and ,matrices=TYPE (I2_S, "
    "TQ1_0, TQ2_0, Q2_0, PQ2_0). Unverified figures are likely ones that no published file has shown us. "
    "Other commands take synth:PRESET and make the model of seed 1 in memory.\nExamples:\n  qkbench model "
    "synth tiny --out tiny.gguf\n  qkbench model synth bitnet-2b/4 --seed 7 --out four.gguf\n  qkbench model "
    "synth bonsai-1.7b/2,matrices=PQ2_0 --out two.gguf";
#undef PRESET

int cli_model_synth(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"out", 'o', "FILE", CLI_STRING(options, out), "Where to write; appears whole or not at all", 0},
        {"seed", 's', "N", CLI_UINT64(options, seed, 0, UINT64_MAX), "Of weights and vocabulary (default: 1)",
         0},
        {0}};
    static const struct cli_usage usage = {options, parse, "PRESET", presets};
    struct options o = {.seed = MODEL_SYNTH_SEED};
    return cli_main(&usage, argc, argv, &o, run);
}
