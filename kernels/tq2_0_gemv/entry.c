/* SPDX-License-Identifier: MIT */
#include "kernels/layout.h"
#include "kernels/library/spans.h"
#include "kernels/tq2_0_gemv/op.h"

#include <string.h>

static int check_sums(const uint8_t *x, size_t blocks, struct qk_error *err)
{
    enum { EACH = 16 };
    for (size_t b = 0; b < blocks; b++, x += Q8_K_BLOCK_BYTES) {
        float scale;
        memcpy(&scale, x, sizeof scale);
        for (size_t i = 0; i < TQ2_0_BLOCK / EACH && scale != 0; i++) {
            int16_t stored;
            int sum = 0;
            memcpy(&stored, x + Q8_K_SUMS + 2 * i, sizeof stored);
            for (size_t j = 0; j < EACH; j++)
                sum += (int8_t)x[Q8_K_VALUES + EACH * i + j];
            if (sum != stored)
                return qk_fail(err, QK_ERR_ARG, "x",
                               "block %zu: sum %zu is %d; expected %d, the sum of its q", b, i, stored, sum);
        }
    }
    return 0;
}

int qk_tq2_0_gemv(float *y, const uint8_t *w, const uint8_t *x, size_t rows, size_t columns,
                  struct qk_error *err)
{
    const struct qk_variant *best = NULL;
    const size_t blocks = columns / TQ2_0_BLOCK;
    if (columns % TQ2_0_BLOCK)
        return qk_fail(err, QK_ERR_ARG, "columns", "%zu columns; expected a multiple of %d", columns,
                       TQ2_0_BLOCK);
    const struct qk_array arrays[] = {{"y", y, rows, 1, sizeof *y},
                                      {"w", w, rows, blocks * TQ2_0_BLOCK_BYTES, 1},
                                      {"x", x, 1, blocks * Q8_K_BLOCK_BYTES, 1}};
    int code = qk_check_arrays(QK_OP_tq2_0_gemv, arrays, 3, 1, &best, err);
    if (!code)
        code = check_sums(x, blocks, err);
    if (!code)
        QK_CALL(tq2_0_gemv, best->fn, y, w, x, rows, columns);
    return code;
}
