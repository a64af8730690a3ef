/* SPDX-License-Identifier: MIT */
/*
 * A row's scale from its largest magnitude: one place for what zero, denormal, infinite and NaN rows become.
 */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * bits: of the largest |x|. False with a NaN scale when that is infinite or NaN; below 1e-5 it counts as
 * 1e-5.
 */
static inline bool row_scale(uint32_t bits, float *scale)
{
    float most;
    memcpy(&most, &bits, sizeof most);
    *scale = bits >= 0x7f800000u ? NAN : 127.0f / (most > 1e-5f ? most : 1e-5f);
    return bits < 0x7f800000u;
}
