/* SPDX-License-Identifier: MIT */
#include "kernels/ternary_gemv/op.h"

#include "kernels/cases/ternary.h"

/* model: the layers of BitNet b1.58 2B4T. */
static const struct qk_shape_set sets[] = {
    {"seed", "1024x2560 1024x2560x64"},
    {"model", "2560x2560 640x2560 6912x2560 2560x6912"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    return qk_ternary_plan(shape, false, p, err);
}

QK_TERNARY_CALLS(ternary_gemv)

const struct qk_case qk_ternary_gemv_case = {
    .sets = sets,
    .check_shapes = "16x256 1x512 17x768 33x512 16x2560 16x6912 32x256x256 16x512x128 16x768x64 16x512x32 "
                    "16x2560x256",
    .touch_shape = "16x256",
    .plan = plan,
    .form_lacks = qk_ternary_lacks,
    .plan_form = qk_ternary_plan_form,
    .large = {{2, {0, 2560}}},
    .step = 16,
    .fill = qk_ternary_fill,
    .alternates = 1 << QK_TERNARY_X,
    .call = call,
    .expect = qk_ternary_expect,
    .same = qk_ternary_same,
    .bounded = true,
};
