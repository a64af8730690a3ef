/* SPDX-License-Identifier: MIT */
#include "harness/e2e/e2e.h"
#include "harness/records/json_writer.h"
#include "harness/records/outfile.h"
#include "harness/records/shown.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t LINE = JSON_REAL_PRECISION(7) | JSON_COMPACT;

static double per_second(size_t tokens, double ns)
{
    return (double)tokens * 1e9 / ns;
}

/* Fields of llama-bench that its tools want and that say nothing here. */
static void put_constants(json_t **o)
{
    static const struct {
        const char *key, *text; /* text NULL: the number */
        int number;
    } constant[] = {
        {"build_number", NULL, 0},  {"gpu_info", "", 0},         {"backends", "CPU", 0},
        {"cpu_mask", "0x0", 0},     {"cpu_strict", NULL, 0},     {"poll", NULL, 0},
        {"n_gpu_layers", NULL, 0},  {"n_cpu_moe", NULL, 0},      {"split_mode", "none", 0},
        {"main_gpu", NULL, 0},      {"no_kv_offload", NULL, 0},  {"flash_attn", NULL, 0},
        {"devices", "none", 0},     {"tensor_split", "0.00", 0}, {"tensor_buft_overrides", "none", 0},
        {"defrag_thold", NULL, -1}, {"use_mmap", NULL, 1},       {"use_direct_io", NULL, 0},
        {"embeddings", NULL, 0},    {"no_op_offload", NULL, 0},  {"no_host", NULL, 0},
        {"n_depth", NULL, 0}};
    for (size_t i = 0; i < sizeof constant / sizeof *constant; i++)
        bench_json_put(o, constant[i].key,
                       constant[i].text ? json_string(constant[i].text) : json_integer(constant[i].number));
}

/* The means and deviations that llama-bench prints; nothing here is derived from them. */
static void put_samples(json_t **o, const struct bench_e2e_row *row, double *speeds)
{
    json_t *ns = json_array(), *ts = json_array();
    for (size_t r = 0; r < row->repetitions; r++) {
        speeds[r] = per_second(row->prompt + row->generate, row->samples_ns[r]);
        bench_json_append(&ns, json_integer((json_int_t)row->samples_ns[r]));
        bench_json_append(&ts, json_real(speeds[r]));
    }
    bench_json_put(o, "avg_ns", json_integer(llround(bench_e2e_mean(row->samples_ns, row->repetitions))));
    bench_json_put(o, "stddev_ns",
                   json_integer(llround(bench_e2e_deviation(row->samples_ns, row->repetitions))));
    bench_json_put(o, "avg_ts", json_real(bench_e2e_mean(speeds, row->repetitions)));
    bench_json_put(o, "stddev_ts", json_real(bench_e2e_deviation(speeds, row->repetitions)));
    bench_json_put(o, "samples_ns", ns);
    bench_json_put(o, "samples_ts", ts);
}

static json_t *interval(const struct bench_interval *i)
{
    json_t *o = json_object();
    bench_json_put(&o, "median", bench_json_real(i->value));
    bench_json_put(&o, "low", bench_json_real(i->low));
    bench_json_put(&o, "high", bench_json_real(i->high));
    return o;
}

static json_t *components(const struct bench_e2e_row *row)
{
    json_t *o = json_object();
    for (size_t p = 0; p < BENCH_E2E_PARTS; p++)
        bench_json_put(&o, bench_e2e_part(p), json_real(row->components_ns[p]));
    return o;
}

static json_t *counters(const struct bench_e2e_row *row)
{
    json_t *all = json_object();
    for (size_t m = 0; m < row->metric_count; m++) {
        json_t *o = json_object();
        bench_json_put(&o, "value", bench_json_real(row->metrics[m].value));
        bench_json_put(&o, "unit", bench_json_text(row->metrics[m].unit));
        bench_json_put(&o, "reason",
                       bench_json_text_or_null(row->metrics[m].reason ? row->metrics[m].reason : ""));
        bench_json_put(&all, row->metrics[m].name, o);
    }
    return all;
}

