/* SPDX-License-Identifier: MIT */
#include "kernels/check/check.h"
#include "harness/cli/cli.h"
#include "harness/engine/matrix.h"

#include <stdio.h>
#include <stdlib.h>

struct options {
    char **patterns;
    size_t count;
    uint64_t seed;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 's':
        o->seed = cli_number(state, "--seed", arg, 0, UINT64_MAX);
        return 0;
    case ARGP_KEY_ARGS:
        o->patterns = state->argv + state->next;
        o->count = (size_t)(state->argc - state->next);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* One row. Adds to the counts. */
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
    if (missing)
        printf("%-32s %-8s skip  %s\n", name, v->isa_name, missing);
    else if (code)
        printf("%-32s %-8s FAIL  %s (%s)\n", name, v->isa_name, why.text, why.where);
    else
        printf("%-32s %-8s ok    %llu calls\n", name, v->isa_name, (unsigned long long)calls);
    counts[missing ? SKIPPED : code ? FAILED : PASSED]++;
    return 0;
}

static int check_rows(const struct qk_table *table, const bool *wanted, const struct qk_cpu *cpu,
                      uint64_t seed)
{
    struct qk_error err;
    int counts[3] = {0};
    for (size_t i = 0; i < table->count; i++) {
        if (!wanted[i])
            continue;
        int code = cli_stop() ? qk_fail(&err, QK_ERR_INTERRUPTED, NULL, "interrupted") : 0;
        if (!code)
            code = check_row(&table->rows[i], cpu, seed, counts, &err);
        if (code)
            return cli_fail(code, &err);
    }
    printf("%d passed, %d failed, %d skipped (seed %llu)\n", counts[0], counts[1], counts[2],
           (unsigned long long)seed);
    if (counts[1])
        return CLI_WRONG;
    return counts[0] ? CLI_DONE : CLI_UNAVAILABLE;
}

int cli_check(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"seed", 's', "N", 0, "Draw the inputs from this seed (default: a fresh one, which is printed)", 0},
        {0}};
    static const struct argp argp = {options,
                                     parse,
                                     "[PATTERN...]",
                                     "Compares every variant with its op's reference, bit for bit or within "
                                     "the op's stated bound: guard pages on "
                                     "both sides, poisoned padding, odd offsets, every tail, every code, "
                                     "extreme values. Then finds out what a "
                                     "call really reads and writes and holds it against the declared "
                                     "work.\vPATTERN is a glob on op/variant; "
                                     "without one, everything. Exit code 3 when a variant fails. Examples:\n "
                                     " qkbench check\n  qkbench check "
                                     "'qk256_dequant/p*' --seed 7",
                                     NULL,
                                     NULL,
                                     NULL};
    const struct qk_table *table = qk_table_builtin();
    struct options o = {.seed = cli_seed()};
    struct qk_error err;
    struct qk_cpu cpu;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    cli_catch_interrupts();
    bool *wanted = calloc(table->count, sizeof *wanted);
    int code = wanted ? cli_detect(&cpu, &err) : qk_fail(&err, QK_ERR_MEMORY, NULL, "no memory");
    if (!code)
        code = bench_matrix_variants(table, o.patterns, o.count, wanted, &err);
    const int status = code ? cli_fail(code, &err) : check_rows(table, wanted, &cpu, o.seed);
    free(wanted);
    return status;
}
