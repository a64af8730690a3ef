/* SPDX-License-Identifier: MIT */
/* The JSON of what was tuned. */
#include "harness/tune/tune.h"

#include "harness/machine/pinning.h"
#include "harness/records/kept.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_MOST = 2 * 1024, ROWS_MOST = 1024 };

static void check_row(struct bench_reader *r, const struct bench_place *at, const void *record,
                      const void *whole)
{
    const struct bench_tuned_row *const row = record;
    const struct bench_interval *const gain = &row->gain;
    (void)whole;
    bench_demand(r, isnan(row->ns) == (*row->reason != '\0'), at, "reason",
                 "why it was not timed, when it was not, else null");
    bench_demand(r, !isnan(row->ns) || isnan(gain->value), at, "speedup", "null without a time");
    bench_demand(r, isnan(gain->low) == isnan(gain->high) && !(isnan(gain->value) && !isnan(gain->low)), at,
                 "high", "a number where low is one, which needs a speedup");
    bench_demand(r, isnan(gain->low) || (gain->low <= gain->value && gain->value <= gain->high), at,
                 "speedup", "a number from low to high");
}

static void check_op(struct bench_reader *r, const struct bench_place *at, const void *record,
                     const void *whole)
{
    const struct bench_tuned *const op = record;
    const struct bench_tuned_row *const row = bench_tuned_chosen(op);
    (void)whole;
    bench_demand(r, !!row, at, "chosen", "the variant of a row");
    bench_demand(r, !row || row == &op->rows[op->count - 1] || row->gain.low > 1 + BENCH_TUNE_IGNORABLE, at,
                 "chosen", "the last row, or one whose speed-up is proven");
    bench_demand(r, (op->blocks > 0) == !*op->reason, at, "reason",
                 "why nothing was timed, when nothing was, else null");
}

#define FIELD_OF struct bench_tuned_row
static const struct bench_field row_fields[] = {
    FIELD(TEXT, "variant", variant, "", BENCH_FILLED | BENCH_ONCE),
    FIELD(REAL, "ns", ns, "Of a call, median; null: not timed.", BENCH_OR_NULL, FIELD_NS),
    FIELD(REAL, "speedup", gain.value, "Over the last row; null of that row.", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "low", gain.low, "Of its interval at 95 % for all rows together.", BENCH_OR_NULL,
          FIELD_RATIO),
    FIELD(REAL, "high", gain.high, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(TEXT, "reason", reason, "Why it was not timed.", BENCH_OR_NULL),
};
#undef FIELD_OF
static const struct bench_fields row_record = {FIELDS(struct bench_tuned_row, row_fields), .closed = true,
                                               .check = check_row};

#define FIELD_OF struct bench_tuned
static const struct bench_field op_fields[] = {
    FIELD(TEXT, "op", op, "", BENCH_FILLED | BENCH_ONCE),
    FIELD(WORD, "memory", memory, "Where its data came from.", BENCH_ONCE, .words = qk_memory_names),
    FIELD(TEXT, "date", date, "When it was measured.", 0, FIELD_DATE),
    FIELD(TEXT, "shape", shape, "Null when nothing was timed.", BENCH_OR_NULL),
    FIELD(INTEGER, "blocks", blocks, "", 0, 0, INT_MAX),
    FIELD(TEXT, "chosen", chosen, "The last row unless another is proven faster.", BENCH_FILLED),
    FIELD(TEXT, "reason", reason, "Why nothing was timed.", BENCH_OR_NULL),
    FIELD_LIST(LIST, "rows", rows, count, &row_record, "Those that can run here, in the table's order.", 0, 1,
               ROWS_MOST),
};
#undef FIELD_OF
static const struct bench_fields op_record = {FIELDS(struct bench_tuned, op_fields), .closed = true,
                                              .check = check_op};

#define FIELD_OF struct bench_tune
static const struct bench_field tune_fields[] = {
    FIELD_VERSION(BENCH_TUNE_SCHEMA_VERSION),
    FIELD_CONST("kind", "tune"),
    FIELD(TEXT, "version", env.version, "Of qkbench."),
    FIELD(TEXT, "commit", env.commit, "Of the tree that was built; unknown outside version control."),
    FIELD(TEXT, "date", env.date, "When the last measuring began.", 0, FIELD_DATE),
    FIELD(SEED, "seed", seed, "Of orders and inputs."),
    FIELD(WORD, "mode", quick, "", 0, .words = bench_mode_words),
    FIELD(REAL, "seconds", seconds, "All of the last measuring.", 0, FIELD_AMOUNT),
    FIELD(INTEGER, "pinned_cpu", cpu, "", 0, 0, BENCH_CPUS_MAX - 1),
    FIELD(INTEGER, "cache_bytes", cache_bytes, "A call that touches more reads from dram.", 0, 1,
          BENCH_WHOLE_MOST),
    FIELD(OBJECT, "fingerprint", env, "", .of = &bench_fingerprint_fields),
    FIELD_LIST(LIST, "ops", ops, count, &op_record, "", BENCH_ON_LINES, 0, ENTRIES_MOST),
};
#undef FIELD_OF
const struct bench_fields bench_tune_fields = {
    FIELDS(struct bench_tune, tune_fields),
    .title = "qkbench tune",
    .about = "Which row of each op is the fastest on a machine, from cache and from DRAM.",
    .closed = true,
    .lines = true,
    .json = JSON_REAL_PRECISION(7) | JSON_COMPACT,
};

static const struct bench_kept kept = {"tune", &bench_tune_fields,
                                       offsetof(struct bench_tune, env.fingerprint)};

int bench_tune_read_json(struct bench_tune *t, const char *path, struct qk_error *err)
{
    *t = (struct bench_tune){.count = 0};
    const int code = bench_fields_read(&bench_tune_fields, path, t, err);
    if (code)
        bench_tune_free(t);
    return code;
}

int bench_tune_load(struct bench_tune *t, const char *fingerprint, bool *found, struct qk_error *err)
{
    struct bench_tune read = {.count = 0};
    const int code = bench_kept_load(&kept, &read, fingerprint, found, err);
    if (*found)
        *t = read;
    else
        bench_tune_free(&read);
    return code;
}

int bench_tune_store(const struct bench_tune *t, struct qk_error *err)
{
    return bench_kept_store(&kept, t, err);
}
