/* SPDX-License-Identifier: MIT */
/* How many threads a model runs with, and on which CPUs: --threads, --cpus, and what the system allows. */
#include "harness/cli/model/model.h"
#include "harness/machine/cgroup.h"
#include "harness/machine/pinning.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void no_list(const struct argp_state *state, const char *list)
{
    cli_wrong(state, "--cpus: '%s' is no list of CPUs; expected numbers and ranges such as 0,2-3", list);
}

/* "3" or "2-5" from *text on, which is put behind it. */
static bool take_range(const char **text, int *first, int *last)
{
    char *end;
    if (**text < '0' || **text > '9')
        return false;
    const long from = strtol(*text, &end, 10);
    long to = from;
    if (*end == '-' && end[1] >= '0' && end[1] <= '9')
        to = strtol(end + 1, &end, 10);
    *text = end;
    *first = (int)from;
    *last = (int)to;
    return from <= to && to < BENCH_CPUS_MAX;
}

void cli_model_parse_cpus(const struct argp_state *state, const char *list, struct cli_model_cpus *to)
{
    const char *at = list;
    to->count = 0;
    for (bool more = true; more; at += more) {
        int cpu = 0, last = -1;
        if (!take_range(&at, &cpu, &last) || (*at && *at != ','))
            no_list(state, list);
        for (; cpu <= last; cpu++) {
            for (size_t i = 0; i < to->count; i++)
                if (to->cpu[i] == cpu)
                    cli_wrong(state, "--cpus: '%s' names CPU %d twice", list, cpu);
            if (to->count == MODEL_THREADS_MAX)
                cli_wrong(state, "--cpus: '%s' names more than %d CPUs", list, MODEL_THREADS_MAX);
            to->cpu[to->count++] = cpu;
        }
        more = *at == ',';
    }
}

void cli_model_cpu_mask(const struct cli_model_cpus *cpus, char *to, size_t size)
{
    int last = 0;
    for (size_t i = 0; i < cpus->count; i++)
        last = cpus->cpu[i] > last ? cpus->cpu[i] : last;
    size_t digits = (size_t)last / 4 + 1;
    digits = digits < size - 3 ? digits : size - 3;
    snprintf(to, size, "0x%0*d", (int)digits, 0);
    for (size_t i = 0; i < cpus->count; i++) {
        const size_t digit = (size_t)cpus->cpu[i] / 4;
        char *at = to + 1 + digits - digit;
        if (digit < digits)
            *at = "0123456789abcdef"[(int)(strchr("0123456789abcdef", *at) - "0123456789abcdef") |
                                     1 << cpus->cpu[i] % 4];
    }
}

/* The list, or what the process may use; at most MODEL_THREADS_MAX. */
static size_t usable(const struct cli_model_cpus *cpus)
{
    struct bench_cpus allowed;
    const size_t n = cpus->count                          ? cpus->count
                     : bench_cpus_allowed(&allowed, NULL) ? 1
                                                          : bench_cpus_count(&allowed);
    return n < MODEL_THREADS_MAX ? n : MODEL_THREADS_MAX;
}

size_t cli_model_threads(const struct cli_model_cpus *cpus)
{
    char why[200];
    const size_t n = usable(cpus);
    const double quota = bench_cgroup_cpus("", why, sizeof why);
    /* A part of a CPU is worth no thread: all would be stopped together when the time is used up. */
    return quota < (double)n ? (size_t)fmax(1, floor(quota)) : n;
}

static void pin_thread(void *ctx, size_t thread)
{
    const struct cli_model_cpus *cpus = ctx;
    bench_cpus_use_one(cpus->cpu[thread % cpus->count]); /* pin_all has seen that it can be done */
}

/* The caller ends on the first. Each is tried, so that the threads to come need not report. */
static int pin_all(const struct cli_model_cpus *cpus, struct qk_error *err)
{
    struct bench_cpus allowed;
    struct qk_error why;
    int code = bench_cpus_allowed(&allowed, err);
    for (size_t i = cpus->count; i-- && !code;) {
        bench_cpus_use(&allowed);
        if (bench_pin(cpus->cpu[i], &why) < 0)
            code = qk_fail(err, QK_ERR_IO, "--cpus", "%s", why.text);
    }
    return code;
}

int cli_model_place(struct cli_model_options *o, struct qk_error *err)
{
    o->threads = o->threads ? o->threads : cli_model_threads(&o->cpus);
    o->cpus.usable = usable(&o->cpus);
    if (o->threads > o->cpus.usable)
        cli_say("qkbench: of %zu threads %zu are made, one per CPU that they may use", o->threads,
                o->cpus.usable);
    if (!o->cpus.count)
        return 0;
    o->calls = (struct model_pool_calls){.started = pin_thread, .ctx = &o->cpus};
    return pin_all(&o->cpus, err);
}
