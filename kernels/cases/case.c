/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case.h"

#include "kernels/table/table.h"

int qk_plan_for(const struct qk_variant *v, const struct qk_shape *shape, struct qk_plan *plan,
                struct qk_error *err)
{
    const struct qk_case *const on = qk_op_row(v->op)->on;
    const int code = on->plan(shape, plan, err);
    plan->form = v->form;
    return code || !on->plan_form ? code : on->plan_form(plan, err);
}

const char *qk_row_lacks(const struct qk_variant *v, const struct qk_plan *plan)
{
    const struct qk_case *const on = qk_op_row(v->op)->on;
    return v->form && on->form_lacks ? on->form_lacks(v->form, plan) : NULL;
}

void qk_expect(enum qk_op op, const struct qk_plan *plan, void *const *buffers)
{
    const struct qk_case *const on = qk_op_row(op)->on;
    if (on->expect)
        on->expect(plan, buffers);
    else
        on->call(qk_reference(op)->fn, plan, buffers, buffers, 1);
}

static bool fits(const struct qk_case *on, const struct qk_shape *shape, size_t bytes)
{
    struct qk_plan plan;
    size_t total = 0;
    bool is = !on->plan(shape, &plan, NULL);
    for (int i = 0; is && i < plan.buffer_count; i++)
        if (plan.buffers[i].use != QK_SOURCE && plan.buffers[i].use != QK_JUDGED)
            is = qk_add_size(total, plan.buffers[i].bytes, &total) && total <= bytes;
    return is;
}

bool qk_shape_for_bytes(const struct qk_case *on, size_t bytes, struct qk_shape *shape)
{
    const size_t step = on->step ? on->step : 1;
    size_t most = 0;
    for (int i = 0; i < 2 && on->large[i].dims && most < 16; i++) {
        size_t too_many = bytes / step, grows = 0; /* a step takes more than `step` bytes */
        *shape = on->large[i];
        while (shape->dim[grows])
            grows++;
        for (most = 0; too_many > most + 1;) {
            const size_t middle = most + (too_many - most) / 2;
            shape->dim[grows] = middle * step;
            *(fits(on, shape, bytes) ? &most : &too_many) = middle;
        }
        shape->dim[grows] = most * step;
    }
    return most > 0;
}
