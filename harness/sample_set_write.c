/* SPDX-License-Identifier: MIT */
#include "harness/private.h"

#include "harness/stats.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Seven digits resolve 0.1 ps in a microsecond; more would be noise and a third more file. */
static const size_t LINE = JSON_REAL_PRECISION(7), ROW = JSON_REAL_PRECISION(7) | JSON_COMPACT;

/* Adds a member; once memory was refused *object is NULL and stays so. */
static void put(json_t **object, const char *key, json_t *value)
{
    if (json_object_set_new(*object, key, value) != 0) {
        json_decref(*object);
        *object = NULL;
    }
}

static void append(json_t **array, json_t *value)
{
    if (json_array_append_new(*array, value) != 0) {
        json_decref(*array);
        *array = NULL;
    }
}

/* JSON is UTF-8; a text that is not (a file name, say) keeps its ASCII. */
static json_t *text(const char *s)
{
    if (!s)
        s = "";
    json_t *value = json_string(s);
    if (value)
        return value;
    char *ascii = strdup(s);
    if (!ascii)
        return NULL;
    for (char *p = ascii; *p; p++)
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    value = json_string(ascii);
    free(ascii);
    return value;
}

static json_t *text_or_null(const char *s)
{
    return *s ? text(s) : json_null();
}

static json_t *real_or_null(double x)
{
    return isnan(x) ? json_null() : json_real(x);
}

static json_t *known_or_null(int x)
{
    return x < 0 ? json_null() : json_integer(x);
}

static json_t *caches(const struct bench_environment *env)
{
    json_t *list = json_array();
    for (int i = 0; i < env->cache_count; i++) {
        json_t *cache = json_object();
        put(&cache, "type", text(env->caches[i].type));
        put(&cache, "level", json_integer(env->caches[i].level));
        put(&cache, "size", json_integer((json_int_t)env->caches[i].bytes));
        put(&cache, "num_sharing", json_integer(env->caches[i].sharing));
        append(&list, cache);
    }
    return list;
}

/* google-benchmark's own header, with its names and units. */
static json_t *context(const struct bench_sample_set *set)
{
    const struct bench_environment *env = &set->env;
    const bool loaded = env->load[0] >= 0 && env->load[1] >= 0 && env->load[2] >= 0;
    json_t *o = json_object(), *load = json_array();
    for (int i = 0; i < 3 && loaded; i++)
        append(&load, json_real(env->load[i]));
    put(&o, "date", text(env->date));
    put(&o, "host_name", text(env->host));
    put(&o, "executable", json_string("qkbench"));
    put(&o, "num_cpus", json_integer(env->cpus));
    put(&o, "mhz_per_cpu",
        isnan(set->clock_ghz) ? json_null() : json_integer(lround(1000 * bench_stored(set->clock_ghz))));
    if (*env->governor)
        put(&o, "cpu_scaling_enabled", json_boolean(strcmp(env->governor, "performance") != 0));
    put(&o, "caches", caches(env));
    put(&o, "load_avg", load);
    put(&o, "library_build_type", text(env->build));
    return o;
}

static json_t *fingerprint(const struct bench_environment *env)
{
    json_t *o = json_object(), *identity = json_object(), *shown = json_object();
    put(&identity, "cpu_vendor", text_or_null(env->cpu_vendor));
    put(&identity, "cpu_family", known_or_null(env->cpu_family));
    put(&identity, "cpu_model", known_or_null(env->cpu_model));
    put(&identity, "cpu_stepping", known_or_null(env->cpu_stepping));
    put(&identity, "isa_levels", text_or_null(env->isa_levels));
    put(&identity, "caches", caches(env));
    put(&identity, "compiler", text_or_null(env->compiler));
    put(&shown, "cpu_name", text_or_null(env->cpu_name));
    put(&shown, "cpu_flags", text_or_null(env->cpu_flags));
    put(&shown, "virtualised", text_or_null(env->virtualised));
    put(&shown, "kernel", text_or_null(env->kernel));
    put(&shown, "microcode", text_or_null(env->microcode));
    put(&shown, "governor", text_or_null(env->governor));
    put(&shown, "governor_reason", text_or_null(env->governor_why));
    put(&o, "identity", identity);
    put(&o, "hash", text(env->fingerprint));
    put(&o, "shown", shown);
    return o;
}

/* Everything of ours but the cases. */
static json_t *header(const struct bench_sample_set *set)
{
    char seed[24];
    json_t *o = json_object(), *clock = json_object();
    /* As text, because most readers of JSON lose bits of integers above 2^53. */
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)set->seed);
    put(&clock, "estimated_ghz", real_or_null(set->clock_ghz));
    put(&clock, "reason", isnan(set->clock_ghz) ? text(set->clock_why) : json_null());
    put(&clock, "method", json_string("chain of dependent integer multiplies"));
    put(&o, "schema_version", json_integer(BENCH_SCHEMA_VERSION));
    put(&o, "kind", json_string("sample_set"));
    put(&o, "version", text(set->env.version));
    put(&o, "commit", text(set->env.commit));
    put(&o, "seed", json_string(seed));
    put(&o, "mode", json_string(set->quick ? "quick" : "full"));
    put(&o, "shapes", text(set->source));
    put(&o, "pinned_cpu", json_integer(set->cpu));
    put(&o, "timer_ns", real_or_null(set->timer_ns));
    put(&o, "clock", clock);
    put(&o, "fingerprint", fingerprint(&set->env));
    return o;
}

