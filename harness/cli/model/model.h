/* SPDX-License-Identifier: MIT */
/*
 * What the subcommands of `qkbench model` share: finding and loading the model, and the options that say how
 * it computes.
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
int cli_model_serve(int argc, char **argv);
int cli_model_synth(int argc, char **argv);

/* --cpus: thread i runs on cpu[i], beginning anew behind the last. */
struct cli_model_cpus {
    int cpu[MODEL_THREADS_MAX];
    size_t count;  /* 0: wherever the system lets them */
    size_t usable; /* CPUs that the threads may use, as cli_model_place found */
};

/*
 * How a model computes: --act, --kv, --head, --head-input, --kernels, --threads, --cpus and MODEL. The
 * options of each command begin with this.
 */
struct cli_model_options {
    const char *model;   /* NULL: the trained one that comes with qkbench */
    const char *kernels; /* one set, or for bench several */
    enum model_act act;
    bool kv_f16, input_said;
    enum model_head_input head_input; /* of --head-input, if it was said */
    enum model_head head;
    bool tune;      /* the rows that stream weights, on these weights */
    size_t threads; /* 0: cli_model_threads */
    struct cli_model_cpus cpus;
    struct model_pool_calls calls; /* cli_model_place fills it */
};

enum {
    CLI_MODEL_ACT = 0x1000,
    CLI_MODEL_KV,
    CLI_MODEL_HEAD_INPUT,
    CLI_MODEL_HEAD,
    CLI_MODEL_KERNELS,
    CLI_MODEL_CPUS
};
#define CLI_MODEL_OPTIONS_ROUNDING(kv)                                                                       \
    CLI_ROW("act", CLI_MODEL_ACT, "int8|f32", CLI_OTHER,                                                     \
            "Activations of the ternary products (default: as the set has them)", 2),                        \
        CLI_ROW("kv", CLI_MODEL_KV, "f32|f16", CLI_OTHER, "Cache of keys and values (default: " kv ")", 2),  \
        CLI_ROW("head-input", CLI_MODEL_HEAD_INPUT, "f32|f16|q8_0", CLI_OTHER,                               \
                "What the head multiplies (default: f32; of a Q2_0 head q8_0, but f32 with --act f32)", 2)
#define CLI_MODEL_OPTION_HEAD(words, what) CLI_ROW("head", CLI_MODEL_HEAD, words, CLI_OTHER, what, 2)
#define CLI_MODEL_OPTION_KERNELS(what)                                                                       \
    CLI_ROW("kernels", CLI_MODEL_KERNELS, "SET", CLI_STRING(cli_model_options, kernels), what, 2)
#define CLI_MODEL_OPTION_TUNE                                                                                \
    CLI_ROW(                                                                                                 \
        "tune", 'u', NULL, CLI_FLAG(cli_model_options, tune),                                                \
        "Take the rows of i2s16_gemv, f16_gemv and head4_gemv that are the fastest here, found in 0.1 s", 2)
#define CLI_MODEL_OPTION_THREADS(what)                                                                       \
    CLI_ROW("threads", 't', "N", CLI_UINT64(cli_model_options, threads, 1, MODEL_THREADS_MAX), what, 2)

#define CLI_MODEL_THREADS_DEFAULT "Threads (default: one per CPU allowed, at most the quota of the cgroup)"
#define CLI_MODEL_OPTION_CPUS                                                                                \
    CLI_ROW("cpus", CLI_MODEL_CPUS, "LIST", CLI_OTHER,                                                       \
            "Pin thread after thread to these CPUs, such as 0,2-3 (default: not pinned)", 2)

/* The head of that name, or cli_wrong. */
enum model_head cli_model_head_of(const struct argp_state *state, const char *arg);
/* Refuses the certified head, for a command that needs every logit. */
void cli_model_all_logits(const struct argp_state *state, const struct cli_model_options *o);

/*
 * Parses those of these options that have no place, and the argument MODEL. For commands whose options begin
 * with *o.
 */
