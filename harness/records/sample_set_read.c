/* SPDX-License-Identifier: MIT */
#include "harness/records/sample_set.h"

#include "harness/records/json_reader.h"
#include "harness/records/stats.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void read_context(struct bench_reader *r, const struct bench_place *root,
                         struct bench_environment *env)
{
    const struct bench_place context = bench_get_object(r, root, "context");
    const struct bench_place load = bench_get_array(r, &context, "load_avg");
    bench_get_date(r, &context, "date", env->date, sizeof env->date);
    bench_get_fixed_text(r, &context, "host_name", env->host, sizeof env->host, false);
    bench_get_fixed_text(r, &context, "library_build_type", env->build, sizeof env->build, false);
    env->cpus = (int)bench_get_integer(r, &context, "num_cpus", 0, INT_MAX);
    const size_t count = json_array_size(load.json);
    if (r->code == QK_OK && count != 0 && count != 3)
        bench_refuse(r, load.path, load.json, "an array of 3 numbers or of none");
    for (size_t i = 0; i < count && r->code == QK_OK; i++) {
        const struct bench_place p = bench_element(&load, i);
        env->load[i] = json_number_value(p.json);
        if (!json_is_number(p.json) || !bench_is_amount(env->load[i]))
            bench_refuse(r, p.path, p.json, "a number from 0 to 1e+15");
    }
}

static void read_fingerprint(struct bench_reader *r, const struct bench_place *ours,
                             struct bench_environment *env)
{
    const struct bench_place print = bench_get_object(r, ours, "fingerprint"),
                             identity = bench_get_object(r, &print, "identity");
    const struct bench_place shown = bench_get_object(r, &print, "shown");
    bench_get_identity(r, &identity, env);
    bench_get_fixed_text(r, &print, "hash", env->fingerprint, sizeof env->fingerprint, false);
    bench_get_fixed_text(r, &shown, "cpu_name", env->cpu_name, sizeof env->cpu_name, true);
    bench_get_fixed_text(r, &shown, "cpu_flags", env->cpu_flags, sizeof env->cpu_flags, true);
    bench_get_fixed_text(r, &shown, "virtualised", env->virtualised, sizeof env->virtualised, true);
    bench_get_fixed_text(r, &shown, "kernel", env->kernel, sizeof env->kernel, true);
    bench_get_fixed_text(r, &shown, "microcode", env->microcode, sizeof env->microcode, true);
    bench_get_fixed_text(r, &shown, "governor", env->governor, sizeof env->governor, true);
    bench_get_fixed_text(r, &shown, "governor_reason", env->governor_why, sizeof env->governor_why, true);
}

static void read_header(struct bench_reader *r, const struct bench_place *ours, struct bench_sample_set *set)
{
    static const char *const modes[] = {"full", "quick"}, *const kinds[] = {"sample_set"};
    bench_get_integer(r, ours, "schema_version", BENCH_SCHEMA_VERSION, BENCH_SCHEMA_VERSION);
    bench_get_word(r, ours, "kind", kinds, 1);
    const struct bench_place clock = bench_get_object(r, ours, "clock");
    bench_get_fixed_text(r, ours, "version", set->env.version, sizeof set->env.version, false);
    bench_get_fixed_text(r, ours, "commit", set->env.commit, sizeof set->env.commit, false);
    set->seed = bench_get_seed(r, ours, "seed");
    set->quick = bench_get_word(r, ours, "mode", modes, 2) == 1;
    bench_get_fixed_text(r, ours, "shapes", set->source, sizeof set->source, false);
    set->cpu = (int)bench_get_integer(r, ours, "pinned_cpu", 0, INT_MAX);
    set->timer_ns = bench_get_real(r, ours, "timer_ns", 0, BENCH_NS_MOST, true);
    set->clock_ghz = bench_get_real(r, &clock, "estimated_ghz", BENCH_GHZ_LEAST, BENCH_GHZ_MOST, true);
    bench_get_fixed_text(r, &clock, "reason", set->clock_why, sizeof set->clock_why, true);
    if (bench_member(ours, "events_reason").json)
        bench_get_fixed_text(r, ours, "events_reason", set->events_why, sizeof set->events_why, true);
    if (bench_member(ours, "waited_ms").json || bench_member(ours, "repeated_blocks").json) {
        set->waited_ms = (uint64_t)bench_get_integer(r, ours, "waited_ms", 0, INT_MAX);
        set->repeated_blocks = (uint64_t)bench_get_integer(r, ours, "repeated_blocks", 0, INT_MAX);
    }
    bench_get_dropped(r, ours, "dropped_blocks", &set->dropped);
    read_fingerprint(r, ours, &set->env);
}

