/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/model.h"
#include "harness/cli/model/tokens.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double int8_tolerance = 0.04, f32_tolerance = 2e-4;

struct options {
    struct cli_model_options model;
    const char *tokens, *logits;
    double tolerance; /* NaN: by the activations */
};

static int compare(const struct options *o, const struct cli_model *m, const struct model_ids *ids,
                   const float *reference, bool *within, struct qk_error *err)
{
    const size_t vocab = m->weights.config.vocab;
    const bool int8 = model_kernels_int8(&m->kernels);
    struct model_logits_comparison all;
    struct model_logits_position *each = calloc(ids->count, sizeof *each);
    float *got = calloc(ids->count, vocab * sizeof *got); /* cli_read_logits has checked the product */
    struct model_state *s = NULL;
    int code = each && got
                   ? 0
                   : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu x %zu logits", ids->count, vocab);
    if (!code)
        code = cli_model_state(&s, m, &o->model, ids->count, 0, err);
    if (!code)
        code = model_forward(s, ids->id, ids->count, got, MODEL_LOGITS_ALL, NULL, err);
    if (!code) {
        model_compare_logits(got, reference, ids->count, vocab, each, &all);
        *within = cli_judge_logits(each, &all, int8,
                                   !isnan(o->tolerance) ? o->tolerance
                                   : int8               ? int8_tolerance
                                                        : f32_tolerance);
    }
    model_state_free(s);
    free(each);
    free(got);
    return code;
}

static int check(void *options, struct qk_error *err)
{
    struct options *o = options;
    bool within = false;
    struct cli_model m = {0};
    struct model_ids ids = {0};
    float *reference = NULL;
    if (!o->model.kernels && o->model.act == MODEL_ACT_ANY)
        o->model.act = MODEL_ACT_INT8;
    int code = cli_model_place(&o->model, err);
    if (!code)
        code = cli_model_load(&m, &o->model, false, err);
    if (!code)
        code = cli_read_tokens(o->tokens, &m.weights.config, &ids, err);
    if (!code)
        code = cli_read_logits(o->logits, ids.count, m.weights.config.vocab, &reference, err);
    if (!code)
        code = compare(o, &m, &ids, reference, &within, err);
    free(reference);
    free(ids.id);
    cli_model_close(&m);
    return code ? code : within ? CLI_DONE : CLI_WRONG;
}

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    char *end;
    switch (key) {
    case 'r':
        o->tolerance = strtod(arg, &end);
        if (end == arg || *end || !(o->tolerance >= 0) || isinf(o->tolerance))
            cli_wrong(state, "--tolerance: '%s' is not a number from 0", arg);
        return 0;
    case ARGP_KEY_END:
        if (!o->tokens || !o->logits)
            cli_wrong(state, "%s is missing", o->tokens ? "--logits FILE" : "--tokens FILE");
        cli_model_all_logits(state, &o->model);
        return 0;
    default:
        return cli_model_parse(key, arg, state, to);
    }
}

int cli_model_check(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"tokens", 'i', "FILE", CLI_STRING(options, tokens),
         "Ids to feed, as they are: decimal, between blanks or commas", 1},
        {"logits", 'l', "FILE", CLI_STRING(options, logits),
         "Reference logits: f32, little endian, [tokens][vocabulary]", 1},
        {"tolerance", 'r', "R", CLI_OTHER,
         "Relative RMS (default: 0.04 with int8 activations, 2e-4 with f32)", 1},
        CLI_MODEL_OPTION_KERNELS("One set of kernels, as in model bench (default: best)"),
        CLI_MODEL_OPTIONS_ROUNDING("f32"),
        CLI_MODEL_OPTION_HEAD("full|i8",
                              "The output head, or its copy in 8 bits, which is not exact (default: full)"),
        CLI_MODEL_OPTION_THREADS("Threads (default: 1)"),
        CLI_MODEL_OPTION_CPUS,
        {0}};
    static const struct cli_usage usage = {
        options, parse, "[MODEL]",
        "Compares logits with those of a reference, position by position. Exit code 0 within the tolerance, "
        "3 outside.\vint8 activations (the default): relative RMS over all positions within R, at none above "
        "1.5 R, and the same arg-max wherever the reference's two largest differ by more than 0.3. f32: R at "
        "every position. Examples:\n"
        "  qkbench model check --tokens model/fixtures/kjv.tokens.txt --logits "
        "model/fixtures/kjv.logits_int8_f32cache.f32\n  qkbench model check --act f32 --tokens "
        "model/fixtures/kjv.tokens.txt --logits model/fixtures/kjv.logits_noactq.f32"};
    struct options o = {.tolerance = NAN, .model = {.threads = 1}};
    return cli_main(&usage, argc, argv, &o, check);
}
