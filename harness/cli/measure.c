/* SPDX-License-Identifier: MIT */
#include "harness/cli/measure.h"

#include "harness/cli/cli.h"

int cli_measure_begin(const struct cli_measure *m, struct qk_cpu *isa, struct bench_environment *env,
                      struct qk_error *err)
{
    char levels[64];
    const int code = cli_detect(isa, err);
    const int cpu = code ? code : bench_pin(m->cpu, err);
    if (cpu < 0 || !env)
        return cpu;
    bench_environment_read(env, cpu);
    bench_isa_levels(isa, levels, sizeof levels);
    bench_environment_kernels(env, levels, qk_compiler);
    return cpu;
}

static struct bench_run_config config_of(const struct cli_measure *m, const struct qk_cpu *isa, int cpu)
{
    return (struct bench_run_config){.quick = m->quick,
                                     .seed = m->seed,
                                     .cpu = cpu,
                                     .isa = isa,
                                     .stop = cli_stop,
                                     .progress = cli_progress};
}

int cli_measure_run(const struct cli_measure *m, const char *counters, struct bench_sample_set *set,
                    bool *failed, struct qk_error *err)
{
    struct bench_counters *made = NULL;
    struct bench_matrix matrix;
    struct qk_cpu isa;
    const int cpu = cli_measure_begin(m, &isa, &set->env, err);
    if (cpu < 0)
        return cpu;
    struct bench_run_config cfg = config_of(m, &isa, cpu);
    /* On the CPU that is measured: what can be counted may depend on it. */
    int code = bench_counters_make(&made, counters, err);
    if (code)
        return code;
    cfg.counters = made;
    code = bench_matrix_make(&matrix, m->patterns, m->count, m->shapes, &set->env, err);
    if (!code)
        code = bench_run(&matrix, &cfg, set, failed, err);
    cli_progress_end();
    bench_matrix_free(&matrix);
    bench_counters_free(made);
    return code;
}

int cli_measure_breakdown(const struct cli_measure *m, const char *counters, struct bench_breakdown *bd,
                          struct qk_error *err)
{
    struct bench_counters *made = NULL;
    struct bench_matrix matrix;
    struct qk_cpu isa;
    const int cpu = cli_measure_begin(m, &isa, &bd->env, err);
    if (cpu < 0)
        return cpu;
    struct bench_run_config cfg = config_of(m, &isa, cpu);
    int code = bench_counters_make(&made, counters, err);
    if (code)
        return code;
    cfg.counters = made;
    code = bench_breakdown_matrix(&matrix, m->patterns, m->count, m->shapes, &bd->env, err);
    if (!code)
        code = bench_breakdown_run(bd, &matrix, &cfg, err);
    cli_progress_end();
    bench_matrix_free(&matrix);
    bench_counters_free(made);
    return code;
}
