/* SPDX-License-Identifier: MIT */
/*
 * A whole model timed: prompt processing and generation, with several sets of kernels and numbers of
 * threads. A repetition runs every test once, in an order drawn from the seed. Nothing is reported that was
 * not timed.
 *
 *   - prompt: the first n tokens in one call, with the logits of the last (llama-bench's ppN)
 *   - generation: n tokens one at a time, each sampled greedily (llama-bench's tgN)
 *
 * A test starts at a depth: so many positions are in the cache already. They are put there once, untimed.
 *
 * The tokens that generation feeds are drawn from the seed. The token at a position is the same for every
 * test, so all tests do the same work.
 *
 * A test's time is cut at the marks of the forward pass (model/forward/forward.h). The time between two
 * marks belongs to the part that ended. So the parts of a repetition add up to its time exactly.
 */
#pragma once

#include "harness/machine/job.h"
#include "harness/machine/pinning.h"
#include "harness/records/fields/fields.h"
#include "harness/records/sample_set.h"
#include "harness/records/stats.h"
#include "model/forward/forward.h"

enum {
    BENCH_E2E_SCHEMA_VERSION = 1,
    BENCH_E2E_PARTS = MODEL_PARTS + 1, /* the model's parts, and sampling */
    BENCH_E2E_SAMPLING = MODEL_PARTS,
    BENCH_E2E_REPETITIONS_MAX = 1000,
    BENCH_E2E_MASK = 136, /* 512 CPUs, as in llama-bench */
    BENCH_E2E_PERCENTILES = 3,
};
extern const double bench_e2e_percentile[BENCH_E2E_PERCENTILES]; /* 0.5, 0.95, 0.99 */
struct bench_e2e_row;
enum { BENCH_E2E_TEST = 48 };
/* Writes "pp512" or "tg64 @ d3840", as llama-bench names tests. Returns `to`. */
char *bench_e2e_test(const struct bench_e2e_row *row, char to[BENCH_E2E_TEST]);
/* "embedding", ..., "head", "sampling" */
const char *bench_e2e_part(size_t part);

/*
 * Another program that takes llama-bench's options and prints its JSON (peer.c). It is started anew for each
 * repetition, before our tests or after them, as drawn.
 */
struct bench_e2e_peer {
    char command[512];                                         /* empty: none */
    char build[64], model_type[96], model[256], backends[320]; /* as it says; may be empty */
    double *samples_ns;                                        /* [repetitions] of the row's test */
    size_t count;
    /* Filled by bench_e2e_summarise. ratio: our speed over the peer's, paired by repetition. */
    struct bench_interval ns_per_token, ratio;
};
struct bench_e2e_peer_config {
    const char *command; /* for sh, which adds -p, -n, -t, -d if any depth is not 0, -r 1 and -o json */
    double timeout_s;    /* of each start */
    const struct bench_cpus *cpus; /* that it may use */
};

/* The most that so many threads read from DRAM, in GB/s. NaN when it was not measured. */
struct bench_e2e_read {
    double before, after; /* the run */
};

struct bench_e2e_row {
    char kernels[160]; /* the set's text */
    char phase[12];    /* of the roadmap: "baseline", "1", ...; "-" outside the ladder */
    char head[16];     /* one of model_head_names; empty: not said, the full one */
    char matrices[64]; /* what multiplies a token's ternary matrices: "i2s16_gemv/avx512_mask" */
    size_t threads;
    size_t depth;            /* positions in the cache before the test */
    size_t prompt, generate; /* tokens of the test; one of the two is 0 */
    size_t repetitions;
    double *samples_ns; /* [repetitions]; times of the whole test in the order they ran; whole numbers */
    /* [repetitions][BENCH_E2E_PARTS]; the parts of a repetition add up to its sample. NULL from a file. */
    double *parts_ns;
    /*
     * Of generation [repetitions * generate]: each token's time. Those of a repetition add up to its sample.
     * Of a prompt [repetitions]: the time until the first token was sampled. Whole numbers; NULL where a file
     * has none.
     */
    double *token_ns, *first_ns;
    size_t token_count, first_count;
    char date[40]; /* when the row's first repetition began */
    /* Of generation, weights that a token read; 0: as the model's. head_rows: of a head that is not full. */
    uint64_t bytes_per_token;
    double head_rows; /* rows of the head that a token had computed beside its copy */
    /*
     * What a token of the test reads at least: weights, and keys and values of all positions before it. A
     * prompt reads the layers once a batch, the head once. NaN where a file does not say.
     */
    double read_bytes;
    uint64_t cache_bytes; /* keys and values when the test has ended */
    size_t metric_count;
    struct bench_metric *metrics; /* owned; counters of one token, only for generation with one thread */