static void read_metrics(struct bench_reader *r, const struct bench_place *p, struct bench_record *rec)
{
    const struct bench_place list = bench_member(p, "metrics");
    if (!list.json)
        return;
    bench_expect(r, &list, JSON_ARRAY, "an array");
    for (size_t i = 0; i < json_array_size(list.json) && r->code == QK_OK; i++) {
        const struct bench_place at = bench_element(&list, i), why = bench_member(&at, "reason");
        bench_expect(r, &at, JSON_OBJECT, "an object");
        const char *name = bench_get_text(r, &at, "name"), *unit = bench_get_text(r, &at, "unit");
        const double value = bench_get_real(r, &at, "value", -BENCH_FIGURE_MOST, BENCH_FIGURE_MOST, true);
        const char *reason = json_is_null(why.json) ? NULL : bench_get_text(r, &at, "reason");
        if (r->code == QK_OK && !bench_record_add_metric(rec, name, unit, value, reason))
            bench_reader_no_memory(r);
    }
}

static void read_case(struct bench_reader *r, const struct bench_place *p, struct bench_sample_set *set)
{
    static const char *const words[] = {[BENCH_OK] = "ok", [BENCH_SKIP] = "skip", [BENCH_ERROR] = "error"};
    const json_int_t most = (json_int_t)BENCH_WHOLE_MOST;
    char name[BENCH_NAME_MAX];
    bench_expect(r, p, JSON_OBJECT, "an object");
    const char *op = bench_get_text(r, p, "op"), *variant = bench_get_text(r, p, "variant"),
               *shape = bench_get_text(r, p, "shape");
    const char *isa = bench_get_text(r, p, "isa"), *phase = bench_get_text(r, p, "phase"),
               *flags = bench_get_text(r, p, "flags");
    const enum bench_status status = (enum bench_status)bench_get_word(r, p, "status", words, 3);
    if (r->code != QK_OK)
        return;
    struct bench_record *rec = bench_sample_set_add(set, op, variant, shape);
    if (!rec || !bench_record_describe(rec, isa, phase, flags)) {
        bench_reader_no_memory(r);
        return;
    }
    const struct bench_place named = bench_member(p, "name"), reason = bench_member(p, "reason");
    bench_record_name(rec, name, sizeof name);
    if (strcmp(bench_get_text(r, p, "name"), name) != 0)
        bench_refuse(r, named.path, named.json, "op/variant/shape of this case");
    rec->reference = bench_get_boolean(r, p, "reference");
    rec->elements = (double)bench_get_integer(r, p, "elements", 0, most);
    rec->ops = (double)bench_get_integer(r, p, "ops", 0, most);
    rec->bytes_read = (double)bench_get_integer(r, p, "bytes_read", 0, most);
    rec->bytes_written = (double)bench_get_integer(r, p, "bytes_written", 0, most);
    rec->calls = (uint64_t)bench_get_integer(r, p, "calls_per_slice", 0, most);
    rec->status = status;
    if (status == BENCH_OK) {
        if (!json_is_null(reason.json))
            bench_refuse(r, reason.path, reason.json, "null, because the status is ok");
        read_metrics(r, p, rec);
        return;
    }
    const char *why = bench_get_text(r, p, "reason");
    const uint64_t calls = rec->calls;
    if (r->code == QK_OK && !bench_record_stop(rec, status, why))
        bench_reader_no_memory(r);
    rec->calls = calls;
    read_metrics(r, p, rec);
}

static void read_samples(struct bench_reader *r, const struct bench_place *row, struct bench_record *rec)
{
    const struct bench_place samples = bench_get_array(r, row, "samples_ns");
    const size_t count = json_array_size(samples.json);
    if (r->code != QK_OK)
        return;
    if (count == 0) {
        bench_refuse(r, samples.path, samples.json, "at least one sample");
        return;
    }
    struct bench_block *block = bench_record_add_block(rec, count);
    double *scratch = calloc(count, sizeof *scratch);
    if (!block || !scratch) {
        bench_reader_no_memory(r);
        free(scratch);
        return;
    }
    for (size_t i = 0; i < count && r->code == QK_OK; i++) {
        const struct bench_place p = {.json = json_array_get(samples.json, i)};
        block->samples_ns[i] = json_number_value(p.json);
        if (!json_is_number(p.json) || !bench_is_time(block->samples_ns[i]))
            bench_refuse(r, bench_element(&samples, i).path, p.json, "a time from 0.001 to 1e+15 ns");
    }
    block->core_ghz = bench_get_real(r, row, "core_ghz", BENCH_GHZ_LEAST, BENCH_GHZ_MOST, true);
    block->cpu_ns = bench_get_real(r, row, "cpu_time", 0, BENCH_NS_MOST, false);
    /* Derived values are not kept, but one that contradicts its samples shows that somebody edited the file.
     */
    const double median = bench_median(block->samples_ns, count, scratch);
    free(scratch);
    const struct bench_place time = bench_member(row, "real_time"),
                             iterations = bench_member(row, "iterations");
    if (fabs(bench_get_time(r, row, "real_time", false) - median) > 1e-6 * median)
        bench_refuse(r, time.path, time.json, "the median of samples_ns");
    uint64_t calls;
    if (r->code == QK_OK &&
        (!json_is_integer(iterations.json) || __builtin_mul_overflow(rec->calls, count, &calls) ||
         (uint64_t)json_integer_value(iterations.json) != calls))
        bench_refuse(r, iterations.path, iterations.json, "calls_per_slice times the number of samples");
}

