/* SPDX-License-Identifier: MIT */
#include "harness/records/list.h"
#include "harness/cli/options.h"

#include <stdio.h>
#include <string.h>

static void print_row(const struct qk_variant *v, size_t width, const char *here)
{
    const char *const cells[] = {v->name, v->isa_name, v->phase, bench_list_kinds[v->kind], here};
    const size_t widths[] = {width, 8, 9, 8, 10};
    fputs("  ", stdout);
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        cli_cell(cells[i], widths[i]);
    cli_print("%s", v->why);
}

static void print_table(const struct qk_table *table, const struct qk_cpu *cpu)
{
    size_t width = 16;
    for (size_t i = 0; i < table->count; i++)
        width = strlen(table->rows[i].name) > width ? strlen(table->rows[i].name) : width;
    for (int op = 0; op < qk_op_count(); op++) {
        printf("%s: %s\n", qk_op_row(op)->name, qk_op_row(op)->what);
        printf("  %-*s %-8s %-9s %-8s %-10s %s\n", (int)width, "variant", "isa", "phase", "kind", "here",
               "why it exists");
        for (size_t i = 0; i < table->count; i++) {
            const struct qk_variant *v = &table->rows[i];
            if ((int)v->op == op)
                print_row(v, width, qk_variant_missing(v, cpu) ? "no" : "yes");
        }
    }
    for (int i = 0; i < QK_ISA_COUNT; i++)
        if (!cpu->present[i] && qk_isa_of_here((enum qk_isa)i))
            printf("%s is not available: %s\n", qk_isa_row(i)->name, cpu->why[i]);
}

struct options {
    bool json;
    struct cli_load_list load;
};

int cli_list(int argc, char **argv)
{
    static const struct cli_option options[] = {
        CLI_ROW_LOAD(options, load),
        {"json", 'j', NULL, CLI_FLAG(options, json), "Strict JSON (list.schema.json) instead of a table", 0},
        {0}};
    static const struct cli_usage usage = {
        options, NULL, NULL,
        "Shows every op and its variants: the ISA level a variant needs, its phase of the roadmap, whether "
        "it can run here and, if not, why.\vKinds: staged (can be cut after a stage), plain, ceiling (a "
        "limit measured beside the variants, not a kernel), prepared (with operands in a form of its own). "
        "Rows of --load have their file for a reason. "
        "Examples:\n  qkbench list\n  QK_DISABLE_ISA=avx512 qkbench list\n  qkbench list --load "
        "mine=base.so"};
    struct qk_error err;
    struct qk_cpu cpu;
    struct options o = {0};
    struct cli_loads loads = {.count = 0};
    cli_parse(&usage, argc, argv, &o);
    const struct bench_job job = cli_job();
    int code = cli_detect(&cpu, &err);
    if (!code && o.load.count)
        code = cli_loads_open(&loads, &o.load, &job, &err);
    const struct bench_list list = {o.load.count ? &loads.table : job.table, &cpu};
    if (!code && o.json)
        code = bench_fields_write(&bench_list_fields, &list, "the list", stdout, &err);
    else if (!code)
        print_table(list.table, &cpu);
    cli_loads_close(&loads);
    return code ? cli_fail(code, &err) : CLI_DONE;
}
