/* SPDX-License-Identifier: MIT */
#include "kernels/check/check.h"
#include "harness/cli/options.h"
#include "harness/engine/matrix.h"
#include "kernels/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct cli_measure_options measure;
    struct cli_loads loads;
};

/* How far off a row of a semantic op may be. */
static void add_tolerance(const struct qk_form *f, char *to, size_t size)
{
    const char *const sum = f->bound == QK_BOUND_CODES ? "3 d|x|" : "|w x|";
    const size_t used = strlen(to);
    if (f->block)
        snprintf(to + used, size - used, "; within (%u + columns / %u) * 2^-24 * sum %s", f->tolerance,
                 f->block, sum);
    else
        snprintf(to + used, size - used, "; within %u * 2^-24 * sum %s", f->tolerance, sum);
}

/* Compares one row with the reference; a loaded one in a launch, and there its instructions, too. */
static int compare(struct options *o, const struct qk_variant *v, char *passed, size_t size,
                   struct qk_error *why)
{
    const struct qk_variant *row;
    struct bench_build *b = o->loads.count ? cli_loads_build(&o->loads, v, &row) : NULL;
    uint64_t calls = 0;
    if (!b) {
        const int code = qk_check_variant(v, o->measure.what.job.seed, &calls, why);
        snprintf(passed, size, "%llu calls", (unsigned long long)calls);
        return code;
    }
    const int code = bench_build_check(b, row, NULL, why);
    const char *const note = code ? "" : bench_build_note(b, row);
    snprintf(passed, size, "instructions keep to %s%s%s", v->isa_name, *note ? "; " : "", note);
    return code;
}

/* Checks one row and adds to the counts. */
static int check_row(struct options *o, const struct qk_variant *v, size_t width, const struct qk_cpu *cpu,
                     int counts[3], struct qk_error *err)
{
    enum { PASSED, FAILED, SKIPPED };
    const char *missing = qk_variant_missing(v, cpu);
    struct qk_error why;
    char name[160], passed[BENCH_DUET_NAME + 140];
    const int code = missing ? 0 : compare(o, v, passed, sizeof passed, &why);
    if (!missing && !code && v->form)
        add_tolerance(v->form, passed, sizeof passed);
    snprintf(name, sizeof name, "%s/%s", v->op_name, v->name);
    if (code && code != QK_ERR_CHECK)
        return qk_fail(err, code, name, "%s (%s)", why.text, why.where);
    cli_cell(name, width);
    cli_cell(v->isa_name, 8);
    if (missing)
        cli_print("skip  %s", missing);
    else if (code)
        cli_print("FAIL  %s%s%s%s", why.text, *why.where ? " (" : "", why.where, *why.where ? ")" : "");
    else
        cli_print("ok    %s", passed);
    counts[missing ? SKIPPED : code ? FAILED : PASSED]++;
    return 0;
}

static int check_rows(struct options *o, const struct qk_table *table, const bool *wanted,
                      const struct qk_cpu *cpu, struct qk_error *err)
{
    int counts[3] = {0};
    size_t width = 32;
    for (size_t i = 0; i < table->count; i++) {
        const size_t length = strlen(table->rows[i].op_name) + 1 + strlen(table->rows[i].name);
        width = wanted[i] && length > width ? length : width;
    }
    for (size_t i = 0; i < table->count; i++) {
        if (!wanted[i])
            continue;
        int code = cli_stop() ? qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted") : 0;
        if (!code)
            code = check_row(o, &table->rows[i], width, cpu, counts, err);
        if (code)
            return code;
    }
    printf("%d passed, %d failed, %d skipped (seed %llu)\n", counts[0], counts[1], counts[2],
           (unsigned long long)o->measure.what.job.seed);
    if (counts[1])
        return CLI_WRONG;
    return counts[0] ? CLI_DONE : CLI_UNAVAILABLE;
}

static int check(void *options, struct qk_error *err)
{
    struct options *o = options;
    const struct cli_measure *what = &o->measure.what;
    const struct qk_table *table = what->job.table;
    struct qk_cpu cpu;
    bool *wanted = NULL;
    int code = cli_detect(&cpu, err);
    if (!code && what->load.count) {
        table = &o->loads.table;
        code = cli_loads_open(&o->loads, &what->load, &what->job, err);
    }
    if (!code && !(wanted = calloc(table->count, sizeof *wanted)))
        code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory");
    if (!code)
        code = bench_matrix_variants(table, what->patterns, what->count, wanted, err);
    if (!code)
        code = check_rows(o, table, wanted, &cpu, err);
    free(wanted);
    cli_loads_close(&o->loads);
    return code;
}

int cli_check(int argc, char **argv)
{
    static const struct cli_option options[] = {
        CLI_OPTION_PATTERNS,
        CLI_OPTION_LOAD,
        {"seed", 's', "N", CLI_UINT64(cli_measure_options, what.job.seed, 0, UINT64_MAX),
         "Draw the inputs from this seed (default: a fresh one, which is printed)", 0},
        {0}};
    static const struct cli_usage usage = {
        options, NULL, "[PATTERN...]",
        "Compares every variant with its op's reference, bit for bit or within the op's stated bound: guard "
        "pages on both sides, poisoned padding, odd offsets, every tail, every code, extreme values. Then "
        "finds out what a call really reads and writes and holds it against the declared work. Rows of "
        "--load are "
        "also stepped: no instruction may be of a level above the row's.\vPATTERN is a "
        "glob on op/variant; without one, everything. Exit code 3 when a variant fails. Examples:\n  qkbench "
        "check\n  qkbench check 'qk256_dequant/p*' --seed 7\n  qkbench check 'qk256_dequant/mine:*' --load "
        "mine=base.so"};
    struct options o = {.measure = cli_measure_defaults()};
    return cli_main(&usage, argc, argv, &o, check);
}
