/* SPDX-License-Identifier: MIT */
/* The breakdown's JSON. Nobody reads it back. */
#include "harness/breakdown/breakdown.h"

#include <math.h>

/* A row, with what it points to in place. */
struct shown_row {
    size_t at; /* behind it */
    char name[BENCH_NAME_MAX];
    struct qk_variant variant;
    struct bench_breakdown_row row;
    const double *prefix_ns;
};

struct shown_count {
    size_t at, prefixes, components; /* 0: not known */
    struct bench_breakdown_count of;
    double part[BENCH_STAGES_MAX], kernel;
    const double *prefix, *component;
};

struct shown_block {
    const struct bench_breakdown_row *row;
    size_t block;
    char name[BENCH_NAME_MAX];
    double core_ghz;
};

static bool next_row(const void *breakdown, void *row)
{
    const struct bench_breakdown *bd = breakdown;
    struct shown_row *to = row;
    if (to->at == bd->count)
        return false;
    const struct bench_breakdown_row *from = &bd->rows[to->at];
    *to = (struct shown_row){to->at + 1, "", *from->variant, *from, from->prefix_ns};
    bench_breakdown_name(from, to->name, sizeof to->name);
    return true;
}

static bool next_count(const void *row, void *count)
{
    const struct bench_breakdown_row *from = &((const struct shown_row *)row)->row;
    struct shown_count *to = count;
    if (to->at == from->count_count)
        return false;
    *to = (struct shown_count){.at = to->at + 1, .of = from->counts[to->at]};
    to->prefix = to->of.value;
    to->component = to->part;
    to->kernel = to->of.value[from->stages];
    to->prefixes = isnan(to->of.value[0]) ? 0 : from->stages;
    to->components = to->of.adds_up ? to->prefixes : 0;
    for (size_t i = 0; i < to->components; i++)
        to->part[i] = bench_breakdown_counted(&to->of, i);
    return true;
}

static bool next_block(const void *breakdown, void *block)
{
    const struct bench_breakdown *bd = breakdown;
    struct shown_block *to = block;
    to->block += to->row != NULL;
    to->row = to->row ? to->row : bd->rows;
    for (; to->row < bd->rows + bd->count && to->block == to->row->blocks; to->row++)
        to->block = 0;
    if (to->row == bd->rows + bd->count)
        return false;
    bench_breakdown_name(to->row, to->name, sizeof to->name);
    to->core_ghz = to->row->core_ghz[to->block];
    return true;
}

