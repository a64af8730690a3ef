/* SPDX-License-Identifier: MIT */
#include "harness/records/fields.h"
#include "reports/page/breakdown_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdict_words[] = {
    "PASS", "WARN", "REGRESSION", "INCONCLUSIVE", "INVALID", "NEW", "MISSING", "REMOVED", NULL};
static const char *const role_words[] = {"case", "shape", "rule", "aa", "slowed", NULL};
_Static_assert(sizeof verdict_words / sizeof *verdict_words == BASELINE_VERDICTS + 1,
               "a word for each verdict");
_Static_assert(sizeof role_words / sizeof *role_words == BASELINE_ROLES + 1, "a word for each role");

#define FIELD_OF struct baseline_component
static const struct bench_field component_fields[] = {
    FIELD(TEXT, "name", name, "", BENCH_FILLED),
    FIELD(REAL, "base_percent", old_share, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "candidate_percent", new_share, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(BOOLEAN, "grew", grew, ""),
};
#undef FIELD_OF
static const struct bench_fields component = {FIELDS(struct baseline_component, component_fields)};

#define FIELD_OF struct baseline_result
static const struct bench_field timing_fields[] = {
    FIELD(REAL, "ratio", ratio.value, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "ratio_low", ratio.low, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "ratio_high", ratio.high, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "ignorable", ignorable, "", 0, FIELD_ANY),
    FIELD(REAL, "must_catch", must_catch, "", 0, FIELD_ANY),
    FIELD(REAL, "mean", mean, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "base_ns", base_ns, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "candidate_ns", cand_ns, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(INTEGER, "blocks", blocks, ""),
    FIELD(INTEGER, "launches", launches, ""),
    FIELD(REAL, "extra_work", injected, "", 0, FIELD_ANY),
};
static const struct bench_fields timing = {FIELDS(struct baseline_result, timing_fields)};

/* Null where nothing was timed. */
static void get_timing(struct bench_reader *r, const struct bench_place *at, void *record)
{
    struct baseline_result *res = record;
    if (json_is_null(at->json))
        return;
    if (res)
        res->timed = true;
    bench_fields_get(r, at, &timing, record, NULL);
}

static const struct bench_field counted_fields[] = {
    FIELD(REAL, "base", old_instructions, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "candidate", new_instructions, "", BENCH_OR_NULL, FIELD_ANY),
};
static const struct bench_fields counted = {FIELDS(struct baseline_result, counted_fields)};
static const struct bench_field result_fields[] = {
    FIELD(TEXT, "name", name, "", BENCH_FILLED),
    FIELD(WORD, "role", role, "", 0, .words = role_words),
    FIELD(TEXT, "file", source, "", BENCH_OR_NULL),
    FIELD(TEXT, "memory", memory, "", BENCH_OR_NULL),
    FIELD(WORD, "verdict", verdict, "", 0, .words = verdict_words),
    FIELD(TEXT, "reason", reason, "", BENCH_OR_NULL),
    {.name = "timing", .kind = BENCH_FIELD_JSON, .get = get_timing},
    FIELD_PART("instructions", &counted, ""),
    FIELD_LIST(ARRAY, "components", components, component_count, &component, ""),
};
#undef FIELD_OF
static const struct bench_fields result = {FIELDS(struct baseline_result, result_fields)};

static void get_mode(struct bench_reader *r, const struct bench_place *at, void *record)
{
    static const char *const modes[] = {"duet", "baseline"};
    const char *const text = json_string_value(at->json);
    const size_t i = text && !strcmp(text, modes[1]);
    if (!json_is_null(at->json) && (!text || strcmp(text, modes[i]) != 0))
        bench_refuse(r, at->path, at->json, "duet, baseline or null");
    if (record)
        ((struct baseline_report *)record)->mode = text ? modes[i] : NULL;
}

/* A gate that ended before there was a program knows nothing of the machine. */
static void get_fingerprint(struct bench_reader *r, const struct bench_place *at, void *record)
{
    struct baseline_report *report = record;
    if (json_object_size(json_object_get(at->json, "identity")))
        bench_fields_get(r, at, &bench_fingerprint_fields, report ? &report->env : NULL, NULL);
}

#define FIELD_OF struct baseline_report
static const struct bench_field base_fields[] = {
    FIELD(TEXT, "name", base, "", BENCH_OR_NULL),
    FIELD(TEXT, "compiler", base_compiler, "", BENCH_OR_NULL),
};
static const struct bench_field candidate_fields[] = {
    FIELD(TEXT, "name", candidate, "", BENCH_OR_NULL),
    FIELD(TEXT, "compiler", cand_compiler, "", BENCH_OR_NULL),
};
static const struct bench_fields base = {FIELDS(struct baseline_report, base_fields)};
static const struct bench_fields candidate = {FIELDS(struct baseline_report, candidate_fields)};
static const struct bench_field report_fields[] = {
    FIELD_VERSION(1),
    FIELD_CONST("kind", "gate"),
    FIELD(TEXT, "version", env.version, "", BENCH_OR_NULL),
    FIELD(TEXT, "commit", env.commit, "", BENCH_OR_NULL),
    FIELD(TEXT, "date", env.date, "", BENCH_OR_NULL),
    {.name = "mode", .kind = BENCH_FIELD_JSON, .get = get_mode},
    FIELD_PART("base", &base, ""),
    FIELD_PART("candidate", &candidate, ""),
    FIELD(TEXT, "suite", suite, "", BENCH_OR_NULL),
    FIELD(TEXT, "policy", policy, "", BENCH_OR_NULL),
    FIELD(REAL, "alpha", alpha, "", BENCH_OR_NULL, 0, 1),
    FIELD(SEED, "seed", seed, ""),
    FIELD(REAL, "seconds", seconds, "", 0, FIELD_AMOUNT),
    FIELD(BOOLEAN, "strict", strict, ""),
    FIELD(WORD, "verdict", verdict, "", 0, .words = verdict_words),
    FIELD(TEXT, "reason", reason, "", BENCH_OR_NULL),
    FIELD(INTEGER, "exit_code", ended, "", 0, 0, 255),
    {.name = "fingerprint", .kind = BENCH_FIELD_JSON, .get = get_fingerprint},
    FIELD_LIST(LIST, "results", results, count, &result, ""),
};
#undef FIELD_OF
static const struct bench_fields report = {FIELDS(struct baseline_report, report_fields)};

int report_gate_read(struct baseline_report *r, const char *path, struct qk_error *err)
{
    *r = (struct baseline_report){0};
    bench_environment_init(&r->env);
    const int code = bench_fields_read(&report, path, r, err);
    for (size_t i = 0; !code && i < r->count; i++)
        r->results[i].mean = isnan(r->results[i].mean) ? 0 : r->results[i].mean; /* not tested */
    return code;
}

void report_gate_free(struct baseline_report *r)
{
    free(r->results);
    r->results = NULL;
}
