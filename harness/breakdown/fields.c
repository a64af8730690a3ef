/* SPDX-License-Identifier: MIT */
/* The breakdown's JSON. */
#include "harness/breakdown/breakdown.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A row, with what it points to in place. */
struct shown_row {
    size_t at; /* behind it */
    char name[BENCH_NAME_MAX];
    struct qk_variant variant; /* its texts are owned while it is read */
    struct bench_breakdown_row row;
    size_t prefixes, arms;
};

struct shown_count {
    size_t at, prefixes, components; /* 0: not known */
    struct bench_breakdown_count of;
    double part[BENCH_STAGES_MAX], kernel;
};

struct shown_block {
    const struct bench_breakdown_row *row;
    size_t block, arms;
    char name[BENCH_NAME_MAX];
    double core_ghz;
    struct shown_arm {
        double *ns; /* owned while it is read */
        size_t rounds;
    } arm[BENCH_STAGES_MAX + 1];
};

static bool next_row(const void *breakdown, void *row)
{
    const struct bench_breakdown *bd = breakdown;
    struct shown_row *to = row;
    if (to->at == bd->count)
        return false;
    const struct bench_breakdown_row *from = &bd->rows[to->at];
    *to = (struct shown_row){to->at + 1, "", *from->variant, *from, from->stages, from->stages + 1};
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
    to->arms = to->row->stages + 1;
    for (size_t a = 0; a < to->arms; a++)
        to->arm[a] = (struct shown_arm){to->row->samples_ns + (to->block * to->arms + a) * to->row->rounds,
                                        to->row->rounds};
    return true;
}

static void take_row(struct bench_reader *r, const struct bench_place *at, void *breakdown, void *from)
{
    struct bench_breakdown *bd = breakdown;
    struct shown_row *row = from;
    char name[BENCH_NAME_MAX];
    row->row.variant = &row->variant;
    bench_demand(r, r->code || !strcmp(row->name, bench_breakdown_name(&row->row, name, sizeof name)), at,
                 "name", "op/variant/shape of this row");
    bench_demand(r, row->prefixes == row->row.stages, at, "prefixes_ns", "one for each component");
    bench_demand(r, row->row.status != BENCH_OK || row->arms == row->row.stages + 1, at, "calls_per_slice",
                 "one for each component and for the kernel");
    struct bench_breakdown_row *rows = r->code ? NULL : reallocarray(bd->rows, bd->count + 1, sizeof *rows);
    bd->rows = rows ? rows : bd->rows;
    struct qk_variant *variants = rows ? reallocarray(bd->variants, bd->count + 1, sizeof *variants) : NULL;
    if (variants) {
        bd->variants = variants;
        rows[bd->count] = row->row;
        variants[bd->count++] = row->variant;
    } else {
        bench_reader_no_memory(r);
        bench_breakdown_forget(&row->row, &row->variant);
    }
    *row = (struct shown_row){0};
}

static void point_rows(struct bench_reader *r, const struct bench_place *at, void *breakdown)
{
    struct bench_breakdown *bd = breakdown;
    (void)r;
    (void)at;
    for (size_t i = 0; bd && i < bd->count; i++)
        bd->rows[i].variant = &bd->variants[i];
}

static void take_count(struct bench_reader *r, const struct bench_place *at, void *of, void *from)
{
    struct bench_breakdown_row *row = &((struct shown_row *)of)->row;
    struct shown_count *count = from;
    const size_t known = isnan(count->kernel) ? 0 : row->stages;
    bench_demand(r, count->prefixes == known, at, "prefixes",
                 known ? "one for each component" : "null as the kernel's is");
    bench_demand(r, !count->components || count->components == known, at, "components",
                 known ? "null or one for each component" : "null as the kernel's is");
    count->of.adds_up = count->components;
    count->of.value[row->stages] = count->kernel;
    for (size_t a = 0; a < row->stages && !known; a++)
        count->of.value[a] = NAN;
    for (size_t i = 0; i < count->components && !r->code; i++)
        bench_demand(r, count->part[i] == bench_breakdown_counted(&count->of, i), at, "components",
                     "what each prefix has more than the one before");
    struct bench_breakdown_count *more =
        r->code ? NULL : reallocarray(row->counts, row->count_count + 1, sizeof *more);
    if (more) {
        row->counts = more;
        more[row->count_count++] = count->of;
    } else {
        bench_reader_no_memory(r);
    }
    *count = (struct shown_count){0};
}

