/* SPDX-License-Identifier: MIT */

#include "harness/records/sample_set.h"

#include "harness/records/json_writer.h"
#include "harness/records/outfile.h"
#include "harness/records/shown.h"
#include "harness/records/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Seven digits resolve 0.1 ps in a microsecond; more would be noise and a third more file. */
static const size_t LINE = JSON_REAL_PRECISION(7), ROW = JSON_REAL_PRECISION(7) | JSON_COMPACT;

/* google-benchmark's own header, with its names and units. */
static json_t *context(const struct bench_sample_set *set)
{
    const struct bench_environment *env = &set->env;
    const bool loaded = env->load[0] >= 0 && env->load[1] >= 0 && env->load[2] >= 0;
    json_t *o = json_object(), *load = json_array();
    for (int i = 0; i < 3 && loaded; i++)
        bench_json_append(&load, json_real(env->load[i]));
    bench_json_put(&o, "date", bench_json_text(env->date));
    bench_json_put(&o, "host_name", bench_json_text(env->host));
    bench_json_put(&o, "executable", json_string("qkbench"));
    bench_json_put(&o, "num_cpus", json_integer(env->cpus));
    bench_json_put(&o, "mhz_per_cpu",
                   isnan(set->clock_ghz) ? json_null()
                                         : json_integer(lround(1000 * bench_stored(set->clock_ghz))));
    if (*env->governor)
        bench_json_put(&o, "cpu_scaling_enabled", json_boolean(strcmp(env->governor, "performance") != 0));
    bench_json_put(&o, "caches", bench_json_caches(env));
    bench_json_put(&o, "load_avg", load);
    bench_json_put(&o, "library_build_type", bench_json_text(env->build));
    return o;
}

/* Everything of ours but the cases. */
static json_t *header(const struct bench_sample_set *set)
{
    json_t *o = json_object(), *clock = json_object();
    bench_json_put(&clock, "estimated_ghz", bench_json_real(set->clock_ghz));
    bench_json_put(&clock, "reason", isnan(set->clock_ghz) ? bench_json_text(set->clock_why) : json_null());
    bench_json_put(&clock, "method", json_string("chain of dependent integer multiplies"));
    bench_json_put(&o, "schema_version", json_integer(BENCH_SCHEMA_VERSION));
    bench_json_put(&o, "kind", json_string("sample_set"));
    bench_json_put(&o, "version", bench_json_text(set->env.version));
    bench_json_put(&o, "commit", bench_json_text(set->env.commit));
    bench_json_put(&o, "seed", bench_json_seed(set->seed));
    bench_json_put(&o, "mode", json_string(set->quick ? "quick" : "full"));
    bench_json_put(&o, "shapes", bench_json_text(set->source));
    bench_json_put(&o, "pinned_cpu", json_integer(set->cpu));
    bench_json_put(&o, "timer_ns", bench_json_real(set->timer_ns));
    if (set->waited_ms || set->repeated_blocks) {
        bench_json_put(&o, "waited_ms", json_integer((json_int_t)set->waited_ms));
        bench_json_put(&o, "repeated_blocks", json_integer((json_int_t)set->repeated_blocks));
    }
    bench_json_put_dropped(&o, "dropped_blocks", &set->dropped);
    bench_json_put(&o, "clock", clock);
    if (*set->events_why)
        bench_json_put(&o, "events_reason", bench_json_text(set->events_why));
    bench_json_put(&o, "fingerprint", bench_json_fingerprint(&set->env));
    return o;
}

/* Made of the very texts that stand beside it. */
static json_t *case_name(const struct bench_record *rec)
{
    json_t *op = bench_json_text(rec->op), *variant = bench_json_text(rec->variant),
           *shape = bench_json_text(rec->shape), *name = NULL;
    if (op && variant && shape)
        name = json_sprintf("%s/%s/%s", json_string_value(op), json_string_value(variant),
                            json_string_value(shape));
    json_decref(op);
    json_decref(variant);
    json_decref(shape);
    return name;
}

/* Counts are exact; anything else keeps the digits that all reals keep. */
static json_t *count_or_real(double x)
{
    static const double whole_max = 0x1p53;
    if (isnan(x))
        return json_null();
    if (x != floor(x) || fabs(x) > whole_max)
        x = bench_stored(x);
    return x == floor(x) && fabs(x) <= whole_max ? json_integer((json_int_t)x) : json_real(x);
}

static json_t *metrics(const struct bench_record *rec)
{
    json_t *list = json_array();
    for (size_t m = 0; m < rec->metric_count; m++) {
        const struct bench_metric *metric = &rec->metrics[m];
        json_t *o = json_object();
        bench_json_put(&o, "name", bench_json_text(metric->name));
        bench_json_put(&o, "unit", bench_json_text(metric->unit));
        bench_json_put(&o, "value", count_or_real(metric->value));
        bench_json_put(&o, "reason", metric->reason ? bench_json_text(metric->reason) : json_null());
        bench_json_append(&list, o);
    }
    return list;
}

