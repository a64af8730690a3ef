/* SPDX-License-Identifier: MIT */
/* The JSON of ceilings. */
#include "harness/ceilings/private.h"

#include "harness/records/kept.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const units[] = {"GB/s", "instructions/ns", NULL};
/* More than rounding to seven digits can move a derived number by. */
static const double DERIVED = 1e-5;
/* Two dozen loops on a handful of levels, by one thread and by all. */
enum { ROWS_MOST = 4096 };

static bool is_peak(const struct bench_ceiling *row)
{
    return row->level == BENCH_REGISTERS;
}

/* What follows from the rest of the row. */
#define MADE(what, value)                                                                                    \
    static json_t *put_##what(const void *record)                                                            \
    {                                                                                                        \
        const struct bench_ceiling *const row = record;                                                      \
        return value;                                                                                        \
    }
MADE(name, json_string(bench_ceiling_name(row, (char[64]){""}, 64)))
MADE(kind, json_string(bench_ceiling_kind_names[row->loop->kind]))
MADE(isa, json_string(qk_isa_names[row->loop->isa]))
MADE(instruction, json_sprintf("%s %s", row->loop->instruction, row->loop->registers))
MADE(unit, json_string(units[is_peak(row)]))
MADE(clock, bench_json_real(bench_ceiling_ghz(row)))
MADE(ops, is_peak(row) ? json_real(row->loop->ops) : json_null())
MADE(gop_s, bench_json_real(is_peak(row) ? row->best * row->loop->ops : NAN))

/* The first loop of that kind; the others stand behind it. */
static void get_kind(struct bench_reader *r, const struct bench_place *at, void *record)
{
    struct bench_ceiling *const row = record;
    (void)r;
    if (row)
        row->loop = bench_ceiling_loops;
    while (row && strcmp(bench_ceiling_kind_names[row->loop->kind], json_string_value(at->json)) != 0)
        row->loop++;
}

static void get_isa(struct bench_reader *r, const struct bench_place *at, void *record)
{
    struct bench_ceiling *const row = record;
    const struct bench_ceiling_loop *const end = bench_ceiling_loops + bench_ceiling_loop_count,
                                           *loop = row ? row->loop : end;
    while (loop < end && strcmp(qk_isa_names[loop->isa], json_string_value(at->json)) != 0)
        loop++;
    if (row && (loop == end || loop->kind != row->loop->kind))
        bench_refuse(r, at->path, at->json, "an ISA level this kind has a loop for");
    else if (row)
        row->loop = loop;
}

static const struct bench_fields ceiling;

static void check_derived(struct bench_reader *r, const struct bench_place *at, const void *row)
{
    static const char *const derived[] = {"name",  "instruction", "unit", "ops_per_instruction",
                                          "gop_s", "clock_ghz"};
    json_t *const made = bench_fields_json(&ceiling, row);
    if (!made)
        bench_reader_no_memory(r);
    for (size_t i = 0; i < sizeof derived / sizeof *derived && made; i++) {
        const struct bench_place found = bench_member(at, derived[i]);
        const json_t *const expected = json_object_get(made, derived[i]);
        const double x = json_number_value(found.json), y = json_number_value(expected);
        if (json_is_number(found.json) && json_is_number(expected) ? fabs(x - y) <= DERIVED * y
                                                                   : json_equal(found.json, expected))
            continue;
        char *const text = json_dumps(expected, JSON_ENCODE_ANY | JSON_REAL_PRECISION(7));
        bench_refuse(r, found.path, found.json, text ? text : "another");
        free(text);
    }
    json_decref(made);
}

