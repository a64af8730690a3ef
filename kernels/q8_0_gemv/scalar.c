/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of q8_0_gemv. */
#include "kernels/q8_0_gemv/op.h"
#include "kernels/rows/sums.h"
#include "kernels/rows/tails.h"
#include "kernels/rows/widen.h"

void qk_q8_0_gemv_scalar(float *restrict y, const uint8_t *restrict w, const float *restrict x, size_t rows,
                         size_t columns)
{
    for (size_t r = 0; r < rows; r++) {
        float partial[QK_SUMS], wide[Q8_0_BLOCK];
        QK_CLEAR(partial, QK_SUMS);
        for (size_t c = 0; c < columns; c += Q8_0_BLOCK, w += Q8_0_BLOCK_BYTES) {
            qk_widen_q8_0(wide, w, Q8_0_BLOCK);
            for (size_t i = 0; i < Q8_0_BLOCK; i++)
                partial[(c + i) % QK_SUMS] += wide[i] * x[c + i];
        }
        y[r] = qk_fold(partial);
    }
}
