/* SPDX-License-Identifier: MIT */
/* Rows of llama-bench -o jsonl or -o json, and of qkbench model bench, which are a superset. */
#include "baselines/history/import_private.h"

#include "harness/records/fields/fields.h"
#include "harness/records/shown.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct row {
    char commit[64], cpu[160], gpu[160], file[1024], type[160], kernels[160], time[64];
    uint64_t threads, prompt, generate, depth;
    double average_ns;
    double *samples_ns; /* owned */
    size_t count;
};

#define FIELD_OF struct row
static const struct bench_field row_fields[] = {
    FIELD(TEXT, "build_commit", commit, "", BENCH_OPTIONAL),
    FIELD(TEXT, "cpu_info", cpu, "", BENCH_FILLED),
    FIELD(TEXT, "gpu_info", gpu, "", BENCH_OPTIONAL),
    FIELD(TEXT, "model_filename", file, "", BENCH_FILLED),
    FIELD(TEXT, "model_type", type, "", BENCH_OPTIONAL),
    FIELD(TEXT, "kernels", kernels, "Only of model bench.", BENCH_OPTIONAL),
    FIELD(TEXT, "test_time", time, "", BENCH_FILLED),
    FIELD(INTEGER, "n_threads", threads, "", 0, 1, 1 << 20),
    FIELD(INTEGER, "n_prompt", prompt, "", 0, 0, 1 << 30),
    FIELD(INTEGER, "n_gen", generate, "", 0, 0, 1 << 30),
    FIELD(INTEGER, "n_depth", depth, "", BENCH_OPTIONAL, 0, 1 << 30),
    FIELD(REAL, "avg_ns", average_ns, "", 0, FIELD_AMOUNT),
    FIELD_NUMBERS("samples_ns", samples_ns, count, "", BENCH_OPTIONAL, FIELD_AMOUNT),
};
#undef FIELD_OF
static const struct bench_fields row_type = {FIELDS(struct row, row_fields)};

/*
 * What else a test may vary. Two rows that differ here are two cases, so a value that is not usual stands in
 * the name. `usual` has llama-bench's defaults of all versions.
 */
static const struct {
    const char *name, *usual;
} settings[] = {
    {"n_batch", "2048"},      {"n_ubatch", "512"},          {"type_k", "f16"},
    {"type_v", "f16"},        {"n_gpu_layers", "99 -1 0"},  {"split_mode", "layer none"},
    {"main_gpu", "0"},        {"no_kv_offload", "0 false"}, {"flash_attn", "0 -1 false"},
    {"tensor_split", "0.00"}, {"use_mmap", "1 true"},       {"embeddings", "0 false"},
    {"cpu_mask", "0x0"},      {"cpu_strict", "0 false"},    {"head", "full"},
    {"head_input", "f32"},
};

static const char *text_of(const json_t *value, char to[64])
{
    if (json_is_string(value))
        snprintf(to, 64, "%s", json_string_value(value));
    else if (json_is_integer(value))
        snprintf(to, 64, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        snprintf(to, 64, "%s", json_is_true(value) ? "true" : json_is_false(value) ? "false" : "");
    return to;
}

/* "llama-bench/bitnet 2B IQ2_BN/tg64@d512,t4" */
static void put_name(char to[BASELINE_NAME], const struct row *r, const json_t *json)
{
    const char *const slash = strrchr(r->file, '/');
    char model[160], text[64], name[2 * BASELINE_NAME];
    size_t n;
    snprintf(model, sizeof model, "%.150s", *r->type ? r->type : slash ? slash + 1 : r->file);
    for (char *c = model; *c; c++)
        *c = *c == '/' ? '_' : *c;
    n = (size_t)snprintf(name, sizeof name, "%s/%.100s/", *r->kernels ? "model-bench" : "llama-bench", model);
    if (r->prompt)
        n += (size_t)snprintf(name + n, sizeof name - n, "pp%llu", (unsigned long long)r->prompt);
    if (r->generate)
        n += (size_t)snprintf(name + n, sizeof name - n, "%stg%llu", r->prompt ? "+" : "",
                              (unsigned long long)r->generate);
    if (r->depth)
        n += (size_t)snprintf(name + n, sizeof name - n, "@d%llu", (unsigned long long)r->depth);
    n += (size_t)snprintf(name + n, sizeof name - n, ",t%llu%s%.80s", (unsigned long long)r->threads,
                          *r->kernels ? "," : "", r->kernels);
    for (size_t i = 0; i < sizeof settings / sizeof *settings && n + 100 < sizeof name; i++) {
        text_of(json_object_get(json, settings[i].name), text);
        if (*text && !qk_has_word(settings[i].usual, text))
            n += (size_t)snprintf(name + n, sizeof name - n, ",%s=%s", settings[i].name, text);
    }
    bench_show(to, BASELINE_NAME, name, "");
}

/* Of a token: the median of the samples, or the mean of a row that has none. */
static double token_ns(const struct row *r, double *scratch)
{
    const double ns = r->count ? bench_median(r->samples_ns, r->count, scratch) : r->average_ns;
    return ns > 0 ? ns / (double)(r->prompt + r->generate) : NAN;
}

static int put_row(struct baseline_history_run *run, const struct row *r, const json_t *json,
                   const char *commit, const char *file, struct qk_error *err)
{
    char name[BASELINE_NAME];
    double *const scratch = calloc(r->count + 1, sizeof *scratch);
    if (!scratch)
        return qk_fail(err, QK_ERR_MEMORY, file, "no memory for %zu samples", r->count);
    const double ns = token_ns(r, scratch);
    free(scratch);
    run->source = BASELINE_FROM_LLAMA;
    int code = baseline_import_head(run, r->time, *r->commit ? r->commit : commit, json, file, err);
    if (!code)
        code = baseline_import_machine(
            run, json_pack("{s:s, s:s, s:s}", "of", "llama-bench", "cpu", r->cpu, "gpu", r->gpu), r->cpu,
            file, err);
    if (code)
        return code;
    put_name(name, r, json);
    struct baseline_history_result *const result = baseline_import_result(run, name, file, err);
    if (!result)
        return QK_ERR_MEMORY;
    result->ns = ns;
    if (isnan(ns))
        snprintf(result->ns_reason, sizeof result->ns_reason, "llama-bench has no time of it");
    return 0;
}

int baseline_import_llama(struct baseline_history_runs *runs, const json_t *json, const char *commit,
                          const char *file, const char *path, struct qk_error *err)
{
    struct row r = {.count = 0};
    struct bench_reader reader = {.file = file, .err = err};
    struct bench_place at = {.json = json};
    snprintf(at.path, sizeof at.path, "%s", path);
    bench_expect(&reader, &at, JSON_OBJECT, "an object, a row of llama-bench");
    if (!reader.code)
        bench_fields_get(&reader, &at, &row_type, &r, NULL);
    if (!reader.code && !r.prompt && !r.generate)
        bench_demand(&reader, false, &at, "n_gen", "a test with tokens: n_prompt or n_gen above 0");
    struct baseline_history_run *const run = reader.code ? NULL : baseline_import_run(runs, file, err);
    int code = reader.code;
    if (!code)
        code = run ? put_row(run, &r, json, commit, file, err) : QK_ERR_MEMORY;
    free(r.samples_ns);
    return code;
}