/* To the row of that name; rows have their blocks in their own order. */
static void add_block(struct bench_reader *r, const struct bench_place *at, struct bench_breakdown_row *row,
                      const struct shown_block *block)
{
    const size_t rounds = row->blocks ? row->rounds : block->arm[0].rounds;
    const size_t size = block->arms * rounds * sizeof *row->samples_ns;
    bench_demand(r, block->block == row->blocks && row->blocks < BENCH_BLOCKS_MAX, at, "block",
                 "each block of a row, in order, at most 64");
    bench_demand(r, block->arms == row->stages + 1, at, "samples_ns",
                 "a list for each component and the kernel");
    for (size_t a = 0; a < block->arms; a++)
        bench_demand(r, block->arm[a].rounds == rounds, at, "samples_ns", "as many in each list");
    double *more = r->code ? NULL : reallocarray(row->samples_ns, row->blocks + 1, size);
    if (!more) {
        bench_reader_no_memory(r);
        return;
    }
    row->samples_ns = more;
    row->rounds = rounds;
    for (size_t a = 0; a < block->arms; a++)
        memcpy(more + (row->blocks * block->arms + a) * rounds, block->arm[a].ns, rounds * sizeof *more);
    row->core_ghz[row->blocks++] = block->core_ghz;
}

static void take_block(struct bench_reader *r, const struct bench_place *at, void *breakdown, void *from)
{
    struct bench_breakdown *bd = breakdown;
    struct shown_block *block = from;
    size_t i = block->row ? (size_t)(block->row - bd->rows) : 0;
    char name[BENCH_NAME_MAX];
    while (!r->code && i < bd->count &&
           strcmp(block->name, bench_breakdown_name(&bd->rows[i], name, sizeof name)) != 0)
        i++;
    bench_demand(r, i < bd->count, at, "name", "that of a row, in the order of the rows");
    if (!r->code)
        add_block(r, at, &bd->rows[i], block);
    for (size_t a = 0; a < BENCH_STAGES_MAX + 1; a++)
        free(block->arm[a].ns);
    *block = (struct shown_block){.row = &bd->rows[i]};
}

static void check_blocks(struct bench_reader *r, const struct bench_place *at, void *breakdown)
{
    const struct bench_breakdown *bd = breakdown;
    for (size_t i = 0; bd && i < bd->count; i++)
        if (!bd->rows[i].blocks != (bd->rows[i].status != BENCH_OK))
            bench_refuse(r, at->path, at->json, "blocks of each row that is ok, and of no other");
}

