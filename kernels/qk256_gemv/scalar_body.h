/* SPDX-License-Identifier: MIT */
/*
 * The reference's source, built three times: by scalar.c without the vectoriser, by autovec_v3.c and
 * autovec_v4.c with it. Column c adds lut * scale, times x, to running sum c mod 8. Then the eight sums are
 * folded by halves. There are eight because a single sum would wait for each addition's latency, and no
 * compiler may regroup it.
 */
#pragma once

#include "kernels/layout.h"
#include "kernels/qk256_gemv/stages.h"

enum { SUMS = 8 };

/* At most eight columns (`count`), from two bytes of codes that are given as the integer `bytes`. */
static QK_BODY columns(float *restrict sum, unsigned bytes, const float *restrict w, const float *restrict x,
                       const int count, const int last)
{
    for (int j = 0; j < count; j++) {
        if (last == STAGE_LOOP) {
            QK_SINK_INT(bytes);
            QK_SINK_VEC(x[j]);
            continue;
        }
        const unsigned c = bytes >> 2 * j & 3;
        if (last == STAGE_UNPACK) {
            QK_SINK_INT(c);
            QK_SINK_VEC(x[j]);
            continue;
        }
        if (last == STAGE_LOOKUP) {
            QK_SINK_VEC(w[c]);
            QK_SINK_VEC(x[j]);
            continue;
        }
        sum[j] += w[c] * x[j];
    }
}

static QK_BODY body(QK_ARGS, const int last)
{
    const size_t blocks = cols / QK256_BLOCK + (cols % QK256_BLOCK != 0);
    for (size_t r = 0; r < rows; r++) {
        float sum[SUMS] = {0};
        for (size_t b = 0; b < blocks; b++) {
            const uint8_t *from = codes + (r * blocks + b) * QK256_BLOCK_BYTES;
            const float *to = x + b * QK256_BLOCK, s = scale ? scale[r * blocks + b] : 1.0f;
            const float w[4] = {lut[0] * s, lut[1] * s, lut[2] * s, lut[3] * s};
            const size_t left = cols - b * QK256_BLOCK, n = left < QK256_BLOCK ? left : QK256_BLOCK;
            size_t e = 0;
            for (; e + SUMS <= n; e += SUMS, from += 2)
                columns(sum, from[0] | (unsigned)from[1] << 8, w, to + e, SUMS, last);
            if (e < n) /* the block is there whole, so its second byte is too */
                columns(sum, from[0] | (unsigned)from[1] << 8, w, to + e, (int)(n - e), last);
        }
        if (last < STAGE_ACCUMULATE)
            continue;
        if (last == STAGE_ACCUMULATE) {
            for (int j = 0; j < SUMS; j++)
                QK_SINK_VEC(sum[j]);
            continue;
        }
        y[r] = ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
    }
}
