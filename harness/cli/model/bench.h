/* SPDX-License-Identifier: MIT */
/* The options of `qkbench model bench`. */
#pragma once

#include "harness/ceilings/ceilings.h"
#include "harness/cli/model/model.h"
#include "harness/e2e/e2e.h"

enum { CLI_BENCH_SETS_MAX = 64, CLI_BENCH_THREADS_MAX = 32, CLI_BENCH_DEPTHS_MAX = 32 };
enum cli_bench_format { CLI_BENCH_MD, CLI_BENCH_CSV, CLI_BENCH_JSON, CLI_BENCH_JSONL, CLI_BENCH_FORMATS };
extern const char *const cli_bench_formats[CLI_BENCH_FORMATS];

struct cli_bench {
    struct cli_model_options model; /* kernels: NULL or sets with commas; threads: the most of these */
    size_t prompt, generate, repetitions, batch;
    bool fit; /* the sizes are defaults: cut them to the model's context */
    size_t threads[CLI_BENCH_THREADS_MAX], thread_count;
    size_t depths[CLI_BENCH_DEPTHS_MAX], depth_count;
    enum model_head heads[MODEL_HEADS];
    size_t head_count;
    bool ladder;
    enum cli_bench_format format;
    const char *out, *counters, *peer;
    uint64_t peer_timeout; /* seconds */
    uint64_t seed;
};
void cli_bench_parse_command(struct cli_bench *o, int argc, char **argv);

/*
 * With o->ladder the ladder's sets that can run here and "best". Otherwise the sets between the commas of
 * o->model.kernels (NULL: "best").
 */
int cli_bench_sets(const struct cli_bench *o, const struct qk_cpu *cpu, struct model_kernels *sets,
                   size_t *count, struct qk_error *err);

/* How fast this machine reads DRAM before a run and after it, for a model that this limits. Zero it. */
struct cli_bench_reads {
    struct bench_ceilings before, after;
    bool limited;                                /* without it nothing is measured */
    size_t counts[CLI_BENCH_THREADS_MAX], count; /* numbers of threads, at most one a CPU */
    size_t most;                                 /* CPUs that threads may use */
};
/*
 * Measures with the numbers of threads of the options, on the CPUs that these name or the job's and all
 * others allowed. The peak of memory is then forgotten, as far as the system lets it. A machine without
 * memory for it is said on stderr. QK_ERR_INTERRUPTED, QK_ERR_INVALID.
 */
int cli_bench_reads_before(struct cli_bench_reads *r, const struct cli_bench *o, const struct model_gguf *g,
                           const struct bench_job *job, const struct bench_environment *env,
                           struct qk_error *err);
int cli_bench_reads_after(struct cli_bench_reads *r, const struct cli_bench *o, const struct bench_job *job,
                          const struct bench_environment *env, struct qk_error *err);
/* A bench_e2e_ceiling. */
struct bench_e2e_read cli_bench_read(const void *reads, size_t threads);
void cli_bench_reads_free(struct cli_bench_reads *r);

/* The roadmap's end-to-end table beside its claims. */
int cli_bench_print_ladder(const struct bench_e2e *e, FILE *to, struct qk_error *err);
