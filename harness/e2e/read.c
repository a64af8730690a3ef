/* SPDX-License-Identifier: MIT */
#include "harness/e2e/e2e.h"
#include "harness/records/json_reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const json_int_t whole = (json_int_t)1 << 53;

/* Above 0; the ends may be null. */
static struct bench_interval read_interval(struct bench_reader *r, const struct bench_place *row,
                                           const char *key)
{
    const struct bench_place at = bench_get_object(r, row, key);
    const struct bench_interval i = {bench_get_real(r, &at, "median", false),
                                     bench_get_real(r, &at, "low", true),
                                     bench_get_real(r, &at, "high", true)};
    bench_demand(r, i.value > 0 && isfinite(i.value), &at, "median", "a number above 0");
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
        bench_expect(r, &one, JSON_INTEGER, "a whole number of ns");
        row->samples_ns[i] = (double)json_integer_value(one.json);
    }
}

static void read_row(struct bench_reader *r, const struct bench_place *at, struct bench_e2e_row *row)
{
    bench_expect(r, at, JSON_OBJECT, "an object");
    bench_get_integer(r, at, "schema_version", BENCH_E2E_SCHEMA_VERSION, BENCH_E2E_SCHEMA_VERSION);
    bench_get_fixed_text(r, at, "kernels", row->kernels, sizeof row->kernels, false);
    bench_get_fixed_text(r, at, "phase", row->phase, sizeof row->phase, false);
    bench_get_fixed_text(r, at, "matrix_kernel", row->matrices, sizeof row->matrices, false);
    bench_get_fixed_text(r, at, "test_time", row->date, sizeof row->date, false);
    bench_get_fixed_text(r, at, "ceiling_reason", row->ceiling_why, sizeof row->ceiling_why, true);
    row->threads = (size_t)bench_get_integer(r, at, "n_threads", 1, MODEL_THREADS_MAX);
    row->prompt = (size_t)bench_get_integer(r, at, "n_prompt", 0, MODEL_CONTEXT_MAX);
    row->generate = (size_t)bench_get_integer(r, at, "n_gen", 0, MODEL_CONTEXT_MAX);
    bench_demand(r, (row->prompt == 0) != (row->generate == 0), at, "n_gen",
                 "one of n_prompt and n_gen to be 0");
    read_samples(r, at, row);
    row->ns_per_token = read_interval(r, at, "ns_per_token");
    row->speedup = read_interval(r, at, "speedup");
    row->read_ceiling_gbs = bench_get_real(r, at, "read_ceiling_gbs", true);
    row->fraction_of_ceiling = bench_get_real(r, at, "fraction_of_ceiling", true);
    const struct bench_place parts = bench_get_object(r, at, "components_ns");
    for (size_t p = 0; p < BENCH_E2E_PARTS; p++) {
        row->components_ns[p] = bench_get_real(r, &parts, bench_e2e_part(p), false);
        bench_demand(r, row->components_ns[p] >= 0, &parts, bench_e2e_part(p), "a number of at least 0");
    }
}

/* What all rows have in common, from the first. */
static void read_common(struct bench_reader *r, const struct bench_place *at, struct bench_e2e *e)
{
    char seed[24], cache[4], head[4], *end;
    bench_get_fixed_text(r, at, "version", e->env.version, sizeof e->env.version, false);
    bench_get_fixed_text(r, at, "build_commit", e->env.commit, sizeof e->env.commit, false);
    bench_get_fixed_text(r, at, "cpu_info", e->env.cpu_name, sizeof e->env.cpu_name, false);
    bench_get_fixed_text(r, at, "fingerprint", e->env.fingerprint, sizeof e->env.fingerprint, false);
    bench_get_fixed_text(r, at, "model_filename", e->model, sizeof e->model, false);
    bench_get_fixed_text(r, at, "model_type", e->model_type, sizeof e->model_type, false);
    bench_get_fixed_text(r, at, "seed", seed, sizeof seed, false);
    bench_get_fixed_text(r, at, "type_k", cache, sizeof cache, false);
    bench_get_fixed_text(r, at, "head_input", head, sizeof head, false);
    e->seed = r->code ? 0 : strtoull(seed, &end, 10);
    e->kv_f16 = !r->code && !strcmp(cache, "f16");
    e->head_f16 = !r->code && !strcmp(head, "f16");
    e->model_bytes = (uint64_t)bench_get_integer(r, at, "model_size", 1, whole);
    e->model_parameters = (uint64_t)bench_get_integer(r, at, "model_n_params", 1, whole);
    e->layers = (size_t)bench_get_integer(r, at, "model_layers", 1, MODEL_LAYERS_MAX);
    e->batch = (size_t)bench_get_integer(r, at, "n_batch", 1, MODEL_BATCH_MAX);
    e->i2s16_bytes = (size_t)bench_get_integer(r, at, "i2s16_bytes", 0, whole);
    e->qk256_bytes = (size_t)bench_get_integer(r, at, "qk256_bytes", 0, whole);
    e->bytes_per_token = (uint64_t)bench_get_integer(r, at, "bytes_per_token", 1, whole);
    e->peak_rss_bytes = (uint64_t)bench_get_integer(r, at, "peak_rss_bytes", 1, whole);
    e->level = bench_get_real(r, at, "interval_level", false);
    bench_demand(r, e->level >= 0 && e->level <= 0.95, at, "interval_level", "0 to 0.95");
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
