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
    CLI_UNAVAILABLE = 77, /* everything named exists, none of it here */
    CLI_INTERRUPTED = 130,
};

/* A subcommand: argv[0] is "qkbench NAME", for argp. Returns an exit code. */
struct cli_command {
    const char *name, *what;
    int (*run)(int argc, char **argv);
};
/*
 * Runs the one that argv[1] names, as "qkbench OF NAME"; OF is "" or a command that has commands. Else it is
 * usage.
 */
int cli_dispatch(const struct cli_command *commands, size_t count, const char *of, int argc, char **argv);

int cli_list(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_run(int argc, char **argv);
int cli_breakdown(int argc, char **argv);
int cli_ceilings(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_tune(int argc, char **argv);
int cli_baseline(int argc, char **argv);
int cli_compare(int argc, char **argv);
int cli_gate(int argc, char **argv);
int cli_model(int argc, char **argv);
int cli_report(int argc, char **argv);

/* Not a command of users': what a duet starts itself again with for each launch. */
#define CLI_DUET_LAUNCH "duet-launch"
/* Nor this: a launch of a save. */
#define CLI_BASELINE_LAUNCH "baseline-launch"
int cli_baseline_launch(int argc, char **argv);

struct bench_sample_set;
/* Shares of the stored ceilings for what has just been run, if there are any. Unusable ones are a warning. */
int cli_ceilings_apply(struct bench_sample_set *set, struct qk_error *err);

struct qk_choices;
/*
 * What `qkbench tune` has stored of this machine; no choices when there is nothing. An unusable file is a
 * warning. QK_ERR_IO: the CPUs allowed are not known.
 */
int cli_choices(struct qk_choices *to, const struct qk_cpu *isa, struct qk_error *err);

/*
 * From here on nothing that a terminal would obey reaches stderr, nor stdout where that is a terminal.
 * Everything that holds a name goes through the functions below it all the same: they keep a text on its
 * line.
 */
void cli_show_streams(void);
/* A line on stderr, in place of the progress line; broken at blanks where a terminal is narrower. */
void cli_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A line on stdout. */
void cli_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Part of a line on stdout: the text, blanks up to `width` columns, and one more. */
void cli_cell(const char *text, size_t width);
/* As argp_error, which would repeat arguments as they are. */
void cli_wrong(const struct argp_state *state, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Of the terminal that stderr is; 80 where nobody knows. */
size_t cli_columns(void);

/* Prints "qkbench: WHERE: TEXT" to stderr and returns the exit code that belongs to the qk_code. */
int cli_fail(int code, const struct qk_error *err);
/* The detection of kernels/cpu.h with QK_DISABLE_ISA from the environment. */
int cli_detect(struct qk_cpu *cpu, struct qk_error *err);

/* From here on a first signal that would end the program sets a flag, which cli_stop reads: see signals.c. */
void cli_catch_interrupts(void);
bool cli_stop(void);
/*
 * From here on a mapped file that somebody makes shorter ends the program with a message and 1, not by
 * SIGBUS.
 */
void cli_watch_maps(void);

/* A whole number in [min, max], or cli_wrong (exit 2) naming option, value and range. */
uint64_t cli_number(const struct argp_state *state, const char *option, const char *text, uint64_t min,
                    uint64_t max);
/* A seed that nobody chose, from the operating system's generator. */
uint64_t cli_seed(void);

/*
 * Progress with an ETA on stderr when that is a terminal, otherwise nothing; `done` of 1. The callback of
 * struct bench_job; ctx is unused.
 */
void cli_progress(void *ctx, double done, const char *what);
/* Clears the progress line. */
void cli_progress_end(void);
