/* SPDX-License-Identifier: MIT */
/* google-benchmark's JSON, as far as a history keeps it. */
#include "baselines/history/import_private.h"

#include "harness/records/fields/fields.h"
#include "harness/records/shown.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum unit { NS, US, MS, S };
static const char *const units[] = {"ns", "us", "ms", "s", NULL};
static const double unit_ns[] = {1, 1e3, 1e6, 1e9};
enum kind { ITERATION, AGGREGATE };
static const char *const kinds[] = {"iteration", "aggregate", NULL};

/* A row; an error has no time. */
struct row {
    char name[1024], run_name[1024], aggregate[64], message[BASELINE_HISTORY_TEXT];
    enum kind kind;
    enum unit unit;
    double time;
    bool failed;
};

struct document {
    char date[64], host[256], build[64];
    uint64_t cpus;
    size_t count;
    struct row *rows; /* owned */
};

#define FIELD_OF struct row
static const struct bench_field row_fields[] = {
    FIELD(TEXT, "name", name, "", BENCH_FILLED),
    FIELD(TEXT, "run_name", run_name, "", BENCH_OPTIONAL),
    FIELD(WORD, "run_type", kind, "", BENCH_OPTIONAL, .words = kinds),
    FIELD(TEXT, "aggregate_name", aggregate, "", BENCH_OPTIONAL),
    FIELD(BOOLEAN, "error_occurred", failed, "", BENCH_OPTIONAL),
    FIELD(TEXT, "error_message", message, "", BENCH_OPTIONAL),
    FIELD(REAL, "real_time", time, "", BENCH_OPTIONAL, FIELD_AMOUNT),
    FIELD(WORD, "time_unit", unit, "", BENCH_OPTIONAL, .words = units),
};
#undef FIELD_OF
static const struct bench_fields row_type = {FIELDS(struct row, row_fields)};

#define FIELD_OF struct document
static const struct bench_field context_fields[] = {
    FIELD(TEXT, "date", date, "", BENCH_FILLED),
    FIELD(TEXT, "host_name", host, "", BENCH_OPTIONAL),
    FIELD(INTEGER, "num_cpus", cpus, "", 0, 1, 1 << 20),
    FIELD(TEXT, "library_build_type", build, "", BENCH_OPTIONAL),
};
static const struct bench_fields context_type = {FIELDS(struct document, context_fields)};
static const struct bench_field document_fields[] = {
    FIELD_PART("context", &context_type, ""),
    FIELD_LIST(LIST, "benchmarks", rows, count, &row_type, ""),
};
#undef FIELD_OF
static const struct bench_fields document_type = {FIELDS(struct document, document_fields)};

static const char *name_of(const struct row *r)
{
    return *r->run_name ? r->run_name : r->name;
}

/* Is it one of the times of row `i`? Its repetitions count, or else the median that stands for them. */
static bool counts(const struct document *d, size_t i, size_t k, enum kind kind)
{
    const struct row *const r = &d->rows[k];
    return r->kind == kind && !r->failed && isfinite(r->time) && !strcmp(name_of(r), name_of(&d->rows[i])) &&
           (kind == ITERATION || !strcmp(r->aggregate, "median"));
}

static double median_ns(const struct document *d, size_t i, double *times, double *scratch)
{
    size_t count = 0;
    for (int kind = ITERATION; kind <= AGGREGATE && !count; kind++)
        for (size_t k = i; k < d->count; k++)
            if (counts(d, i, k, (enum kind)kind))
                times[count++] = d->rows[k].time * unit_ns[d->rows[k].unit];
    const double x = bench_median(times, count, scratch);
    return x > 0 ? x : NAN;
}

static bool is_first(const struct document *d, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (!strcmp(name_of(&d->rows[k]), name_of(&d->rows[i])))
            return false;
    return true;
}

static int put_rows(struct baseline_history_run *run, const struct document *d, double *times,
                    double *scratch, const char *file, struct qk_error *err)
{
    for (size_t i = 0; i < d->count; i++) {
        char name[BASELINE_NAME];
        if (!is_first(d, i))
            continue;
        if (bench_show(name, sizeof name, name_of(&d->rows[i]), "") >= sizeof name)
            return qk_fail(err, QK_ERR_FORMAT, file,
                           "$.benchmarks[%zu].name: found %zu bytes, expected at most %zu", i,
                           strlen(name_of(&d->rows[i])), sizeof name - 1);
        struct baseline_history_result *const r = baseline_import_result(run, name, file, err);
        if (!r)
            return QK_ERR_MEMORY;
        r->ns = median_ns(d, i, times, scratch);
        if (isnan(r->ns))
            bench_show(r->ns_reason, sizeof r->ns_reason,
                       *d->rows[i].message ? d->rows[i].message : "google-benchmark has no time of it", "");
    }
    return 0;
}

static int put_run(struct baseline_history_run *run, const struct document *d, const json_t *json,
                   const char *commit, const char *file, struct qk_error *err)
{
    char cpu[sizeof run->machine.cpu];
    run->source = BASELINE_FROM_GBENCH;
    snprintf(cpu, sizeof cpu, "%.100s, %llu CPUs", *d->host ? d->host : "unknown host",
             (unsigned long long)d->cpus);
    int code = baseline_import_head(run, d->date, commit, json, file, err);
    if (code)
        return code;
    json_t *const caches = json_object_get(json_object_get(json, "context"), "caches");
    code = baseline_import_machine(run,
                                   json_pack("{s:s, s:s, s:s, s:I, s:O?}", "of", "google-benchmark", "host",
                                             d->host, "build", d->build, "cpus", (json_int_t)d->cpus,
                                             "caches", caches),
                                   cpu, file, err);
    double *const times = calloc(2 * d->count + 1, sizeof *times);
    if (!code && !times)
        code = qk_fail(err, QK_ERR_MEMORY, file, "no memory for %zu rows", d->count);
    if (!code)
        code = put_rows(run, d, times, times + d->count, file, err);
    free(times);
    return code;
}

int baseline_import_gbench(struct baseline_history_runs *runs, const json_t *json, const char *commit,
                           const char *file, struct qk_error *err)
{
    struct document d = {.count = 0};
    int code = bench_fields_take(&document_type, json, file, &d, err);
    if (!code && !d.count)
        code = qk_fail(err, QK_ERR_INVALID, file, "has no benchmark");
    struct baseline_history_run *const run = code ? NULL : baseline_import_run(runs, file, err);
    if (!code)
        code = run ? put_run(run, &d, json, commit, file, err) : QK_ERR_MEMORY;
    free(d.rows);
    return code;
}
