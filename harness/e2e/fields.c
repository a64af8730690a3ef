/* SPDX-License-Identifier: MIT */
/* The rows of whole models in files: what their members are, and reading them. write.c writes them. */
#include "harness/e2e/private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void check_interval(struct bench_reader *r, const struct bench_place *at, const void *interval,
                           const void *whole)
{
    const struct bench_interval *const i = interval;
    (void)whole;
    bench_demand(r, !(i->low > i->value), at, "low", "at most the median");
    bench_demand(r, !(i->high < i->value), at, "high", "at least the median");
}

#define FIELD_OF struct bench_interval
#define INTERVAL(...)                                                                                        \
    {                                                                                                        \
        FIELD(REAL, "median", value, "", 0, __VA_ARGS__),                                                    \
            FIELD(REAL, "low", low, "", BENCH_OR_NULL, __VA_ARGS__),                                         \
            FIELD(REAL, "high", high, "", BENCH_OR_NULL, __VA_ARGS__),                                       \
    }
static const struct bench_field time_fields[] = INTERVAL(FIELD_NS), ratio_fields[] = INTERVAL(FIELD_RATIO);
#undef FIELD_OF
static const struct bench_fields time_interval = {FIELDS(struct bench_interval, time_fields),
                                                  .check = check_interval};
static const struct bench_fields ratio_interval = {FIELDS(struct bench_interval, ratio_fields),
                                                   .check = check_interval};

static void check_metric(struct bench_reader *r, const struct bench_place *at, const void *metric,
                         const void *whole)
{
    const struct bench_metric *const m = metric;
    (void)whole;
    bench_demand(r, !isnan(m->value) || m->reason, at, "reason", "why there is no value");
}

