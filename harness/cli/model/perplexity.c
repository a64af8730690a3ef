/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/score.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct options {
    struct cli_model_options model;
    const char *text;
    size_t context, chunks; /* 0: 256 or what the model has; all */
};

static int perplexity(const struct options *o, const struct cli_model *m, struct qk_error *err)
{
    const size_t has = m->weights.config.context, context = o->context ? o->context : has < 256 ? has : 256;
    struct model_ids ids = {0};
    struct model_state *s = NULL;
    struct cli_score score = {0};
    char *text = NULL;
    size_t size;
    if (context > has)
        return qk_fail(err, QK_ERR_ARG, "--context", "%zu is more than the model's context of %zu", context,
                       has);
    int code = cli_model_read(o->text, &text, &size, err);
    if (!code)
        code = model_tokenizer_encode(m->tokenizer, text, size, false, &ids, err);
    if (!code && ids.count < 2)
        code = qk_fail(err, QK_ERR_FORMAT, o->text, "%zu tokens of text; at least 2 are needed", ids.count);
    if (!code)
        code = cli_model_state(&s, m, &o->model, context, CLI_SCORE_AT_ONCE, err);
    if (!code)
        code = cli_score(m, s, context, o->chunks, &ids, &score, err);
    if (!code && !score.tokens)
        code = qk_fail(err, QK_ERR_INVALID, o->text, "no token was scored");
    if (!code)
        printf(
            "%stokens %zu of %zu, chunks %zu of %zu\nnats %.4f\nnats/token %.6f\nbits/byte %.5f\nperplexity "
            "%.4f\n",
            m->head == MODEL_HEAD_I8 ? "head i8, not exact\n" : "", score.tokens, ids.count, score.chunks,
            context, score.nats, score.nats / (double)score.tokens, score.nats / M_LN2 / (double)score.bytes,
            exp(score.nats / (double)score.tokens));
    model_state_free(s);
    model_ids_free(&ids);
    free(text);
    return code;
}

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    const struct options *o = to;
    if (key == ARGP_KEY_END && !o->text)
        cli_wrong(state, "--text FILE is missing");
    if (key == ARGP_KEY_END)
        cli_model_all_logits(state, &o->model);
    return cli_model_parse(key, arg, state, to);
}

static int run(void *options, struct qk_error *err)
{
    struct options *o = options;
    struct cli_model m = {0};
    int code = cli_model_place(&o->model, err);
    if (!code)
        code = cli_model_load(&m, &o->model, true, err);
    if (!code)
        code = perplexity(o, &m, err);
    cli_model_close(&m);
    return code;
}

int cli_model_perplexity(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"text", 'f', "FILE", CLI_STRING(options, text), "The text to predict, bytes as they are", 1},
        {"context", 'c', "N", CLI_UINT64(options, context, 1, MODEL_CONTEXT_MAX),
         "Tokens of a chunk (default: 256, or the model's context when that is less)", 1},
        {"chunks", 'n', "N", CLI_UINT64(options, chunks, 1, SIZE_MAX),
         "Only the first N chunks (default: all)", 1},
        CLI_MODEL_OPTION_KERNELS("One set of kernels, as in model bench (default: best)"),
        CLI_MODEL_OPTIONS_ROUNDING("f16"),
        CLI_MODEL_OPTION_HEAD("full|i8",
                              "The output head, or its copy in 8 bits, which is not exact (default: full)"),
        CLI_MODEL_OPTION_THREADS(CLI_MODEL_THREADS_DEFAULT),
        CLI_MODEL_OPTION_CPUS,
        {0}};
    static const struct cli_usage usage = {
        options, parse, "[MODEL]",
        "How well the model predicts a text: the exponential of the mean of -ln p over its tokens. A kernel "
        "that is faster but wrong shows here.\vThe tokens are cut into chunks that do not overlap, each in "
        "an empty context behind a begin-of-text token. MODEL: see qkbench model --help. Examples:\n  "
        "qkbench model perplexity --text model/fixtures/kjv.valid.txt\n  qkbench model perplexity --text "
        "model/fixtures/kjv.valid.txt --chunks 16 --kernels p1_unpack"};
    struct options o = {.model = {.kv_f16 = true}};
    return cli_main(&usage, argc, argv, &o, run);
}
