/* SPDX-License-Identifier: MIT */
#include "kernels/library/spans.h"
#include "kernels/scale_i32/op.h"

int qk_scale_i32(float *out, const int32_t *sum, float scale, size_t n, struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    const struct qk_array arrays[] = {{"out", out, 1, n, sizeof *out}, {"sum", sum, 1, n, sizeof *sum}};
    const int code = qk_check_arrays(QK_OP_scale_i32, arrays, 2, 1, &best, err);
    if (!code)
        QK_CALL(scale_i32, best->fn, out, sum, scale, n);
    return code;
}
