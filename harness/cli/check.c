/* SPDX-License-Identifier: MIT */
#include "kernels/check/check.h"
#include "harness/cli/options.h"
#include "harness/engine/matrix.h"

#include <stdio.h>
#include <stdlib.h>

/* Checks one row and adds to the counts. */
static int check_row(const struct qk_variant *v, const struct qk_cpu *cpu, uint64_t seed, int counts[3],
                     struct qk_error *err)
{
    enum { PASSED, FAILED, SKIPPED };
    const char *missing = qk_variant_missing(v, cpu);
    struct qk_error why;
    uint64_t calls = 0;
    char name[96];
    const int code = missing ? 0 : qk_check_variant(v, seed, &calls, &why);
    snprintf(name, sizeof name, "%s/%s", v->op_name, v->name);
    if (code && code != QK_ERR_CHECK)
        return qk_fail(err, code, name, "%s (%s)", why.text, why.where);
    cli_cell(name, 32);
    cli_cell(v->isa_name, 8);
    if (missing)
        cli_print("skip  %s", missing);
    else if (code)
        cli_print("FAIL  %s (%s)", why.text, why.where);
    else
        cli_print("ok    %llu calls", (unsigned long long)calls);
    counts[missing ? SKIPPED : code ? FAILED : PASSED]++;
    return 0;
}

static int check_rows(const struct bench_job *job, const bool *wanted, const struct qk_cpu *cpu,
                      struct qk_error *err)
{
    int counts[3] = {0};
    for (size_t i = 0; i < job->table->count; i++) {
        if (!wanted[i])
            continue;
        int code = cli_stop() ? qk_fail(err, QK_ERR_INTERRUPTED, NULL, "interrupted") : 0;
        if (!code)
            code = check_row(&job->table->rows[i], cpu, job->seed, counts, err);
        if (code)
            return code;
    }
    printf("%d passed, %d failed, %d skipped (seed %llu)\n", counts[0], counts[1], counts[2],
           (unsigned long long)job->seed);
    if (counts[1])
        return CLI_WRONG;
    return counts[0] ? CLI_DONE : CLI_UNAVAILABLE;
}

static int check(void *options, struct qk_error *err)
{
    const struct cli_measure *o = &((const struct cli_measure_options *)options)->what;
    const struct qk_table *table = o->job.table;
    struct qk_cpu cpu;
    bool *wanted = calloc(table->count, sizeof *wanted);
    int code = wanted ? cli_detect(&cpu, err) : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory");
    if (!code)
        code = bench_matrix_variants(table, o->patterns, o->count, wanted, err);
    if (!code)
        code = check_rows(&o->job, wanted, &cpu, err);
    free(wanted);
    return code;
}

int cli_check(int argc, char **argv)
{
    static const struct cli_option options[] = {
        CLI_OPTION_PATTERNS,
        {"seed", 's', "N", CLI_UINT64(cli_measure_options, what.job.seed, 0, UINT64_MAX),
         "Draw the inputs from this seed (default: a fresh one, which is printed)", 0},
        {0}};
    static const struct cli_usage usage = {
        options, NULL, "[PATTERN...]",
        "Compares every variant with its op's reference, bit for bit or within the op's stated bound: guard "
        "pages on both sides, poisoned padding, odd offsets, every tail, every code, extreme values. Then "
        "finds out what a call really reads and writes and holds it against the declared work.\vPATTERN is a "
        "glob on op/variant; without one, everything. Exit code 3 when a variant fails. Examples:\n  qkbench "
        "check\n  qkbench check 'qk256_dequant/p*' --seed 7"};
    struct cli_measure_options o = cli_measure_defaults();
    return cli_main(&usage, argc, argv, &o, check);
}
