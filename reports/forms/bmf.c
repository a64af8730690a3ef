/* SPDX-License-Identifier: MIT */
/*
 * Bencher Metric Format: {benchmark: {measure: {value, lower_value?, upper_value?}}}. Source:
 * bencher.dev/docs/reference/bencher-metric-format. It has no place for a verdict, so what cannot be trusted
 * must stay out of the history.
 */
#include "harness/records/json_writer.h"
#include "reports/forms/private.h"

#include <math.h>

static void put_measure(json_t **o, const char *slug, double value, double low, double high)
{
    json_t *measure = json_object();
    bench_json_put(&measure, "value", json_real(value));
    if (isfinite(low))
        bench_json_put(&measure, "lower_value", json_real(low));
    if (isfinite(high))
        bench_json_put(&measure, "upper_value", json_real(high));
    bench_json_put(o, slug, measure);
}

static bool usable(const struct baseline_result *res)
{
    return baseline_is_case(res) && res->timed && res->verdict != BASELINE_INVALID &&
           isfinite(res->ratio.value);
}

int report_verdicts_bmf(const struct baseline_report *r, FILE *to, struct qk_error *err)
{
    struct bench_json_output out = {.to = to};
    struct report_verdicts v;
    const int code = report_verdicts_make(&v, r, err);
    if (code)
        return code;
    const bool trusted = !*r->reason && !v.wrong_controls;
    const char *before = "{\n";
    report_verdicts_free(&v);
    for (size_t i = 0; i < r->count && trusted && out.code == QK_OK; i++) {
        const struct baseline_result *res = &r->results[i];
        json_t *measures = json_object();
        if (usable(res)) {
            put_measure(&measures, "ratio", res->ratio.value, res->ratio.low, res->ratio.high);
            if (isfinite(res->cand_ns))
                put_measure(&measures, "latency", res->cand_ns, NAN, NAN);
            bench_json_emit(&out, before, bench_json_text(res->name), 0);
            bench_json_emit(&out, ": ", json_incref(measures), JSON_REAL_PRECISION(17));
            before = ",\n";
        }
        json_decref(measures);
    }
    bench_json_emit_text(&out, *before == '{' ? "{}\n" : "\n}\n");
    if (out.code == QK_OK)
        return bench_written(to, "the gate's Bencher metrics", err);
    return bench_json_finish(&out, "the gate's Bencher metrics", err);
}