static void check_row(struct bench_reader *r, const struct bench_place *at, const void *record,
                      const void *whole)
{
    const struct bench_ceiling *const row = record;
    const bool peak = is_peak(row), measured = !isnan(row->best);
    bench_demand(r, peak != bench_ceiling_is_bandwidth(row->loop->kind), at, "level",
                 peak ? "a level of memory" : "registers");
    for (const struct bench_ceiling *o = ((const struct bench_ceilings *)whole)->rows; o < row; o++)
        bench_demand(r, o->loop != row->loop || o->level != row->level || o->threads != row->threads, at,
                     "name", "each ceiling once");
    bench_demand(r, measured == !*row->reason, at, "reason",
                 measured ? "null beside a number" : "why there is no number");
    bench_demand(r, measured == !isnan(row->median) && !(row->median > row->best), at, "median",
                 measured ? "a number no larger than the best" : "null as the best is");
    bench_demand(r, measured || isnan(row->spread), at, "spread", "null as the best is");
    bench_demand(r, measured == (row->repetitions > 0), at, "repetitions", measured ? "at least 1" : "0");
    bench_demand(r, peak ? !row->bytes : !measured || row->bytes, at, "bytes_per_thread",
                 peak ? "null" : "a working set");
    bench_demand(r, !peak || row->threads == 1, at, "threads", "1");
    bench_demand(r, (measured && peak) || isnan(row->per_cycle), at, "per_cycle",
                 "null but for a peak that was measured");
    check_derived(r, at, row);
}

#define FIELD_OF struct bench_ceiling
static const struct bench_field ceiling_fields[] = {
    FIELD_MADE(TEXT, "name", put_name, "Of kind, level, isa and threads; of peaks of kind and isa."),
    FIELD_MADE(WORD, "kind", put_kind, "", 0, .words = bench_ceiling_kind_names, .get = get_kind),
    FIELD(WORD, "level", level, "", 0, .words = bench_ceiling_levels),
    FIELD_MADE(WORD, "isa", put_isa, "", 0, .words = qk_isa_names, .get = get_isa),
    FIELD(INTEGER, "threads", threads, "", 0, 1, BENCH_CPUS_MAX),
    FIELD_MADE(TEXT, "instruction", put_instruction, "The loop consists of these, on those registers."),
    FIELD(INTEGER, "bytes_per_thread", bytes, "Working set; null in registers, or when it is not known.",
          BENCH_OR_NULL, 1, BENCH_WHOLE_MOST),
    FIELD_MADE(WORD, "unit", put_unit, "GB is 1e9 bytes of all threads; a copy counts both ways.", 0,
               .words = units),
    FIELD(REAL, "best", best,
          "The fastest repetition; of peaks, what the fastest of three turns in four do not exceed.",
          BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "median", median, "At most best.", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "spread", spread, "By how much the fastest of the run's three thirds differ, as a share.",
          BENCH_OR_NULL, 0, BENCH_FIGURE_MOST),
    FIELD(INTEGER, "repetitions", repetitions, "", 0, 0, INT_MAX),
    FIELD_MADE(REAL, "clock_ghz", put_clock, "At which peaks run: best / per_cycle.", BENCH_OR_NULL, 0,
               BENCH_FIGURE_MOST),
    FIELD(REAL, "per_cycle", per_cycle,
          "Of peaks, by the clock estimated behind each turn: what three turns in four do not exceed.",
          BENCH_OR_NULL, FIELD_RATIO),
    FIELD_MADE(REAL, "ops_per_instruction", put_ops, "Of peaks: arithmetic operations, or lanes moved.",
               BENCH_OR_NULL, FIELD_RATIO),
    FIELD_MADE(REAL, "gop_s", put_gop_s, "Of peaks: best * ops_per_instruction.", BENCH_OR_NULL, 0,
               BENCH_FIGURE_MOST),
    FIELD(TEXT, "reason", reason, "Why there is no number.", BENCH_OR_NULL),
};
#undef FIELD_OF
static const struct bench_fields ceiling = {FIELDS(struct bench_ceiling, ceiling_fields), .closed = true,
                                            .check = check_row};

static void check_clock(struct bench_reader *r, const struct bench_place *at, const void *record,
                        const void *whole)
{
    const struct bench_ceilings *const c = record;
    (void)whole;
    bench_demand(r, isnan(c->clock_ghz) == isnan(c->clock_best), at, "fastest_ghz",
                 "a number when there is an estimate, else null");
    bench_demand(r, isnan(c->clock_ghz) == (*c->clock_why != '\0'), at, "reason",
                 "why there is no clock, when there is none, else null");
}

