/* SPDX-License-Identifier: MIT */
#include "harness/cli/report/results.h"

#include "harness/records/fields/fields.h"
#include "reports/forms/verdicts.h"

#include <stdlib.h>
#include <string.h>

/* A result and what it owns. Its report_result says which member is used. */
struct cli_result {
    struct bench_sample_set set;
    struct bench_summary summary;
    struct baseline_audit audit;
    struct bench_e2e e2e;
    struct baseline_e2e_audit e2e_audit;
    struct report_input run;
    struct baseline_report gate;
    struct baseline_evidence *evidence;
    struct bench_breakdown breakdown;
    struct baseline_components claimed;
    struct bench_ceilings ceilings;
    struct bench_doctor doctor;
};

static int read_run(struct cli_result *in, const json_t *json, const char *path, const char *claims,
                    struct qk_error *err)
{
    int code = bench_sample_set_take_json(&in->set, json, path, err);
    if (code)
        return code;
    in->run.set = &in->set;
    code = bench_summary_make(&in->summary, &in->set, err);
    if (code)
        return code;
    in->run.summary = &in->summary;
    if (claims) {
        const struct baseline_audit_input of = {.run = &in->summary};
        code = baseline_audit_make(&in->audit, claims, &of, 1, err);
        in->run.audit = code ? NULL : &in->audit;
    }
    return code;
}

static int read_model(struct cli_result *in, const json_t *json, const char *path, const char *claims,
                      struct qk_error *err)
{
    int code = bench_e2e_take_json(&in->e2e, json, path, err);
    if (code)
        return code;
    in->run.e2e = &in->e2e;
    if (claims) {
        code = baseline_e2e_audit_make(&in->e2e_audit, claims, &in->e2e, err);
        in->run.e2e_audit = code ? NULL : &in->e2e_audit;
    }
    return code;
}

/* By what the file says it is; a sample set is google-benchmark's form and says so by its members. */
static int read_json(struct cli_result *in, struct report_result *r, const json_t *json, const char *claims,
                     struct qk_error *err)
{
    const char *kind = json_string_value(json_object_get(json, "kind"));
    int code = 0;
    if (json_object_get(json, "benchmarks")) {
        code = read_run(in, json, r->file, claims, err);
        r->run = &in->run;
    } else if (json_is_array(json)) {
        code = read_model(in, json, r->file, claims, err);
        r->run = &in->run;
    } else if (kind && !strcmp(kind, "gate")) {
        code = report_verdicts_take_json(&in->gate, json, r->file, err);
        r->gate = &in->gate;
    } else if (kind && !strcmp(kind, "breakdown")) {
        code = bench_breakdown_take_json(&in->breakdown, json, r->file, err);
        if (!code && in->breakdown.claims)
            code = baseline_components_take_json(&in->claimed, in->breakdown.claims, r->file, err);
        r->breakdown = &in->breakdown;
        r->claimed = in->breakdown.claims ? &in->claimed : NULL;
    } else if (kind && !strcmp(kind, "ceilings")) {
        code = bench_ceilings_take_json(&in->ceilings, json, r->file, err);
        r->ceilings = code ? NULL : &in->ceilings;
    } else if (kind && !strcmp(kind, "doctor")) {
        code = bench_fields_take(&bench_doctor_fields, json, r->file, &in->doctor, err);
        r->doctor = &in->doctor;
    } else {
        code = qk_fail(err, QK_ERR_FORMAT, "$",
                       "%.400s: found JSON %s%.40s%s, expected a result of run, model bench, breakdown, "
                       "ceilings, doctor or gate, or claims",
                       r->file, kind ? "of the kind '" : "that names no kind", kind ? kind : "",
                       kind ? "'" : "");
    }
    return code;
}

/* A file of claims says so by its members. */
static int read_input(struct cli_result *in, struct report_result *r, const char *claims, bool *is_claims,
                      struct qk_error *err)
{
    int code;
    json_t *json = bench_json_load_hashed(r->file, r->hash, &code, err);
    if (!json)
        return code;
    *is_claims = json_is_array(json_object_get(json, "claims"));
    if (!*is_claims)
        code = read_json(in, r, json, claims, err);
    json_decref(json);
    return code;
}

