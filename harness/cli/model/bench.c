/* SPDX-License-Identifier: MIT */
#include "harness/cli/model/bench.h"

#include "harness/cli/measure.h"
#include "harness/cli/out.h"
#include "harness/counters/counters.h"
#include "harness/machine/clock.h"
#include "harness/machine/memory.h"
#include "reports/text/e2e.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct session {
    struct cli_bench *o;
    struct model_kernels sets[CLI_BENCH_SETS_MAX];
    enum model_head heads[MODEL_HEADS];
    struct bench_e2e_config cfg;
    struct model_weights weights;
    struct bench_e2e e2e;
    struct bench_cpus allowed, named; /* named: those of --cpus */
    struct cli_measure measure;
    struct cli_bench_reads reads;
    char mask[BENCH_E2E_MASK];
};

/* Since *ns, which becomes now. At least 1, because 0 means that nobody knows. */
static uint64_t lap(uint64_t *ns)
{
    const uint64_t before = *ns;
    *ns = bench_clock_ns();
    return *ns > before ? *ns - before : 1;
}

static int load(struct session *s, const struct qk_cpu *isa, struct qk_error *err)
{
    struct bench_e2e_load *const took = &s->cfg.load;
    struct model_gguf g = {0};
    unsigned layouts = 0;
    int code = cli_bench_sets(s->o, isa, s->sets, &s->cfg.set_count, err);
    uint64_t since = bench_clock_ns();
    if (!code)
        code = cli_model_open(&g, s->o->model.model, err);
    if (code)
        return code;
    took->open_ns = lap(&since);
    code = cli_bench_reads_before(&s->reads, s->o, &g, &s->measure.job, &s->e2e.env, err);
    if (code)
        model_gguf_close(&g);
    if (code)
        return code;
    since = bench_clock_ns();
    for (size_t i = 0; i < s->cfg.set_count; i++)
        layouts |= model_kernels_layout(&s->sets[i]);
    code = cli_model_weights(&s->weights, &g, layouts, &s->o->model, err);
    took->repack_ns = lap(&since);
    for (size_t i = 0; i < s->o->head_count && !code; i++) {
        s->heads[i] = s->o->heads[i];
        code = cli_model_head(&s->weights, &s->heads[i], &s->o->model, err);
    }
    if (s->weights.head_copy)
        took->head_ns = lap(&since);
    took->rss_bytes = (uint64_t)bench_memory_resident().now;
    return code ? code : cli_model_choose(s->sets, s->cfg.set_count, &s->weights, isa, s->o->model.tune, err);
}

/* Sizes that nobody asked for are cut to what is left of the context behind the largest depth. */
static size_t fitting(const struct session *s, size_t tokens)
{
    size_t room = s->weights.config.context, deepest = 0;
    for (size_t i = 0; i < s->o->depth_count; i++)
        deepest = s->o->depths[i] > deepest ? s->o->depths[i] : deepest;
    room = deepest < room ? room - deepest : 1;
    return s->o->fit && tokens > room ? room : tokens;
}