#define BARE(type, KIND, place, ...)                                                                         \
    static const struct bench_field type##_field = {                                                         \
        .name = #type, .kind = BENCH_FIELD_##KIND, .size = sizeof(place), .about = "", __VA_ARGS__};         \
    static const struct bench_fields type = {                                                                \
        .fields = &type##_field, .count = 1, .size = sizeof(place), .bare = true}
BARE(figure, REAL, double, .low = -BENCH_FIGURE_MOST, .high = BENCH_FIGURE_MOST);
BARE(time, REAL, double, .low = BENCH_NS_LEAST, .high = BENCH_NS_MOST);
BARE(calls, INTEGER, uint64_t, .low = 1);

#define FIELD_OF struct shown_count
static const struct bench_field count_fields[] = {
    FIELD(TEXT, "name", of.name, "", BENCH_FILLED),
    FIELD(TEXT, "unit", of.unit, ""),
    FIELD(TEXT, "shape", of.shape, "Of the calls counted: of steps the op's smallest.", BENCH_FILLED),
    FIELD_LIST(ARRAY, "prefixes", of.value, prefixes, &figure, "", BENCH_OR_NULL),
    FIELD_LIST(ARRAY, "components", part, components, &figure, "Null: does not add up.", BENCH_OR_NULL),
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

static json_t *noise(const void *row)
{
    return bench_json_real(100 * ((const struct shown_row *)row)->row.noise);
}

static void get_noise(struct bench_reader *r, const struct bench_place *at, void *row)
{
    (void)r;
    if (row)
        ((struct shown_row *)row)->row.noise =
            json_is_null(at->json) ? NAN : json_number_value(at->json) / 100;
}

static void check_row(struct bench_reader *r, const struct bench_place *at, const void *row,
                      const void *whole);

#define CASE_NAME .pattern = "^[^/]+/[^/]+/[^/]+$"
#define TIMED     .there = is_timed
#define FIELD_OF  struct shown_row
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
    FIELD_LIST(ARRAY, "calls_per_slice", row.calls, arms, &calls, "Of each prefix and the kernel.",
               BENCH_OPTIONAL | BENCH_FILLED, TIMED),
    FIELD_LIST(ARRAY, "prefixes_ns", row.prefix_ns, prefixes, &time, "Cut after each stage.",
               BENCH_OPTIONAL | BENCH_FILLED, TIMED),
    FIELD_LIST(ARRAY, "components", row.component, row.stages, &part, "", BENCH_OPTIONAL | BENCH_FILLED,
               TIMED),
    FIELD(OBJECT, "total", row.total, "The last prefix.", BENCH_OPTIONAL, TIMED, .of = &part),
    FIELD(OBJECT, "kernel", row.kernel, "Timed beside the prefixes.", BENCH_OPTIONAL, TIMED, .of = &part),
    FIELD(OBJECT, "difference", row.difference, "Kernel less total.", BENCH_OPTIONAL, TIMED, .of = &part),
    FIELD(BOOLEAN, "same_code", row.same_code, "Prefix and kernel differ by noise.", BENCH_OPTIONAL, TIMED),
    FIELD_MADE(REAL, "noise_percent", noise, "Shares below it are not resolved.",
               BENCH_OPTIONAL | BENCH_OR_NULL, FIELD_AMOUNT, TIMED, .get = get_noise),
    FIELD_MADE(LIST, "counts", NULL, "Of each alone, after its samples.", BENCH_OPTIONAL, TIMED,
               .of = &count_table, .next = next_count, .take = take_count),
};
#undef FIELD_OF
static const struct bench_fields row_table = {FIELDS(struct shown_row, row_fields), .closed = true,
                                              .check = check_row};

static void check_row(struct bench_reader *r, const struct bench_place *at, const void *row,
                      const void *whole)
{
    const bool timed = is_timed(row);
    (void)whole;
    for (size_t i = 0; i < row_table.count; i++)
        if (row_fields[i].there == is_timed)
            bench_demand(r, bench_has(at, row_fields[i].name) == timed, at, row_fields[i].name,
                         timed ? "a value, because the status is ok"
                               : "nothing, because the status is not ok");
}

#define FIELD_OF struct shown_arm
static const struct bench_field arm_fields[] = {
    FIELD_NUMBERS("ns", ns, rounds, "", BENCH_FILLED, FIELD_NS),
};
#undef FIELD_OF
static const struct bench_fields arm_table = {FIELDS(struct shown_arm, arm_fields), .bare = true};

#define FIELD_OF struct shown_block
static const struct bench_field block_fields[] = {
    FIELD(TEXT, "name", name, "", 0, CASE_NAME),
    FIELD(INTEGER, "block", block, ""),
    FIELD(REAL, "core_ghz", core_ghz, "", BENCH_OR_NULL, FIELD_GHZ),
    FIELD_LIST(ARRAY, "samples_ns", arm, arms, &arm_table, "Of each prefix and the kernel, by round.",
               BENCH_FILLED),
};
#undef FIELD_OF
static const struct bench_fields block_table = {FIELDS(struct shown_block, block_fields), .closed = true};

static json_t *no_clock(const void *breakdown)
{
    const struct bench_breakdown *bd = breakdown;
    return isnan(bd->clock_ghz) ? bench_json_text(bd->clock_why) : json_null();
}

static void get_claims(struct bench_reader *r, const struct bench_place *at, void *breakdown)
{
    bench_expect(r, at, JSON_OBJECT, "an object");
    if (breakdown && !r->code)
        ((struct bench_breakdown *)breakdown)->claims = json_incref((json_t *)at->json);
}

#define FIELD_OF struct bench_breakdown
static const struct bench_field clock_fields[] = {
    FIELD(REAL, "estimated_ghz", clock_ghz, "", BENCH_OR_NULL, FIELD_GHZ),
    FIELD(TEXT, "reason", clock_why, "Why there is no estimate.", BENCH_OR_NULL | BENCH_FILLED,
          .put = no_clock),
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
    FIELD_MADE(LIST, "rows", NULL, "", BENCH_ON_LINES | BENCH_FILLED, .of = &row_table, .next = next_row,
               .take = take_row, .get = point_rows),
    FIELD(JSON, "claims", claims, "components.schema.json", BENCH_OPTIONAL, .get = get_claims,
          .schema = "{\"type\": \"object\"}"),
    FIELD_MADE(LIST, "blocks", NULL, "In the order they were taken.", BENCH_ON_LINES, .of = &block_table,
               .next = next_block, .take = take_block, .get = check_blocks,
               .json = JSON_REAL_PRECISION(7) | JSON_COMPACT),
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

int bench_breakdown_take_json(struct bench_breakdown *bd, const json_t *json, const char *path,
                              struct qk_error *err)
{
    *bd = (struct bench_breakdown){0};
    bench_environment_init(&bd->env);
    const int code = bench_fields_take(&bench_breakdown_fields, json, path, bd, err);
    if (code)
        bench_breakdown_free(bd);
    return code;
}
