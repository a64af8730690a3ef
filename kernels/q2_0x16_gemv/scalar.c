/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of q2_0x16_gemv. */
#include "kernels/f16.h"
#include "kernels/layout.h"
#include "kernels/q2_0x16_gemv/op.h"

void qk_q2_0x16_gemv_scalar(float *restrict y, const uint8_t *restrict codes, const uint16_t *restrict scale,
                            const int8_t *restrict q, const int32_t *restrict bias,
                            const float *restrict x_scale, size_t rows, size_t columns, size_t group,
                            size_t block)
{
    for (size_t r = 0; r < rows; r++) {
        /* The row's dwords in its sixteen rows, one in each unit; and its scales. */
        const size_t lane = r % I2S16_ROWS, first = r / I2S16_ROWS;
        const uint8_t *const from = codes + first * I2S16_ROWS * (columns / 4) + 4 * lane;
        const uint16_t *const d = scale + first * I2S16_ROWS * (columns / group) + lane;
        float sum = 0;
        for (size_t c = 0, b = 0; c < columns; c += block, b++) {
            int32_t exact = 0;
            for (size_t k = c; k < c + block; k++) {
                const size_t within = k % I2S16_COLUMNS;
                const int byte = from[k / I2S16_COLUMNS * I2S16_UNIT_BYTES + within % 4];
                exact += (byte >> 2 * (within / 4) & 3) * q[k];
            }
            sum += (float)(exact - bias[b]) * (qk_f16_to_f32(d[c / group * I2S16_ROWS]) * x_scale[b]);
        }
        y[r] = sum;
    }
}
