/* SPDX-License-Identifier: MIT */
#include "baselines/claims/e2e_audit.h"
#include "harness/cli/model/bench.h"
#include "harness/machine/datafile.h"
#include "reports/text/e2e.h"

#include <stdio.h>
#include <string.h>

static int add(const struct cli_bench *o, const char *name, const struct qk_cpu *cpu,
               struct model_kernels *sets, size_t *count, struct qk_error *err)
{
    if (*count == CLI_BENCH_SETS_MAX)
        return qk_fail(err, QK_ERR_ARG, "--kernels", "more than %d sets", CLI_BENCH_SETS_MAX);
    const int code = model_kernels_parse(&sets[*count], qk_table_builtin(), name, o->model.act, cpu, err);
    *count += !code;
    return code;
}

/* Leaves out rungs that cannot run here, and says so. */
static int add_ladder(const struct cli_bench *o, const struct qk_cpu *cpu, struct model_kernels *sets,
                      size_t *count, struct qk_error *err)
{
    const struct qk_table *table = qk_table_builtin();
    int code = 0;
    for (size_t i = 0; i < table->count && !code; i++) {
        const struct qk_variant *v = &table->rows[i];
        if (v->op != QK_OP_qk256_dequant || v->kind == QK_CEILING || !strcmp(v->phase, "-"))
            continue;
        const char *missing = qk_variant_missing(v, cpu);
        if (missing)
            cli_say("qkbench: %s is left out: %s", v->name, missing);
        else
            code =
                add(o, v == qk_table_reference(table, v->op) ? "baseline" : v->name, cpu, sets, count, err);
    }
    return code ? code : add(o, "best", cpu, sets, count, err);
}

int cli_bench_sets(const struct cli_bench *o, const struct qk_cpu *cpu, struct model_kernels *sets,
                   size_t *count, struct qk_error *err)
{
    char list[4096];
    char *rest = list, *one;
    int code = 0;
    *count = 0;
    if (o->ladder)
        return add_ladder(o, cpu, sets, count, err);
    const char *text = o->model.kernels ? o->model.kernels : "best";
    if ((size_t)snprintf(list, sizeof list, "%s", text) >= sizeof list)
        return qk_fail(err, QK_ERR_ARG, "--kernels", "longer than %zu characters", sizeof list - 1);
    while (!code && (one = strsep(&rest, ",")) != NULL)
        code = add(o, one, cpu, sets, count, err);
    return code;
}

int cli_bench_print_ladder(const struct bench_e2e *e, FILE *to, struct qk_error *err)
{
    char path[4096];
    struct baseline_e2e_audit audit;
    int code = bench_data_path("reports/claims/roadmap.json", path, sizeof path, err);
    if (!code)
        code = baseline_e2e_audit_make(&audit, path, e, err);
    if (code)
        return code;
    code = report_e2e_ladder(e, &audit, to, false, err);
    baseline_e2e_audit_free(&audit);
    return code;
}
