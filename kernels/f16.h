/* SPDX-License-Identifier: MIT */
/* IEEE binary16 to f32 without hardware or compiler support for it. Exact for every bit pattern; NaN stays NaN. */
#ifndef QKBENCH_KERNELS_F16_H
#define QKBENCH_KERNELS_F16_H

#include <stdint.h>
#include <string.h>

static inline float qk_f16_to_f32(uint16_t half)
{
    /*
     * Exponent and mantissa moved to f32's places; what differs is the bias, 127 - 15 = 112. The multiply by a power of
     * two mends it for normal and denormal numbers alike, exactly.
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

#endif
