/* SPDX-License-Identifier: MIT */
#include "harness/cli/measure.h"

#include "harness/cli/cli.h"
#include "harness/counters/counters.h"
#include "harness/machine/pinning.h"

#include <string.h>

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
    struct cli_loads loads;
};

static int session_begin(struct session *s, struct cli_measure *m, const char *counters,
                         struct bench_environment *env, struct qk_error *err)
{
    *s = (struct session){.counters = NULL};
    int code = cli_measure_begin(m, env, err);
    if (!code && m->load.count)
        code = cli_loads_open(&s->loads, &m->load, &m->job, err);
    if (code)
        return code;
    if (env)
        cli_loads_describe(&s->loads, env);
    s->cfg.job = m->job;
    if (m->load.count) { /* the launch counts */
        s->cfg.job.table = &s->loads.table;
        return 0;
    }
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
    cli_loads_close(&s->loads);
}

/* What a launch does for a run. */
struct run_inside {
    const struct bench_matrix *matrix;
    struct bench_sample_set *set;
};

static int run_inside(void *ctx, const struct bench_run_config *cfg, FILE *to, bool *failed,
                      struct qk_error *err)
{
    const struct run_inside *in = ctx;
    const int code = bench_run(in->matrix, cfg, in->set, failed, err);
    return code ? code : bench_sample_set_write_json(in->set, to, err);
}

/* Is it what was to be measured, row by row? */
static int check_answer(const struct bench_matrix *m, const struct bench_sample_set *set,
                        struct qk_error *err)
{
    size_t r = 0;
    bool same = true;
    for (size_t g = 0; g < m->count; g++)
        for (size_t i = 0; i < m->table->count; i++) {
            if (!m->groups[g].wanted[i])
                continue;
            const struct bench_record *rec = r < set->record_count ? &set->records[r] : NULL;
            same = same && rec && !strcmp(rec->op, m->table->rows[i].op_name) &&
                   !strcmp(rec->variant, m->table->rows[i].name) && !strcmp(rec->shape, m->groups[g].name);
            r++;
        }
    return same && r == set->record_count
               ? 0
               : qk_fail(err, QK_ERR_INVALID, NULL,
                         "the launch answered with other rows than it was to time");
}

static int run_in_launch(struct session *s, const char *counters, struct bench_sample_set *set, bool *failed,
                         struct qk_error *err)
{
    struct run_inside in = {&s->matrix, set};
    json_t *json = NULL;
    int code =
        cli_loads_measure(&s->loads, &s->matrix, &s->cfg, counters, run_inside, &in, &json, failed, err);
    if (!code) {
        bench_sample_set_free(set);
        code = cli_load_distrust(bench_sample_set_take_json(set, json, "the launch's answer", err));
    }
    if (!code)
        code = check_answer(&s->matrix, set, err);
    json_decref(json);
    return code;
}

int cli_measure_run(struct cli_measure *m, const char *counters, struct bench_sample_set *set, bool *failed,
                    struct qk_error *err)
{
    struct session s;
    if (m->shapes)
        cli_watch_maps();
    int code = session_begin(&s, m, counters, &set->env, err);
    if (!code)
        code =
            bench_matrix_make(&s.matrix, s.cfg.job.table, m->patterns, m->count, m->shapes, &set->env, err);
    if (!code)
        code = m->load.count ? run_in_launch(&s, counters, set, failed, err)
                             : bench_run(&s.matrix, &s.cfg, set, failed, err);
    session_end(&s);
    return code;
}

/* What it does for a breakdown. */
struct breakdown_inside {
    const struct bench_matrix *matrix;
    struct bench_breakdown *bd;
};

static int breakdown_inside(void *ctx, const struct bench_run_config *cfg, FILE *to, bool *failed,
                            struct qk_error *err)
{
    const struct breakdown_inside *in = ctx;
    const int code = bench_breakdown_run(in->bd, in->matrix, cfg, err);
    *failed = in->bd->failed;
    return code ? code : bench_fields_write(&bench_breakdown_fields, in->bd, "the breakdown", to, err);
}

/* What the JSON does not have is computed of its samples, and is what the launch had. */
static int complete(struct bench_breakdown *bd, const struct qk_table *table, struct qk_error *err)
{
    int code = 0;
    for (size_t i = 0; i < bd->count && !code; i++) {
        struct bench_breakdown_row *row = &bd->rows[i];
        const struct qk_variant *v = qk_table_find(table, row->variant->op_name, row->variant->name);
        bd->variants[i].op = v ? v->op : 0;
        if (!v)
            code = qk_fail(err, QK_ERR_INVALID, NULL, "the launch answered with a row that nobody knows");
        else if (row->status == BENCH_OK)
            code = bench_breakdown_estimate(row, err);
    }
    return code;
}

static int breakdown_in_launch(struct session *s, const char *counters, struct bench_breakdown *bd,
                               struct qk_error *err)
{
    struct breakdown_inside in = {&s->matrix, bd};
    json_t *json = NULL;
    bool failed;
    int code = cli_loads_measure(&s->loads, &s->matrix, &s->cfg, counters, breakdown_inside, &in, &json,
                                 &failed, err);
    if (!code) {
        const struct bench_environment env = bd->env; /* of which the JSON has a part */
        bench_breakdown_free(bd);
        code = cli_load_distrust(bench_breakdown_take_json(bd, json, "the launch's answer", err));
        bd->env = env;
    }
    if (!code)
        code = complete(bd, s->cfg.job.table, err);
    bd->failed = !code && failed;
    json_decref(json);
    return code;
}

int cli_measure_breakdown(struct cli_measure *m, const char *counters, struct bench_breakdown *bd,
                          struct qk_error *err)
{
    struct session s;
    int code = session_begin(&s, m, counters, &bd->env, err);
    if (!code)
        code = bench_breakdown_matrix(&s.matrix, s.cfg.job.table, m->patterns, m->count, m->shapes, &bd->env,
                                      err);
    if (!code)
        code = m->load.count ? breakdown_in_launch(&s, counters, bd, err)
                             : bench_breakdown_run(bd, &s.matrix, &s.cfg, err);
    session_end(&s);
    return code;
}
