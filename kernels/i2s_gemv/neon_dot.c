/* SPDX-License-Identifier: MIT */
/*
 * Against scalar: one dot-accumulate adds four signed products to an i32, for sixteen codes at once. Nothing
 * is widened. Codes are shifted down and masked, because the instruction has no form that multiplies unsigned
 * codes of 192 by signed activations. Each half of a group has a sum of its own, so that two chains hide the
 * instruction's latency. For: aarch64 with FEAT_DotProd (Cortex-A76, Apple M1, Graviton 2 and later). Source:
 * own; SDOT in the Arm Architecture Reference Manual, C7.2.
 */
#ifndef __ARM_FEATURE_DOTPROD
#error "neon_dot.c must be built with the flags of isa.def's DOTPROD row"
#endif
#include "kernels/i2s_gemv/op.h"
#include "kernels/layout.h"

#include <arm_neon.h>

static inline int32x4_t half(int32x4_t sum, uint8x16_t codes, const int8_t *q)
{
    const uint8x16_t three = vdupq_n_u8(3);
    sum = vdotq_s32(sum, vreinterpretq_s8_u8(vshrq_n_u8(codes, 6)), vld1q_s8(q));
    sum = vdotq_s32(sum, vreinterpretq_s8_u8(vandq_u8(vshrq_n_u8(codes, 4), three)), vld1q_s8(q + I2S_GROUP));
    sum = vdotq_s32(sum, vreinterpretq_s8_u8(vandq_u8(vshrq_n_u8(codes, 2), three)),
                    vld1q_s8(q + 2 * I2S_GROUP));
    return vdotq_s32(sum, vreinterpretq_s8_u8(vandq_u8(codes, three)), vld1q_s8(q + 3 * I2S_GROUP));
}

void qk_i2s_gemv_neon_dot(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                          int32_t q_sum, size_t rows, size_t columns)
{
    for (size_t m = 0; m < rows; m++) {
        const uint8_t *from = codes + m * (columns / 4);
        int32x4_t low = vdupq_n_s32(0), high = low;
        for (size_t k = 0; k < columns; k += I2S_BLOCK, from += I2S_BLOCK_BYTES) {
            low = half(low, vld1q_u8(from), q + k);
            high = half(high, vld1q_u8(from + 16), q + k + 16);
        }
        y[m] = (int32_t)((uint32_t)vaddvq_s32(vaddq_s32(low, high)) - (uint32_t)q_sum);
    }
}