/* Made of the very texts that stand beside it. */
static json_t *case_name(const struct bench_record *rec)
{
    json_t *op = text(rec->op), *variant = text(rec->variant), *shape = text(rec->shape), *name = NULL;
    if (op && variant && shape)
        name = json_sprintf("%s/%s/%s", json_string_value(op), json_string_value(variant),
                            json_string_value(shape));
    json_decref(op);
    json_decref(variant);
    json_decref(shape);
    return name;
}

static json_t *case_row(const struct bench_record *rec)
{
    static const char *const words[] = {[BENCH_OK] = "ok", [BENCH_SKIP] = "skip", [BENCH_ERROR] = "error"};
    json_t *o = json_object();
    put(&o, "name", case_name(rec));
    put(&o, "op", text(rec->op));
    put(&o, "variant", text(rec->variant));
    put(&o, "shape", text(rec->shape));
    put(&o, "isa", text(rec->isa));
    put(&o, "phase", text(rec->phase ? rec->phase : "-"));
    put(&o, "flags", text(rec->flags));
    put(&o, "reference", json_boolean(rec->reference));
    put(&o, "status", json_string(words[rec->status]));
    put(&o, "reason", rec->status == BENCH_OK ? json_null() : text(rec->reason));
    put(&o, "elements", json_integer((json_int_t)rec->elements));
    put(&o, "ops", json_integer((json_int_t)rec->ops));
    put(&o, "bytes_read", json_integer((json_int_t)rec->bytes_read));
    put(&o, "bytes_written", json_integer((json_int_t)rec->bytes_written));
    put(&o, "calls_per_slice", json_integer((json_int_t)rec->calls));
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
        append(&samples, json_real(rounded[s]));
    }
    const double median = bench_median(rounded, block->slices, rounded + block->slices);
    free(rounded);
    put(&o, "name", case_name(rec));
    put(&o, "family_index", json_integer((json_int_t)family));
    put(&o, "per_family_instance_index", json_integer(0));
    put(&o, "run_name", case_name(rec));
    put(&o, "run_type", json_string("iteration"));
    put(&o, "repetitions", json_integer((json_int_t)rec->block_count));
    put(&o, "repetition_index", json_integer((json_int_t)b));
    put(&o, "threads", json_integer(1));
    put(&o, "iterations", json_integer((json_int_t)(rec->calls * block->slices)));
    put(&o, "real_time", json_real(median));
    put(&o, "cpu_time", json_real(block->cpu_ns));
    put(&o, "time_unit", json_string("ns"));
    put(&o, "core_ghz", real_or_null(block->core_ghz));
    put(&o, "samples_ns", samples);
    return o;
}

struct output {
    FILE *to;
    int code;
};

/* Writes and releases `value`; the text before it and after it are punctuation. */
static void emit(struct output *out, const char *before, json_t *value, size_t flags)
{
    if (!value && out->code == QK_OK)
        out->code = QK_ERR_MEMORY;
    if (out->code == QK_OK && (fputs(before, out->to) < 0 || json_dumpf(value, out->to, flags) != 0))
        out->code = ferror(out->to) ? QK_ERR_IO : QK_ERR_MEMORY;
    json_decref(value);
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
    struct output out = {to, QK_OK};
    errno = 0;
    emit(&out, "{\n\"context\": ", context(set), LINE);
    json_t *ours = header(set), *value;
    const char *key, *before = ",\n\"qkbench\": {\n";
    if (!ours)
        out.code = QK_ERR_MEMORY;
    json_object_foreach(ours, key, value)
    {
        emit(&out, before, json_string(key), LINE | JSON_ENCODE_ANY);
        emit(&out, ": ", json_incref(value), LINE | JSON_ENCODE_ANY);
        before = ",\n";
    }
    json_decref(ours);
    for (size_t i = 0; i < set->record_count && out.code == QK_OK; i++)
        emit(&out, i ? ",\n" : ",\n\"cases\": [\n", case_row(&set->records[i]), LINE);
    const char *empty = set->record_count ? "" : ",\n\"cases\": [";
    if (out.code == QK_OK && fprintf(to, "%s\n]\n},\n\"benchmarks\": [", empty) < 0)
        out.code = QK_ERR_IO;
    before = "\n";
    for (size_t i = 0; i < set->record_count; i++)
        for (size_t b = 0; b < set->records[i].block_count && out.code == QK_OK; b++, before = ",\n")
            emit(&out, before, block_row(&set->records[i], i, b), ROW);
    if (out.code == QK_OK && (fputs("\n]\n}\n", to) < 0 || ferror(to)))
        out.code = QK_ERR_IO;
    if (out.code == QK_ERR_IO)
        return qk_fail(err, out.code, NULL, "cannot write the results: %s",
                       errno ? strerror(errno) : "the stream has failed");
    return out.code == QK_OK ? QK_OK
                             : qk_fail(err, out.code, NULL, "out of memory while writing the results");
}

/* RFC 4180: a field with a comma, a quote or a line end is quoted, its quotes doubled. */
static void csv_field(FILE *to, const char *field)
{
    if (!strpbrk(field, ",\"\r\n")) {
        fputs(field, to);
        return;
    }
    fputc('"', to);
    for (; *field; field++) {
        if (*field == '"')
            fputc('"', to);
        fputc(*field, to);
    }
    fputc('"', to);
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
                csv_field(to, name);
                fprintf(to, ",%zu,%zu,%.7g,", b, s, rec->blocks[b].samples_ns[s]);
                if (!isnan(rec->blocks[b].core_ghz))
                    fprintf(to, "%.7g", rec->blocks[b].core_ghz);
                fputs("\r\n", to);
            }
    }
    if (ferror(to))
        return qk_fail(err, QK_ERR_IO, NULL, "cannot write the samples: %s",
                       errno ? strerror(errno) : "the stream has failed");
    return QK_OK;
}
