/* SPDX-License-Identifier: MIT */
/*
 * The reference's source, built three times: without the vectoriser (scalar.c) and with it (autovec_v3.c,
 * autovec_v4.c).
 */
#pragma once

#include "kernels/i2s_gemv/op.h"
#include "kernels/layout.h"

static inline __attribute__((always_inline)) void body(int32_t *restrict y, const uint8_t *restrict codes,
                                                       const int8_t *restrict q, int32_t q_sum, size_t rows,
                                                       size_t columns)
{
    for (size_t m = 0; m < rows; m++) {
        int32_t sum = 0;
        for (size_t k = 0; k < columns; k += I2S_BLOCK) {
            const uint8_t *from = codes + (m * columns + k) / 4;
            for (size_t i = 0; i < I2S_GROUP; i++) {
                const int byte = from[i];
                sum += (byte >> 6) * q[k + i] + (byte >> 4 & 3) * q[k + 32 + i] +
                       (byte >> 2 & 3) * q[k + 64 + i] + (byte & 3) * q[k + 96 + i];
            }
        }
        y[m] = (int32_t)((uint32_t)sum - (uint32_t)q_sum);
    }
}
