/* SPDX-License-Identifier: MIT */
/*
 * A sample set's JSON: its fields, the rules across them, and its rows. The rows are the blocks of all ok
 * cases.
 */
#include "harness/records/sample_set.h"

#include "harness/records/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Seven digits resolve 0.1 ps in a microsecond; more would be noise and a third more file. */
enum { LINE = JSON_REAL_PRECISION(7), ROW = JSON_REAL_PRECISION(7) | JSON_COMPACT };

const char *const bench_status_words[] = {[BENCH_OK] = "ok", "skip", "error", NULL};

/* Made of the very texts that stand beside it. */
static json_t *case_name(const void *record)
{
    const struct bench_record *rec = record;
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

/* Does the member hold that text? Takes the text over. */
static bool holds(struct bench_reader *r, const struct bench_place *at, const char *key, json_t *text)
{
    if (!text)
        bench_reader_no_memory(r);
    const bool same = json_equal(json_object_get(at->json, key), text);
    json_decref(text);
    return same;
}

static json_t *case_phase(const void *record)
{
    const char *phase = ((const struct bench_record *)record)->phase;
    return bench_json_text(phase ? phase : "-");
}

static void check_metric(struct bench_reader *r, const struct bench_place *at, const void *record,
                         const void *whole)
{
    const struct bench_metric *metric = record;
    (void)whole;
    bench_demand(r, !isnan(metric->value) || (metric->reason && *metric->reason), at, "reason",
                 "a reason, because the value is null");
}

#define FIELD_OF struct bench_metric
static const struct bench_field metric_fields[] = {
    FIELD(COPY, "name", name, "", BENCH_FILLED | BENCH_ONCE),
    FIELD(COPY, "unit", unit, ""),
    FIELD(FIGURE, "value", value, "Null: it could not be measured.", BENCH_OR_NULL, FIELD_ANY),
    FIELD(COPY, "reason", reason, "Why there is no value, or a remark on it.", BENCH_OR_NULL),
};
#undef FIELD_OF
static const struct bench_fields metric = {FIELDS(struct bench_metric, metric_fields), .check = check_metric};

static void check_case(struct bench_reader *r, const struct bench_place *at, const void *record,
                       const void *whole)
{
    const struct bench_record *rec = record;
    const bool ok = rec->status == BENCH_OK;
    (void)whole;
    bench_demand(r, holds(r, at, "name", case_name(rec)), at, "name", "op/variant/shape of this case");
    bench_demand(r, !ok || !rec->reason, at, "reason", "null, because the status is ok");
    bench_demand(r, ok || (rec->reason && *rec->reason), at, "reason",
                 "a reason, because the status is not ok");
    bench_demand(r, !ok || rec->elements >= 1, at, "elements", "at least 1, because the status is ok");
    bench_demand(r, !ok || rec->calls >= 1, at, "calls_per_slice", "1 to 2^53, because the status is ok");
    bench_demand(r, ok || (!rec->calls && !rec->block_count), at, "calls_per_slice",
                 "0 and no rows, because the status is not ok");
}

#define CASE_WORD                                                                                            \
    .pattern = "^[^/\\x00-\\x1f\\x7f]+$",                                                                    \
    .expected = "a name, which is not empty and has no '/' or control character"
#define FIELD_OF struct bench_record
static const struct bench_field case_fields[] = {
    FIELD_MADE(TEXT, "name", case_name, "op/variant/shape", BENCH_ONCE, 0, BENCH_NAME_MAX - 1),
    FIELD(COPY, "op", op, "", 0, CASE_WORD),
    FIELD(COPY, "variant", variant, "", 0, CASE_WORD),
    FIELD(COPY, "shape", shape, "", 0, CASE_WORD),
    FIELD(COPY, "isa", isa, ""),
    FIELD(COPY, "phase", phase, "Of the roadmap; - outside the ladder.", 0, .put = case_phase),
    FIELD(COPY, "flags", flags, "Of the compiler, for this variant's file."),
    FIELD(BOOLEAN, "reference", reference, "What speed-ups of its group are relative to."),
    FIELD(WORD, "status", status, "", 0, .words = bench_status_words),
    FIELD(COPY, "reason", reason, "Why it is not ok.", BENCH_OR_NULL),
    FIELD(WHOLE, "elements", elements, "", BENCH_WHOLES),
    FIELD(WHOLE, "ops", ops, "", BENCH_WHOLES),
    FIELD(WHOLE, "bytes_read", bytes_read, "", BENCH_WHOLES),
    FIELD(WHOLE, "bytes_written", bytes_written, "", BENCH_WHOLES),
    FIELD(INTEGER, "calls_per_slice", calls, ""),
    FIELD_LIST(LIST, "metrics", metrics, metric_count, &metric, "What else was found out.", BENCH_OPTIONAL),
};
#undef FIELD_OF
static const struct bench_fields case_type = {FIELDS(struct bench_record, case_fields), .check = check_case};

/*
 * A block of a case. When it is written, rec is the case; when it is read, i is the case that it may belong
 * to.
 */
struct row {
    const struct bench_record *rec;
    size_t i, next, family, instance, repetitions, index;
    uint64_t iterations;
    double real_time;
    struct bench_block block;
};

static bool next_row(const void *record, void *to)
{
    const struct bench_sample_set *set = record;
    struct row *row = to;
    for (; row->i < set->record_count; row->i++, row->next = 0) {
        const struct bench_record *rec = &set->records[row->i];
        if (row->next == rec->block_count)
            continue;
        *row = (struct row){.rec = rec,
                            .i = row->i,
                            .next = row->next + 1,
                            .family = row->i,
                            .repetitions = rec->block_count,
                            .index = row->next,
                            .block = rec->blocks[row->next]};
        if (__builtin_mul_overflow(rec->calls, row->block.slices, &row->iterations))
            row->iterations = INT64_MAX;
        return true;
    }
    return false;
}

static json_t *row_name(const void *row)
{
    return case_name(((const struct row *)row)->rec);
}

static json_t *row_median(const void *record)
{
    const struct bench_block *block = &((const struct row *)record)->block;
    double *scratch = calloc(block->slices + 1, sizeof *scratch);
    json_t *median =
        scratch ? bench_json_real(bench_median(block->samples_ns, block->slices, scratch)) : NULL;
    free(scratch);
    return median;
}

static bool is_recorded(const void *row)
{
    return ((const struct row *)row)->block.events.recorded;
}

#define FIELD_OF        struct bench_events
#define EVENT(name, of) FIELD(FIGURE, name, value[BENCH_EVENT_##of], "", BENCH_OR_NULL, FIELD_AMOUNT)
static const struct bench_field event_fields[] = {
    EVENT("wall_ns", WALL),
    EVENT("task_clock_ns", TASK),
    EVENT("minor_faults", MINOR_FAULTS),
    EVENT("major_faults", MAJOR_FAULTS),
    EVENT("voluntary_switches", VOLUNTARY),
    EVENT("involuntary_switches", INVOLUNTARY),
    EVENT("migrations", MIGRATIONS),
    EVENT("steal_ns", STEAL),
};
#undef FIELD_OF
static const struct bench_fields events = {
    FIELDS(struct bench_events, event_fields),
    .about =
        "What happened to the thread during the block; the same for all cases of a group. Null: not to be "
        "had, see events_reason.",
};

#define FIELD_OF struct row
static const struct bench_field row_fields[] = {
    FIELD_MADE(TEXT, "name", row_name, ""),
    FIELD(INTEGER, "family_index", family, "", 0, 0, INT_MAX),
    FIELD(INTEGER, "per_family_instance_index", instance, "", 0, 0, INT_MAX),
    FIELD_MADE(TEXT, "run_name", row_name, ""),
    FIELD_CONST("run_type", "iteration"),
    FIELD(INTEGER, "repetitions", repetitions, "Blocks of this case.", 0, 1, BENCH_BLOCKS_MAX),
    FIELD(INTEGER, "repetition_index", index, "", 0, 0, BENCH_BLOCKS_MAX - 1),
    FIELD_NUMBER("threads", 1),
    FIELD(INTEGER, "iterations", iterations, "calls_per_slice times the number of samples.", 0, 1),
    FIELD(REAL, "real_time", real_time, "Median of samples_ns.", 0, FIELD_NS, .put = row_median),
    FIELD(REAL, "cpu_time", block.cpu_ns, "Median CPU time of one call.", 0, FIELD_AMOUNT),
    FIELD_CONST("time_unit", "ns"),
    FIELD(REAL, "core_ghz", block.core_ghz, "Estimated beside these samples.", BENCH_OR_NULL, FIELD_GHZ),
    FIELD_NUMBERS("samples_ns", block.samples_ns, block.slices,
                  "Wall time of one call in each slice, in the order they ran. Sample i of row b pairs with "
                  "sample i of row b of the group's other cases.",
                  BENCH_FILLED, FIELD_NS, .expected = "a time from 0.001 to 1e+15 ns"),
    FIELD(OBJECT, "events", block.events, "", BENCH_OPTIONAL, .of = &events, .there = is_recorded),
    FIELD(BOOLEAN, "disturbed", block.events.disturbed,
          "By a rule that cannot see which case it was (harness/machine/events.h). Marked, not dropped.",
          BENCH_OPTIONAL, .there = is_recorded),
};
#undef FIELD_OF
static const struct bench_fields row_type = {FIELDS(struct row, row_fields)};

/* Derived values are not kept, but one that contradicts its samples shows that somebody edited the file. */
static void add_row(struct bench_reader *r, const struct bench_place *at, struct bench_record *rec,
                    struct row *row)
{
    struct bench_block *block = &row->block;
    double *scratch = calloc(block->slices, sizeof *scratch);
    uint64_t calls;
    if (!scratch) {
        bench_reader_no_memory(r);
        return;
    }
    const double median = bench_median(block->samples_ns, block->slices, scratch);
    free(scratch);
    bench_demand(r, json_equal(json_object_get(at->json, "run_name"), json_object_get(at->json, "name")), at,
                 "run_name", "the row's name");
    bench_demand(r, row->index == rec->block_count, at, "repetition_index", "each row of a case, in order");
    bench_demand(r, fabs(row->real_time - median) <= 1e-6 * median, at, "real_time",
                 "the median of samples_ns");
    bench_demand(r, !__builtin_mul_overflow(rec->calls, block->slices, &calls) && row->iterations == calls,
                 at, "iterations", "calls_per_slice times the number of samples");
    block->events.recorded = bench_has(at, "events");
    bench_demand(r, block->events.recorded == bench_has(at, "disturbed"), at, "disturbed",
                 "true or false beside events, and nothing without them");
    if (!r->code && !bench_record_take_block(rec, block))
        bench_reader_no_memory(r);
}

static void take_row(struct bench_reader *r, const struct bench_place *at, void *record, void *from)
{
    struct bench_sample_set *set = record;
    struct row *row = from;
    struct bench_record *rec = NULL;
    for (; !r->code && !rec && row->i < set->record_count; row->i += !rec)
        if (set->records[row->i].status == BENCH_OK && holds(r, at, "name", case_name(&set->records[row->i])))
            rec = &set->records[row->i];
    bench_demand(r, rec != NULL, at, "name",
                 "the name of the next ok case; rows stand in the order of the cases");
    if (!r->code)
        add_row(r, at, rec, row);
    free(row->block.samples_ns);
    *row = (struct row){.i = row->i};
}

static void check_rows(struct bench_reader *r, const struct bench_place *at, void *record)
{
    const struct bench_sample_set *set = record;
    size_t row = 0;
    for (size_t i = 0; record && i < set->record_count; i++)
        for (size_t b = 0; b < set->records[i].block_count; b++) {
            const struct bench_place one = bench_element(at, row++), said = bench_member(&one, "repetitions");
            bench_demand(r, json_integer_value(said.json) == (json_int_t)set->records[i].block_count, &one,
                         "repetitions", "the number of this case's rows");
        }
}

static json_t *whole_mhz(const void *record)
{
    const double ghz = ((const struct bench_sample_set *)record)->clock_ghz;
    return isfinite(ghz) ? json_integer(lround(1000 * ghz)) : json_null();
}

static json_t *is_scaling(const void *set)
{
    return json_boolean(strcmp(((const struct bench_sample_set *)set)->env.governor, "performance") != 0);
}

static bool has_governor(const void *set)
{
    return *((const struct bench_sample_set *)set)->env.governor;
}

static bool has_waited(const void *record)
{
    const struct bench_sample_set *set = record;
    return set->waited_ms || set->repeated_blocks;
}

static bool has_dropped(const void *set)
{
    return ((const struct bench_sample_set *)set)->dropped.count;
}

static json_t *clock_reason(const void *record)
{
    const struct bench_sample_set *set = record;
    return isnan(set->clock_ghz) ? bench_json_text_or_null(set->clock_why) : json_null();
}

static void check_clock(struct bench_reader *r, const struct bench_place *at, const void *record,
                        const void *whole)
{
    const struct bench_sample_set *set = record;
    (void)whole;
    bench_demand(r, !isnan(set->clock_ghz) || *set->clock_why, at, "reason",
                 "a reason, because estimated_ghz is null");
}

static void check_run(struct bench_reader *r, const struct bench_place *at, const void *record,
                      const void *whole)
{
    const struct bench_sample_set *set = record;
    const struct bench_place fingerprint = bench_member(at, "fingerprint");
    char hash[20], expected[64];
    (void)whole;
    bench_environment_hash(&set->env, hash);
    snprintf(expected, sizeof expected, "\"%s\", which the identity beside it gives", hash);
    bench_demand(r, !strcmp(hash, set->env.fingerprint), &fingerprint, "hash", expected);
    bench_demand(r, bench_has(at, "dropped_reason") || !set->dropped.count, at, "dropped_reason", "a string");
    bench_demand(r, bench_has(at, "waited_ms") || !set->repeated_blocks, at, "waited_ms", "an integer");
    bench_demand(r, bench_has(at, "repeated_blocks") || !set->waited_ms, at, "repeated_blocks", "an integer");
}

/* Functions of an environment are given the set. */
_Static_assert(offsetof(struct bench_sample_set, env) == 0, "env is first");

#define FIELD_OF struct bench_sample_set
static const struct bench_field context_fields[] = {
    FIELD(TEXT, "date", env.date, "", 0, FIELD_DATE),
    FIELD(TEXT, "host_name", env.host, ""),
    FIELD_MADE(CONST, "executable", NULL, "", BENCH_WRITTEN, .expected = "qkbench"),
    FIELD(INTEGER, "num_cpus", env.cpus, ""),
    FIELD_MADE(INTEGER, "mhz_per_cpu", whole_mhz, "", BENCH_OR_NULL | BENCH_WRITTEN),
    FIELD_MADE(BOOLEAN, "cpu_scaling_enabled", is_scaling, "", BENCH_OPTIONAL | BENCH_WRITTEN,
               .there = has_governor),
    FIELD_LIST(ARRAY, "caches", env.caches, env.cache_count, &bench_cache_fields, "", BENCH_WRITTEN),
    FIELD_MADE(JSON, "load_avg", bench_load_put, "", 0, .get = bench_load_get, .schema = bench_load_schema),
    FIELD(TEXT, "library_build_type", env.build, "release, or debug when the timing code has its asserts."),
};
static const struct bench_fields context = {
    FIELDS(struct bench_sample_set, context_fields),
    .about =
        "As google-benchmark writes it. Members not required are derived from qkbench's and not read back.",
};
static const struct bench_field clock_fields[] = {
    FIELD(REAL, "estimated_ghz", clock_ghz, "", BENCH_OR_NULL, FIELD_GHZ),
    FIELD(TEXT, "reason", clock_why, "Why there is no estimate.", BENCH_OR_NULL, .put = clock_reason),
    FIELD_MADE(CONST, "method", NULL, "", BENCH_WRITTEN, .expected = "chain of dependent integer multiplies"),
};
static const struct bench_fields clock_type = {FIELDS(struct bench_sample_set, clock_fields),
                                               .check = check_clock};
static const struct bench_field run_fields[] = {
    FIELD_VERSION(BENCH_SCHEMA_VERSION),
    FIELD_CONST("kind", "sample_set"),
    FIELD(TEXT, "version", env.version, "Of qkbench."),
    FIELD(TEXT, "commit", env.commit, "Of the tree that was built; unknown outside version control."),
    FIELD(SEED, "seed", seed, "Text, because most readers lose bits above 2^53."),
    FIELD(WORD, "mode", quick, "", 0, .words = bench_mode_words),
    FIELD(TEXT, "shapes", source, "Set or file the shapes came from."),
    FIELD(INTEGER, "pinned_cpu", cpu, ""),
    FIELD(REAL, "timer_ns", timer_ns, "Median cost of an empty slice.", BENCH_OR_NULL, FIELD_AMOUNT),
    FIELD(INTEGER, "waited_ms", waited_ms, "Slept because another thread had part of the core.",
          BENCH_OPTIONAL, 0, INT_MAX, .there = has_waited),
    FIELD(INTEGER, "repeated_blocks", repeated_blocks, "Measured again, because they ended on a shared core.",
          BENCH_OPTIONAL, 0, INT_MAX, .there = has_waited),
    FIELD(INTEGER, "dropped_blocks", dropped.count, "Whose clock could not be believed.", BENCH_OPTIONAL, 1),
    FIELD(TEXT, "dropped_reason", dropped.why, "Of the first of them.", BENCH_OPTIONAL, .there = has_dropped),
    FIELD_PART("clock", &clock_type, ""),
    FIELD(TEXT, "events_reason", events_why, "Why events are null, or how they were counted.",
          BENCH_OPTIONAL | BENCH_OR_NULL),
    FIELD(OBJECT, "fingerprint", env, "", .of = &bench_fingerprint_fields),
    FIELD_LIST(LIST, "cases", records, record_count, &case_type, "", BENCH_ON_LINES),
};
static const struct bench_fields run = {FIELDS(struct bench_sample_set, run_fields), .check = check_run};
static const struct bench_field set_fields[] = {
    FIELD_PART("context", &context, ""),
    FIELD_PART("qkbench", &run, "", BENCH_ON_LINES),
    FIELD_MADE(LIST, "benchmarks", NULL, "One row per block of every ok case.", BENCH_ON_LINES,
               .of = &row_type, .next = next_row, .take = take_row, .get = check_rows, .json = ROW),
};
#undef FIELD_OF
const struct bench_fields bench_sample_set_fields = {
    FIELDS(struct bench_sample_set, set_fields),
    .title = "qkbench sample set, schema version 1",
    .about =
        "All samples of a run; a superset of google-benchmark 1.7 JSON. A reader also checks what a schema "
        "cannot say: equal blocks and slices within a group, rows in the order of the cases, the hash.",
    .lines = true,
    .json = LINE,
    .check = bench_sample_set_check,
};

int bench_sample_set_write_json(const struct bench_sample_set *set, FILE *to, struct qk_error *err)
{
    const int bad = bench_fields_check(&bench_sample_set_fields, set, err);
    return bad ? bad : bench_fields_write(&bench_sample_set_fields, set, "the results", to, err);
}

int bench_sample_set_take_json(struct bench_sample_set *set, const json_t *json, const char *path,
                               struct qk_error *err)
{
    bench_sample_set_init(set);
    const int code = bench_fields_take(&bench_sample_set_fields, json, path, set, err);
    set->record_room = set->record_count;
    if (code)
        bench_sample_set_free(set);
    return code;
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
