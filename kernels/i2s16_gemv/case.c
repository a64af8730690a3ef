/* SPDX-License-Identifier: MIT */
#include "kernels/i2s16_gemv/op.h"
#include "kernels/layout.h"

#define CODES_BYTES interleaved
#include "kernels/i2s_gemv/case_body.h"

QK_CALLS(i2s16_gemv, b[Y], b[CODES], b[Q], *(const int32_t *)b[Q_SUM], p->count, p->dims[0])

const struct qk_case qk_i2s16_gemv_case = {
    .sets = sets,
    .check_shapes = "1x128 2x256 15x384 16x1280 17x1408 31x640 32x512 33x2560 49x256 3x32768",
    .touch_shape = "17x128",
    .plan = plan,
    .large = {{2, {0, COLUMNS}}},
    .step = I2S16_ROWS,
    .fill = fill,
    .alternates = 1 << Q | 1 << Q_SUM,
    .call = call,
    .rows_apart = 2,
    .same = same,
};
