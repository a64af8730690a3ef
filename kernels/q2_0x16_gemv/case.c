/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case_tools.h"
#include "kernels/cases/q2_0x16_inputs.h"
#include "kernels/layout.h"
#include "kernels/q2_0x16_gemv/op.h"

enum { COLUMNS = 2560, GROUP = 64 }; /* of the shapes made for a number of bytes */

/* model: the layers of BitNet b1.58 2B4T, as i2s_gemv has them. */
static const struct qk_shape_set sets[] = {
    {"seed", "256x2560x64x64 256x2560x64x32 256x2560x256x256"},
    {"model", "2560x2560x64x64 640x2560x64x64 6912x2560x64x64 2560x6912x64x64"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    return qk_q2_0x16_plan(shape, 4, p, err);
}

QK_CALLS(q2_0x16_gemv, b[QK_Q2_0X16_Y], b[QK_Q2_0X16_CODES], b[QK_Q2_0X16_SCALE], b[QK_Q2_0X16_Q],
         b[QK_Q2_0X16_BIAS], b[QK_Q2_0X16_X_SCALE], p->count, p->dims[0], p->dims[1], p->dims[2])

const struct qk_case qk_q2_0x16_gemv_case = {
    .sets = sets,
    .check_shapes = "16x64x64x32 32x192x64x64 48x128x128x128 16x384x128x32 16x256x256x256 32x768x256x256 "
                    "16x512x256x32 16x6912x64x64",
    .touch_shape = "32x128x64x32",
    .plan = plan,
    .large = {{4, {0, COLUMNS, GROUP, GROUP}}},
    .step = I2S16_ROWS,
    .fill = qk_q2_0x16_fill,
    .alternates = 1 << QK_Q2_0X16_Q | 1 << QK_Q2_0X16_BIAS,
    .call = call,
    .rows_apart = 4,
    .same = qk_same_f32_outputs,
};