static void put_llama_bench(json_t **o, const struct bench_e2e *e, const struct bench_e2e_row *row,
                            double *speeds)
{
    const char *cache = e->kv_f16 ? "f16" : "f32";
    bench_json_put(o, "build_commit", bench_json_text(e->env.commit));
    bench_json_put(o, "cpu_info", bench_json_text(e->env.cpu_name));
    bench_json_put(o, "model_filename", bench_json_text(e->model));
    bench_json_put(o, "model_type", bench_json_text(e->model_type));
    bench_json_put(o, "model_size", json_integer((json_int_t)e->model_bytes));
    bench_json_put(o, "model_n_params", json_integer((json_int_t)e->model_parameters));
    bench_json_put(o, "n_batch", json_integer((json_int_t)e->batch));
    bench_json_put(o, "n_ubatch", json_integer((json_int_t)e->batch));
    bench_json_put(o, "n_threads", json_integer((json_int_t)row->threads));
    bench_json_put(o, "type_k", json_string(cache));
    bench_json_put(o, "type_v", json_string(cache));
    put_constants(o);
    bench_json_put(o, "n_prompt", json_integer((json_int_t)row->prompt));
    bench_json_put(o, "n_gen", json_integer((json_int_t)row->generate));
    bench_json_put(o, "test_time", bench_json_text(row->date));
    put_samples(o, row, speeds);
}

static void put_ours(json_t **o, const struct bench_e2e *e, const struct bench_e2e_row *row)
{
    bench_json_put(o, "version", bench_json_text(e->env.version));
    bench_json_put(o, "model_layers", json_integer((json_int_t)e->layers));
    bench_json_put(o, "kernels", bench_json_text(row->kernels));
    bench_json_put(o, "phase", bench_json_text(row->phase));
    bench_json_put(o, "matrix_kernel", bench_json_text(row->matrices));
    bench_json_put(o, "head_input", json_string(e->head_f16 ? "f16" : "f32"));
    bench_json_put(o, "seed", bench_json_seed(e->seed));
    bench_json_put(o, "interval_level", json_real(e->level));
    bench_json_put(o, "ns_per_token", interval(&row->ns_per_token));
    bench_json_put(o, "median_ms_per_token", json_real(row->ns_per_token.value * 1e-6));
    bench_json_put(o, "median_ts", json_real(per_second(1, row->ns_per_token.value)));
    bench_json_put(o, "speedup", interval(&row->speedup));
    bench_json_put(o, "components_ns", components(row));
    bench_json_put(o, "peak_rss_bytes", json_integer((json_int_t)e->peak_rss_bytes));
    bench_json_put(o, "i2s16_bytes", json_integer((json_int_t)e->i2s16_bytes));
    bench_json_put(o, "qk256_bytes", json_integer((json_int_t)e->qk256_bytes));
    bench_json_put_dropped(o, "dropped_tests", &e->dropped);
    bench_json_put(o, "bytes_per_token", json_integer((json_int_t)e->bytes_per_token));
    bench_json_put(o, "read_ceiling_gbs", bench_json_real(row->read_ceiling_gbs));
    bench_json_put(o, "fraction_of_ceiling", bench_json_real(row->fraction_of_ceiling));
    bench_json_put(o, "ceiling_reason", bench_json_text_or_null(row->ceiling_why));
    bench_json_put(o, "counters", counters(row));
    bench_json_put(o, "fingerprint", bench_json_text(e->env.fingerprint));
    bench_json_put(o, "isa_levels", bench_json_text(e->env.isa_levels));
    bench_json_put(o, "compiler", bench_json_text(e->env.compiler));
}

static json_t *row_json(const struct bench_e2e *e, const struct bench_e2e_row *row)
{
    double *speeds = calloc(row->repetitions + 1, sizeof *speeds);
    if (!speeds)
        return NULL;
    json_t *o = json_object();
    bench_json_put(&o, "schema_version", json_integer(BENCH_E2E_SCHEMA_VERSION));
    put_llama_bench(&o, e, row, speeds);
    put_ours(&o, e, row);
    free(speeds);
    return o;
}

int bench_e2e_write_json(const struct bench_e2e *e, bool lines, FILE *to, struct qk_error *err)
{
    struct bench_json_output out = {.to = to};
    for (size_t i = 0; i < e->count; i++)
        bench_json_emit(&out, lines ? i ? "\n" : "" : i ? ",\n  " : "[\n  ", row_json(e, &e->rows[i]), LINE);
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
        json_t *row = row_json(e, &e->rows[i]);
        room = row && (i || csv_line(row, true, to)) && csv_line(row, false, to);
        json_decref(row);
    }
    if (!room)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the model's times");
    return bench_written(to, "the model's times", err);
}