error_t cli_model_parse(int key, char *arg, struct argp_state *state, void *to);
/* The argument of --cpus, or cli_wrong. */
void cli_model_parse_cpus(const struct argp_state *state, const char *list, struct cli_model_cpus *to);
/* As llama-bench writes them, "0x5" for CPUs 0 and 2. Those beyond what size holds are left out. */
void cli_model_cpu_mask(const struct cli_model_cpus *cpus, char *to, size_t size);
/*
 * Threads when nobody says how many: one for each of --cpus, or for each CPU this process may run on. At most
 * the whole CPUs that its cgroup's quota allows, and MODEL_THREADS_MAX.
 */
size_t cli_model_threads(const struct cli_model_cpus *cpus);
/*
 * Completes --threads and --cpus, before a state is made. With --cpus the calling thread is pinned to the
 * first of them. Says so on stderr when fewer threads will be made than were asked for. *o must stay where it
 * is. QK_ERR_IO names the CPU that cannot be used, and those that can.
 */
int cli_model_place(struct cli_model_options *o, struct qk_error *err);

/* PRESET of "synth:PRESET"; NULL when a model is called otherwise. */
const char *cli_model_preset(const char *name);
/*
 * Opens the container of NULL (the trained model), "synth:PRESET" or a path, as model_gguf_open_any does. The
 * caller closes it. Errors of whatever opens it.
 */
int cli_model_open(struct model_gguf *g, const char *name, struct qk_error *err);

/* A model ready to compute. Zero it; free with cli_model_close in any case. */
struct cli_model {
    struct model_weights weights;
    struct model_kernels kernels;
    enum model_head head;              /* as asked for, or full when no copy could be made */
    struct model_tokenizer *tokenizer; /* NULL for none */
};
/*
 * Opens the model, parses o->kernels as one set, reads the tokenizer if wanted, loads the layout that the set
 * needs, and copies the head where o->head wants that. Says on stderr how large copies are. A model that
 * cannot run at all is QK_ERR_FORMAT, because no other machine would change that.
 */
int cli_model_load(struct cli_model *m, const struct cli_model_options *o, bool tokenizer,
                   struct qk_error *err);
/* What --head-input says, or what is usual for the model's head and the set. */
enum model_head_input cli_model_input(const struct cli_model_options *o, const struct model_config *c,
                                      const struct model_kernels *k);
/* Makes a state that computes as the options say. batch 0: as in model_state_new. */
int cli_model_state(struct model_state **s, const struct cli_model *m, const struct cli_model_options *o,
                    size_t context, size_t batch, struct qk_error *err);
void cli_model_close(struct cli_model *m);
/*
 * Makes the copy that *head reads, by the threads of *o, unless it is there. Where a certified head cannot be
 * had, *head becomes the full one, and stderr says why. For i8 that is an error.
 */
int cli_model_head(struct model_weights *w, enum model_head *head, const struct cli_model_options *o,
                   struct qk_error *err);
/*
 * Loads weights in these layouts from the container, which this takes over or closes. Warns of keys that are
 * not known.
 */
int cli_model_weights(struct model_weights *w, struct model_gguf *g, unsigned layouts,
                      const struct cli_model_options *o, struct qk_error *err);

/*
 * Lets sets[count] use what qkbench tune has stored, then what --tune finds. Says on stderr what that
 * changes. Fails as cli_choices and bench_tune_streams do.
 */
int cli_model_choose(struct model_kernels *sets, size_t count, const struct model_weights *w,
                     const struct qk_cpu *cpu, bool tune, struct qk_error *err);

/*
 * Reads the whole file, with a NUL behind it, into *text[*size]; at most 256 MiB. "-" is standard input. The
 * caller frees it. QK_ERR_IO, QK_ERR_FORMAT, QK_ERR_MEMORY, QK_ERR_INTERRUPTED.
 */
int cli_model_read(const char *path, char **text, size_t *size, struct qk_error *err);
