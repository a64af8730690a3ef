/* SPDX-License-Identifier: MIT */
/* What is counted of an arm after its group was timed. */
#include "harness/counters/counters.h"

#include "harness/counters/step.h"
#include "harness/engine/group.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Single steps, where the group has the op's smallest shape: elsewhere they would take minutes. */
static int step_arm(const struct bench_arm *arm, struct bench_record *rec, struct qk_error *err)
{
    struct qk_shape smallest;
    struct qk_plan plan;
    struct bench_steps steps = {0};
    struct qk_error why = {.text = ""};
    char name[64];
    int code = bench_steps_smallest_shape(arm->variant->op, &smallest, &plan, err);
    if (code)
        return code;
    const struct qk_shape *shape = &arm->ready->group->shape;
    if (shape->dims != smallest.dims ||
        memcmp(shape->dim, smallest.dim, sizeof *shape->dim * (size_t)shape->dims) != 0)
        return 0;
    code = bench_steps_variant(arm->variant, &arm->ready->buffers.plan, arm->ready->buffers.at, &steps, &why);
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
    return kept ? 0 : qk_fail(err, QK_ERR_MEMORY, arm->name, "no memory for a metric");
}

int bench_counters_arm(struct bench_counters *c, struct bench_arm *arm, struct bench_record *rec,
                       struct qk_error *err)
{
    static const double enough_ns = 4e6;
    const double calls = enough_ns / rec->blocks[0].samples_ns[0];
    const struct bench_counted what = {.call = bench_arm_call,
                                       .ctx = arm,
                                       .calls = calls < 1 ? 1 : (uint64_t)calls,
                                       .elements = (uint64_t)rec->elements,
                                       .bytes = (uint64_t)(rec->bytes_read + rec->bytes_written)};
    const int code = bench_counters_count(c, &what, rec, err);
    return code || !bench_counters_steps(c) ? code : step_arm(arm, rec, err);
}
