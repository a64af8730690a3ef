/* SPDX-License-Identifier: MIT */
#include "kernels/attention_f32/case_body.h"
#include "kernels/attention_f32/op.h"

static void call(qk_fn *fn, const struct qk_plan *p, void *const *even, void *const *odd, uint64_t calls)
{
    qk_attention_f32_fn *const kernel = QK_FN(attention_f32, fn);
    const float scale = 1.0f / sqrtf((float)p->dims[2]);
    for (uint64_t i = 0; i < calls; i++) {
        void *const *const b = i & 1 ? odd : even;
        kernel(b[OUT], b[WEIGHT], b[Q], b[K], b[V], p->count, p->dims[0], p->dims[1], p->dims[2], scale);
    }
}

const struct qk_case qk_attention_f32_case = {
    .sets = sets,
    .check_shapes = "1x1x1 2x8x3 4x64x5 4x128x3 1x15x17 3x33x2 8x71x9 2x136x65 4x20x64 1x200x4",
    .touch_shape = "4x11x5",
    .plan = plan,
    .large = {{3, {HEADS, DIM, 0}}},
    .fill = qk_fill_f32_inputs,
    .alternates = 1 << Q,
    .call = call,
    .same = qk_same_f32_outputs,
};
