/* SPDX-License-Identifier: MIT */
#include "harness/cli/cli.h"

#include "harness/machine/clock.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* The exit code that belongs to a qk_code. */
static enum cli_exit exit_code(int code)
{
    /* A system call that a signal cut short, or a child that got it too, is no failure of its own. */
    if (cli_stop() && (code == QK_ERR_IO || code == QK_ERR_INTERNAL))
        return CLI_INTERRUPTED;
    switch (code) {
    case QK_ERR_ARG:
        return CLI_USAGE;
    case QK_ERR_UNAVAILABLE:
        return CLI_UNAVAILABLE;
    case QK_ERR_CHECK:
        return CLI_WRONG;
    case QK_ERR_INVALID:
        return CLI_INVALID;
    case QK_ERR_INTERRUPTED:
        return CLI_INTERRUPTED;
    default:
        return CLI_FAILED;
    }
}

int cli_fail(int code, const struct qk_error *err)
{
    /* Many texts begin with the file that is the place, too. */
    const bool told = !strncmp(err->text, err->where, strlen(err->where));
    cli_say("qkbench: %s%s%s", told ? "" : err->where, told ? "" : ": ", err->text);
    return exit_code(code);
}

int cli_detect(struct qk_cpu *cpu, struct qk_error *err)
{
    return qk_cpu_detect(cpu, getenv("QK_DISABLE_ISA"), err);
}

uint64_t cli_number(const struct argp_state *state, const char *option, const char *text, uint64_t min,
                    uint64_t max)
{
    char *end = NULL;
    errno = 0;
    const unsigned long long n = isdigit((unsigned char)*text) ? strtoull(text, &end, 0) : 0;
    if (!end || *end || errno || n < min || n > max)
        cli_wrong(state, "%s: '%s' is not a whole number from %llu to %llu", option, text,
                  (unsigned long long)min, (unsigned long long)max);
    return n;
}

uint64_t cli_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = bench_clock_ns();
    return seed >> 11; /* 53 bits: any JSON reader keeps them exactly */
}
