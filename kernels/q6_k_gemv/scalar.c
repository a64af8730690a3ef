/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of q6_k_gemv. */
#include "kernels/q6_k_gemv/op.h"
#include "kernels/rows/sums.h"
#include "kernels/rows/tails.h"
#include "kernels/rows/widen.h"

void qk_q6_k_gemv_scalar(float *restrict y, const uint8_t *restrict w, const float *restrict x, size_t rows,
                         size_t columns)
{
    for (size_t r = 0; r < rows; r++) {
        float partial[QK_SUMS], wide[Q6_K_BLOCK];
        QK_CLEAR(partial, QK_SUMS);
        for (size_t c = 0; c < columns; c += Q6_K_BLOCK, w += Q6_K_BLOCK_BYTES) {
            qk_widen_q6_k(wide, w, Q6_K_BLOCK);
            for (size_t i = 0; i < Q6_K_BLOCK; i++)
                partial[(c + i) % QK_SUMS] += wide[i] * x[c + i];
        }
        y[r] = qk_fold(partial);
    }
}
