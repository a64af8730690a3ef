/* SPDX-License-Identifier: MIT */
/* What scales a row of head4_pack. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct head4_unit {
    float unit, by; /* and its inverse */
    bool finite;    /* else the row counts as zeros */
};

/*
 * most: the bits of the row's largest |w|. The largest scale is then 2^14 to 2^15, near the largest f16, and
 * blocks far below it still have normal scales.
 */
static inline struct head4_unit head4_unit(uint32_t most)
{
    enum { TOP = 21, BIAS = 127, PLACES = 23 };
    struct head4_unit u = {1, 1, most < 0x7f800000u};
    const int32_t found = (int32_t)(most >> PLACES) - TOP;
    const uint32_t exponent = u.finite && found > 1 ? (uint32_t)found : 1;
    const uint32_t bits = exponent << PLACES, inverse = (2 * BIAS - exponent) << PLACES;
    if (most) {
        memcpy(&u.unit, &bits, sizeof bits);
        memcpy(&u.by, &inverse, sizeof inverse);
    }
    if (!u.finite)
        u.unit = __builtin_nanf("");
    return u;
}
