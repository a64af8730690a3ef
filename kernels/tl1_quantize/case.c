/* SPDX-License-Identifier: MIT */
#include "kernels/tl1_quantize/case_body.h"
#include "kernels/tl1_quantize/op.h"

enum { BLOCK = 64 };

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    return tl_plan(shape, p, BLOCK, err);
}

static bool shape_for_bytes(size_t bytes, struct qk_shape *shape)
{
    return tl_shape_for_bytes(bytes, BLOCK, shape);
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    tl_fill(p, kind, rng, buffers[X], BLOCK, 0.665f);
}

static void call(qk_fn *fn, const struct qk_plan *p, void *const *even, void *const *odd, uint64_t calls)
{
    qk_tl1_quantize_fn *const kernel = QK_FN(tl1_quantize, fn);
    for (uint64_t i = 0; i < calls; i++) {
        void *const *const b = i & 1 ? odd : even;
        kernel(b[CODES], b[SCALE], b[X], p->count);
    }
}

const struct qk_case qk_tl1_quantize_case = {
    .sets = tl_sets,
    .check_shapes = "1 2 3 4 5 7 8 9 31 32 33 63 64 65 95 96 97 127 128 129 130 160 161 255 256 257 300 387",
    .touch_shape = "101",
    .plan = plan,
    .shape_for_bytes = shape_for_bytes,
    .fill = fill,
    .alternates = 1 << X,
    .call = call,
    .same = tl_same,
};
