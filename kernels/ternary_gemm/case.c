/* SPDX-License-Identifier: MIT */
#include "kernels/ternary_gemm/op.h"

#include "kernels/cases/ternary.h"

/* model: the layers of BitNet b1.58 2B4T. */
static const struct qk_shape_set sets[] = {
    {"seed", "256x2560x8 256x2560x8x64"},
    {"model", "2560x2560x32 640x2560x32 6912x2560x32 2560x6912x32"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    return qk_ternary_plan(shape, true, p, err);
}

QK_TERNARY_CALLS(ternary_gemm)

const struct qk_case qk_ternary_gemm_case = {
    .sets = sets,
    .check_shapes = "16x256x1 1x512x2 17x768x3 33x2560x5 48x512x13 32x256x4x256 16x512x3x128 32x768x2x64 "
                    "16x512x7x32",
    .touch_shape = "16x256x3",
    .plan = plan,
    .form_lacks = qk_ternary_lacks,
    .plan_form = qk_ternary_plan_form,
    .large = {{3, {0, 2560, 8}}},
    .step = 16,
    .fill = qk_ternary_fill,
    .alternates = 1 << QK_TERNARY_X,
    .call = call,
    .expect = qk_ternary_expect,
    .same = qk_ternary_same,
    .bounded = true,
};
