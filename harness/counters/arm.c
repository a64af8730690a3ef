/* SPDX-License-Identifier: MIT */
/* What is counted for an arm after it was timed. */
#include "harness/counters/counters.h"

#include "harness/counters/step.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int bench_counters_step(const struct bench_call *call, struct bench_record *rec, struct qk_error *err)
{
    struct bench_steps steps = {0};
    struct qk_error why = {.text = ""};
    char name[64];
    const int code = bench_steps_fn(call->buffers->group->op, call->fn, &call->buffers->plan,
                                    call->buffers->at, NULL, &steps, &why);
    if (code == QK_ERR_MEMORY || code == QK_ERR_INTERRUPTED)
        return qk_fail(err, code, why.where, "%s", why.text);
    const char *reason = code ? why.text : *steps.why_no_kinds ? steps.why_no_kinds : NULL;
    bool kept = bench_record_add_metric(rec, "steps", "instructions", code ? NAN : (double)steps.instructions,
                                        reason);
    for (int k = 0; k < BENCH_STEP_KINDS && kept && !code && steps.has_kinds; k++) {
        snprintf(name, sizeof name, "steps.%s", bench_step_kind_name(k));
        if (steps.kinds[k])
            kept = bench_record_add_metric(rec, name, "instructions", (double)steps.kinds[k], NULL);
    }
    return kept ? 0 : qk_fail(err, QK_ERR_MEMORY, why.where, "no memory for a metric");
}

int bench_counters_arm(struct bench_counters *c, struct bench_call *call, double ns, struct bench_record *rec,
                       struct qk_error *err)
{
    static const double enough_ns = 4e6;
    const struct bench_counted what = {.call = bench_call,
                                       .ctx = call,
                                       .calls = (uint64_t)fmax(1, enough_ns / ns),
                                       .elements = (uint64_t)rec->elements,
                                       .bytes = (uint64_t)(rec->bytes_read + rec->bytes_written)};
    return bench_counters_count(c, &what, rec, err);
}

int bench_counters_case(struct bench_counters *c, struct bench_call *call, double ns,
                        struct bench_record *rec, struct qk_error *err)
{
    const struct bench_group *group = call->buffers->group;
    struct qk_shape smallest;
    struct qk_plan plan;
    int code = bench_counters_arm(c, call, ns, rec, err);
    if (code || !bench_counters_steps(c))
        return code;
    code = bench_steps_smallest_shape(group->op, &smallest, &plan, err);
    if (code || group->shape.dims != smallest.dims ||
        memcmp(group->shape.dim, smallest.dim, sizeof *smallest.dim * (size_t)smallest.dims) != 0)
        return code;
    return bench_counters_step(call, rec, err);
}
