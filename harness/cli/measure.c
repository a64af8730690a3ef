/* SPDX-License-Identifier: MIT */
#include "harness/cli/measure.h"

#include "harness/cli/cli.h"
#include "harness/counters/counters.h"
#include "harness/machine/pinning.h"

struct bench_job cli_job(void)
{
    return (struct bench_job){.table = qk_table_builtin(),
                              .cpu = -1,
                              .seed = cli_seed(),
                              .stop = cli_stop,
                              .progress = cli_progress};
}

int cli_measure_begin(struct cli_measure *m, struct bench_environment *env, struct qk_error *err)
{
    const int code = cli_detect(&m->isa, err);
    const int cpu = code ? code : bench_pin(m->job.cpu, err);
    if (cpu < 0)
        return cpu;
    m->job.cpu = cpu;
    m->job.isa = &m->isa;
    if (env) {
        bench_environment_read(env, cpu);
        bench_environment_built(env, &m->isa, m->job.table->compiler);
    }
    return 0;
}

/* What both a run and a breakdown need. End it in any case. */
struct session {
    struct bench_counters *counters;
    struct bench_run_config cfg;
    struct bench_matrix matrix;
};

static int session_begin(struct session *s, struct cli_measure *m, const char *counters,
                         struct bench_environment *env, struct qk_error *err)
{
    *s = (struct session){.counters = NULL};
    int code = cli_measure_begin(m, env, err);
    if (code)
        return code;
    s->cfg.job = m->job;
    /* On the CPU that is measured: what can be counted may depend on it. */
    code = bench_counters_make(&s->counters, counters, err);
    s->cfg.count = bench_counters_case;
    s->cfg.counters = s->counters;
    return code;
}

static void session_end(struct session *s)
{
    cli_progress_end();
    bench_matrix_free(&s->matrix);
    bench_counters_free(s->counters);
}

int cli_measure_run(struct cli_measure *m, const char *counters, struct bench_sample_set *set, bool *failed,
                    struct qk_error *err)
{
    struct session s;
    if (m->shapes)
        cli_watch_maps();
    int code = session_begin(&s, m, counters, &set->env, err);
    if (!code)
        code = bench_matrix_make(&s.matrix, m->job.table, m->patterns, m->count, m->shapes, &set->env, err);
    if (!code)
        code = bench_run(&s.matrix, &s.cfg, set, failed, err);
    session_end(&s);
    return code;
}

int cli_measure_breakdown(struct cli_measure *m, const char *counters, struct bench_breakdown *bd,
                          struct qk_error *err)
{
    struct session s;
    int code = session_begin(&s, m, counters, &bd->env, err);
    if (!code)
        code =
            bench_breakdown_matrix(&s.matrix, m->job.table, m->patterns, m->count, m->shapes, &bd->env, err);
    if (!code)
        code = bench_breakdown_run(bd, &s.matrix, &s.cfg, err);
    session_end(&s);
    return code;
}
