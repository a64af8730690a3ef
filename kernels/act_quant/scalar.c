/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of act_quant. */
#include "kernels/act_quant/op.h"
#include "kernels/act_quant/scale.h"
#include "kernels/rows/tails.h"

#include <string.h>

/*
 * The largest |x| by comparing bits without their sign: the same order as of the values, and NaN above all of
 * them, so that it cannot hide.
 */
static uint32_t largest(const float *x, size_t n)
{
    uint32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= 0x7fffffffu;
        most = bits > most ? bits : most;
    }
    return most;
}

/*
 * |value| <= 127.5: adding 1.5 * 2^23 leaves no bits for a fraction, and the addition rounds it away, ties to
 * even.
 */
static int32_t nearest(float value)
{
    const float shifted = value + 0x1.8p23f;
    int32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    return bits - 0x4b400000;
}

void qk_act_quant_scalar(int8_t *restrict q, float *restrict scale, int32_t *restrict sum,
                         const float *restrict x, size_t rows, size_t columns)
{
    for (size_t r = 0; r < rows; r++, q += columns, x += columns) {
        sum[r] = 0;
        if (!row_scale(largest(x, columns), &scale[r])) {
            QK_CLEAR(q, columns);
            continue;
        }
        for (size_t i = 0; i < columns; i++) {
            const int32_t value = nearest(x[i] * scale[r]);
            q[i] = (int8_t)value;
            sum[r] += value;
        }
    }
}
