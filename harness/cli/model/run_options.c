/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROMPT_FILE = 0x2000, SYSTEM, CHAT_FORM };

struct options {
    struct cli_model_run run;
    bool greedy, sampled; /* said so; any of temperature, top-k, top-p, seed */
};

/* A number with min <= x <= max, or cli_wrong; `low` is not one of them when `open`. */
static float real(const struct argp_state *state, const char *option, const char *text, float low, bool open,
                  float high)
{
    char *end;
    errno = 0;
    const float x = strtof(text, &end);
    if (end == text || *end || errno || !(x <= high) || !(open ? x > low : x >= low))
        cli_wrong(state, "%s: '%s' is not a number %s %g and at most %g", option, text,
                  open ? "above" : "from", (double)low, (double)high);
    return x;
}

/* The form of that name, or cli_wrong. */
static const struct model_chat_form *form_of(const struct argp_state *state, const char *arg)
{
    char names[120] = "";
    const struct model_chat_form *form;
    for (size_t i = 0; (form = model_chat_form(i)); i++) {
        if (!strcmp(arg, form->name))
            return form;
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "", form->name);
    }
    cli_wrong(state, "--chat-form: unknown '%s'; expected one of %s", arg, names);
    return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state, void *to)
{
    struct options *o = to;
    struct model_sampling *how = &o->run.how;
    switch (key) {
    case 'T':
        how->temperature = real(state, "--temperature", arg, 0, false, 100);
        break;
    case 'k':
        how->top_k = cli_number(state, "--top-k", arg, 0, INT32_MAX);
        break;
    case 'P':
        how->top_p = real(state, "--top-p", arg, 0, true, 1);
        break;
    case 's':
        how->seed = cli_number(state, "--seed", arg, 0, UINT64_MAX);
        break;
    case CHAT_FORM:
        o->run.form = form_of(state, arg);
        return 0;
    case ARGP_KEY_END:
        if (!o->run.prompt && !o->run.prompt_file)
            cli_wrong(state, "--prompt TEXT is missing, or --prompt-file FILE");
        if (o->run.prompt && o->run.prompt_file)
            cli_wrong(state, "--prompt and --prompt-file: there is one prompt");
        if (!o->run.chat && (o->run.system || o->run.form))
            cli_wrong(state, "--system and --chat-form go with --chat");
        if (o->greedy && o->sampled)
            cli_wrong(
                state,
                "--greedy takes the likeliest token; --temperature, --top-k, --top-p and --seed draw one");
        return 0;
    default:
        return cli_model_parse(key, arg, state, to);
    }
    o->sampled = true;
    return 0;
}

static int run(void *options, struct qk_error *err)
{
    struct options *o = options;
    if (!o->sampled)
        o->run.how = (struct model_sampling){.top_p = 1};
    const int code = cli_model_place(&o->run.model, err);
    return code ? code : cli_model_run_do(&o->run, err);
}

int cli_model_run(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"prompt", 'p', "TEXT", CLI_STRING(options, run.prompt),
         "What to continue; any bytes. Empty: begin-of-text alone", 1},
        {"prompt-file", PROMPT_FILE, "FILE", CLI_STRING(options, run.prompt_file),
         "The same from a file, byte by byte; - is standard input", 1},
        {"max-tokens", 'n', "N", CLI_UINT64(options, run.max_tokens, 0, MODEL_CONTEXT_MAX),
         "Stop after N tokens (default: 64)", 1},
        {"greedy", 'g', NULL, CLI_FLAG(options, greedy), "Always the likeliest token (the default)", 1},
        {"temperature", 'T', "T", CLI_OTHER, "Draw: 0 is greedy, 1 as the model says (default: 0.8)", 1},
        {"top-k", 'k', "K", CLI_OTHER, "Draw among the K likeliest; 0: all (default: 40)", 1},
        {"top-p", 'P', "P", CLI_OTHER, "and of these the fewest that make up P (default: 0.95)", 1},
        {"seed", 's', "N", CLI_OTHER, "Draw from this seed (default: a fresh one, which is printed)", 1},
        {"chat", 'C', NULL, CLI_FLAG(options, run.chat),
         "The prompt is a message, put into the form that the model was trained on", 1},
        {"system", SYSTEM, "TEXT", CLI_STRING(options, run.system), "With --chat: a system message before it",
         1},
        {"chat-form", CHAT_FORM, "FORM", CLI_OTHER,
         "With --chat: bitnet, llama-3, falcon3, chatml or falcon-e (default: as the file says)", 1},
        {"context", 'c', "N", CLI_UINT64(options, run.context, 1, MODEL_CONTEXT_MAX),
         "Positions at most (default: the model's)", 1},
        CLI_MODEL_OPTION_KERNELS("One set of kernels, as in model bench (default: best)"),
        CLI_MODEL_OPTION_TUNE,
        CLI_MODEL_OPTIONS_ROUNDING("f16"),
        CLI_MODEL_OPTION_HEAD("full|certified|i8",
                              "How the output head is read; i8 is not exact (default: certified)"),
        CLI_MODEL_OPTION_THREADS(CLI_MODEL_THREADS_DEFAULT),
        CLI_MODEL_OPTION_CPUS,
        {0}};
    static const struct cli_usage usage = {
        options, parse, "[MODEL]",
        "Continues a prompt and prints the text as it comes, then on stderr how long it took.\vGeneration "
        "ends after --max-tokens, at a token that ends a text, a turn or a message, or when the context is "
        "full. The "
        "certified head gives the tokens of the full one, greedily and with --top-k; otherwise all logits "
        "are needed, and the full head is used. MODEL: see qkbench model --help. Examples:\n  qkbench model "
        "run --prompt 'In the beginning'\n  qkbench model run --prompt 'Blessed are they' --temperature 0.7 "
        "--seed 1\n  qkbench model run --tune --prompt 'Who'\n  qkbench model run model.gguf --chat "
        "--prompt 'Who are you?' --system 'Be brief.' --max-tokens 200\n  qkbench model run model.gguf "
        "--prompt-file - <letter.txt"};
    struct options o = {
        .run = {.model = {.kv_f16 = true, .head = MODEL_HEAD_CERTIFIED},
                .max_tokens = 64,
                .how = {.temperature = 0.8f, .top_k = 40, .top_p = 0.95f, .seed = cli_seed()}}};
    return cli_main(&usage, argc, argv, &o, run);
}