    /* Filled by bench_e2e_summarise. */
    struct bench_interval ns_per_token;
    double components_ns
        [BENCH_E2E_PARTS];         /* per token, of the middle repetition(s); they add up to the median */
    struct bench_interval speedup; /* over the first row with the same test and threads; < 1 is slower */
    /*
     * The token that is not slower than so many, by nearest rank: of fewer than 100 tokens the last is the
     * slowest. NaN without token_ns.
     */
    double token_percentile_ns[BENCH_E2E_PERCENTILES];
    struct bench_interval first_token_ns; /* median of first_ns; NaN without */
    double read_gbs;                      /* read_bytes over the median time; NaN without */
    double read_ceiling_gbs;    /* of DRAM, for so many threads: the larger of both; NaN with ceiling_why */
    struct bench_e2e_read read; /* before and after the run; NaN where nobody measured or a file is older */
    /* The time of read_bytes at that ceiling, as a share of the measured time. NaN with ceiling_why. */
    double fraction_of_ceiling;
    char ceiling_why[160];
    struct bench_e2e_peer peer;
    char invalid[160]; /* why the row is not to be trusted; empty when it may be */
};

/* What the caller did before a run; 0 where it is not known. */
struct bench_e2e_load {
    uint64_t open_ns;   /* until the file's header was read, or a synthetic model was made */
    uint64_t repack_ns; /* checking the weights and copying them */
    uint64_t head_ns;   /* making the head's copy */
    uint64_t rss_bytes; /* resident after all that */
};

struct bench_e2e {
    struct bench_environment env;
    uint64_t seed;
    char model[256];      /* path or synth:PRESET */
    char model_type[96];  /* "bitnet-b1.58 2.4B I2_S" */
    uint64_t model_bytes; /* of all tensors */
    uint64_t model_parameters;
    size_t layers;
    size_t batch;
    bool kv_f16;
    enum model_head_input head_input;
    struct bench_dropped dropped; /* tests that were done again */
    struct bench_e2e_load load;
    size_t kept_bytes;                           /* of the file's tensors: those that no copy replaces */
    size_t i2s16_bytes, qk256_bytes, head_bytes; /* of the copies that were made */
    char cpu_mask[BENCH_E2E_MASK];               /* "0x3": CPUs that threads are pinned to; "0x0": to none */
    size_t cpu_strict;                           /* 1: each to one of them */
    uint64_t bytes_per_token;                    /* weights that a generated token reads with the full head */
    uint64_t peak_rss_bytes;                     /* of the whole process */
    /* Level of the intervals: 0.95, or with few repetitions that of smallest to largest. 0: no intervals. */
    double level;
    size_t count;
    struct bench_e2e_row *rows; /* owned; by set, head, threads and depth; prompt first */
};

