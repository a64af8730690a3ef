/* SPDX-License-Identifier: MIT */
#include "kernels/attention_f16/op.h"

#define ELEMENT uint16_t
#include "kernels/attention_f32/case_body.h"

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    qk_fill_f32(buffers[Q], p->buffers[Q].bytes / sizeof(float), kind, rng);
    qk_fill_f16(buffers[K], p->buffers[K].bytes / sizeof(uint16_t), kind, rng);
    qk_fill_f16(buffers[V], p->buffers[V].bytes / sizeof(uint16_t), kind, rng);
}

ATTENTION_CALLS(attention_f16)

const struct qk_case qk_attention_f16_case = {
    .sets = sets,
    .check_shapes = CHECK_SHAPES,
    .touch_shape = "4x11x5x2",
    .plan = plan,
    .large = {{3, {GROUP, DIM, 0}}}, /* as the model calls it: a kv head has a cache of its own */
    .fill = fill,
    .alternates = 1 << Q,
    .call = call,
    .same = qk_same_f32_outputs,
};