static json_t *case_row(const struct bench_record *rec)
{
    static const char *const words[] = {[BENCH_OK] = "ok", [BENCH_SKIP] = "skip", [BENCH_ERROR] = "error"};
    json_t *o = json_object();
    bench_json_put(&o, "name", case_name(rec));
    bench_json_put(&o, "op", bench_json_text(rec->op));
    bench_json_put(&o, "variant", bench_json_text(rec->variant));
    bench_json_put(&o, "shape", bench_json_text(rec->shape));
    bench_json_put(&o, "isa", bench_json_text(rec->isa));
    bench_json_put(&o, "phase", bench_json_text(rec->phase ? rec->phase : "-"));
    bench_json_put(&o, "flags", bench_json_text(rec->flags));
    bench_json_put(&o, "reference", json_boolean(rec->reference));
    bench_json_put(&o, "status", json_string(words[rec->status]));
    bench_json_put(&o, "reason", rec->status == BENCH_OK ? json_null() : bench_json_text(rec->reason));
    bench_json_put(&o, "elements", json_integer((json_int_t)rec->elements));
    bench_json_put(&o, "ops", json_integer((json_int_t)rec->ops));
    bench_json_put(&o, "bytes_read", json_integer((json_int_t)rec->bytes_read));
    bench_json_put(&o, "bytes_written", json_integer((json_int_t)rec->bytes_written));
    bench_json_put(&o, "calls_per_slice", json_integer((json_int_t)rec->calls));
    if (rec->metric_count)
        bench_json_put(&o, "metrics", metrics(rec));
    return o;
}

static json_t *events(const struct bench_events *e)
{
    json_t *o = json_object();
    for (int i = 0; i < BENCH_EVENT_COUNT; i++)
        bench_json_put(&o, bench_event_names[i], count_or_real(e->value[i]));
    return o;
}

static json_t *block_row(const struct bench_record *rec, size_t family, size_t b)
{
    const struct bench_block *block = &rec->blocks[b];
    double *rounded = calloc(2 * block->slices, sizeof *rounded);
    if (!rounded)
        return NULL;
    json_t *o = json_object(), *samples = json_array();
    for (size_t s = 0; s < block->slices; s++) {
        rounded[s] = bench_stored(block->samples_ns[s]);
        bench_json_append(&samples, json_real(rounded[s]));
    }
    const double median = bench_median(rounded, block->slices, rounded + block->slices);
    free(rounded);
    bench_json_put(&o, "name", case_name(rec));
    bench_json_put(&o, "family_index", json_integer((json_int_t)family));
    bench_json_put(&o, "per_family_instance_index", json_integer(0));
    bench_json_put(&o, "run_name", case_name(rec));
    bench_json_put(&o, "run_type", json_string("iteration"));
    bench_json_put(&o, "repetitions", json_integer((json_int_t)rec->block_count));
    bench_json_put(&o, "repetition_index", json_integer((json_int_t)b));
    bench_json_put(&o, "threads", json_integer(1));
    bench_json_put(&o, "iterations", json_integer((json_int_t)(rec->calls * block->slices)));
    bench_json_put(&o, "real_time", json_real(median));
    bench_json_put(&o, "cpu_time", json_real(block->cpu_ns));
    bench_json_put(&o, "time_unit", json_string("ns"));
    bench_json_put(&o, "core_ghz", bench_json_real(block->core_ghz));
    bench_json_put(&o, "samples_ns", samples);
    if (block->events.recorded) {
        bench_json_put(&o, "events", events(&block->events));
        bench_json_put(&o, "disturbed", json_boolean(block->events.disturbed));
    }
    return o;
}

/*
 * Each case and each block on one line of its own: a diff shows what changed, and memory holds one row at a
 * time. jansson makes every value; only the punctuation between the lines is written here.
 */
int bench_sample_set_write_json(const struct bench_sample_set *set, FILE *to, struct qk_error *err)
{
    const int bad = bench_sample_set_check(set, "", QK_ERR_INVALID, err);
    if (bad != QK_OK)
        return bad;
    struct bench_json_output out = {to, QK_OK};
    errno = 0;
    bench_json_emit(&out, "{\n\"context\": ", context(set), LINE);
    bench_json_emit_members(&out, ",\n\"qkbench\": {\n", header(set), LINE);
    for (size_t i = 0; i < set->record_count && out.code == QK_OK; i++)
        bench_json_emit(&out, i ? ",\n" : ",\n\"cases\": [\n", case_row(&set->records[i]), LINE);
    bench_json_emit_text(&out, set->record_count ? "" : ",\n\"cases\": [");
    bench_json_emit_text(&out, "\n]\n},\n\"benchmarks\": [");
    const char *before = "\n";
    for (size_t i = 0; i < set->record_count; i++)
        for (size_t b = 0; b < set->records[i].block_count && out.code == QK_OK; b++, before = ",\n")
            bench_json_emit(&out, before, block_row(&set->records[i], i, b), ROW);
    bench_json_emit_text(&out, "\n]\n}\n");
    return bench_json_finish(&out, "the results", err);
}

int bench_sample_set_write_csv(const struct bench_sample_set *set, FILE *to, struct qk_error *err)
{
    char name[BENCH_NAME_MAX];
    errno = 0;
    fputs("case,block,slice,ns_per_call,estimated_ghz\r\n", to);
    for (size_t i = 0; i < set->record_count; i++) {
        const struct bench_record *rec = &set->records[i];
        bench_record_name(rec, name, sizeof name);
        for (size_t b = 0; b < rec->block_count; b++)
            for (size_t s = 0; s < rec->blocks[b].slices; s++) {
                bench_show_csv(name, to);
                fprintf(to, ",%zu,%zu,%.7g,", b, s, rec->blocks[b].samples_ns[s]);
                if (!isnan(rec->blocks[b].core_ghz))
                    fprintf(to, "%.7g", rec->blocks[b].core_ghz);
                fputs("\r\n", to);
            }
    }
    return bench_written(to, "the samples", err);
}
