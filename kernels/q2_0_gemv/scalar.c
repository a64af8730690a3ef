/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of q2_0_gemv. */
#include "kernels/f16.h"
#include "kernels/layout.h"
#include "kernels/q2_0_gemv/op.h"

static float half_at(const uint8_t *at)
{
    return qk_f16_to_f32((uint16_t)(at[0] | at[1] << 8));
}

void qk_q2_0_gemv_scalar(float *restrict y, const uint8_t *restrict w, const uint8_t *restrict x, size_t rows,
                         size_t columns, size_t group)
{
    for (size_t r = 0; r < rows; r++) {
        float sum = 0;
        for (size_t c = 0; c < columns; c += group, w += 2 + group / 4) {
            float of_block = 0;
            for (size_t j = 0; j < group; j += Q8_0_BLOCK) {
                const uint8_t *from = x + (c + j) / Q8_0_BLOCK * Q8_0_BLOCK_BYTES;
                int32_t exact = 0;
                for (size_t i = 0; i < Q8_0_BLOCK; i++) {
                    const int code = w[2 + (j + i) / 4] >> 2 * ((j + i) % 4) & 3;
                    exact += (code - 1) * (int8_t)from[2 + i];
                }
                of_block += half_at(from) * (float)exact;
            }
            sum += half_at(w) * of_block;
        }
        y[r] = sum;
    }
}
