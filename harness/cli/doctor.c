/* SPDX-License-Identifier: MIT */
#include "harness/doctor/doctor.h"
#include "harness/cli/options.h"
#include "harness/records/shown.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct cli_measure_options measure;
    bool json;
};

enum { WIDTH = 120, INDENT = 28 };

/* Prints the text from column INDENT on, broken at blanks. The caller has begun the first line. */
static void print_wrapped(const char *found)
{
    const size_t room = WIDTH - INDENT;
    char *const shown = bench_show_copy(found, "");
    const char *text = shown ? shown : "-";
    while (strlen(text) > room) {
        size_t n = room;
        while (n > 0 && text[n] != ' ')
            n--;
        const bool blank = n > 0;
        n = blank ? n : room;
        printf("%.*s\n%*s", (int)n, text, INDENT, "");
        text += n + blank;
    }
    puts(text);
    free(shown);
}

static void print_text(const struct bench_doctor *d)
{
    size_t counts[3] = {0};
    for (size_t i = 0; i < d->count; i++) {
        const struct bench_finding *f = &d->findings[i];
        counts[f->health]++;
        printf("%-20s %-6s ", f->name, bench_health_words[f->health]);
        print_wrapped(f->found);
        if (f->health == BENCH_HEALTH_OK)
            continue;
        printf("%*s", INDENT, "costs: ");
        print_wrapped(*f->costs ? f->costs : "-");
        printf("%*s", INDENT, "mend: ");
        print_wrapped(*f->mend ? f->mend : "-");
    }
    printf("\n%zu ok, %zu warn, %zu bad; CPU %d, seed %llu%s\n", counts[BENCH_HEALTH_OK],
           counts[BENCH_HEALTH_WARN], counts[BENCH_HEALTH_BAD], d->cpu, (unsigned long long)d->seed,
           d->quick ? ", quick" : "");
}

static int run(void *options, struct qk_error *err)
{
    struct options *o = options;
    struct bench_doctor d;
    char allowed[256];
    bench_doctor_allowed(allowed, sizeof allowed);
    int code = cli_measure_begin(&o->measure.what, NULL, err);
    if (code)
        return code;
    const struct bench_doctor_config cfg = {.job = o->measure.what.job, .allowed = allowed};
    code = bench_doctor_run(&d, &cfg, err);
    cli_progress_end();
    if (code)
        return code;
    if (o->json)
        code = bench_fields_write(&bench_doctor_fields, &d, "the findings", stdout, err);
    else
        print_text(&d);
    const struct bench_finding *fatal = bench_doctor_fatal(&d);
    if (!code && fatal)
        code = qk_fail(err, QK_ERR_INVALID, fatal->name, "measuring is meaningless here: %s", fatal->found);
    return code;
}

int cli_doctor(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"json", 'j', NULL, CLI_FLAG(options, json), "Strict JSON (doctor.schema.json) instead of text", 0},
        CLI_OPTION_QUICK("Measure noise for 2 s instead of 5"),
        CLI_OPTION_CPU("Look at"),
        CLI_OPTION_SEED("the order of pairs and the inputs"),
        {0}};
    static const struct cli_usage usage = {
        options, NULL, NULL,
        "Tells what makes measurements worse on this machine: settings, neighbours, and the noise itself, "
        "measured as one kernel against itself in cache and from DRAM. Each finding is ok, warn or bad, with "
        "what it costs and the command that mends it, '-' where nothing does. Changes nothing.\vExit code 5 "
        "when measuring would be meaningless here, otherwise 0. Examples:\n  qkbench doctor\n  qkbench "
        "doctor --quick --json"};
    struct options o = {.measure = cli_measure_defaults()};
    return cli_main(&usage, argc, argv, &o, run);
}
