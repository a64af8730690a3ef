/* SPDX-License-Identifier: MIT */
#include "kernels/attention_f32/case_body.h"
#include "kernels/attention_f32/op.h"

ATTENTION_CALLS(attention_f32)

const struct qk_case qk_attention_f32_case = {
    .sets = sets,
    .check_shapes = CHECK_SHAPES,
    .touch_shape = "4x11x5x2",
    .plan = plan,
    .large = {{3, {GROUP, DIM, 0}}}, /* as the model calls it: a kv head has a cache of its own */
    .fill = qk_fill_f32_inputs,
    .alternates = 1 << Q,
    .call = call,
    .same = qk_same_f32_outputs,
};
