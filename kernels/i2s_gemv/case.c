/* SPDX-License-Identifier: MIT */
#include "kernels/i2s_gemv/case_body.h"
#include "kernels/i2s_gemv/op.h"

QK_CALLS(i2s_gemv, b[Y], b[CODES], b[Q], *(const int32_t *)b[Q_SUM], p->count, p->dims[0])

const struct qk_case qk_i2s_gemv_case = {
    .sets = sets,
    .check_shapes = "1x128 2x256 3x384 4x1280 5x1408 6x2560 7x2816 8x640 13x512 2x8320 1x32768",
    .touch_shape = "17x128",
    .plan = plan,
    .large = {{2, {0, COLUMNS}}},
    .fill = fill,
    .alternates = 1 << Q | 1 << Q_SUM,
    .call = call,
    .rows_apart = 2,
    .same = same,
};
