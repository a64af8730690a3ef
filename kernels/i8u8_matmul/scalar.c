/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of i8u8_matmul. */
#include "kernels/i8u8_matmul/op.h"

void qk_i8u8_matmul_scalar(float *restrict out, const int8_t *restrict a, const uint8_t *restrict b,
                           size_t rows, size_t depth, size_t columns)
{
    for (size_t m = 0; m < rows; m++)
        for (size_t n = 0; n < columns; n++) {
            int32_t sum = 0;
            for (size_t k = 0; k < depth; k++)
                sum += a[m * depth + k] * b[k * columns + n];
            out[m * columns + n] = (float)sum;
        }
}