#define FIELD_OF struct bench_ceilings
static const struct bench_field timer_fields[] = {
    FIELD(REAL, "smallest_step_ns", timer_step_ns, "", BENCH_OR_NULL, FIELD_NS),
    FIELD(REAL, "cost_ns", timer_cost_ns, "", BENCH_OR_NULL, FIELD_NS),
};
static const struct bench_fields timer = {FIELDS(struct bench_ceilings, timer_fields), .closed = true};
static const struct bench_field clock_fields[] = {
    FIELD(REAL, "estimated_ghz", clock_ghz, "Median over the rounds.", BENCH_OR_NULL, FIELD_GHZ),
    FIELD(REAL, "fastest_ghz", clock_best, "", BENCH_OR_NULL, FIELD_GHZ),
    FIELD(TEXT, "reason", clock_why, "Why there is no estimate.", BENCH_OR_NULL),
};
static const struct bench_fields core_clock = {FIELDS(struct bench_ceilings, clock_fields), .closed = true,
                                               .check = check_clock};
static const struct bench_field ceilings_fields[] = {
    FIELD_VERSION(BENCH_CEILINGS_SCHEMA_VERSION),
    FIELD_CONST("kind", "ceilings"),
    FIELD(TEXT, "version", env.version, "Of qkbench."),
    FIELD(TEXT, "commit", env.commit, "Of the tree that was built; unknown outside version control."),
    FIELD(TEXT, "date", env.date, "When measuring began.", 0, FIELD_DATE),
    FIELD(SEED, "seed", seed, "Of the order."),
    FIELD(WORD, "mode", quick, "", 0, .words = bench_mode_words),
    FIELD(REAL, "seconds", seconds, "All of it.", 0, FIELD_AMOUNT),
    FIELD(INTEGER, "pinned_cpu", cpu, "Where single threads ran.", 0, 0, BENCH_CPUS_MAX - 1),
    FIELD(INTEGER, "threads", threads, "How many the others were, one per CPU allowed.", 0, 1,
          BENCH_CPUS_MAX),
    FIELD(REAL, "huge_page_share", huge_share,
          "Of the DRAM buffers, which ask for huge pages; null when the system does not tell.", BENCH_OR_NULL,
          0, 1),
    FIELD_PART("timer", &timer, ""),
    FIELD(INTEGER, "dropped_repetitions", dropped_repetitions,
          "Because the clock stood still or went back; absent: none.", BENCH_OPTIONAL, 1, INT_MAX),
    FIELD_PART("clock", &core_clock, ""),
    FIELD(OBJECT, "fingerprint", env, "", .of = &bench_fingerprint_fields),
    FIELD_LIST(LIST, "ceilings", rows, count, &ceiling, "", BENCH_ON_LINES, 0, ROWS_MOST),
};
#undef FIELD_OF
const struct bench_fields bench_ceilings_fields = {
    FIELDS(struct bench_ceilings, ceilings_fields),
    .title = "qkbench ceilings",
    .about = "Limits of a machine: the fastest of many short repetitions of loops that do one thing.",
    .closed = true,
    .lines = true,
    .json = JSON_REAL_PRECISION(7) | JSON_COMPACT,
};

int bench_ceilings_take_json(struct bench_ceilings *c, const json_t *json, const char *path,
                             struct qk_error *err)
{
    memset(&c->env, 0, sizeof c->env);
    bench_ceilings_init(c);
    const int code = bench_fields_take(&bench_ceilings_fields, json, path, c, err);
    if (code)
        bench_ceilings_free(c);
    return code;
}

int bench_ceilings_read_json(struct bench_ceilings *c, const char *path, struct qk_error *err)
{
    int code = QK_OK;
    json_t *json = bench_json_load(path, &code, err);
    if (json)
        code = bench_ceilings_take_json(c, json, path, err);
    json_decref(json);
    return code;
}

static const struct bench_kept kept = {"ceilings", &bench_ceilings_fields,
                                       offsetof(struct bench_ceilings, env.fingerprint)};

int bench_ceilings_load(struct bench_ceilings *c, const char *fingerprint, bool *found, struct qk_error *err)
{
    struct bench_ceilings read = {.count = 0};
    bench_ceilings_init(&read);
    const int code = bench_kept_load(&kept, &read, fingerprint, found, err);
    if (*found)
        *c = read;
    else
        bench_ceilings_free(&read);
    return code;
}

int bench_ceilings_store(const struct bench_ceilings *c, struct qk_error *err)
{
    return bench_kept_store(&kept, c, err);
}