#define FIELD_OF struct shown_count
static const struct bench_field count_fields[] = {
    FIELD(TEXT, "name", of.name, "", BENCH_FILLED),
    FIELD(TEXT, "unit", of.unit, ""),
    FIELD(TEXT, "shape", of.shape, "Of the calls counted: of steps the op's smallest.", BENCH_FILLED),
    FIELD_NUMBERS("prefixes", prefix, prefixes, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD_NUMBERS("components", component, components, "Null: does not add up.", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "kernel", kernel, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(TEXT, "reason", of.why, "Why there is no value; otherwise a remark.", BENCH_OR_NULL | BENCH_FILLED),
};
#undef FIELD_OF
static const struct bench_fields count_table = {FIELDS(struct shown_count, count_fields), .closed = true};

#define FIELD_OF struct bench_part
static const struct bench_field part_fields[] = {
    FIELD(TEXT, "name", name, "", BENCH_FILLED),
    FIELD(REAL, "ns", ns.value, "Of one call; components add up exactly.", 0, FIELD_ANY),
    FIELD(REAL, "ns_low", ns.low, "95 %; null: too few blocks.", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "ns_high", ns.high, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "ns_paired", paired_ns, "Paired by round: does not add up.", 0, FIELD_ANY),
    FIELD(REAL, "cycles_per_element", cycles_per_element, "Estimated.", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "share_percent", share, "", 0, FIELD_ANY),
    FIELD(REAL, "ms_per_token", ms_per_token.value, "", 0, FIELD_ANY),
    FIELD(REAL, "ms_per_token_low", ms_per_token.low, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "ms_per_token_high", ms_per_token.high, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(BOOLEAN, "resolved", resolved, "Told apart from 0."),
    FIELD(TEXT, "reason", why, "Why it is not resolved.", BENCH_OR_NULL | BENCH_FILLED),
};
#undef FIELD_OF
static const struct bench_fields part = {FIELDS(struct bench_part, part_fields), .closed = true};

static bool is_timed(const void *row)
{
    return ((const struct shown_row *)row)->row.status == BENCH_OK;
}

static json_t *calls(const void *row)
{
    const struct bench_breakdown_row *from = &((const struct shown_row *)row)->row;
    json_t *list = json_array();
    for (size_t a = 0; a <= from->stages; a++)
        bench_json_append(&list, json_integer((json_int_t)from->calls[a]));
    return list;
}

static json_t *noise(const void *row)
{
    return bench_json_real(100 * ((const struct shown_row *)row)->row.noise);
}

#define LIST(items) "{\"type\": \"array\", \"minItems\": 1, \"items\": " items "}"
#define CASE_NAME   .pattern = "^[^/]+/[^/]+/[^/]+$"
#define TIMED       .there = is_timed
#define FIELD_OF    struct shown_row
static const struct bench_field row_fields[] = {
    FIELD(TEXT, "name", name, "", 0, CASE_NAME),
    FIELD(COPY, "op", variant.op_name, "", BENCH_FILLED),
    FIELD(COPY, "variant", variant.name, "", BENCH_FILLED),
    FIELD(TEXT, "shape", row.shape, "", BENCH_FILLED),
    FIELD(COPY, "isa", variant.isa_name, "", BENCH_FILLED),
    FIELD(COPY, "phase", variant.phase, "Of the roadmap; - outside it.", BENCH_FILLED),
    FIELD(COPY, "flags", variant.flags, ""),
    FIELD(WHOLE, "elements", row.elements, "", 0, 1, BENCH_WHOLE_MOST),
    FIELD(WORD, "status", row.status, "ok: all members are there.", 0, .words = bench_status_words),
    FIELD(TEXT, "reason", row.reason, "", BENCH_OR_NULL | BENCH_FILLED),
    FIELD(REAL, "core_ghz", row.clock_ghz, "", BENCH_OPTIONAL | BENCH_OR_NULL, FIELD_GHZ, TIMED),
    FIELD_MADE(JSON, "calls_per_slice", calls, "Of each prefix and the kernel.", BENCH_OPTIONAL, TIMED,
               .schema = LIST("{\"type\": \"integer\", \"minimum\": 1}")),
    FIELD_NUMBERS("prefixes_ns", prefix_ns, row.stages, "Cut after each stage.", BENCH_OPTIONAL, FIELD_NS,
                  TIMED),
    FIELD_LIST(ARRAY, "components", row.component, row.stages, &part, "", BENCH_OPTIONAL, TIMED),
    FIELD(OBJECT, "total", row.total, "The last prefix.", BENCH_OPTIONAL, TIMED, .of = &part),
    FIELD(OBJECT, "kernel", row.kernel, "Timed beside the prefixes.", BENCH_OPTIONAL, TIMED, .of = &part),
    FIELD(OBJECT, "difference", row.difference, "Kernel less total.", BENCH_OPTIONAL, TIMED, .of = &part),
    FIELD(BOOLEAN, "same_code", row.same_code, "Prefix and kernel differ by noise.", BENCH_OPTIONAL, TIMED),
    FIELD_MADE(REAL, "noise_percent", noise, "Shares below it are not resolved.",
               BENCH_OPTIONAL | BENCH_OR_NULL, FIELD_AMOUNT, TIMED),
    FIELD_MADE(LIST, "counts", NULL, "Of each alone, after its samples.", BENCH_OPTIONAL, TIMED,
               .of = &count_table, .next = next_count),
};
#undef FIELD_OF
static const struct bench_fields row_table = {FIELDS(struct shown_row, row_fields), .closed = true};

static json_t *samples(const void *block)
{
    const struct shown_block *b = block;
    const size_t arms = b->row->stages + 1;
    const double *x = b->row->samples_ns + b->block * arms * b->row->rounds;
    json_t *list = json_array();
    for (size_t a = 0; a < arms; a++) {
        json_t *one = json_array();
        for (size_t r = 0; r < b->row->rounds; r++)
            bench_json_append(&one, json_real(*x++));
        bench_json_append(&list, one);
    }
    return list;
}

#define FIELD_OF struct shown_block
static const struct bench_field block_fields[] = {
    FIELD(TEXT, "name", name, "", 0, CASE_NAME),
    FIELD(INTEGER, "block", block, ""),
    FIELD(REAL, "core_ghz", core_ghz, "", BENCH_OR_NULL, FIELD_GHZ),
    FIELD_MADE(JSON, "samples_ns", samples, "Of each prefix and the kernel, by round.",
               .schema = LIST(LIST("{\"type\": \"number\", \"exclusiveMinimum\": 0}"))),
};
#undef FIELD_OF
static const struct bench_fields block_table = {FIELDS(struct shown_block, block_fields), .closed = true};

static json_t *no_clock(const void *breakdown)
{
    const struct bench_breakdown *bd = breakdown;
    return isnan(bd->clock_ghz) ? bench_json_text(bd->clock_why) : json_null();
}

#define FIELD_OF struct bench_breakdown
static const struct bench_field clock_fields[] = {
    FIELD(REAL, "estimated_ghz", clock_ghz, "", BENCH_OR_NULL, FIELD_GHZ),
    FIELD_MADE(COPY, "reason", no_clock, "Why there is no estimate.", BENCH_OR_NULL | BENCH_FILLED),
};
static const struct bench_fields clock_table = {FIELDS(struct bench_breakdown, clock_fields), .closed = true};
static const struct bench_field model_fields[] = {
    FIELD_CONST("name", "BitNet b1.58 2B4T"),
    FIELD_NUMBER("ternary_weights", BENCH_2B_WEIGHTS),
};
static const struct bench_fields model = {FIELDS(struct bench_breakdown, model_fields), .closed = true};
static const struct bench_field breakdown_fields[] = {
    FIELD_VERSION(BENCH_BREAKDOWN_SCHEMA_VERSION),
    FIELD_CONST("kind", "breakdown"),
    FIELD(TEXT, "version", env.version, "Of qkbench."),
    FIELD(TEXT, "commit", env.commit, "Of the tree that was built."),
    FIELD(TEXT, "date", env.date, "When the run began.", 0, FIELD_DATE),
    FIELD(SEED, "seed", seed, ""),
    FIELD(WORD, "mode", quick, "", 0, .words = bench_mode_words),
    FIELD(TEXT, "shapes", source, "Where they came from."),
    FIELD(INTEGER, "pinned_cpu", cpu, ""),
    FIELD(INTEGER, "dropped_blocks", dropped.count, "Whose clock could not be believed.", BENCH_OPTIONAL, 1,
          BENCH_WHOLE_MOST),
    FIELD(TEXT, "dropped_reason", dropped.why, "Of the first of them.", BENCH_OPTIONAL),
    FIELD_PART("clock", &clock_table, ""),
    FIELD_PART("model", &model, "ms per token: a pass over its weights on one core."),
    FIELD(OBJECT, "fingerprint", env, "", .of = &bench_fingerprint_fields),
    FIELD_MADE(LIST, "rows", NULL, "", BENCH_ON_LINES | BENCH_FILLED, .of = &row_table, .next = next_row),
    FIELD(JSON, "claims", claims, "claims.schema.json", BENCH_OPTIONAL, .schema = "{\"type\": \"object\"}"),
    FIELD_MADE(LIST, "blocks", NULL, "In the order they were taken.", BENCH_ON_LINES, .of = &block_table,
               .next = next_block, .json = JSON_REAL_PRECISION(7) | JSON_COMPACT),
};
#undef FIELD_OF
/*
 * Estimates keep every bit, so that a reader who adds up components gets the total; samples the seven digits
 * they were rounded to when they were taken.
 */
const struct bench_fields bench_breakdown_fields = {
    FIELDS(struct bench_breakdown, breakdown_fields),
    .title = "qkbench breakdown",
    .about = "What each component of staged variants costs.",
    .closed = true,
    .lines = true,
    .json = JSON_REAL_PRECISION(17),
};
