/* SPDX-License-Identifier: MIT */
#include "kernels/tl1_quantize/case_body.h"
#include "kernels/tl1_quantize/op.h"

QK_CALLS(tl1_quantize, b[CODES], b[SCALE], b[X], p->count)

const struct qk_case qk_tl1_quantize_case = {
    .sets = sets,
    .check_shapes = "1 2 3 4 5 7 8 9 31 32 33 63 64 65 95 96 97 127 128 129 130 160 161 255 256 257 300 387",
    .touch_shape = "101",
    .plan = plan,
    .large = {{.dims = 1}},
    .step = BLOCK,
    .fill = fill,
    .alternates = 1 << X,
    .call = call,
    .same = same,
};
