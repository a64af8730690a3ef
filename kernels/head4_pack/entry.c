/* SPDX-License-Identifier: MIT */
#include "kernels/head4_pack/op.h"
#include "kernels/layout.h"
#include "kernels/library/spans.h"

int qk_head4_pack(uint8_t *coarse, uint8_t *fine, uint16_t *scale, float *unit, float *squares,
                  const float *w, size_t rows, size_t columns, struct qk_error *err)
{
    enum { OUTPUTS = 5, ARRAYS };
    const struct qk_variant *best = NULL;
    if (rows % HEAD4_ROWS)
        return qk_fail(err, QK_ERR_ARG, "rows", "%zu rows; expected a multiple of %d", rows, HEAD4_ROWS);
    if (columns % HEAD4_BLOCK)
        return qk_fail(err, QK_ERR_ARG, "columns", "%zu columns; expected a multiple of %d", columns,
                       HEAD4_BLOCK);
    const struct qk_array arrays[ARRAYS] = {
        {"coarse", coarse, rows, columns / 2, sizeof *coarse},
        {"fine", fine, rows, columns / 2, sizeof *fine},
        {"scale", scale, rows, columns / HEAD4_BLOCK, sizeof *scale},
        {"unit", unit, rows, 1, sizeof *unit},
        {"squares", squares, rows, HEAD4_SQUARES * HEAD4_LANES, sizeof *squares},
        {"w", w, rows, columns, sizeof *w}};
    const int code = qk_check_arrays(QK_OP_head4_pack, arrays, ARRAYS, OUTPUTS, &best, err);
    if (!code)
        QK_CALL(head4_pack, best->fn, coarse, fine, scale, unit, squares, w, rows, columns);
    return code;
}
