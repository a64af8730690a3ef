/* SPDX-License-Identifier: MIT */
#include "harness/cli/cli.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/duet/duet.h"
#include "harness/machine/config.h"
#include "harness/records/files/outfile.h"

static const struct cli_command commands[] = {
    {"list", "ops, variants, isa, phase; available here or why not", cli_list},
    {"check", "every variant against its reference", cli_check},
    {"run", "time variants side by side", cli_run},
    {"breakdown", "what each component of a staged variant costs", cli_breakdown},
    {"ceilings", "limits of this machine: bandwidths and peaks", cli_ceilings},
    {"doctor", "what makes measurements worse here, and how to mend it", cli_doctor},
    {"tune", "which row of each op is the fastest here; `best` then takes it", cli_tune},
    {"baseline", "save, list, show, accept and remove what later runs are held against", cli_baseline},
    {"compare", "two results or baselines, case by case", cli_compare},
    {"audit", "what others claim, beside what was measured here", cli_audit},
    {"gate", "is this build, or this machine's baseline, slower? PASS or not", cli_gate},
    {"campaign", "the same question on many machines, with one verdict", cli_campaign},
    {"calibrate", "how often the gate is right here: runs it on builds whose difference is known",
     cli_calibrate},
    {"replay", "decide a gate's trace again, by our rule and by those of others", cli_replay},
    {"history", "what gates have measured over time, and drift that no single commit shows", cli_history},
    {"model", "run, time and check whole BitNet models with any kernels", cli_model},
    {"plugin", "kernels of your own: the first files of a library for --load", cli_plugin},
    {"report", "tables, plots and audit of a result", cli_report},
};
static const struct cli_menu menu = {
    .of = "",
    .arguments = "[ARGUMENT...]",
    .about = "Benchmarks of quantised (2-bit, ternary) LLM kernels, side by side and with intervals.",
    .commands = commands,
    .count = sizeof commands / sizeof *commands,
    .rest = "A case is op/variant/shape, a pattern a glob on it: 'qk256_dequant/p*/4096'. Quote it.\n"
            "\nExamples:\n"
            "  qkbench list\n"
            "  qkbench check 'qk256_dequant/avx2*'\n"
            "  qkbench run --quick --out result.json\n"
            "  qkbench report result.json --out report/\n"
            "\nEnvironment:\n"
            "  QK_DISABLE_ISA   ISA levels to do without: avx512,avxvnni,avx2\n"
            "  QK_BASELINES     the folder of baselines, instead of baselines/data here\n"
            "  QK_HISTORY       the file of qkbench history\n"
            "  QK_DATA          where the data files are, instead of the installed folder\n"
            "\nExit codes: 0 done, 1 could not, 2 usage, 3 a variant is wrong or slower, 4 not decided,\n"
            "5 nothing measured or not to be trusted, 77 nothing of it available here, 130 interrupted.\n",
};

static int dispatch(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], CLI_DUET_LAUNCH))
        return bench_duet_launch();
    cli_catch_interrupts();
    if (argc > 1 && !strcmp(argv[1], "--version")) {
        puts("qkbench " QK_VERSION);
        return CLI_DONE;
    }
    if (argc > 1 && !strcmp(argv[1], CLI_BASELINE_LAUNCH))
        return cli_baseline_launch(argc - 1, argv + 1);
    return cli_menu(&menu, argc, argv);
}

/*
 * If a standard descriptor is closed, the next file gets its number, and our messages would go into that
 * file.
 */
static void fill_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_PATH); /* reading and writing fail, as they would have */
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    signal(SIGPIPE, SIG_IGN); /* a closed pipe, or a limit on file sizes, is a failed write, reported below */
    signal(SIGXFSZ, SIG_IGN);
    cli_show_streams();
    argp_err_exit_status = CLI_USAGE;
    int code = dispatch(argc, argv);
    bench_outfile_tidy();
    if ((fflush(stdout) || ferror(stdout)) && code == CLI_DONE) {
        fputs("qkbench: standard output: could not be written\n", stderr);
        code = CLI_FAILED;
    }
    return code;
}
