/* SPDX-License-Identifier: MIT */
#include "kernels/library/spans.h"
#include "kernels/softmax/op.h"

int qk_softmax(float *out, const float *x, size_t n, struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    const struct qk_array arrays[] = {{"out", out, 1, n, sizeof *out}, {"x", x, 1, n, sizeof *x}};
    const int code = qk_check_arrays(QK_OP_softmax, arrays, 2, 1, &best, err);
    if (!code)
        QK_CALL(softmax, best->fn, out, x, n);
    return code;
}
