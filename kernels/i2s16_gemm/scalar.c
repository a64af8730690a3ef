/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of i2s16_gemm, token by token. */
#include "kernels/i2s16_gemm/op.h"
#include "kernels/layout.h"

/* Codes of one dword times sixteen activations. */
static inline int32_t sixteen(const uint8_t *from, const int8_t *q)
{
    int32_t sum = 0;
    for (size_t i = 0; i < 4; i++) {
        const int byte = from[i];
        sum += (byte & 3) * q[i] + (byte >> 2 & 3) * q[4 + i] + (byte >> 4 & 3) * q[8 + i] +
               (byte >> 6) * q[12 + i];
    }
    return sum;
}

void qk_i2s16_gemm_scalar(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                          const int32_t *restrict q_sum, size_t rows, size_t columns, size_t tokens)
{
    for (size_t t = 0; t < tokens; t++, q += columns)
        for (size_t m = 0; m < rows; m++) {
            const uint8_t *from = codes + m / I2S16_ROWS * I2S16_ROWS * (columns / 4) + m % I2S16_ROWS * 4;
            int32_t sum = 0;
            for (size_t k = 0; k < columns; k += I2S16_COLUMNS, from += I2S16_UNIT_BYTES)
                sum += sixteen(from, q + k);
            y[t * rows + m] = (int32_t)((uint32_t)sum - (uint32_t)q_sum[t]);
        }
}
