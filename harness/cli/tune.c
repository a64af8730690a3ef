/* SPDX-License-Identifier: MIT */
#include "reports/text/tune.h"
#include "harness/cli/options.h"
#include "harness/cli/out.h"
#include "harness/machine/pinning.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

struct options {
    struct cli_measure_options measure;
    uint64_t budget;
    bool stored, text;
};

static void warn(const struct qk_error *err, const char *so)
{
    cli_say("qkbench: warning: %s%s%s%s", err->where, *err->where ? ": " : "", err->text, so);
}

static int choose_ops(const struct cli_measure *what, bool *ops, struct qk_error *err)
{
    char known[400] = "";
    for (int op = 0; op < QK_OP_COUNT; op++) {
        ops[op] = !what->count;
        const size_t n = strlen(known);
        snprintf(known + n, sizeof known - n, "%s%s", n ? ", " : "", qk_op_row((enum qk_op)op)->name);
    }
    for (size_t i = 0; i < what->count; i++) {
        bool any = false;
        for (int op = 0; op < QK_OP_COUNT; op++)
            if (!fnmatch(what->patterns[i], qk_op_row((enum qk_op)op)->name, 0))
                any = ops[op] = true;
        if (!any)
            return qk_fail(err, QK_ERR_ARG, "OP", "'%.60s' is no op; there are: %s", what->patterns[i],
                           known);
    }
    return 0;
}

/* With what is kept of other ops. What cannot be kept is a warning. */
static int keep(struct bench_tune *t, struct qk_error *err)
{
    struct bench_tune old = {.count = 0};
    struct qk_error why;
    bool found;
    if (bench_tune_load(&old, t->env.fingerprint, &found, &why))
        warn(&why, "; replaced");
    const int code = bench_tune_add(t, &old, err);
    bench_tune_free(&old);
    if (!code && bench_tune_store(t, &why))
        warn(&why, "; what was tuned is not stored");
    return code;
}

static int get(struct options *o, struct bench_tune *t, struct qk_error *err)
{
    bool ops[QK_OP_COUNT], found;
    int code = choose_ops(&o->measure.what, ops, err);
    if (code)
        return code;
    if (o->stored) {
        const struct bench_environment env = t->env;
        code = bench_tune_load(t, env.fingerprint, &found, err);
        return code || found ? code
                             : qk_fail(err, QK_ERR_UNAVAILABLE, "--stored",
                                       "nothing of this machine (fingerprint %s) is stored; run qkbench tune",
                                       env.fingerprint);
    }
    o->measure.what.job.budget_s = (double)o->budget;
    const struct bench_tune_config cfg = {.job = o->measure.what.job, .ops = ops};
    code = bench_tune_measure(t, &cfg, err);
    cli_progress_end();
    return code;
}

/* For qk_prefer: the rows that are not the last anyway. */
static void print_choices(const struct bench_tune *t, const struct qk_table *table, const struct qk_cpu *cpu,
                          FILE *to)
{
    struct qk_choices c;
    size_t stale;
    bench_tune_choices(t, table, cpu, &c, &stale);
    fprintf(to, "%zu", c.cache_bytes);
    for (int op = 0; op < QK_OP_COUNT; op++)
        for (int m = 0; m < QK_MEMORIES; m++) {
            const struct qk_variant *const v = c.of[op][m];
            if (v && v != qk_table_best(table, v->op, cpu))
                fprintf(to, " %s/%s@%s", v->op_name, v->name, qk_memory_names[m]);
        }
    fputs("\n", to);
}

static int tune(void *options, struct qk_error *err)
{
    struct options *o = options;
    struct bench_tune t = {.count = 0};
    struct cli_out file = {.option = "--out", .path = o->measure.out};
    int code = cli_measure_begin(&o->measure.what, &t.env, err);
    if (!code)
        code = cli_out_open(&file, 1, err);
    if (code)
        return code;
    code = get(o, &t, err);
    if (!code && o->measure.out)
        code = bench_fields_write(&bench_tune_fields, &t, "what was tuned", file.file.stream, err);
    if (!code)
        code = cli_out_commit(&file, 1, err);
    cli_out_abort(&file, 1);
    if (!code && o->text)
        print_choices(&t, o->measure.what.job.table, &o->measure.what.isa, cli_out_text(&file, 1));
    else if (!code)
        code = report_tune_text(&t, o->stored, cli_out_text(&file, 1), err);
    if (!code && !o->stored)
        code = keep(&t, err);
    bench_tune_free(&t);
    return code;
}

int cli_tune(int argc, char **argv)
{
    static const struct cli_option options[] = {
        CLI_OPTION_PATTERNS,
        {"budget", 'b', "S", CLI_UINT64(options, budget, 1, 3600), "Measure for S seconds (default: 10)", 0},
        {"stored", 'k', NULL, CLI_FLAG(options, stored), "Show what is stored; measure nothing", 0},
        {"text", 't', NULL, CLI_FLAG(options, text), "Print one line for qk_prefer (qkernels.h) instead", 0},
        CLI_OPTION_OUT("Write it as JSON (tune.schema.json)"),
        CLI_OPTION_QUICK("Fewer and shorter blocks: to look at; proves large differences only"),
        CLI_OPTION_CPU("Measure on"),
        CLI_OPTION_SEED("orders and inputs"),
        {0}};
    static const struct cli_usage usage = {
        options, NULL, "[OP...]",
        "Finds the fastest row of each op on this machine, from cache and from DRAM, and stores it. OP is a "
        "name or a glob of ops (default: all).\vThe rows of an op are timed against each other in drawn "
        "order. One takes the place of the table's last row only when it is proven to be over 1 % faster. "
        "Where rows may differ in bits (qk256_gemv, f32_dot) the last one stays: no result changes. "
        "What was chosen is kept in $XDG_CACHE_HOME/qkbench (or ~/.cache/qkbench) under the machine's "
        "fingerprint. The kernel set `best` of qkbench model uses it; programs that call the entry points "
        "give them the line of --text. It lasts until the op's rows, the compiler or the machine change; "
        "delete the file to do without. Examples:\n  qkbench tune\n  qkbench "
        "tune 'i2s16*' f16_gemv --out tune.json\n  qkbench tune --quick i2s16_gemv\n  QK_DISABLE_ISA=avx512 "
        "qkbench tune --budget 5"};
    struct options o = {.measure = cli_measure_defaults(), .budget = 10};
    return cli_main(&usage, argc, argv, &o, tune);
}

int cli_choices(struct qk_choices *to, const struct qk_cpu *isa, struct qk_error *err)
{
    const struct qk_table *const table = qk_table_builtin();
    struct bench_tune t;
    struct bench_environment env;
    struct qk_error why;
    size_t stale;
    bool found;
    *to = (struct qk_choices){.cache_bytes = 0};
    /* Whose cache sizes are part of the fingerprint: the CPU that measuring takes by default. */
    const int cpu = bench_cpus_last(err);
    if (cpu < 0)
        return cpu;
    bench_environment_read(&env, cpu);
    bench_environment_built(&env, isa, table->compiler);
    if (bench_tune_load(&t, env.fingerprint, &found, &why))
        warn(&why, "; the table's last rows are taken");
    if (!found)
        return 0;
    bench_tune_choices(&t, table, isa, to, &stale);
    if (stale)
        cli_say("qkbench: %zu entries of qkbench tune are of other rows than there are now, and not used",
                stale);
    bench_tune_free(&t);
    return 0;
}
