/* SPDX-License-Identifier: MIT */
#include "reports/page/breakdown_file.h"

#include "harness/records/fields.h"

#include <stdlib.h>
#include <string.h>

static const char *const status_words[] = {"ok", "skip", "error", NULL};

#define FIELD_OF struct report_part
static const struct bench_field part_fields[] = {
    FIELD(TEXT, "name", name, "", BENCH_FILLED),
    FIELD(REAL, "ns", ns, "", 0, FIELD_ANY),
    FIELD(REAL, "share_percent", share, "", 0, FIELD_ANY),
    FIELD(REAL, "ms_per_token", ms.value, "", 0, FIELD_ANY),
    FIELD(REAL, "ms_per_token_low", ms.low, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "ms_per_token_high", ms.high, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(BOOLEAN, "resolved", resolved, ""),
};
#undef FIELD_OF
static const struct bench_fields part = {FIELDS(struct report_part, part_fields)};

#define FIELD_OF struct report_counted
static const struct bench_field counted_fields[] = {
    FIELD(TEXT, "name", name, "", BENCH_FILLED),
    FIELD(REAL, "kernel", kernel, "", BENCH_OR_NULL, FIELD_ANY),
};
#undef FIELD_OF
static const struct bench_fields counted = {FIELDS(struct report_counted, counted_fields)};

#define FIELD_OF struct report_breakdown_row
static const struct bench_field row_fields[] = {
    FIELD(TEXT, "op", op, "", BENCH_FILLED),
    FIELD(TEXT, "variant", variant, "", BENCH_FILLED),
    FIELD(TEXT, "shape", shape, "", BENCH_FILLED),
    FIELD(TEXT, "phase", phase, "", BENCH_FILLED),
    FIELD(WORD, "status", status, "", 0, .words = status_words),
    FIELD(TEXT, "reason", reason, "", BENCH_OR_NULL),
    FIELD_LIST(ARRAY, "components", parts, part_count, &part, "", BENCH_OPTIONAL),
    FIELD(OBJECT, "total", total, "", BENCH_OPTIONAL, .of = &part),
    FIELD_LIST(LIST, "counts", counts, count_count, &counted, "", BENCH_OPTIONAL),
};
#undef FIELD_OF
static const struct bench_fields row = {FIELDS(struct report_breakdown_row, row_fields)};

#define FIELD_OF struct report_gain
static const struct bench_field gain_fields[] = {
    FIELD(TEXT, "component", component, "", BENCH_FILLED),
    FIELD(TEXT, "shape", shape, ""),
    FIELD(TEXT, "phase", phase, "", BENCH_FILLED),
    FIELD(TEXT, "over", over, "", BENCH_FILLED),
    FIELD(REAL, "claimed", claimed, "", 0, FIELD_RATIO),
    FIELD(TEXT, "after", after, "", BENCH_OR_NULL),
    FIELD(TEXT, "before", before, "", BENCH_OR_NULL),
    FIELD(REAL, "measured", measured.value, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "measured_low", measured.low, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "measured_high", measured.high, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(TEXT, "verdict", verdict, "", BENCH_FILLED),
    FIELD(TEXT, "reason", reason, "", BENCH_OR_NULL),
};
#undef FIELD_OF
static const struct bench_fields gain = {FIELDS(struct report_gain, gain_fields)};

#define FIELD_OF struct report_breakdown_file
static const struct bench_field claims_fields[] = {
    FIELD_LIST(LIST, "gains", gains, gain_count, &gain, "", BENCH_OPTIONAL),
};
static const struct bench_fields claims = {FIELDS(struct report_breakdown_file, claims_fields)};
static const struct bench_field file_fields[] = {
    FIELD_VERSION(BENCH_BREAKDOWN_SCHEMA_VERSION),
    FIELD_CONST("kind", "breakdown"),
    FIELD(TEXT, "version", env.version, ""),
    FIELD(TEXT, "commit", env.commit, ""),
    FIELD(TEXT, "date", env.date, "", 0, FIELD_DATE),
    FIELD(WORD, "mode", quick, "", 0, .words = bench_mode_words),
    FIELD(OBJECT, "fingerprint", env, "", .of = &bench_fingerprint_fields),
    FIELD_LIST(LIST, "rows", rows, count, &row, "", BENCH_FILLED),
    FIELD_PART("claims", &claims, "", BENCH_OPTIONAL),
};
#undef FIELD_OF
static const struct bench_fields file = {FIELDS(struct report_breakdown_file, file_fields)};

int report_breakdown_read(struct report_breakdown_file *b, const char *path, struct qk_error *err)
{
    *b = (struct report_breakdown_file){0};
    bench_environment_init(&b->env);
    return bench_fields_read(&file, path, b, err);
}

void report_breakdown_file_free(struct report_breakdown_file *b)
{
    for (size_t i = 0; b->rows && i < b->count; i++)
        free(b->rows[i].counts);
    free(b->rows);
    free(b->gains);
    *b = (struct report_breakdown_file){0};
}
