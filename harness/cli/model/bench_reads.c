/* SPDX-License-Identifier: MIT */
/* The read ceilings of `qkbench model bench`: measured in the same run, because neighbours move them. */
#include "harness/cli/model/bench.h"
#include "harness/machine/memory.h"

#include <math.h>

static void count_threads(struct cli_bench_reads *r, const struct cli_bench *o)
{
    r->most = o->model.cpus.usable;
    for (size_t i = 0; i < o->thread_count; i++) {
        const size_t threads = o->threads[i] < r->most ? o->threads[i] : r->most;
        size_t k = 0;
        while (k < r->count && r->counts[k] != threads)
            k++;
        if (k == r->count)
            r->counts[r->count++] = threads;
    }
}

static int measure(struct bench_ceilings *c, const struct cli_bench_reads *r, const struct cli_bench *o,
                   const struct bench_job *job, const struct bench_environment *env, struct qk_error *err)
{
    struct bench_cpus before, cpus = {0};
    struct qk_error why;
    int code = bench_cpus_allowed(&before, err);
    if (code)
        return code;
    for (size_t i = 0; i < o->model.cpus.count; i++)
        bench_cpus_add(&cpus, o->model.cpus.cpu[i]);
    const struct bench_ceilings_config cfg = {.job = *job,
                                              .allowed = o->model.cpus.count ? &cpus : &before,
                                              .readers = r->counts,
                                              .reader_count = r->count};
    c->env = *env;
    code = bench_ceilings_measure(c, &cfg, &why);
    bench_cpus_use(&before);
    if (code == QK_ERR_INTERRUPTED || code == QK_ERR_INVALID) {
        *err = why;
        return code;
    }
    if (code)
        cli_say("qkbench: warning: no read ceiling: %s", why.text);
    return 0;
}

int cli_bench_reads_before(struct cli_bench_reads *r, const struct cli_bench *o, const struct model_gguf *g,
                           const struct bench_job *job, const struct bench_environment *env,
                           struct qk_error *err)
{
    struct model_config c;
    /* Whoever loads the model says what is wrong with it. */
    r->limited = !model_config_read(&c, g, NULL) && !bench_e2e_unlimited(env, model_bytes_per_token(&c));
    if (!r->limited)
        return 0;
    count_threads(r, o);
    const int code = measure(&r->before, r, o, job, env, err);
    bench_memory_forget_peak();
    return code;
}

int cli_bench_reads_after(struct cli_bench_reads *r, const struct cli_bench *o, const struct bench_job *job,
                          const struct bench_environment *env, struct qk_error *err)
{
    return r->limited ? measure(&r->after, r, o, job, env, err) : 0;
}

struct bench_e2e_read cli_bench_read(const void *reads, size_t threads)
{
    const struct cli_bench_reads *const r = reads;
    const size_t made = threads < r->most ? threads : r->most;
    return (struct bench_e2e_read){bench_ceilings_dram_read(&r->before, made),
                                   bench_ceilings_dram_read(&r->after, made)};
}

void cli_bench_reads_free(struct cli_bench_reads *r)
{
    bench_ceilings_free(&r->before);
    bench_ceilings_free(&r->after);
}
