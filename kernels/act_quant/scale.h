/* SPDX-License-Identifier: MIT */
/*
 * A row's scale from its largest magnitude. This is the one place that decides about zero, denormal, infinite
 * and NaN rows.
 */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * bits: the bits of the row's largest |x|. A magnitude below 1e-5 counts as 1e-5. When it is infinite or NaN,
 * the scale is NaN and the result is false.
 */
static inline bool row_scale(uint32_t bits, float *scale)
{
    float most;
    memcpy(&most, &bits, sizeof most);
    *scale = bits >= 0x7f800000u ? NAN : 127.0f / (most > 1e-5f ? most : 1e-5f);
    return bits < 0x7f800000u;
}
