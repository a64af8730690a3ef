/* SPDX-License-Identifier: MIT */
#include "kernels/library/spans.h"
#include "kernels/rmsnorm/op.h"

#include <math.h>

int qk_rmsnorm(float *out, const float *x, const float *w, size_t n, float epsilon, struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    if (!(epsilon >= 0.0f) || isinf(epsilon))
        return qk_fail(err, QK_ERR_ARG, "epsilon", "%g; expected a finite number, 0 or more",
                       (double)epsilon);
    const struct qk_array arrays[] = {
        {"out", out, 1, n, sizeof *out}, {"x", x, 1, n, sizeof *x}, {"w", w, 1, n, sizeof *w}};
    const int code = qk_check_arrays(QK_OP_rmsnorm, arrays, 3, 1, &best, err);
    if (!code)
        QK_CALL(rmsnorm, best->fn, out, x, w, n, epsilon);
    return code;
}