static int measure(struct session *s, struct qk_error *err)
{
    struct cli_measure *const m = &s->measure;
    struct bench_counters *counters = NULL;
    m->job = cli_job();
    m->job.seed = s->o->seed;
    int code = bench_cpus_allowed(&s->allowed, err);
    for (size_t i = 0; i < s->o->thread_count; i++)
        if (s->o->threads[i] > s->o->model.threads)
            s->o->model.threads = s->o->threads[i];
    if (!code)
        code = cli_model_place(&s->o->model, err);
    cli_model_cpu_mask(&s->o->model.cpus, s->mask, sizeof s->mask);
    if (s->o->model.cpus.count)
        m->job.cpu = s->o->model.cpus.cpu[0];
    if (!code)
        code = cli_measure_begin(m, &s->e2e.env, err);
    /* What can be counted may depend on the CPU; the run itself places its threads. */
    if (!code)
        code = bench_counters_make(&counters, s->o->counters, err);
    if (!code && !s->o->model.cpus.count)
        bench_cpus_use(&s->allowed);
    if (!code)
        code = load(s, &m->isa, err);
    s->cfg.job = m->job;
    s->cfg.weights = &s->weights;
    s->cfg.sets = s->sets;
    s->cfg.threads = s->o->threads;
    s->cfg.thread_count = s->o->thread_count;
    s->cfg.depths = s->o->depths;
    s->cfg.depth_count = s->o->depth_count;
    s->cfg.heads = s->heads;
    s->cfg.head_count = s->o->head_count;
    s->cfg.prompt = fitting(s, s->o->prompt);
    s->cfg.generate = fitting(s, s->o->generate);
    s->cfg.repetitions = s->o->repetitions;
    s->cfg.batch = s->o->batch;
    s->cfg.kv_f16 = s->o->model.kv_f16;
    s->cfg.head_input = cli_model_input(&s->o->model, &s->weights.config, &s->sets[0]);
    s->cfg.allowed = &s->allowed;
    s->cfg.at_once = s->o->model.cpus.usable;
    s->cfg.calls = &s->o->model.calls;
    s->cfg.cpu_mask = s->o->model.cpus.count ? s->mask : NULL;
    s->cfg.counters = counters;
    for (size_t i = 0; i < s->o->model.cpus.count; i++)
        bench_cpus_add(&s->named, s->o->model.cpus.cpu[i]);
    s->cfg.peer = (struct bench_e2e_peer_config){.command = s->o->peer,
                                                 .timeout_s = (double)s->o->peer_timeout,
                                                 .cpus = s->o->model.cpus.count ? &s->named : &s->allowed};
    if (!code)
        code = bench_e2e_run(&s->e2e, &s->cfg, err);
    cli_progress_end();
    bench_counters_free(counters);
    if (!code)
        code = cli_bench_reads_after(&s->reads, s->o, &m->job, &s->e2e.env, err);
    return code ? code : bench_e2e_summarise(&s->e2e, cli_bench_read, &s->reads, NULL, err);
}

static int print(const struct session *s, FILE *to, enum cli_bench_format format, struct qk_error *err)
{
    switch (format) {
    case CLI_BENCH_JSON:
    case CLI_BENCH_JSONL:
        return bench_e2e_write_json(&s->e2e, format == CLI_BENCH_JSONL, to, err);
    case CLI_BENCH_CSV:
        return bench_e2e_write_csv(&s->e2e, to, err);
    default:
        return s->o->ladder ? cli_bench_print_ladder(&s->e2e, to, err)
                            : report_e2e_markdown(&s->e2e, to, err);
    }
}

static int bench(struct session *s, struct qk_error *err)
{
    struct cli_out file = {.option = "--out", .path = s->o->out};
    int code = cli_out_spares(&file, 1, "MODEL", s->o->model.model, err);
    if (!code)
        code = cli_out_open(&file, 1, err);
    if (!code)
        code = measure(s, err);
    if (!code && s->o->out)
        code = print(s, file.file.stream, CLI_BENCH_JSON, err);
    if (!code)
        code = cli_out_commit(&file, 1, err);
    cli_out_abort(&file, 1);
    if (!code)
        code = print(s, cli_out_text(&file, 1), s->o->format, err);
    return code ? code : bench_e2e_check(&s->e2e, err);
}

int cli_model_bench(int argc, char **argv)
{
    struct cli_bench o;
    struct session *s = calloc(1, sizeof *s);
    struct qk_error err;
    cli_bench_parse_command(&o, argc, argv);
    if (!s)
        return cli_fail(qk_fail(&err, QK_ERR_MEMORY, NULL, "no memory"), &err);
    s->o = &o;
    const int code = bench(s, &err);
    bench_e2e_free(&s->e2e);
    cli_bench_reads_free(&s->reads);
    model_weights_free(&s->weights);
    free(s);
    return code ? cli_fail(code, &err) : CLI_DONE;
}
