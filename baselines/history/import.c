/* SPDX-License-Identifier: MIT */
#include "baselines/history/import.h"

#include "baselines/history/import_private.h"
#include "harness/records/shown.h"
#include "harness/records/summary.h"

#include <math.h>
#include <string.h>

static int put_record(struct baseline_history_run *run, const struct bench_summary_row *row, const char *file,
                      struct qk_error *err)
{
    const struct bench_metric *const steps = bench_record_metric(row->rec, "steps");
    char name[BASELINE_NAME];
    struct baseline_history_result *const r =
        baseline_import_result(run, bench_record_name(row->rec, name, sizeof name), file, err);
    if (!r)
        return QK_ERR_MEMORY;
    r->ns = row->ns;
    if (isnan(r->ns))
        bench_show(r->ns_reason, sizeof r->ns_reason,
                   row->rec->reason ? row->rec->reason : "it was not measured", "");
    if (steps && isfinite(steps->value)) {
        r->instructions = steps->value;
        *r->instructions_reason = '\0';
    } else if (steps && steps->reason) {
        bench_show(r->instructions_reason, sizeof r->instructions_reason, steps->reason, "");
    }
    return 0;
}

/* A result of our own says all that a stored run needs. */
static int import_set(struct baseline_history_runs *runs, const json_t *json, const char *commit,
                      const char *file, struct qk_error *err)
{
    struct bench_summary sum = {0};
    struct bench_sample_set set;
    int code = bench_sample_set_take_json(&set, json, file, err);
    if (code)
        return code;
    struct baseline_history_run *const run = baseline_import_run(runs, file, err);
    code = run ? bench_summary_make(&sum, &set, err) : QK_ERR_MEMORY;
    if (!code) {
        run->source = BASELINE_FROM_QKBENCH;
        code = baseline_import_head(run, set.env.date, commit ? commit : set.env.commit, json, file, err);
    }
    if (!code) {
        memcpy(run->machine.fingerprint, set.env.fingerprint, sizeof run->machine.fingerprint);
        bench_show(run->machine.cpu, sizeof run->machine.cpu, set.env.cpu_name, "");
        bench_show(run->machine.isa_levels, sizeof run->machine.isa_levels, set.env.isa_levels, "");
        bench_show(run->machine.compiler, sizeof run->machine.compiler, set.env.compiler, "");
    }
    for (size_t i = 0; i < sum.count && !code; i++)
        code = put_record(run, &sum.rows[i], file, err);
    bench_summary_free(&sum);
    bench_sample_set_free(&set);
    return code;
}

int baseline_history_import(struct baseline_history_runs *runs, const json_t *json, const char *commit,
                            const char *file, struct qk_error *err)
{
    int code = 0;
    const json_t *row;
    size_t i;
    if (json_object_get(json, "qkbench"))
        code = import_set(runs, json, commit, file, err);
    else if (json_object_get(json, "benchmarks"))
        code = baseline_import_gbench(runs, json, commit, file, err);
    else if (json_object_get(json, "n_prompt"))
        code = baseline_import_llama(runs, json, commit, file, "$", err);
    else if (json_is_array(json))
        json_array_foreach(json, i, row)
        {
            char path[40];
            snprintf(path, sizeof path, "$[%zu]", i);
            code = baseline_import_llama(runs, row, commit, file, path, err);
            if (code)
                break;
        }
    else
        code = qk_fail(err, QK_ERR_FORMAT, file,
                       "$: found %s, expected google-benchmark's JSON, a result of qkbench run, or rows of "
                       "llama-bench; a gate's JSON goes to history add",
                       json_is_object(json) ? "an object without benchmarks or n_prompt" : "no such thing");
    if (!code && !runs->count)
        code = qk_fail(err, QK_ERR_INVALID, file, "has no result");
    return code;
}
