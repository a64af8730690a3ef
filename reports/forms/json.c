/* SPDX-License-Identifier: MIT */
#include "harness/records/json_writer.h"
#include "reports/forms/private.h"

#include <math.h>

enum { SCHEMA_VERSION = 1, FLAGS = JSON_REAL_PRECISION(17) };

/* No number of ours is infinite but a ratio of a time that was nothing; JSON knows neither. */
static json_t *number(double x)
{
    return bench_json_real(isfinite(x) ? x : NAN);
}

static json_t *side(const char *what, const char *compiler)
{
    json_t *o = json_object();
    bench_json_put(&o, "name", bench_json_text_or_null(what));
    bench_json_put(&o, "compiler", bench_json_text_or_null(compiler));
    return o;
}

static json_t *run(const struct report_verdicts *v)
{
    const struct baseline_report *r = v->r;
    json_t *o = json_object(), *counts = json_object();
    for (int i = 0; i < BASELINE_VERDICTS; i++)
        bench_json_put(&counts, baseline_verdict_names[i], json_integer((json_int_t)v->counts[i]));
    bench_json_put(&o, "schema_version", json_integer(SCHEMA_VERSION));
    bench_json_put(&o, "kind", json_string("gate"));
    bench_json_put(&o, "version", bench_json_text_or_null(r->env.version));
    bench_json_put(&o, "commit", bench_json_text_or_null(r->env.commit));
    bench_json_put(&o, "date", bench_json_text_or_null(r->env.date));
    bench_json_put(&o, "host", bench_json_text_or_null(r->env.host));
    bench_json_put(&o, "mode", bench_json_text_or_null(r->mode ? r->mode : ""));
    bench_json_put(&o, "base", side(r->base, r->base_compiler));
    bench_json_put(&o, "candidate", side(r->candidate, r->cand_compiler));
    bench_json_put(&o, "suite", bench_json_text_or_null(r->suite));
    bench_json_put(&o, "policy", bench_json_text_or_null(r->policy));
    bench_json_put(&o, "unavailable", json_integer((json_int_t)r->unavailable));
    bench_json_put(&o, "unavailable_reason", bench_json_text_or_null(r->unavailable_why));
    bench_json_put(&o, "alpha", number(r->alpha > 0 ? r->alpha : NAN));
    bench_json_put(&o, "seed", bench_json_seed(r->seed));
    bench_json_put(&o, "seconds", number(r->seconds));
    bench_json_put(&o, "strict", json_boolean(r->strict));
    bench_json_put(&o, "verdict", json_string(baseline_verdict_names[r->verdict]));
    bench_json_put(&o, "reason", bench_json_text_or_null(r->reason));
    bench_json_put(&o, "exit_code", json_integer(baseline_report_exit(r)));
    bench_json_put(&o, "counts", counts);
    bench_json_put(&o, "fingerprint", bench_json_fingerprint(&r->env));
    return o;
}

static json_t *components(const struct baseline_result *res)
{
    json_t *list = json_array();
    for (size_t i = 0; i < res->component_count; i++) {
        const struct baseline_component *c = &res->components[i];
        json_t *o = json_object();
        bench_json_put(&o, "name", bench_json_text(c->name));
        bench_json_put(&o, "base_percent", number(c->old_share));
        bench_json_put(&o, "candidate_percent", number(c->new_share));
        bench_json_put(&o, "grew", json_boolean(c->grew));
        bench_json_append(&list, o);
    }
    return list;
}

/* Null where nothing was timed: a figure that is not known is never written as 0. */
static json_t *timing(const struct baseline_result *res)
{
    if (!res->timed)
        return json_null();
    json_t *o = json_object();
    bench_json_put(&o, "ratio", number(res->ratio.value));
    bench_json_put(&o, "ratio_low", number(res->ratio.low));
    bench_json_put(&o, "ratio_high", number(res->ratio.high));
    bench_json_put(&o, "mean_ratio", number(res->mean_ratio));
    bench_json_put(&o, "ignorable", number(res->ignorable));
    bench_json_put(&o, "must_catch", number(res->must_catch));
    bench_json_put(&o, "mean", number(res->mean > 0 ? res->mean : NAN));
    bench_json_put(&o, "base_ns", number(res->base_ns));
    bench_json_put(&o, "candidate_ns", number(res->cand_ns));
    bench_json_put(&o, "blocks", json_integer((json_int_t)res->blocks));
    bench_json_put(&o, "launches", json_integer((json_int_t)res->launches));
    bench_json_put(&o, "seconds", number(res->seconds));
    bench_json_put(&o, "extra_work", number(res->injected));
    return o;
}

static json_t *result(const struct baseline_result *res)
{
    json_t *o = json_object(), *instructions = json_object();
    bench_json_put(&instructions, "base", number(res->old_instructions));
    bench_json_put(&instructions, "candidate", number(res->new_instructions));
    bench_json_put(&o, "name", bench_json_text(res->name));
    bench_json_put(&o, "role", json_string(baseline_role_names[res->role]));
    bench_json_put(&o, "file", bench_json_text_or_null(res->source));
    bench_json_put(&o, "memory", bench_json_text_or_null(res->memory));
    bench_json_put(&o, "verdict", json_string(baseline_verdict_names[res->verdict]));
    bench_json_put(&o, "judged_right",
                   report_is_control(res) ? json_boolean(baseline_control_right(res)) : json_null());
    bench_json_put(&o, "reason", bench_json_text_or_null(res->reason));
    bench_json_put(&o, "timing", timing(res));
    bench_json_put(&o, "instructions", instructions);
    bench_json_put(&o, "components", components(res));
    return o;
}

int report_verdicts_json(const struct baseline_report *r, FILE *to, struct qk_error *err)
{
    struct bench_json_output out = {.to = to};
    struct report_verdicts v;
    const int code = report_verdicts_make(&v, r, err);
    if (code)
        return code;
    bench_json_emit_members(&out, "{\n", run(&v), FLAGS);
    bench_json_emit_text(&out, ",\n\"results\": [");
    for (size_t i = 0; i < r->count && out.code == QK_OK; i++)
        bench_json_emit(&out, i ? ",\n" : "\n", result(&r->results[i]), FLAGS);
    bench_json_emit_text(&out, "\n]\n}\n");
    report_verdicts_free(&v);
    if (out.code == QK_OK)
        return report_written(to, "JSON", err);
    return bench_json_finish(&out, "the gate's JSON", err);
}
