/* SPDX-License-Identifier: MIT */
/*
 * Interruption. The first signal asks: commands look at cli_stop, tidy up, say so and end with 130. A
 * command that is about to end anyway ends with its own code. The program ends at once at the second signal,
 * or PATIENCE_S after the first. A signal within ECHO_NS of the first counts as the same one, because
 * timeout(1) signals us and our group.
 *
 * Either way no temporary file is left, and each file asked for is the old one or the whole new one. Files
 * that have their names keep them: a report that is interrupted at its pictures has its tables. SIGBUS comes
 * from mapped files.
 */
#include "harness/cli/cli.h"
#include "harness/machine/clock.h"
#include "harness/records/files/outfile.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_S = 5, ECHO_NS = 200000000 };

static volatile sig_atomic_t interrupted;
static uint64_t first_ns; /* of handlers, which no signal interrupts */

static void end_now(void)
{
    static const char said[] = "qkbench: interrupted\n";
    if (!bench_outfile_tidy()) {
        alarm(1); /* a file is being overwritten, which takes a moment */
        return;
    }
    const ssize_t ignored = write(STDERR_FILENO, said, sizeof said - 1);
    (void)ignored;
    _exit(CLI_INTERRUPTED);
}

static void on_interrupt(int number)
{
    if (interrupted) {
        if (number == SIGALRM || bench_clock_since(first_ns) > ECHO_NS)
            end_now();
        return;
    }
    interrupted = 1;
    first_ns = bench_clock_ns();
    alarm(PATIENCE_S);
}

/* Who sends it wants to know where the program hangs, from its core. */
static void on_quit(int number)
{
    if (!bench_outfile_tidy())
        return;
    signal(number, SIG_DFL);
    raise(number);
}

void cli_catch_interrupts(void)
{
    /*
     * All that end a program kindly: shells and terminals, batch systems with a warning, limits of CPU time.
     */
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM, SIGQUIT};
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const int number = numbers[i];
        action.sa_handler = number == SIGQUIT ? on_quit : on_interrupt;
        /*
         * What nohup ignores stays ignored. A shell ignores SIGINT for what it starts with &, yet scripts
         * send it.
         */
        if (sigaction(number, NULL, &before) == 0 &&
            (before.sa_handler != SIG_IGN || number == SIGINT || number == SIGTERM || number == SIGALRM))
            sigaction(number, &action, NULL);
    }
}

bool cli_stop(void)
{
    return interrupted;
}

/* Nothing of such a file is left to go on with, on whichever thread this is. */
static void on_short_file(int number, siginfo_t *info, void *context)
{
    static const char said[] = "qkbench: a mapped file, as models are, became shorter while it was in use\n";
    (void)context;
    if (info->si_code != BUS_ADRERR) {
        signal(number, SIG_DFL);
        return;
    }
    const ssize_t ignored = write(STDERR_FILENO, said, sizeof said - 1);
    (void)ignored;
    bench_outfile_tidy();
    _exit(CLI_FAILED);
}

void cli_watch_maps(void)
{
    struct sigaction action = {.sa_sigaction = on_short_file, .sa_flags = SA_SIGINFO};
    sigaction(SIGBUS, &action, NULL);
}
