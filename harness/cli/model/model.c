/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/model.h"
#include "harness/machine/memory.h"
#include "model/gguf/memory.h"

#include <stdio.h>
#include <string.h>

static const struct cli_command commands[] = {
    {"info", "what a model file holds, and whether it can run", cli_model_info},
    {"run", "continue a prompt", cli_model_run},
    {"bench", "time prompt and generation, with any sets of kernels", cli_model_bench},
    {"check", "compare logits with a file of reference logits", cli_model_check},
    {"perplexity", "how well a text is predicted: notices a fast but wrong kernel", cli_model_perplexity},
    {"serve", "generate when told to, for another program that takes the time", cli_model_serve},
    {"synth", "write a model with seeded weights", cli_model_synth},
};
static const struct cli_menu menu = {
    .of = "model",
    .arguments = "[MODEL] [ARGUMENT...]",
    .about = "Runs ternary models: end-to-end times with any kernels, and proof that the answers are right.",
    .commands = commands,
    .count = sizeof commands / sizeof *commands,
    .rest =
        "MODEL is a GGUF file of architecture bitnet-b1.58, bitnet-25, llama or qwen3 with ternary\n"
        "matrices; or synth:bitnet-2b (seeded weights in the shape of the published model, made in\n"
        "memory), synth:bitnet-2b/4 (4 of its layers), synth:tiny and more (qkbench model synth --help); or\n"
        "nothing: then a small trained model that comes with qkbench and writes King James English.\n"
        "\nExamples:\n"
        "  qkbench model run --prompt 'In the beginning'\n"
        "  qkbench model bench synth:bitnet-2b/4 -p 64 -n 16 --kernels baseline,best\n"
        "  qkbench model bench synth:bitnet-2b/4 --ladder\n",
};

int cli_model(int argc, char **argv)
{
    model_memory_ask(bench_memory_check);
    return cli_menu(&menu, argc, argv);
}
