/* SPDX-License-Identifier: MIT */
/* Converts between IEEE binary16 and f32 without help from hardware or compiler. */
#pragma once

#include <stdint.h>
#include <string.h>

/* Exact for every bit pattern. A NaN stays a NaN. */
static inline float qk_f16_to_f32(uint16_t half)
{
    /*
     * Exponent and mantissa move to f32's places. Only the bias is still wrong, by 127 - 15 = 112. A multiply
     * by a power of two mends it exactly, for normal and denormal numbers alike.
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

/*
 * The nearest binary16, ties to even. Values that are too large become infinite. A NaN becomes a quiet NaN.
 * Masks choose between the cases, so that compilers make vectors of a loop.
 */
static inline uint16_t qk_f32_to_f16(float value)
{
    int32_t bits, low;
    float sum;
    memcpy(&bits, &value, sizeof bits);
    const int32_t sign = bits >> 16 & 0x8000;
    bits &= 0x7fffffff;
    /*
     * The lowest 13 bits go. Adding half a place less one, and one more where the last kept bit is odd, makes
     * the carry round to nearest, ties to even.
     */
    const int32_t normal = (bits + 0xfff + (bits >> 13 & 1) - (112 << 23)) >> 13;
    /*
     * Results below 2^-14 are denormal, that is multiples of 2^-24. 2^-24 is the last place of numbers from
     * 0.5 on, so adding 0.5 rounds to such a multiple.
     */
    memcpy(&sum, &bits, sizeof sum);
    sum += 0.5f;
    memcpy(&low, &sum, sizeof low);
    const int32_t denormal = low - 0x3f000000;
    const int32_t beyond = 0x7c00 | (0x200 & -(bits > 0x7f800000));
    const int32_t small = -(bits < 0x38800000), large = -(bits >= 0x47800000); /* 2^-14 and 2^16 */
    return (uint16_t)(sign | (denormal & small) | (normal & ~small & ~large) | (beyond & large));
}
