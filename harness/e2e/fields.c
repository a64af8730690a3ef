/* SPDX-License-Identifier: MIT */
/* The rows of whole models as JSON, JSON lines and CSV. */
#include "harness/e2e/e2e.h"
#include "harness/records/files/outfile.h"
#include "harness/records/shown.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A row as files have it: with what all rows have in common, and what follows from its samples. */
struct line {
    struct bench_e2e e;
    struct bench_e2e_row row;
    double avg_ns, stddev_ns, avg_ts, stddev_ts, median_ms, median_ts;
    size_t speed_count;
    double *speeds; /* owned; tokens a second */
};

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

static void check_line(struct bench_reader *r, const struct bench_place *at, const void *record,
                       const void *whole)
{
    const struct line *const l = record;
    const bool share = !isnan(l->row.fraction_of_ceiling);
    (void)whole;
    bench_demand(r, (l->row.prompt == 0) != (l->row.generate == 0), at, "n_gen",
                 "one of n_prompt and n_gen to be 0");
    bench_demand(r, l->row.repetitions <= BENCH_E2E_REPETITIONS_MAX, at, "samples_ns", "1 to 1000 samples");
    bench_demand(r, !l->e.dropped.count || *l->e.dropped.why, at, "dropped_reason", "why they were dropped");
    bench_demand(r, share == !*l->row.ceiling_why, at, "ceiling_reason",
                 share ? "null beside a share" : "why there is no share");
}

#define FIELD_OF         struct line
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
static const struct bench_fields parts = {FIELDS(struct line, part_fields)};

static bool has_copy(const void *record)
{
    const struct line *const l = record;
    return *l->row.head && strcmp(l->row.head, model_head_names[MODEL_HEAD_FULL]) != 0;
}

static const char *const forms[] = {"f32", "f16", NULL};
/* What llama-bench's tools want and what says nothing here. */
#define LLAMA_BENCH                                                                                          \
    FIELD_NUMBER("build_number", 0), FIELD_CONST("gpu_info", ""), FIELD_CONST("backends", "CPU"),            \
        FIELD(TEXT, "cpu_mask", e.cpu_mask, "CPUs that threads are pinned to; 0x0: to none."),               \
        FIELD(INTEGER, "cpu_strict", e.cpu_strict, "1: each to one of them.", 0, 0, 1),                      \
        FIELD_NUMBER("poll", 0), FIELD_NUMBER("n_gpu_layers", 0), FIELD_NUMBER("n_cpu_moe", 0),              \
        FIELD_CONST("split_mode", "none"), FIELD_NUMBER("main_gpu", 0), FIELD_NUMBER("no_kv_offload", 0),    \
        FIELD_NUMBER("flash_attn", 0), FIELD_CONST("devices", "none"), FIELD_CONST("tensor_split", "0.00"),  \
        FIELD_CONST("tensor_buft_overrides", "none"), FIELD_NUMBER("defrag_thold", -1),                      \
        FIELD_NUMBER("use_mmap", 1), FIELD_NUMBER("use_direct_io", 0), FIELD_NUMBER("embeddings", 0),        \
        FIELD_NUMBER("no_op_offload", 0), FIELD_NUMBER("no_host", 0), FIELD_NUMBER("n_depth", 0)
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
    FIELD(WORD, "type_k", e.kv_f16, "", 0, .words = forms),
    FIELD(WORD, "type_v", e.kv_f16, "", 0, .words = forms),
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
    FIELD(WORD, "head_input", e.head_f16, "", 0, .words = forms),
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
    FIELD_PART(
        "components_ns", &parts,
        "Per token, of the repetition in the middle: they add up to the median. norms have act_quant in "
        "them, gate_up has the activation, and in generation attention has rope."),
    FIELD(INTEGER, "peak_rss_bytes", e.peak_rss_bytes, "Of the process.", 0, 1, BENCH_WHOLE_MOST),
    FIELD(INTEGER, "i2s16_bytes", e.i2s16_bytes, "Of the weights interleaved by 16 rows."),
    FIELD(INTEGER, "qk256_bytes", e.qk256_bytes, ""),
    FIELD(INTEGER, "head_copy_bytes", e.head_bytes, "Of the compact copy of the head.", BENCH_OPTIONAL, 1,
          BENCH_WHOLE_MOST),
    FIELD(INTEGER, "dropped_tests", e.dropped.count, "Done again, because the clock could not be believed.",
          BENCH_OPTIONAL, 1, BENCH_WHOLE_MOST),
    FIELD(TEXT, "dropped_reason", e.dropped.why, "Why the first of them was.", BENCH_OPTIONAL),
    FIELD(INTEGER, "bytes_per_token", e.bytes_per_token, "Of weights that a generated token reads.", 0, 1,
          BENCH_WHOLE_MOST),
    FIELD(REAL, "read_ceiling_gbs", row.read_ceiling_gbs, "Measured reading of DRAM by so many threads.",
          BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "fraction_of_ceiling", row.fraction_of_ceiling,
          "Of generation: bytes_per_token at the ceiling, as a share of the time.", BENCH_OR_NULL,
          FIELD_RATIO),
    FIELD(TEXT, "ceiling_reason", row.ceiling_why, "Why there is no share.", BENCH_OR_NULL | BENCH_FILLED),
    FIELD_LIST(MAP, "counters", row.metrics, row.metric_count, &metric,
               "Of one generated token by one thread."),
    FIELD(TEXT, "fingerprint", e.env.fingerprint, "", 0, FIELD_HASH),
    FIELD(TEXT, "isa_levels", e.env.isa_levels, "", BENCH_FILLED),
    FIELD(TEXT, "compiler", e.env.compiler, "", BENCH_FILLED),
};
#undef FIELD_OF
const struct bench_fields bench_e2e_fields = {
    FIELDS(struct line, line_fields),
    .title = "Rows of qkbench model bench",
    .about = "A line of -o jsonl is one row. The members of llama-bench have its names.",
    .rows = true,
    .check = check_line,
};

