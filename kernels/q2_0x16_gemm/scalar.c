/* SPDX-License-Identifier: MIT */
/* The reference: q2_0x16_gemv/scalar, token by token. */
#include "kernels/q2_0x16_gemm/op.h"
#include "kernels/q2_0x16_gemv/op.h"

static qk_q2_0x16_gemv_fn one_token;
#define qk_q2_0x16_gemv_scalar one_token
#include "kernels/q2_0x16_gemv/scalar.c"

void qk_q2_0x16_gemm_scalar(float *restrict y, const uint8_t *restrict codes, const uint16_t *restrict scale,
                            const int8_t *restrict q, const int32_t *restrict bias,
                            const float *restrict x_scale, size_t rows, size_t columns, size_t group,
                            size_t block, size_t tokens)
{
    const size_t blocks = columns / block;
    for (size_t t = 0; t < tokens; t++)
        one_token(y + t * rows, codes, scale, q + t * columns, bias + t * blocks, x_scale + t * blocks, rows,
                  columns, group, block);
}
