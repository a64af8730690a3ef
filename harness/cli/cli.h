/* SPDX-License-Identifier: MIT */
/*
 * What the subcommands share: exit codes, messages, interruption, progress. Only this folder prints and
 * exits.
 */
#pragma once

#include "kernels/cpu.h"

#include <argp.h>

enum cli_exit {
    CLI_DONE = 0,
    CLI_FAILED = 1,       /* file, memory, internal */
    CLI_USAGE = 2,        /* unknown name, bad value, a pattern that matches no row */
    CLI_WRONG = 3,        /* a variant failed its check */
    CLI_INVALID = 5,      /* nothing measured */
    CLI_UNAVAILABLE = 77, /* all that was named exists, but none of it can run here */
    CLI_INTERRUPTED = 130,
};

/* A subcommand: argv[0] is "qkbench NAME", for argp. Returns an exit code. */
struct cli_command {
    const char *name, *what;
    int (*run)(int argc, char **argv);
};
/* A command that has commands: "qkbench OF NAME". */
struct cli_menu {
    const char *of;        /* "" for the program itself */
    const char *arguments; /* behind COMMAND */
    const char *about;     /* a sentence */
    const struct cli_command *commands;
    size_t count;
    const char *rest; /* of the help text, with examples */
};
/* Runs the command that argv[1] names, or prints the help. Any other argv[1] is a usage error. */
int cli_menu(const struct cli_menu *m, int argc, char **argv);

int cli_list(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_run(int argc, char **argv);
int cli_breakdown(int argc, char **argv);
int cli_ceilings(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_tune(int argc, char **argv);
int cli_audit(int argc, char **argv);
int cli_baseline(int argc, char **argv);
int cli_compare(int argc, char **argv);
int cli_gate(int argc, char **argv);
int cli_calibrate(int argc, char **argv);
int cli_campaign(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_history(int argc, char **argv);
int cli_plugin(int argc, char **argv);
int cli_model(int argc, char **argv);
int cli_report(int argc, char **argv);

/* No command for users: a duet starts this program again with it for each launch. */
#define CLI_DUET_LAUNCH "duet-launch"
/* Nor is this: it is a launch of a save. */
#define CLI_BASELINE_LAUNCH "baseline-launch"
int cli_baseline_launch(int argc, char **argv);

struct bench_sample_set;
/*
 * Adds shares of the stored ceilings to what has just been run, if there are any. It warns of unusable ones.
 */
int cli_ceilings_apply(struct bench_sample_set *set, struct qk_error *err);

struct qk_choices;
/*
 * What `qkbench tune` has stored of this machine; no choices when there is nothing. An unusable file is a
 * warning. QK_ERR_IO: the CPUs allowed are not known.
 */
int cli_choices(struct qk_choices *to, const struct qk_cpu *isa, struct qk_error *err);

/*
 * From here on nothing that a terminal would obey reaches stderr, nor stdout where that is a terminal. Print
 * text that holds a name with the functions below all the same, because they keep it on one line.
 */
void cli_show_streams(void);
/* Prints a line on stderr in place of the progress line. It is broken at blanks for a narrower terminal. */
void cli_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prints a line on stdout. */
void cli_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prints part of a line on stdout: the text, blanks up to `width` columns, and one more. */
void cli_cell(const char *text, size_t width);
/* Like argp_error, but shows arguments safely. */
void cli_wrong(const struct argp_state *state, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Columns of the terminal on stderr; 80 when not known. */
size_t cli_columns(void);

/* Prints "qkbench: WHERE: TEXT" to stderr and returns the exit code for the qk_code. */
int cli_fail(int code, const struct qk_error *err);
/* The detection of kernels/cpu.h with QK_DISABLE_ISA from the environment. */
int cli_detect(struct qk_cpu *cpu, struct qk_error *err);

/*
 * From here on the first signal that would end the program sets a flag, which cli_stop reads (signals.c).
 */
void cli_catch_interrupts(void);
bool cli_stop(void);
/*
 * From here on the program ends with a message and 1, not by SIGBUS, when somebody shortens a file that it
 * has mapped.
 */
void cli_watch_maps(void);

/* Returns a whole number in [min, max], or exits with 2 and names option, value and range (cli_wrong). */
uint64_t cli_number(const struct argp_state *state, const char *option, const char *text, uint64_t min,
                    uint64_t max);
/* A fresh seed from the operating system. */
uint64_t cli_seed(void);

/*
 * Shows progress with an ETA on stderr when that is a terminal, otherwise nothing. `done` is a share of 1.
 * This is the callback of struct bench_job; ctx is unused.
 */
void cli_progress(void *ctx, double done, const char *what);
/*
 * Where this variable is in the environment, progress is a line a second on stderr, whatever stderr is: the
 * text below and the share that is done. A campaign sets it on its nodes.
 */
#define CLI_PROGRESS_LINES "QK_PROGRESS_LINES"
#define CLI_PROGRESS_LINE  "qkbench progress: "
/* Clears the progress line. */
void cli_progress_end(void);
