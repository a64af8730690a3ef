/* SPDX-License-Identifier: MIT */
#include "harness/records/fields/fields.h"
#include "reports/forms/private.h"

#include <math.h>

/* A text that is null when it is empty. */
enum { OR_NONE = BENCH_OR_NULL | BENCH_FILLED };
/* Bytes from anywhere: one that is not UTF-8 takes four characters. */
#define SHOWN 0, 4 * 4096

#define FIELD_OF       struct report_verdicts
#define COUNT(verdict) FIELD(INTEGER, #verdict, counts[BASELINE_##verdict], "")
static const struct bench_field count_fields[] = {
    COUNT(PASS),    COUNT(WARN), COUNT(REGRESSION), COUNT(INCONCLUSIVE),
    COUNT(INVALID), COUNT(NEW),  COUNT(MISSING),    COUNT(REMOVED),
};
#undef FIELD_OF
static const struct bench_fields counts = {FIELDS(struct report_verdicts, count_fields), .closed = true};

#define FIELD_OF struct baseline_component
static const struct bench_field component_fields[] = {
    FIELD(TEXT, "name", name, "", BENCH_FILLED, SHOWN),
    FIELD(REAL, "base_percent", old_share, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(REAL, "candidate_percent", new_share, "", BENCH_OR_NULL, FIELD_ANY),
    FIELD(BOOLEAN, "grew", grew, "Beyond the policy's margin."),
};
#undef FIELD_OF
static const struct bench_fields component = {FIELDS(struct baseline_component, component_fields),
                                              .closed = true};

/* What is 0 where it is not known. */
static json_t *above_0(double x)
{
    return x > 0 && isfinite(x) ? json_real(x) : json_null();
}

static json_t *mean(const void *result)
{
    return above_0(((const struct baseline_result *)result)->mean);
}

static void get_mean(struct bench_reader *r, const struct bench_place *at, void *result)
{
    (void)r;
    if (result && json_is_null(at->json))
        ((struct baseline_result *)result)->mean = 0;
}

#define FIELD_OF struct baseline_result
static const struct bench_field timing_fields[] = {
    FIELD(REAL, "ratio", ratio.value,
          "Candidate's time over the base's; of a rule: variant's over the other's.", BENCH_OR_NULL,
          FIELD_RATIO),
    FIELD(REAL, "ratio_low", ratio.low, "95 %; null: too few blocks.", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "ratio_high", ratio.high, "", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "mean_ratio", mean_ratio, "Of the sums of all times.", BENCH_OR_NULL, FIELD_RATIO),
    FIELD(REAL, "ignorable", ignorable, "0.002 is 0.2 %; of a rule: ln of the largest ratio, twice.", 0,
          FIELD_ANY),
    FIELD(REAL, "must_catch", must_catch, "", 0, FIELD_ANY),
    FIELD(REAL, "mean", mean, "Of mean_ratio; null: not tested.", BENCH_OR_NULL, FIELD_RATIO, .put = mean,
          .get = get_mean),
    FIELD(REAL, "base_ns", base_ns, "Median of one call or token; shown, never judged.", BENCH_OR_NULL,
          FIELD_NS),
    FIELD(REAL, "candidate_ns", cand_ns, "", BENCH_OR_NULL, FIELD_NS),
    FIELD(INTEGER, "blocks", blocks, ""),
    FIELD(INTEGER, "launches", launches, ""),
    FIELD(REAL, "seconds", seconds, "Of measuring until the verdict.", 0, FIELD_AMOUNT),
    FIELD(REAL, "extra_work", injected, "Of a slowed control: the share really done.", 0, FIELD_AMOUNT),
};
static const struct bench_fields timing = {FIELDS(struct baseline_result, timing_fields), .closed = true};
static const struct bench_field instruction_fields[] = {
    FIELD(REAL, "base", old_instructions, "", BENCH_OR_NULL, FIELD_AMOUNT),
    FIELD(REAL, "candidate", new_instructions, "", BENCH_OR_NULL, FIELD_AMOUNT),
};
static const struct bench_fields instructions = {FIELDS(struct baseline_result, instruction_fields),
                                                 .closed = true};

static json_t *judged_right(const void *result)
{
    return report_is_control(result) ? json_boolean(baseline_control_right(result)) : json_null();
}

/* Null where nothing was timed: a figure that is not known is never written as 0. */
static json_t *timed(const void *result)
{
    return ((const struct baseline_result *)result)->timed ? bench_fields_json(&timing, result) : json_null();
}

static void get_timed(struct bench_reader *r, const struct bench_place *at, void *result)
{
    if (!result || json_is_null(at->json))
        return;
    ((struct baseline_result *)result)->timed = true;
    bench_fields_get(r, at, &timing, result, NULL);
}

static void check_result(struct bench_reader *r, const struct bench_place *at, const void *result,
                         const void *whole)
{
    json_t *right = judged_right(result);
    (void)whole;
    bench_demand(r, json_equal(json_object_get(at->json, "judged_right"), right), at, "judged_right",
                 "what role, verdict and timing give");
    json_decref(right);
}

static const struct bench_field result_fields[] = {
    FIELD(TEXT, "name", name, "op/variant/shape; of a whole model e2e/generate/MODEL", 0, SHOWN),
    FIELD(WORD, "role", role,
          "shape: where INCONCLUSIVE does not count; rule: a minimum speed-up; aa, slowed: controls.", 0,
          .words = baseline_role_names),
    FIELD(TEXT, "file", source, "The source, relative to the candidate's checkout.", OR_NONE, SHOWN),
    FIELD(TEXT, "memory", memory, "", OR_NONE, .pattern = "^(cache|dram|e2e)$"),
    FIELD(WORD, "verdict", verdict, "", 0, .words = baseline_verdict_names),
    FIELD_MADE(BOOLEAN, "judged_right", judged_right, "Null: it is no control.", BENCH_OR_NULL),
    FIELD(TEXT, "reason", reason, "", OR_NONE, SHOWN),
    FIELD_MADE(OBJECT, "timing", timed, "Null: it was not timed.", BENCH_OR_NULL, .of = &timing,
               .get = get_timed),
    FIELD_PART("instructions", &instructions, "Steps of one call at the op's smallest shape."),
    FIELD_LIST(ARRAY, "components", components, component_count, &component, "Of a staged variant."),
};
#undef FIELD_OF
static const struct bench_fields result = {FIELDS(struct baseline_result, result_fields), .closed = true,
                                           .check = check_result};

static json_t *alpha(const void *report)
{
    return above_0(((const struct baseline_report *)report)->alpha);
}

static void get_alpha(struct bench_reader *r, const struct bench_place *at, void *report)
{
    (void)r;
    if (report && json_is_null(at->json))
        ((struct baseline_report *)report)->alpha = 0;
}

static json_t *exit_code(const void *report)
{
    return json_integer(baseline_report_exit(report));
}

/* Its verdict stands before it. */
static void get_exit_code(struct bench_reader *r, const struct bench_place *at, void *record)
{
    struct baseline_report *report = record;
    const int code = (int)json_integer_value(at->json);
    if (!report || code == baseline_report_exit(report))
        return;
    report->ended = code;
    if (report->verdict != BASELINE_INVALID || (code != 1 && code != 2 && code != 77 && code != 130))
        bench_refuse(r, at->path, at->json, "that of the verdict, or of INVALID 1, 2, 77 or 130");
}

static json_t *counted(const void *report)
{
    struct report_verdicts v;
    if (report_verdicts_make(&v, report, NULL))
        return NULL;
    json_t *made = bench_fields_json(&counts, &v);
    report_verdicts_free(&v);
    return made;
}

static json_t *fingerprint(const void *report)
{
    return bench_fields_json(&bench_fingerprint_fields, &((const struct baseline_report *)report)->env);
}

/* Without a hash the gate ended before it knew the machine, or before there was a program to ask. */
static void get_fingerprint(struct bench_reader *r, const struct bench_place *at, void *record)
{
    struct baseline_report *report = record;
    const struct bench_place identity = bench_member(at, "identity"), hash = bench_member(at, "hash"),
                             shown = bench_member(at, "shown");
    bench_expect(r, at, JSON_OBJECT, "an object");
    bench_expect(r, &identity, JSON_OBJECT, "an object");
    bench_expect(r, &hash, JSON_STRING, "a string");
    bench_expect(r, &shown, JSON_OBJECT, "an object");
    if (json_string_length(hash.json))
        bench_fields_get(r, at, &bench_fingerprint_fields, report ? &report->env : NULL, NULL);
}

static void check_report(struct bench_reader *r, const struct bench_place *at, const void *report,
                         const void *whole)
{
    json_t *made = counted(report);
    (void)whole;
    if (!made)
        bench_reader_no_memory(r);
    bench_demand(r, json_equal(json_object_get(at->json, "counts"), made), at, "counts",
                 "how many of the results have each verdict");
    json_decref(made);
}

#define FIELD_OF struct baseline_report
static const struct bench_field base_fields[] = {
    FIELD(TEXT, "name", base, "", OR_NONE, SHOWN),
    FIELD(TEXT, "compiler", base_compiler, "", OR_NONE, SHOWN),
};
static const struct bench_fields base = {FIELDS(struct baseline_report, base_fields), .closed = true};
static const struct bench_field candidate_fields[] = {
    FIELD(TEXT, "name", candidate, "", OR_NONE, SHOWN),
    FIELD(TEXT, "compiler", cand_compiler, "", OR_NONE, SHOWN),
};
static const struct bench_fields candidate = {FIELDS(struct baseline_report, candidate_fields),
                                              .closed = true};
static const struct bench_field gate_fields[] = {
    FIELD_VERSION(1),
    FIELD_CONST("kind", "gate"),
    FIELD(TEXT, "version", env.version, "Of qkbench.", OR_NONE),
    FIELD(TEXT, "commit", env.commit, "Of the tree that was built.", OR_NONE),
    FIELD(TEXT, "date", env.date, "When the run began.", OR_NONE, FIELD_DATE),
    FIELD(TEXT, "host", env.host, "", OR_NONE),
    FIELD(TEXT, "mode", mode, "Null: it ended before.", OR_NONE, .pattern = "^(duet|e2e|baseline)$"),
    FIELD_PART("base", &base, ""),
    FIELD_PART("candidate", &candidate, ""),
    FIELD(TEXT, "suite", suite, "", OR_NONE, SHOWN),
    FIELD(TEXT, "policy", policy, "Its file, or built in.", OR_NONE, SHOWN),
    FIELD(INTEGER, "unavailable", unavailable, "Rows whose ISA level is not here."),
    FIELD(TEXT, "unavailable_reason", unavailable_why, "Of the first of them.", OR_NONE),
    FIELD(REAL, "alpha", alpha, "Of a false alarm anywhere; null: no policy.", BENCH_OR_NULL,
          BENCH_RATIO_LEAST, 1, .put = alpha, .get = get_alpha),
    FIELD(SEED, "seed", seed, "Of the order."),
    FIELD(REAL, "seconds", seconds, "Wall time of it all.", 0, FIELD_AMOUNT),
    FIELD(BOOLEAN, "strict", strict, "WARN counts as REGRESSION."),
    FIELD(WORD, "verdict", verdict, "", 0, .words = baseline_verdict_names),
    FIELD(TEXT, "reason", reason, "Why the run, not a case, is INVALID.", OR_NONE, SHOWN),
    FIELD_MADE(INTEGER, "exit_code", exit_code, "1, 2, 77 and 130: the gate could not judge.", 0, 0, 130,
               .get = get_exit_code),
    FIELD_MADE(OBJECT, "counts", counted, "Without controls.", 0, .of = &counts),
    FIELD_MADE(JSON, "fingerprint", fingerprint, "As in a sample set.", .get = get_fingerprint,
               .schema = "{\"type\": \"object\", \"required\": [\"identity\", \"hash\", \"shown\"]}"),
    FIELD_LIST(LIST, "results", results, count, &result, "", BENCH_ON_LINES),
};
#undef FIELD_OF
const struct bench_fields report_verdicts_fields = {
    FIELDS(struct baseline_report, gate_fields),
    .title = "qkbench gate",
    .about = "What a gate found.",
    .closed = true,
    .lines = true,
    .json = JSON_REAL_PRECISION(17),
    .check = check_report,
};

int report_verdicts_take_json(struct baseline_report *r, const json_t *json, const char *path,
                              struct qk_error *err)
{
    *r = (struct baseline_report){0};
    bench_environment_init(&r->env);
    const int code = bench_fields_take(&report_verdicts_fields, json, path, r, err);
    if (code)
        baseline_report_free(r);
    return code;
}

int report_verdicts_json(const struct baseline_report *r, FILE *to, struct qk_error *err)
{
    const int code = bench_fields_write(&report_verdicts_fields, r, "the gate's JSON", to, err);
    return code ? code : bench_written(to, "the gate's JSON", err);
}
