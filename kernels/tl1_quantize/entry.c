/* SPDX-License-Identifier: MIT */
#include "kernels/library/spans.h"
#include "kernels/tl1_quantize/op.h"

int qk_tl1_quantize(uint8_t *codes, float *scale, const float *x, size_t n, struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    const struct qk_array arrays[] = {{"codes", codes, 1, n / 4 + (n % 4 != 0), sizeof *codes},
                                      {"scale", scale, 1, n / 64 + (n % 64 != 0), sizeof *scale},
                                      {"x", x, 1, n, sizeof *x}};
    const int code = qk_check_arrays(QK_OP_tl1_quantize, arrays, 3, 2, &best, err);
    if (!code)
        QK_CALL(tl1_quantize, best->fn, codes, scale, x, n);
    return code;
}