static void read_events(struct bench_reader *r, const struct bench_place *row, struct bench_events *e)
{
    if (!bench_member(row, "events").json || r->code != QK_OK)
        return;
    const struct bench_place events = bench_get_object(r, row, "events");
    for (int i = 0; i < BENCH_EVENT_COUNT; i++)
        e->value[i] = bench_get_real(r, &events, bench_event_names[i], 0, BENCH_NS_MOST, true);
    e->disturbed = bench_get_boolean(r, row, "disturbed");
    e->recorded = true;
}

/* The rows of one case, from *row on: those that bear its name. */
static void read_blocks(struct bench_reader *r, const struct bench_place *rows, size_t *row,
                        struct bench_record *rec)
{
    static const char *const types[] = {"iteration"}, *const units[] = {"ns"};
    char name[BENCH_NAME_MAX];
    bench_record_name(rec, name, sizeof name);
    const size_t first = *row;
    size_t end = first;
    for (const char *found; end < json_array_size(rows->json); end++) {
        found = json_string_value(json_object_get(json_array_get(rows->json, end), "name"));
        if (!found || strcmp(found, name) != 0)
            break;
    }
    for (; *row < end && r->code == QK_OK; (*row)++) {
        const struct bench_place p = bench_element(rows, *row);
        const json_int_t count = (json_int_t)(end - first), index = (json_int_t)(*row - first);
        const char *const names[] = {name};
        if (index >= BENCH_BLOCKS_MAX) {
            bench_refuse(r, p.path, NULL, "at most 64 rows of one case");
            return;
        }
        bench_get_word(r, &p, "run_name", names, 1);
        bench_get_word(r, &p, "run_type", types, 1);
        bench_get_word(r, &p, "time_unit", units, 1);
        bench_get_integer(r, &p, "threads", 1, 1);
        bench_get_integer(r, &p, "family_index", 0, INT_MAX);
        bench_get_integer(r, &p, "per_family_instance_index", 0, INT_MAX);
        bench_get_integer(r, &p, "repetitions", count, count);
        bench_get_integer(r, &p, "repetition_index", index, index);
        read_samples(r, &p, rec);
        if (r->code == QK_OK)
            read_events(r, &p, &rec->blocks[rec->block_count - 1].events);
    }
}

static void read_all(struct bench_reader *r, const json_t *json, struct bench_sample_set *set)
{
    const struct bench_place root = {.json = json, .path = "$"};
    bench_expect(r, &root, JSON_OBJECT, "an object with qkbench's results");
    const struct bench_place ours = bench_get_object(r, &root, "qkbench");
    read_header(r, &ours, set);
    read_context(r, &root, &set->env);
    const struct bench_place cases = bench_get_array(r, &ours, "cases"),
                             rows = bench_get_array(r, &root, "benchmarks");
    for (size_t i = 0; i < json_array_size(cases.json) && r->code == QK_OK; i++) {
        const struct bench_place p = bench_element(&cases, i);
        read_case(r, &p, set);
    }
    size_t row = 0;
    for (size_t i = 0; i < set->record_count && r->code == QK_OK; i++)
        if (set->records[i].status == BENCH_OK)
            read_blocks(r, &rows, &row, &set->records[i]);
    if (r->code == QK_OK && row < json_array_size(rows.json)) {
        const struct bench_place p = bench_element(&rows, row), name = bench_member(&p, "name");
        if (json_is_object(p.json))
            bench_refuse(r, name.path, name.json,
                         "the name of the next ok case; rows stand in the order of the cases");
        else
            bench_refuse(r, p.path, p.json, "an object");
    }
    if (r->code == QK_OK)
        r->code = bench_sample_set_check(set, r->file, QK_ERR_FORMAT, r->err);
}

int bench_sample_set_take_json(struct bench_sample_set *set, const json_t *json, const char *path,
                               struct qk_error *err)
{
    struct bench_reader r = {.file = path, .err = err};
    bench_sample_set_init(set);
    read_all(&r, json, set);
    if (r.code != QK_OK)
        bench_sample_set_free(set);
    return r.code;
}

int bench_sample_set_read_json(struct bench_sample_set *set, const char *path, struct qk_error *err)
{
    int code = QK_OK;
    json_t *json = bench_json_load(path, &code, err);
    if (json)
        code = bench_sample_set_take_json(set, json, path, err);
    json_decref(json);
    return code;
}
