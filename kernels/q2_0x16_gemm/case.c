/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case_tools.h"
#include "kernels/cases/q2_0x16_inputs.h"
#include "kernels/layout.h"
#include "kernels/q2_0x16_gemm/op.h"

/* Of the shapes made for a number of bytes: the fewest products per byte. */
enum { COLUMNS = 2560, GROUP = 64, TOKENS = 2 };

/* model: the largest layer of BitNet b1.58 2B4T; batch: how it pays off. */
static const struct qk_shape_set sets[] = {
    {"seed", "256x2560x64x64x16 256x2560x64x32x16"},
    {"batch", "640x2560x64x32x2 640x2560x64x32x4 640x2560x64x32x8 640x2560x64x32x16 640x2560x64x32x64"},
    {"model", "6912x2560x64x32x512"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    return qk_q2_0x16_plan(shape, 5, p, err);
}

QK_CALLS(q2_0x16_gemm, b[QK_Q2_0X16_Y], b[QK_Q2_0X16_CODES], b[QK_Q2_0X16_SCALE], b[QK_Q2_0X16_Q],
         b[QK_Q2_0X16_BIAS], b[QK_Q2_0X16_X_SCALE], p->count, p->dims[0], p->dims[1], p->dims[2], p->dims[3])

const struct qk_case qk_q2_0x16_gemm_case = {
    .sets = sets,
    .check_shapes = "16x64x64x32x1 32x192x64x64x2 48x128x128x128x3 16x384x128x32x4 16x256x256x256x5 "
                    "32x768x256x256x6 48x512x256x32x7 64x64x64x64x11 80x128x64x32x12 32x256x128x128x13 "
                    "48x64x64x32x25 16x6912x64x64x3 32x1088x64x32x2",
    .touch_shape = "32x128x64x32x2",
    .plan = plan,
    .large = {{5, {0, COLUMNS, GROUP, GROUP, TOKENS}}},
    .step = I2S16_ROWS,
    .fill = qk_q2_0x16_fill,
    .alternates = 1 << QK_Q2_0X16_Q | 1 << QK_Q2_0X16_BIAS,
    .call = call,
    .same = qk_same_f32_outputs,
};
