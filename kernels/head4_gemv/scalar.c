/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of head4_gemv. */
#include "kernels/f16.h"
#include "kernels/head4_gemv/op.h"
#include "kernels/layout.h"

/* Of one row of a block; `codes` is the row's dword of the block's first unit. */
static int32_t block_sum(const uint8_t *codes, const int8_t *q)
{
    int32_t sum = 0;
    for (size_t c = 0; c < HEAD4_BLOCK; c++) {
        const size_t within = c % HEAD4_UNIT_COLUMNS;
        const uint8_t two = codes[c / HEAD4_UNIT_COLUMNS * HEAD4_UNIT_BYTES + within % 4];
        sum += (within < 4 ? two & 15 : two >> 4) * q[c];
    }
    return sum;
}

void qk_head4_gemv_scalar(float *restrict y, const uint8_t *restrict codes, const uint16_t *restrict scale,
                          const int8_t *restrict q, const int32_t *restrict bias,
                          const float *restrict x_scale, size_t rows, size_t columns)
{
    const size_t blocks = columns / HEAD4_BLOCK;
    for (size_t r = 0; r < rows; r++) {
        const size_t first = r / HEAD4_ROWS * blocks, lane = r % HEAD4_ROWS;
        float sum = 0;
        for (size_t b = 0; b < blocks; b++) {
            const int32_t exact =
                2 * block_sum(codes + (first + b) * HEAD4_BLOCK_BYTES + 4 * lane, q + b * HEAD4_BLOCK);
            sum += (float)(exact - bias[b]) *
                   (qk_f16_to_f32(scale[(first + b) * HEAD4_ROWS + lane]) * x_scale[b]);
        }
        y[r] = sum;
    }
}
