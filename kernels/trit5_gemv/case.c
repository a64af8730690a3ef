/* SPDX-License-Identifier: MIT */
#include "kernels/layout.h"
#include "kernels/trit5_gemv/op.h"

#include "kernels/cases/i2s_inputs.h"

#include <string.h>

/* Ordinary bytes are those that TRIT5 has. Extreme ones are any byte, or all alike. */
static void fill_codes(enum qk_fill kind, struct qk_rng *rng, uint8_t *codes, size_t bytes)
{
    enum { ZEROS = 28 * 4 + 13 }; /* five codes 1 */
    /* Codes all 0, all 1, all 2; the largest rest; the largest byte. */
    static const uint8_t alike[] = {0, ZEROS, 250, 251, 255};
    if (!codes)
        return;
    const uint64_t draw = qk_rng_below(rng, 12);
    if (kind == QK_FILL_CODES) {
        for (size_t i = 0; i < bytes; i++)
            codes[i] = (uint8_t)(i + i / 256);
    } else if (kind == QK_FILL_CONSTANT || (kind == QK_FILL_EXTREME && draw < 8)) {
        memset(codes, alike[draw % sizeof alike], bytes);
    } else {
        qk_rng_bytes(rng, codes, bytes);
        for (size_t i = 0; i < bytes && kind == QK_FILL_ORDINARY; i++)
            if (codes[i] / TRIT5_PAIR > 8 || codes[i] % TRIT5_PAIR > 26)
                codes[i] = ZEROS;
    }
}

#define CODES_BYTES fives_interleaved
#define DECIDING    fives
#define FILL_CODES  fill_codes
#include "kernels/i2s_gemv/case_body.h"

QK_CALLS(trit5_gemv, b[Y], b[CODES], b[Q], *(const int32_t *)b[Q_SUM], p->count, p->dims[0])

/* Columns modulo 40, two units: 0, 8, 16, 24 and 32, so every length of a tail. Up to 12 units, and more. */
const struct qk_case qk_trit5_gemv_case = {
    .sets = sets,
    .check_shapes = "1x128 2x256 15x384 16x512 17x640 31x1280 32x1408 33x2560 49x256 3x32768",
    .touch_shape = "17x128",
    .plan = plan,
    .large = {{2, {0, COLUMNS}}},
    .step = TRIT5_ROWS,
    .fill = fill,
    .alternates = 1 << Q | 1 << Q_SUM,
    .call = call,
    .rows_apart = 2,
    .same = same,
};
