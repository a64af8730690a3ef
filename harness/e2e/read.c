/* SPDX-License-Identifier: MIT */
#include "harness/e2e/e2e.h"
#include "harness/records/json_reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const json_int_t whole = (json_int_t)BENCH_WHOLE_MOST;

/* The ends may be null. */
static struct bench_interval read_interval(struct bench_reader *r, const struct bench_place *row,
                                           const char *key, double least, double most)
{
    const struct bench_place at = bench_get_object(r, row, key);
    const struct bench_interval i = {bench_get_real(r, &at, "median", least, most, false),
                                     bench_get_real(r, &at, "low", least, most, true),
                                     bench_get_real(r, &at, "high", least, most, true)};
    bench_demand(r, !(i.low > i.value), &at, "low", "at most the median");
    bench_demand(r, !(i.high < i.value), &at, "high", "at least the median");
    return i;
}

static void read_samples(struct bench_reader *r, const struct bench_place *at, struct bench_e2e_row *row)
{
    const struct bench_place list = bench_get_array(r, at, "samples_ns");
    const size_t n = r->code ? 0 : json_array_size(list.json);
    bench_demand(r, n >= 1 && n <= BENCH_E2E_REPETITIONS_MAX, at, "samples_ns", "1 to 1000 samples");
    if (r->code)
        return;
    row->samples_ns = calloc(n, sizeof *row->samples_ns);
    if (!row->samples_ns) {
        bench_reader_no_memory(r);
        return;
    }
    row->repetitions = n;
    for (size_t i = 0; i < n; i++) {
        const struct bench_place one = bench_element(&list, i);
        row->samples_ns[i] = (double)json_integer_value(one.json);
        if (!json_is_integer(one.json) || !bench_is_time(row->samples_ns[i]))
            bench_refuse(r, one.path, one.json, "a whole number of ns from 1 to 1e+15");
    }
}

static void read_row(struct bench_reader *r, const struct bench_place *at, struct bench_e2e_row *row)
{
    bench_expect(r, at, JSON_OBJECT, "an object");
    bench_get_integer(r, at, "schema_version", BENCH_E2E_SCHEMA_VERSION, BENCH_E2E_SCHEMA_VERSION);
    bench_get_fixed_text(r, at, "kernels", row->kernels, sizeof row->kernels, false);
    bench_get_fixed_text(r, at, "phase", row->phase, sizeof row->phase, false);
    bench_get_fixed_text(r, at, "matrix_kernel", row->matrices, sizeof row->matrices, false);
    bench_get_date(r, at, "test_time", row->date, sizeof row->date);
    bench_get_fixed_text(r, at, "ceiling_reason", row->ceiling_why, sizeof row->ceiling_why, true);
    row->threads = (size_t)bench_get_integer(r, at, "n_threads", 1, MODEL_THREADS_MAX);
    row->prompt = (size_t)bench_get_integer(r, at, "n_prompt", 0, MODEL_CONTEXT_MAX);
    row->generate = (size_t)bench_get_integer(r, at, "n_gen", 0, MODEL_CONTEXT_MAX);
    bench_demand(r, (row->prompt == 0) != (row->generate == 0), at, "n_gen",
                 "one of n_prompt and n_gen to be 0");
    read_samples(r, at, row);
    row->ns_per_token = read_interval(r, at, "ns_per_token", BENCH_NS_LEAST, BENCH_NS_MOST);
    row->speedup = read_interval(r, at, "speedup", BENCH_RATIO_LEAST, BENCH_RATIO_MOST);
    row->read_ceiling_gbs =
        bench_get_real(r, at, "read_ceiling_gbs", BENCH_RATIO_LEAST, BENCH_RATIO_MOST, true);
    row->fraction_of_ceiling =
        bench_get_real(r, at, "fraction_of_ceiling", BENCH_RATIO_LEAST, BENCH_RATIO_MOST, true);
    const struct bench_place parts = bench_get_object(r, at, "components_ns");
    for (size_t p = 0; p < BENCH_E2E_PARTS; p++) {
        row->components_ns[p] = bench_get_real(r, &parts, bench_e2e_part(p), 0, BENCH_NS_MOST, false);
    }
}

/* What all rows have in common, from the first. */
static void read_common(struct bench_reader *r, const struct bench_place *at, struct bench_e2e *e)
{
    static const char *const forms[] = {"f32", "f16"};
    bench_get_fixed_text(r, at, "version", e->env.version, sizeof e->env.version, false);
    bench_get_fixed_text(r, at, "build_commit", e->env.commit, sizeof e->env.commit, false);
    bench_get_fixed_text(r, at, "cpu_info", e->env.cpu_name, sizeof e->env.cpu_name, false);
    bench_get_fixed_text(r, at, "fingerprint", e->env.fingerprint, sizeof e->env.fingerprint, false);
    bench_get_fixed_text(r, at, "model_filename", e->model, sizeof e->model, false);
    bench_get_fixed_text(r, at, "model_type", e->model_type, sizeof e->model_type, false);
    e->seed = bench_get_seed(r, at, "seed");
    e->kv_f16 = bench_get_word(r, at, "type_k", forms, 2) == 1;
    e->head_f16 = bench_get_word(r, at, "head_input", forms, 2) == 1;
    e->model_bytes = (uint64_t)bench_get_integer(r, at, "model_size", 1, whole);
    e->model_parameters = (uint64_t)bench_get_integer(r, at, "model_n_params", 1, whole);
    e->layers = (size_t)bench_get_integer(r, at, "model_layers", 1, MODEL_LAYERS_MAX);
    e->batch = (size_t)bench_get_integer(r, at, "n_batch", 1, MODEL_BATCH_MAX);
    e->i2s16_bytes = (size_t)bench_get_integer(r, at, "i2s16_bytes", 0, whole);
    e->qk256_bytes = (size_t)bench_get_integer(r, at, "qk256_bytes", 0, whole);
    bench_get_dropped(r, at, "dropped_tests", &e->dropped);
    e->bytes_per_token = (uint64_t)bench_get_integer(r, at, "bytes_per_token", 1, whole);
    e->peak_rss_bytes = (uint64_t)bench_get_integer(r, at, "peak_rss_bytes", 1, whole);
    e->level = bench_get_real(r, at, "interval_level", 0, 0.95, false);
}

int bench_e2e_read_json(struct bench_e2e *e, const char *path, struct qk_error *err)
{
    struct bench_reader r = {.file = path, .err = err};
    json_t *json = bench_json_load(path, &r.code, err);
    const struct bench_place root = {json, "$"};
    memset(e, 0, sizeof *e);
    if (!json)
        return r.code;
    bench_expect(&r, &root, JSON_ARRAY, "an array of rows");
    const size_t count = r.code ? 0 : json_array_size(json);
    if (!r.code && !count)
        bench_refuse(&r, root.path, json, "at least one row");
    e->rows = calloc(count + 1, sizeof *e->rows);
    if (!e->rows)
        bench_reader_no_memory(&r);
    for (size_t i = 0; i < count && !r.code; i++) {
        const struct bench_place at = bench_element(&root, i);
        e->count = i + 1;
        read_row(&r, &at, &e->rows[i]);
        if (i == 0)
            read_common(&r, &at, e);
        bench_demand(&r, e->rows[i].repetitions == e->rows[0].repetitions, &at, "samples_ns",
                     "as many samples as in the first row");
    }
    json_decref(json);
    if (r.code)
        bench_e2e_free(e);
    return r.code;
}
