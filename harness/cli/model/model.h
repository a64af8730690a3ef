/* SPDX-License-Identifier: MIT */
/*
 * What the subcommands of `qkbench model` share: finding and loading the model, and the options of how it
 * computes.
 */
#pragma once

#include "harness/cli/options.h"
#include "model/forward/forward.h"
#include "model/tokenizer/tokenizer.h"

int cli_model_info(int argc, char **argv);
int cli_model_run(int argc, char **argv);
int cli_model_bench(int argc, char **argv);
int cli_model_check(int argc, char **argv);
int cli_model_perplexity(int argc, char **argv);
int cli_model_synth(int argc, char **argv);

/*
 * How a model computes, as --act, --kv, --head-input, --kernels, --threads and MODEL have it. The options of
 * each command begin with it.
 */
struct cli_model_options {
    const char *model;   /* NULL: the trained one that comes with qkbench */
    const char *kernels; /* one set, or for bench several */
    enum model_act act;
    bool kv_f16, head_f16;
    size_t threads; /* 0: all CPUs allowed */
    bool tune;      /* the rows that stream weights, on these weights */
};

enum { CLI_MODEL_ACT = 0x1000, CLI_MODEL_KV, CLI_MODEL_HEAD, CLI_MODEL_KERNELS };
#define CLI_MODEL_OPTIONS_ROUNDING(kv, head)                                                                 \
    CLI_ROW("act", CLI_MODEL_ACT, "int8|f32", CLI_OTHER,                                                     \
            "Activations of the ternary products (default: as the set has them)", 2),                        \
        CLI_ROW("kv", CLI_MODEL_KV, "f32|f16", CLI_OTHER, "Cache of keys and values (default: " kv ")", 2),  \
        CLI_ROW("head-input", CLI_MODEL_HEAD, "f32|f16", CLI_OTHER,                                          \
                "What the head multiplies (default: " head ")", 2)
#define CLI_MODEL_OPTION_KERNELS(what)                                                                       \
    CLI_ROW("kernels", CLI_MODEL_KERNELS, "SET", CLI_STRING(cli_model_options, kernels), what, 2)
#define CLI_MODEL_OPTION_TUNE                                                                                \
    CLI_ROW(                                                                                                 \
        "tune", 'u', NULL, CLI_FLAG(cli_model_options, tune),                                                \
        "Take the rows of i2s16_gemv and f16_gemv that are the fastest on these weights, found in 0.1 s", 2)
#define CLI_MODEL_OPTION_THREADS(what)                                                                       \
    CLI_ROW("threads", 't', "N", CLI_UINT64(cli_model_options, threads, 1, MODEL_THREADS_MAX), what, 2)

/*
 * What of these has no place, and one argument MODEL, for the parser of a command whose options begin with
 * *o.
 */
error_t cli_model_parse(int key, char *arg, struct argp_state *state, void *to);
/* CPUs this process may run on, at most MODEL_THREADS_MAX. */
size_t cli_model_cpus(void);

/*
 * The container of NULL (the trained model), "synth:PRESET" or a path; to be closed. Errors of whoever opens
 * it.
 */
int cli_model_open(struct model_gguf *g, const char *name, struct qk_error *err);

/* A model ready to compute. Zero it; free with cli_model_close in any case. */
struct cli_model {
    struct model_weights weights;
    struct model_kernels kernels;
    struct model_tokenizer *tokenizer; /* NULL without */
};
/*
 * Opens, parses o->kernels as one set, reads the tokenizer if wanted, loads the layout the set needs and says
 * on stderr how large copies are. A model that cannot run at all is QK_ERR_FORMAT here: nothing about this
 * machine would change that.
 */
int cli_model_load(struct cli_model *m, const struct cli_model_options *o, bool tokenizer,
                   struct qk_error *err);
/* A state of it that computes as the options say; batch 0: as model_state_new takes it. */
int cli_model_state(struct model_state **s, const struct cli_model *m, const struct cli_model_options *o,
                    size_t context, size_t batch, struct qk_error *err);
void cli_model_close(struct cli_model *m);
/* Weights in these layouts from the container, which is taken over or closed. */
int cli_model_weights(struct model_weights *w, struct model_gguf *g, unsigned layouts, struct qk_error *err);

/*
 * Lets sets[count] use what qkbench tune has stored, then what --tune finds, and says on stderr what that
 * changes. Codes of cli_choices and bench_tune_streams.
 */
int cli_model_choose(struct model_kernels *sets, size_t count, const struct model_weights *w,
                     const struct qk_cpu *cpu, bool tune, struct qk_error *err);

/*
 * The whole file and a NUL behind it into *text[*size], to be freed; at most 256 MiB. QK_ERR_IO,
 * QK_ERR_FORMAT, QK_ERR_MEMORY.
 */
int cli_model_read(const char *path, char **text, size_t *size, struct qk_error *err);
