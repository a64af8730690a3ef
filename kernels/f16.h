/* SPDX-License-Identifier: MIT */
/* IEEE binary16 and f32 without hardware or compiler support for it. */
#pragma once

#include <stdint.h>
#include <string.h>

/* Exact for every bit pattern; NaN stays NaN. */
static inline float qk_f16_to_f32(uint16_t half)
{
    /*
     * Exponent and mantissa moved to f32's places; what differs is the bias, 127 - 15 = 112. The multiply by
     * a power of two mends it for normal and denormal numbers alike, exactly.
     */
    uint32_t bits = (uint32_t)(half & 0x7fffu) << 13;
    float value;
    memcpy(&value, &bits, sizeof value);
    value *= 0x1p112f;
    memcpy(&bits, &value, sizeof bits);
    if ((half & 0x7c00u) == 0x7c00u)
        bits |= 0x7f800000u; /* infinity or NaN: the largest exponent has no bias to mend */
    bits |= (uint32_t)(half & 0x8000u) << 16;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The nearest binary16, ties to even; what is too large is infinite, NaN stays a quiet NaN. */
static inline uint16_t qk_f32_to_f16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000u;
    bits &= 0x7fffffffu;
    if (bits >= 0x47800000u) /* 2^16 and above */
        return (uint16_t)(sign | (bits > 0x7f800000u ? 0x7e00u : 0x7c00u));
    if (bits < 0x38800000u) {
        /*
         * Below 2^-14 results are denormal, multiples of 2^-24: the last place of 0.5, so that the sum rounds
         * to one.
         */
        float sum;
        memcpy(&sum, &bits, sizeof sum);
        sum += 0.5f;
        memcpy(&bits, &sum, sizeof bits);
        return (uint16_t)(sign | (bits - 0x3f000000u));
    }
    /*
     * 13 bits go; half a place less one, and one more where the last kept bit is odd, carry as rounding to
     * even does.
     */
    bits += 0xfffu + (bits >> 13 & 1);
    return (uint16_t)(sign | (bits - (112u << 23)) >> 13);
}
