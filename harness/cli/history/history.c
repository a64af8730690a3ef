/* SPDX-License-Identifier: MIT */
#include "harness/cli/history/history.h"

#include <stdio.h>
#include <string.h>

static const struct cli_command commands[] = {
    {"add", "store what a gate found", cli_history_add},
    {"log", "what was measured of a case, newest first", cli_history_log},
    {"plot", "a picture of that", cli_history_plot},
    {"check", "which cases have drifted from a pinned release", cli_history_check},
    {"mark", "say that a regression is real, false or accepted", cli_history_mark},
    {"import", "store results of google-benchmark, llama-bench, run or model bench", cli_history_import},
    {"export", "OpenMetrics, CSV, github-action-benchmark or SQL", cli_history_export},
};
static const struct cli_menu menu = {
    .of = "history",
    .arguments = "[ARGUMENT...]",
    .about = "Keeps what gates have measured, and finds drift that no single commit shows.",
    .commands = commands,
    .count = sizeof commands / sizeof *commands,
    .rest = "A history is one SQLite file: --db FILE, else $QK_HISTORY, else qkbench/history.db in\n"
            "$XDG_DATA_HOME, else in ~/.local/share. Runs of different machines never mix.\n"
            "\nExamples:\n"
            "  qkbench history add gate.json --pinned pinned.json --release v0.1.0\n"
            "  qkbench history log 'qk256_dequant/p4*'\n"
            "  qkbench history check\n",
};

int cli_history(int argc, char **argv)
{
    return cli_menu(&menu, argc, argv);
}