#define FIELD_OF struct bench_metric
static const struct bench_field metric_fields[] = {
    FIELD(COPY, "name", name, "", BENCH_KEY),
    FIELD(REAL, "value", value, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(COPY, "unit", unit, ""),
    FIELD(COPY, "reason", reason, "Why there is no value, or a remark.", BENCH_OR_NULL | BENCH_FILLED),
};
#undef FIELD_OF
static const struct bench_fields metric = {FIELDS(struct bench_metric, metric_fields), .check = check_metric};

/* Times of parts of a test, which files of earlier versions lack. */
static void check_times(struct bench_reader *r, const struct bench_place *at, const struct bench_e2e_row *row)
{
    const size_t n = row->repetitions;
    bench_demand(r, !row->token_count || row->token_count == n * row->generate, at, "token_samples_ns",
                 "a time for each token of n_gen in each repetition");
    for (size_t i = 0; i < n && row->token_count && !r->code; i++) {
        double sum = 0;
        for (size_t k = 0; k < row->generate; k++)
            sum += row->token_ns[i * row->generate + k];
        bench_demand(r, sum == row->samples_ns[i], at, "token_samples_ns", "times that add up to samples_ns");
    }
    bench_demand(r, !row->first_count || (row->first_count == n && row->prompt), at, "first_token_samples_ns",
                 "a time for each repetition of a prompt");
    for (size_t i = 0; i < n && row->first_count && !r->code; i++)
        bench_demand(r, row->first_ns[i] >= row->samples_ns[i], at, "first_token_samples_ns",
                     "times of at least samples_ns");
    bench_demand(r, !row->peer.count || row->peer.count == n, at, "peer",
                 "as many samples as samples_ns has");
    bench_demand(r, (row->token_count > 0) == !isnan(row->token_percentile_ns[0]), at, "p50_token_ns",
                 "percentiles beside token_samples_ns");
    bench_demand(r, (row->first_count > 0) == !isnan(row->first_token_ns.value), at, "first_token_ns",
                 "a median beside first_token_samples_ns");
}

static void check_line(struct bench_reader *r, const struct bench_place *at, const void *record,
                       const void *whole)
{
    const struct bench_e2e_line *const l = record;
    const bool share = !isnan(l->row.fraction_of_ceiling);
    (void)whole;
    bench_demand(r, (l->row.prompt == 0) != (l->row.generate == 0), at, "n_gen",
                 "one of n_prompt and n_gen to be 0");
    bench_demand(r, l->row.repetitions <= BENCH_E2E_REPETITIONS_MAX, at, "samples_ns", "1 to 1000 samples");
    bench_demand(r, !l->e.dropped.count || *l->e.dropped.why, at, "dropped_reason", "why they were dropped");
    bench_demand(r, share == !*l->row.ceiling_why, at, "ceiling_reason",
                 share ? "null beside a share" : "why there is no share");
    bench_demand(r, !*l->row.invalid || l->row.fraction_of_ceiling > 1.05, at, "invalid",
                 "no such member beside a share up to 1.05");
    check_times(r, at, &l->row);
}

#define FIELD_OF struct bench_e2e_line
#define PERCENTILE(name, which, about)                                                                       \
    FIELD(WHOLE, name, row.token_percentile_ns[which], about, BENCH_OPTIONAL, 0, BENCH_NS_MOST)
#define PART(part, name) [part] = FIELD(REAL, name, row.components_ns[part], "", 0, FIELD_AMOUNT)
static const struct bench_field part_fields[] = {PART(MODEL_PART_EMBEDDING, "embedding"),
                                                 PART(MODEL_PART_NORMS, "norms"),
                                                 PART(MODEL_PART_ACT_QUANT, "act_quant"),
                                                 PART(MODEL_PART_QKV, "qkv"),
                                                 PART(MODEL_PART_ROPE, "rope"),
                                                 PART(MODEL_PART_ATTENTION, "attention"),
                                                 PART(MODEL_PART_OUTPUT, "output"),
                                                 PART(MODEL_PART_GATE_UP, "gate_up"),
                                                 PART(MODEL_PART_ACTIVATION, "activation"),
                                                 PART(MODEL_PART_DOWN, "down"),
                                                 PART(MODEL_PART_HEAD, "head"),
                                                 PART(BENCH_E2E_SAMPLING, "sampling")};
static const struct bench_fields parts = {FIELDS(struct bench_e2e_line, part_fields)};

#undef FIELD_OF
#define FIELD_OF struct bench_e2e_peer
static const struct bench_field peer_fields[] = {
    FIELD(TEXT, "command", command, "As it was given; the tests' options are added.", BENCH_FILLED),
    FIELD(TEXT, "build_commit", build, "This and the next three: as it says."),
    FIELD(TEXT, "model_type", model_type, ""),
    FIELD(TEXT, "model_filename", model, ""),
    FIELD(TEXT, "backends", backends, ""),
    FIELD_NUMBERS("samples_ns", samples_ns, count, "One for each of the row's.", BENCH_FILLED | BENCH_WHOLES,
                  1, BENCH_NS_MOST, .expected = "a whole number of ns from 1 to 1e+15"),
    FIELD(OBJECT, "ns_per_token", ns_per_token, "", .of = &time_interval),
    FIELD(OBJECT, "ratio", ratio, "Our speed over the peer's, by repetition.", .of = &ratio_interval),
};
#undef FIELD_OF
#define FIELD_OF struct bench_e2e_line
static const struct bench_fields peer_type = {FIELDS(struct bench_e2e_peer, peer_fields)};

static bool has_peer(const void *record)
{
    const struct bench_e2e_line *const l = record;
    return l->row.peer.count;
}

static bool has_copy(const void *record)
{
    const struct bench_e2e_line *const l = record;
    return *l->row.head && strcmp(l->row.head, model_head_names[MODEL_HEAD_FULL]) != 0;
}

static bool is_generation_timed(const void *record)
{
    const struct bench_e2e_line *const l = record;
    return l->row.token_count;
}

static bool is_prompt_timed(const void *record)
{
    const struct bench_e2e_line *const l = record;
    return l->row.first_count;
}

static bool is_there(const void *record)
{
    (void)record;
    return true;
}

/* What files of earlier versions lack. */
#define LATER(text, ...)                                                                                     \
    {                                                                                                        \
        .name = (text), .kind = BENCH_FIELD_CONST, .flags = BENCH_OPTIONAL, .there = is_there, __VA_ARGS__   \
    }

const char *const bench_e2e_forms[] = {"f32", "f16", NULL};
/* What llama-bench's tools want and what says nothing here. */
#define LLAMA_BENCH                                                                                          \
    FIELD_NUMBER("build_number", 0), FIELD_CONST("gpu_info", ""),                                            \
        FIELD(TEXT, "backends", backends,                                                                    \
              "CPU, and what makes two rows of a test differ: the set of kernels, the head and its input. "  \
              "compare-llama-bench.py joins rows by it.",                                                    \
              0, .pattern = "^CPU"),                                                                         \
        FIELD(TEXT, "cpu_mask", e.cpu_mask, "CPUs that threads are pinned to; 0x0: to none."),               \
        FIELD(INTEGER, "cpu_strict", e.cpu_strict, "1: each to one of them.", 0, 0, 1),                      \
        FIELD_NUMBER("poll", 0), FIELD_NUMBER("n_gpu_layers", 0), FIELD_NUMBER("n_cpu_moe", 0),              \
        FIELD_CONST("split_mode", "none"), FIELD_NUMBER("main_gpu", 0), FIELD_NUMBER("no_kv_offload", 0),    \
        FIELD_NUMBER("flash_attn", 0), FIELD_CONST("devices", "none"), FIELD_CONST("tensor_split", "0.00"),  \
        FIELD_CONST("tensor_buft_overrides", "none"), FIELD_NUMBER("defrag_thold", -1),                      \
        FIELD_NUMBER("use_mmap", 1), LATER("load_mode", .expected = "mmap"),                                 \
        FIELD_NUMBER("use_direct_io", 0), FIELD_NUMBER("embeddings", 0), FIELD_NUMBER("no_op_offload", 0),   \
        FIELD_NUMBER("no_host", 0), LATER("fit_target", .low = 0), LATER("fit_min_ctx", .low = 0),           \
        FIELD(INTEGER, "n_depth", row.depth, "Positions in the cache before the test.", 0, 0,                \
              MODEL_CONTEXT_MAX)
static const struct bench_field line_fields[] = {
    FIELD_VERSION(BENCH_E2E_SCHEMA_VERSION),
    FIELD(TEXT, "build_commit", e.env.commit, ""),
    FIELD(TEXT, "cpu_info", e.env.cpu_name, ""),
    FIELD(TEXT, "model_filename", e.model, ""),
    FIELD(TEXT, "model_type", e.model_type, ""),
    FIELD(INTEGER, "model_size", e.model_bytes, "Bytes of all tensors.", 0, 1, BENCH_WHOLE_MOST),
    FIELD(INTEGER, "model_n_params", e.model_parameters, "", 0, 1, BENCH_WHOLE_MOST),
    FIELD(INTEGER, "n_batch", e.batch, "", 0, 1, MODEL_BATCH_MAX),
    FIELD(INTEGER, "n_ubatch", e.batch, "", 0, 1, MODEL_BATCH_MAX),
    FIELD(INTEGER, "n_threads", row.threads, "", 0, 1, MODEL_THREADS_MAX),
    FIELD(WORD, "type_k", e.kv_f16, "", 0, .words = bench_e2e_forms),
    FIELD(WORD, "type_v", e.kv_f16, "", 0, .words = bench_e2e_forms),
    LLAMA_BENCH,
    FIELD(INTEGER, "n_prompt", row.prompt, "", 0, 0, MODEL_CONTEXT_MAX),
    FIELD(INTEGER, "n_gen", row.generate, "One of n_prompt and n_gen is 0.", 0, 0, MODEL_CONTEXT_MAX),
    FIELD(TEXT, "test_time", row.date, "When the first repetition began.", 0, FIELD_DATE),
    FIELD(WHOLE, "avg_ns", avg_ns, "Mean and deviation only because llama-bench prints them."),
    FIELD(WHOLE, "stddev_ns", stddev_ns, ""),
    FIELD(REAL, "avg_ts", avg_ts, "", 0, FIELD_RATIO),
    FIELD(REAL, "stddev_ts", stddev_ts, "", 0, 0, BENCH_RATIO_MOST),
    FIELD_NUMBERS("samples_ns", row.samples_ns, row.repetitions, "Of the whole test, in the order they ran.",
                  BENCH_FILLED | BENCH_WHOLES, 1, BENCH_NS_MOST,
                  .expected = "a whole number of ns from 1 to 1e+15"),
    FIELD_NUMBERS("samples_ts", speeds, speed_count, "Tokens a second.", BENCH_FILLED, FIELD_RATIO),
    FIELD(TEXT, "version", e.env.version, "Of qkbench."),
    FIELD(INTEGER, "model_layers", e.layers, "", 0, 1, MODEL_LAYERS_MAX),
    FIELD(TEXT, "kernels", row.kernels, "The set, as it was asked for.", BENCH_FILLED),
    FIELD(TEXT, "phase", row.phase, "Of the roadmap, or - outside its ladder.", 0,
          .pattern = "^(-|baseline|[1-9][0-9]?([.][0-9])?)$"),
    FIELD(TEXT, "matrix_kernel", row.matrices, "What multiplies a token's ternary matrices.", 0,
          .pattern = "^[a-z0-9_]+/[a-z0-9_]+$"),
    FIELD(WORD, "head_input", e.head_input, "What the head multiplies.", 0, .words = model_input_names),
    FIELD(TEXT, "head", row.head, "full, certified (the same tokens), or i8, which is not exact.",
          BENCH_OPTIONAL, .pattern = "^(full|certified|i8)$"),
    FIELD(REAL, "head_rows_per_token", row.head_rows,
          "Rows of the head that a generated token had computed beside its copy.", BENCH_OPTIONAL, 0,
          INT32_MAX, .there = has_copy),
    FIELD(SEED, "seed", e.seed, "Of order and tokens."),
    FIELD(REAL, "interval_level", e.level,
          "Of all intervals: 0.95, or of few repetitions that of their smallest and largest; 0 of one.", 0, 0,
          0.95),
    FIELD(OBJECT, "ns_per_token", row.ns_per_token, "", .of = &time_interval),
    FIELD(REAL, "median_ms_per_token", median_ms, "", 0, FIELD_RATIO),
    FIELD(REAL, "median_ts", median_ts, "", 0, FIELD_RATIO),
    FIELD(OBJECT, "speedup", row.speedup, "Over the first row with the same test and threads, by repetition.",
          .of = &ratio_interval),
    FIELD_NUMBERS("token_samples_ns", row.token_ns, row.token_count,
                  "Of each generated token, repetition by repetition.", BENCH_OPTIONAL | BENCH_WHOLES, 0,
                  BENCH_NS_MOST, .there = is_generation_timed,
                  .expected = "a whole number of ns from 0 to 1e+15"),
    PERCENTILE("p50_token_ns", 0, "Half of the tokens were not slower."),
    PERCENTILE("p95_token_ns", 1, ""),
    PERCENTILE("p99_token_ns", 2, "By nearest rank: of fewer than 100 tokens the slowest."),
    FIELD_NUMBERS("first_token_samples_ns", row.first_ns, row.first_count,
                  "Of a prompt: until its first token was sampled.", BENCH_OPTIONAL | BENCH_WHOLES, 1,
                  BENCH_NS_MOST, .there = is_prompt_timed,
                  .expected = "a whole number of ns from 1 to 1e+15"),
    FIELD(OBJECT, "first_token_ns", row.first_token_ns, "", BENCH_OPTIONAL, .there = is_prompt_timed,
          .of = &time_interval),
    FIELD(OBJECT, "peer", row.peer, "Another program's times, taken in turns with the row's.", BENCH_OPTIONAL,
          .there = has_peer, .of = &peer_type),
    FIELD_PART(
        "components_ns", &parts,
        "Per token, of the repetition in the middle: they add up to the median. norms have act_quant in "
        "them, gate_up has the activation, and in generation attention has rope."),
    FIELD(INTEGER, "open_ns", e.load.open_ns, "Until the header was read, or a synthetic model made.",
          BENCH_OPTIONAL, 1, BENCH_WHOLE_MOST),
    FIELD(INTEGER, "repack_ns", e.load.repack_ns, "Checking the weights and copying them.", BENCH_OPTIONAL, 1,
          BENCH_WHOLE_MOST),
    FIELD(INTEGER, "head_copy_ns", e.load.head_ns, "Making the compact copy of the head.", BENCH_OPTIONAL, 1,
          BENCH_WHOLE_MOST),
    FIELD(INTEGER, "loaded_rss_bytes", e.load.rss_bytes, "Resident after loading.", BENCH_OPTIONAL, 1,
          BENCH_WHOLE_MOST),
    FIELD(INTEGER, "peak_rss_bytes", e.peak_rss_bytes, "Of the process.", 0, 1, BENCH_WHOLE_MOST),
    FIELD(INTEGER, "kept_bytes", e.kept_bytes, "Of the tensors: those that no copy replaces.", BENCH_OPTIONAL,
          1, BENCH_WHOLE_MOST),
    FIELD(INTEGER, "cache_bytes", row.cache_bytes, "Of keys and values when the test has ended.",
          BENCH_OPTIONAL, 1, BENCH_WHOLE_MOST),
    FIELD(INTEGER, "i2s16_bytes", e.i2s16_bytes, "Of the weights interleaved by 16 rows."),
    FIELD(INTEGER, "qk256_bytes", e.qk256_bytes, ""),
    FIELD(INTEGER, "head_copy_bytes", e.head_bytes, "Of the compact copy of the head.", BENCH_OPTIONAL, 1,
          BENCH_WHOLE_MOST),
    FIELD(INTEGER, "dropped_tests", e.dropped.count, "Done again, because the clock could not be believed.",
          BENCH_OPTIONAL, 1, BENCH_WHOLE_MOST),
    FIELD(TEXT, "dropped_reason", e.dropped.why, "Why the first of them was.", BENCH_OPTIONAL),
    FIELD(INTEGER, "bytes_per_token", e.bytes_per_token, "Of weights that a generated token reads.", 0, 1,
          BENCH_WHOLE_MOST),
    FIELD(REAL, "read_bytes_per_token", row.read_bytes,
          "What a token of the test reads at least: weights, and keys and values of the positions before it.",
          BENCH_OPTIONAL, 1, BENCH_WHOLE_MOST),
    FIELD(REAL, "read_gbs", row.read_gbs, "Those over the median time, in 1e9 bytes a second.",
          BENCH_OPTIONAL, FIELD_RATIO),
    FIELD(REAL, "read_ceiling_gbs", row.read_ceiling_gbs, "Measured reading of DRAM by so many threads.",
          BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "read_ceiling_before_gbs", row.read.before, "Before the run; the larger counts.",
          BENCH_OPTIONAL, FIELD_RATIO),
    FIELD(REAL, "read_ceiling_after_gbs", row.read.after, "After it.", BENCH_OPTIONAL, FIELD_RATIO),
    FIELD(REAL, "fraction_of_ceiling", row.fraction_of_ceiling,
          "What a token reads at the ceiling, as a share of the time.", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(TEXT, "ceiling_reason", row.ceiling_why, "Why there is no share.", BENCH_OR_NULL | BENCH_FILLED),
    FIELD(TEXT, "invalid", row.invalid, "Why the row is not to be trusted: more than 105 % of the ceiling.",
          BENCH_OPTIONAL | BENCH_FILLED),
    FIELD_LIST(MAP, "counters", row.metrics, row.metric_count, &metric,
               "Of one generated token by one thread."),
    FIELD(TEXT, "fingerprint", e.env.fingerprint, "", 0, FIELD_HASH),
    FIELD(TEXT, "isa_levels", e.env.isa_levels, "", BENCH_FILLED),
    FIELD(TEXT, "compiler", e.env.compiler, "", BENCH_FILLED),
};
#undef FIELD_OF
const struct bench_fields bench_e2e_fields = {
    FIELDS(struct bench_e2e_line, line_fields),
    .title = "Rows of qkbench model bench",
    .about = "A line of -o jsonl is one row. The members of llama-bench have its names.",
    .rows = true,
    .check = check_line,
};

const char *bench_e2e_part(size_t part)
{
    return part_fields[part].name;
}

int bench_e2e_take_json(struct bench_e2e *e, const json_t *json, const char *path, struct qk_error *err)
{
    struct bench_reader r = {.file = path, .err = err};
    const struct bench_place root = {json, "$"};
    const struct bench_e2e_row none = {.token_percentile_ns = {NAN, NAN, NAN},
                                       .first_token_ns = {NAN, NAN, NAN},
                                       .read = {NAN, NAN},
                                       .read_bytes = NAN,
                                       .read_gbs = NAN};
    struct bench_e2e_row *rows = NULL;
    size_t count = 0;
    memset(e, 0, sizeof *e);
    bench_expect(&r, &root, JSON_ARRAY, "an array of rows");
    if (!r.code && !json_array_size(json))
        bench_refuse(&r, root.path, json, "at least one row");
    if (!r.code && !(rows = calloc(json_array_size(json), sizeof *rows)))
        bench_reader_no_memory(&r);
    while (!r.code && count < json_array_size(json)) {
        const struct bench_place at = bench_element(&root, count);
        struct bench_e2e_line l = {.row = none};
        bench_fields_get(&r, &at, &bench_e2e_fields, &l, NULL);
        free(l.speeds);
        if (!count) /* what all rows have in common */
            *e = l.e;
        l.row.bytes_per_token = l.e.bytes_per_token;
        rows[count++] = l.row;
        bench_demand(&r, l.row.repetitions == rows[0].repetitions, &at, "samples_ns",
                     "as many samples as in the first row");
    }
    e->rows = rows;
    e->count = count;
    if (r.code)
        bench_e2e_free(e);
    return r.code;
}

int bench_e2e_read_json(struct bench_e2e *e, const char *path, struct qk_error *err)
{
    int code = QK_OK;
    json_t *json = bench_json_load(path, &code, err);
    if (json)
        code = bench_e2e_take_json(e, json, path, err);
    json_decref(json);
    return code;
}
