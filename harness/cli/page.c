/* SPDX-License-Identifier: MIT */
#include "harness/cli/page.h"

#include "harness/cli/cli.h"
#include "harness/cli/out.h"
#include "harness/records/fields.h"
#include "reports/forms/verdicts.h"
#include "reports/page/page.h"

#include <stdlib.h>
#include <string.h>

/* A result and what it owns. Its report_result says which member is used. */
struct input {
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

static int read_run(struct input *in, const json_t *json, const char *path, const char *claims,
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
    code = baseline_audit_make(&in->audit, claims, &in->summary, err);
    in->run.audit = code ? NULL : &in->audit;
    return code;
}

static int read_model(struct input *in, const json_t *json, const char *path, const char *claims,
                      struct qk_error *err)
{
    int code = bench_e2e_take_json(&in->e2e, json, path, err);
    if (code)
        return code;
    in->run.e2e = &in->e2e;
    code = baseline_e2e_audit_make(&in->e2e_audit, claims, &in->e2e, err);
    in->run.e2e_audit = code ? NULL : &in->e2e_audit;
    return code;
}

/* By what the file says it is; a sample set is google-benchmark's form and says so by its members. */
static int read_json(struct input *in, struct report_result *r, const json_t *json, const char *claims,
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
                       "ceilings, doctor or gate",
                       r->file, kind ? "of the kind '" : "that names no kind", kind ? kind : "",
                       kind ? "'" : "");
    }
    return code;
}

static int read_input(struct input *in, struct report_result *r, const char *claims, struct qk_error *err)
{
    int code;
    json_t *json = bench_json_load_hashed(r->file, r->hash, &code, err);
    if (!json)
        return code;
    code = read_json(in, r, json, claims, err);
    json_decref(json);
    return code;
}

static void free_input(struct input *in)
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
static int add_trace(struct input *in, struct report_result *results, size_t count, const char *trace,
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

enum { HTML, COMMENT, FILES };

static int write_files(const struct report_page *page, const struct cli_page *o, struct qk_error *err)
{
    struct cli_out out[FILES] = {[HTML] = {.option = "--html", .path = o->html},
                                 [COMMENT] = {.option = "--comment", .path = o->comment}};
    int code = 0;
    for (size_t i = 0; i < o->count && !code; i++)
        code = cli_out_spares(out, FILES, "RESULT", o->files[i], err);
    if (!code)
        code = cli_out_spares(out, FILES, "--trace", o->trace, err);
    if (!code)
        code = cli_out_open(out, FILES, err);
    if (!code && o->html)
        code = report_page(page, out[HTML].file.stream, err);
    if (!code && o->comment)
        code = report_comment(page, out[COMMENT].file.stream, err);
    if (!code)
        code = cli_out_commit(out, FILES, err);
    cli_out_abort(out, FILES);
    for (int i = 0; i < FILES && !code; i++)
        if (out[i].path && cli_out_text(&out[i], 1) == stdout)
            cli_say("wrote %s", out[i].path);
    return code;
}

int cli_page(const struct cli_page *o, const char *claims, struct qk_error *err)
{
    struct baseline_claims of = {0};
    struct input *in = calloc(o->count, sizeof *in);
    struct report_result *results = calloc(o->count, sizeof *results);
    int code = in && results ? baseline_claims_read(&of, claims, err)
                             : qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu results", o->count);
    const bool claimed = !code;
    for (size_t i = 0; i < o->count && !code; i++) {
        results[i].file = o->files[i];
        code = read_input(&in[i], &results[i], claims, err);
    }
    if (!code && o->trace)
        code = add_trace(in, results, o->count, o->trace, err);
    if (!code)
        code = write_files(&(struct report_page){o->count, results, &of}, o, err);
    for (size_t i = 0; in && i < o->count; i++)
        free_input(&in[i]);
    if (claimed)
        baseline_claims_free(&of);
    free(results);
    free(in);
    return code;
}
