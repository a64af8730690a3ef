/* SPDX-License-Identifier: MIT */
/*
 * a * b + c rounded once, for references at the level BASE, which has no such instruction on every machine.
 *
 * The product of two f32 is exact in f64. The sum in f64 is then rounded to odd: where it is not exact, its
 * last bit is set, as if all the bits beyond were in it. Rounding that to f32 is right, because f64 has more
 * than two bits more (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
 */
#pragma once

#include <stdint.h>
#include <string.h>

static inline float qk_fma(float a, float b, float c)
{
#if defined __FP_FAST_FMAF
    return __builtin_fmaf(a, b, c);
#else
    const double product = (double)a * (double)b, sum = product + (double)c, added = sum - product;
    const double lost = (product - (sum - added)) + ((double)c - added); /* Knuth's two-sum: exact */
    double odd = sum;
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    if ((lost > 0 || lost < 0) && !(bits & 1)) { /* neither where something is infinite or NaN */
        bits = (lost > 0) == (sum > 0) ? bits + 1 : bits - 1;
        memcpy(&odd, &bits, sizeof odd);
    }
    return (float)odd;
#endif
}
