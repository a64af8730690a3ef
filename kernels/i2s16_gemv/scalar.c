/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of i2s16_gemv. */
#include "kernels/i2s16_gemv/op.h"
#include "kernels/layout.h"

void qk_i2s16_gemv_scalar(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                          int32_t q_sum, size_t rows, size_t columns)
{
    for (size_t m = 0; m < rows; m++) {
        /* The row's dwords in its group of sixteen rows, one in each unit. */
        const uint8_t *from = codes + m / I2S16_ROWS * I2S16_ROWS * (columns / 4) + m % I2S16_ROWS * 4;
        int32_t sum = 0;
        for (size_t k = 0; k < columns; k += I2S16_COLUMNS, from += I2S16_UNIT_BYTES)
            for (size_t i = 0; i < 4; i++) {
                const int byte = from[i];
                sum += (byte & 3) * q[k + i] + (byte >> 2 & 3) * q[k + 4 + i] +
                       (byte >> 4 & 3) * q[k + 8 + i] + (byte >> 6) * q[k + 12 + i];
            }
        y[m] = (int32_t)((uint32_t)sum - (uint32_t)q_sum);
    }
}