struct bench_e2e_config {
    const struct model_weights *weights; /* with the layouts of all sets */
    const struct model_kernels *sets;
    const size_t *threads;        /* each 1 .. MODEL_THREADS_MAX */
    const enum model_head *heads; /* each with the copy it needs; NULL: the full one */
    const size_t *depths;         /* positions in the cache before a test; NULL: none */
    size_t set_count, thread_count, head_count, depth_count;
    size_t prompt, generate; /* tokens; 0 leaves the test out; not both */
    size_t repetitions;      /* 1 .. BENCH_E2E_REPETITIONS_MAX */
    size_t batch;            /* 0: MODEL_BATCH_MAX */
    bool kv_f16;
    enum model_head_input head_input;
    struct bench_e2e_load load;
    size_t at_once;                       /* as model_state_new takes it */
    const struct model_pool_calls *calls; /* of the threads that are made; NULL: none */
    /*
     * cpu: where a single thread runs, and with a mask the first of several. The others run where `allowed`
     * lets them, or where `calls` puts them.
     */
    struct bench_job job;
    const char *cpu_mask;              /* "0x3": of the CPUs that `calls` pins to; NULL: it does not pin */
    const struct bench_cpus *allowed;  /* the caller's own mask, restored at the end */
    struct bench_counters *counters;   /* NULL: none */
    struct bench_e2e_peer_config peer; /* command NULL: none */
};

/*
 * Times everything into *e. The caller has read e->env; all other fields are overwritten. Before the first
 * repetition every set fills its cache to the depth, and runs a few tokens that do not count. Free with
 * bench_e2e_free in any case.
 *
 * QK_ERR_ARG when a value is out of range or a test does not fit the model's context. Errors of
 * model_state_new and model_forward. QK_ERR_INVALID when the clock is too coarse for a test, or fails again
 * and again. QK_ERR_INTERRUPTED. QK_ERR_IO or QK_ERR_FORMAT, at "--peer", when the peer fails or does not
 * print a row of each test.
 */
int bench_e2e_run(struct bench_e2e *e, const struct bench_e2e_config *cfg, struct qk_error *err);
void bench_e2e_free(struct bench_e2e *e);

typedef struct bench_e2e_read bench_e2e_ceiling(const void *ceilings, size_t threads);

/* Why DRAM does not limit a model that reads so many bytes of weights a token; NULL when it does. */
const char *bench_e2e_unlimited(const struct bench_environment *env, uint64_t bytes_per_token);

/*
 * Fills in medians, intervals, components, speed-ups, and shares of the ceilings. `read` finds a ceiling in
 * `ceilings`. If that is NULL there are none, and `why` says why. QK_ERR_MEMORY.
 *
 * A row is invalid when it reads more than 105 % of the ceiling. Where L3 caches can keep more than a
 * twentieth of what a token reads, so much more is believed.
 */
int bench_e2e_summarise(struct bench_e2e *e, bench_e2e_ceiling *read, const void *ceilings, const char *why,
                        struct qk_error *err);

/* QK_ERR_INVALID names the first row that is invalid, and why. */
int bench_e2e_check(const struct bench_e2e *e, struct qk_error *err);

/*
 * A row in files: llama-bench's members under its names, and ours. llama-bench's avg_ and stddev_ of the
 * samples are among them, because its tools want them.
 */
extern const struct bench_fields bench_e2e_fields;
/*
 * Call these after bench_e2e_summarise. `lines` writes one row on each line instead of an array. CSV is the
 * same without arrays and objects, by RFC 4180 but with line feeds. QK_ERR_IO, QK_ERR_MEMORY.
 */
int bench_e2e_write_json(const struct bench_e2e *e, bool lines, FILE *to, struct qk_error *err);
int bench_e2e_write_csv(const struct bench_e2e *e, FILE *to, struct qk_error *err);

/*
 * Reads and validates the array that bench_e2e_write_json wrote, summary included. Unknown members are
 * ignored. Of the environment only version, commit, CPU name, fingerprint, levels and compiler come back.
 * There are no parts_ns. *e needs no init, and must be freed on success only. QK_ERR_IO, QK_ERR_MEMORY,
 * QK_ERR_FORMAT with the JSON path or line and column.
 */
int bench_e2e_read_json(struct bench_e2e *e, const char *path, struct qk_error *err);
/* The same of what was loaded already; `path` is for messages. */
int bench_e2e_take_json(struct bench_e2e *e, const json_t *json, const char *path, struct qk_error *err);

/* Mean and standard deviation (sample, n - 1; 0 for one value). Only for the fields of that name. */
double bench_e2e_mean(const double *x, size_t n);
double bench_e2e_deviation(const double *x, size_t n);
