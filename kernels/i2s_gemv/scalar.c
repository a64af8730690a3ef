/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of i2s_gemv. */
#include "kernels/i2s_gemv/scalar_body.h"

void qk_i2s_gemv_scalar(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                        int32_t q_sum, size_t rows, size_t columns)
{
    body(y, codes, q, q_sum, rows, columns);
}
