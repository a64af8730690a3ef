/* SPDX-License-Identifier: MIT */
/*
 * The reference's source, built three times: by scalar.c without the vectoriser, by autovec_v3.c and
 * autovec_v4.c with it. Element i is added to running sum i mod 8. Then the eight sums are folded by halves.
 */
#pragma once

#include "kernels/f32_dot/op.h"

enum { SUMS = 8 };

static inline float dot(const float *restrict a, const float *restrict b, size_t n)
{
    float sum[SUMS] = {0};
    size_t i = 0;
    for (; i + SUMS <= n; i += SUMS)
        for (size_t j = 0; j < SUMS; j++)
            sum[j] += a[i + j] * b[i + j];
    for (size_t j = 0; i + j < n; j++)
        sum[j] += a[i + j] * b[i + j];
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}
