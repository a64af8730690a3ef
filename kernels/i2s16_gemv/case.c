/* SPDX-License-Identifier: MIT */
#include "kernels/i2s16_gemv/op.h"
#include "kernels/i2s_gemv/case_body.h"
#include "kernels/layout.h"

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    return gemv_plan(shape, true, p, err);
}

static bool shape_for_bytes(size_t bytes, struct qk_shape *shape)
{
    return gemv_shape_for_bytes(bytes, I2S16_ROWS, shape);
}

static void call(qk_fn *fn, const struct qk_plan *p, void *const *even, void *const *odd, uint64_t calls)
{
    qk_i2s16_gemv_fn *const kernel = QK_FN(i2s16_gemv, fn);
    for (uint64_t i = 0; i < calls; i++) {
        void *const *const b = i & 1 ? odd : even;
        kernel(b[Y], b[CODES], b[Q], *(const int32_t *)b[Q_SUM], p->count, p->dims[0]);
    }
}

const struct qk_case qk_i2s16_gemv_case = {
    .sets = gemv_sets,
    .check_shapes = "1x128 2x256 15x384 16x1280 17x1408 31x640 32x512 33x2560 49x256 3x32768",
    .touch_shape = "17x128",
    .plan = plan,
    .shape_for_bytes = shape_for_bytes,
    .fill = gemv_fill,
    .alternates = 1 << Q | 1 << Q_SUM,
    .call = call,
    .rows_apart = 2,
    .same = gemv_same,
};