/* What a claim can be held against. */
static int add_audits(struct cli_results *r, const char *const *claims, size_t count, struct qk_error *err)
{
    struct baseline_audit_input *inputs = calloc(r->all.count + 1, sizeof *inputs);
    int code = 0;
    r->audits = calloc(count, sizeof *r->audits);
    if (!inputs || !r->audits)
        code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu files of claims", count);
    for (size_t i = 0; i < r->all.count && !code; i++) {
        const struct report_result *of = &r->all.results[i];
        inputs[i] = (struct baseline_audit_input){of->run ? of->run->summary : NULL,
                                                  of->run ? of->run->e2e : NULL, of->ceilings};
    }
    for (size_t i = 0; i < count && !code; i++) {
        code = baseline_audit_make(&r->audits[i], claims[i], inputs, r->all.count, err);
        r->all.audit_count += !code;
        if (!code)
            code = baseline_audit_collapse(&r->audits[i], err);
    }
    r->all.audits = r->audits;
    free(inputs);
    return code;
}

static void free_input(struct cli_result *in)
{
    if (in->run.audit)
        baseline_audit_free(&in->audit);
    if (in->run.summary)
        bench_summary_free(&in->summary);
    if (in->run.set)
        bench_sample_set_free(&in->set);
    if (in->run.e2e_audit)
        baseline_e2e_audit_free(&in->e2e_audit);
    if (in->run.e2e)
        bench_e2e_free(&in->e2e);
    bench_ceilings_free(&in->ceilings);
    bench_breakdown_free(&in->breakdown);
    baseline_components_free(&in->claimed);
    baseline_evidence_free(in->evidence, &in->gate);
    baseline_report_free(&in->gate);
}

/* To the one gate. */
static int add_trace(struct cli_result *in, struct report_result *results, size_t count, const char *trace,
                     struct qk_error *err)
{
    size_t gates = 0, of = 0;
    for (size_t i = 0; i < count; i++)
        if (results[i].gate) {
            gates++;
            of = i;
        }
    if (gates != 1)
        return qk_fail(err, QK_ERR_ARG, "--trace", "is of one gate, and %zu of the results are gates", gates);
    const int code = baseline_evidence_read(&in[of].evidence, &in[of].gate, trace, err);
    results[of].evidence = in[of].evidence;
    return code;
}

static bool is_campaign(const char *file)
{
    static const char end[] = ".jsonl";
    const size_t length = strlen(file);
    return length >= sizeof end && !strcmp(file + length - (sizeof end - 1), end);
}

int cli_results_read(struct cli_results *r, const char *const *files, size_t count, const char *trace,
                     const char *claims, struct qk_error *err)
{
    struct report_result *results = calloc(count, sizeof *results);
    *r =
        (struct cli_results){.all = {.count = count, .results = results}, .in = calloc(count, sizeof *r->in)};
    int code = r->in && results ? 0 : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu results", count);
    const char **named = calloc(count, sizeof *named);
    size_t claim_count = 0, kept = 0;
    if (!code && !named)
        code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu results", count);
    for (size_t i = 0; i < count && !code; i++) {
        bool is_claims = false;
        if (is_campaign(files[i])) {
            code = baseline_campaign_read(&r->runs, files[i], NULL, err);
            continue;
        }
        results[kept] = (struct report_result){.file = files[i]};
        code = read_input(&r->in[kept], &results[kept], claims, &is_claims, err);
        if (is_claims)
            named[claim_count++] = files[i];
        else
            kept++;
    }
    if (r->in && results)
        r->all.count = kept;
    if (!code && !kept)
        code = qk_fail(err, QK_ERR_ARG, files[0], "is no result; expected one beside claims and campaigns");
    if (!code && r->runs.count) {
        code = baseline_campaign_summary(&r->runs, &r->campaign, err);
        r->all.campaign = &r->campaign;
    }
    if (!code && trace)
        code = add_trace(r->in, results, kept, trace, err);
    if (!code && claim_count)
        code = add_audits(r, named, claim_count, err);
    free(named);
    return code;
}

void cli_results_free(struct cli_results *r)
{
    for (size_t i = 0; r->in && i < r->all.count; i++)
        free_input(&r->in[i]);
    for (size_t i = 0; i < r->all.audit_count; i++)
        baseline_audit_free(&r->audits[i]);
    free(r->audits);
    baseline_campaign_summary_free(&r->campaign);
    baseline_campaign_free(&r->runs);
    free((struct report_result *)r->all.results);
    free(r->in);
    *r = (struct cli_results){0};
}
