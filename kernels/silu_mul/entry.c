/* SPDX-License-Identifier: MIT */
#include "kernels/library/spans.h"
#include "kernels/silu_mul/op.h"

int qk_silu_mul(float *out, const float *gate, const float *up, size_t n, struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    const struct qk_array arrays[] = {
        {"out", out, 1, n, sizeof *out}, {"gate", gate, 1, n, sizeof *gate}, {"up", up, 1, n, sizeof *up}};
    const int code = qk_check_arrays(QK_OP_silu_mul, arrays, 3, 1, &best, err);
    if (!code)
        QK_CALL(silu_mul, best->fn, out, gate, up, n);
    return code;
}
