/* SPDX-License-Identifier: MIT */
/*
 * The reference's source, built three times: by scalar.c without the vectoriser, by autovec_v3.c and
 * autovec_v4.c with it. One byte at a time: one load, four shifts and masks, four look-ups, four multiplies.
 */
#pragma once

#include "kernels/layout.h"
#include "kernels/qk256_dequant/stages.h"

static QK_BODY body(QK_ARGS, const int last)
{
    for (size_t b = 0; b < blocks; b++) {
        const float s = scale[b];
        for (size_t i = 0; i < QK256_BLOCK_BYTES; i++) {
            const unsigned byte = codes[b * QK256_BLOCK_BYTES + i];
            float *restrict to = out + b * QK256_BLOCK + QK256_CODES_PER_BYTE * i;
            if (last == STAGE_LOOP) {
                QK_SINK_INT(byte);
                continue;
            }
            const unsigned c0 = byte & 3, c1 = byte >> 2 & 3, c2 = byte >> 4 & 3, c3 = byte >> 6;
            if (last == STAGE_UNPACK) {
                QK_SINK_INT(c0);
                QK_SINK_INT(c1);
                QK_SINK_INT(c2);
                QK_SINK_INT(c3);
                continue;
            }
            const float w0 = lut[c0], w1 = lut[c1], w2 = lut[c2], w3 = lut[c3];
            if (last == STAGE_LOOKUP) {
                QK_SINK_VEC(w0);
                QK_SINK_VEC(w1);
                QK_SINK_VEC(w2);
                QK_SINK_VEC(w3);
                continue;
            }
            const float v0 = w0 * s, v1 = w1 * s, v2 = w2 * s, v3 = w3 * s;
            if (last == STAGE_SCALE) {
                QK_SINK_VEC(v0);
                QK_SINK_VEC(v1);
                QK_SINK_VEC(v2);
                QK_SINK_VEC(v3);
                continue;
            }
            to[0] = v0, to[1] = v1, to[2] = v2, to[3] = v3;
        }
    }
}
