/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of tq2_0_gemv. */
#include "kernels/f16.h"
#include "kernels/layout.h"
#include "kernels/tq2_0_gemv/op.h"

#include <string.h>

void qk_tq2_0_gemv_scalar(float *restrict y, const uint8_t *restrict w, const uint8_t *restrict x,
                          size_t rows, size_t columns)
{
    for (size_t r = 0; r < rows; r++) {
        float sum = 0;
        for (const uint8_t *from = x; from < x + columns / TQ2_0_BLOCK * Q8_K_BLOCK_BYTES;
             from += Q8_K_BLOCK_BYTES, w += TQ2_0_BLOCK_BYTES) {
            const int8_t *q = (const int8_t *)from + Q8_K_VALUES;
            float scale;
            int32_t exact = 0;
            memcpy(&scale, from, sizeof scale);
            for (size_t j = 0; j < TQ2_0_BLOCK; j++)
                exact += (w[j / 128 * 32 + j % 32] >> 2 * (j % 128 / 32) & 3) * q[j];
            for (size_t i = Q8_K_SUMS; i < Q8_K_BLOCK_BYTES; i += 2)
                exact -= (int16_t)(from[i] | from[i + 1] << 8);
            const uint8_t *half = w + TQ2_0_SCALE;
            sum += (float)exact * (qk_f16_to_f32((uint16_t)(half[0] | half[1] << 8)) * scale);
        }
        y[r] = sum;
    }
}