const char *bench_e2e_part(size_t part)
{
    return part_fields[part].name;
}

static double per_second(size_t tokens, double ns)
{
    return (double)tokens * 1e9 / ns;
}

static json_t *line_json(const struct bench_e2e *e, size_t i)
{
    struct line l = {.e = *e, .row = e->rows[i]};
    const size_t n = l.speed_count = l.row.repetitions;
    l.speeds = calloc(n + 1, sizeof *l.speeds);
    if (!l.speeds)
        return NULL;
    for (size_t r = 0; r < n; r++)
        l.speeds[r] = per_second(l.row.prompt + l.row.generate, l.row.samples_ns[r]);
    if (l.row.bytes_per_token)
        l.e.bytes_per_token = l.row.bytes_per_token;
    l.avg_ns = round(bench_e2e_mean(l.row.samples_ns, n));
    l.stddev_ns = round(bench_e2e_deviation(l.row.samples_ns, n));
    l.avg_ts = bench_e2e_mean(l.speeds, n);
    l.stddev_ts = bench_e2e_deviation(l.speeds, n);
    l.median_ms = l.row.ns_per_token.value * 1e-6;
    l.median_ts = per_second(1, l.row.ns_per_token.value);
    json_t *o = bench_fields_json(&bench_e2e_fields, &l);
    free(l.speeds);
    return o;
}

int bench_e2e_write_json(const struct bench_e2e *e, bool lines, FILE *to, struct qk_error *err)
{
    struct bench_json_output out = {.to = to};
    for (size_t i = 0; i < e->count; i++)
        bench_json_emit(&out,
                        lines ? i ? "\n" : ""
                        : i   ? ",\n  "
                              : "[\n  ",
                        line_json(e, i), JSON_REAL_PRECISION(7) | JSON_COMPACT);
    bench_json_emit_text(&out, lines ? "\n" : "\n]\n");
    return bench_json_finish(&out, "the model's times", err);
}

static bool csv_line(json_t *row, bool names, FILE *to)
{
    const char *key;
    json_t *value;
    bool first = true;
    json_object_foreach(row, key, value)
    {
        if (json_is_array(value) || json_is_object(value))
            continue;
        if (!first)
            putc(',', to);
        first = false;
        if (names) {
            bench_show_csv(key, to);
        } else if (json_is_string(value)) {
            bench_show_csv(json_string_value(value), to);
        } else if (!json_is_null(value)) {
            char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(7));
            if (!text)
                return false;
            fputs(text, to);
            free(text);
        }
    }
    putc('\n', to);
    return true;
}

int bench_e2e_write_csv(const struct bench_e2e *e, FILE *to, struct qk_error *err)
{
    bool room = true;
    for (size_t i = 0; i < e->count && room; i++) {
        json_t *row = line_json(e, i);
        room = row && (i || csv_line(row, true, to)) && csv_line(row, false, to);
        json_decref(row);
    }
    if (!room)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the model's times");
    return bench_written(to, "the model's times", err);
}

int bench_e2e_take_json(struct bench_e2e *e, const json_t *json, const char *path, struct qk_error *err)
{
    struct bench_reader r = {.file = path, .err = err};
    const struct bench_place root = {json, "$"};
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
        struct line l = {0};
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
