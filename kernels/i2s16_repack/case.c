/* SPDX-License-Identifier: MIT */
#include "kernels/cases/i2s_inputs.h"
#include "kernels/i2s16_repack/op.h"
#include "kernels/layout.h"

#include <stdio.h>

enum { OUT, CODES, BUFFERS };
enum { COLUMNS = 2560 }; /* of the shapes made for a number of bytes */

static const struct qk_shape_set sets[] = {
    {"seed", "256x2560"},
    {"model", "2560x2560 640x2560 6912x2560 2560x6912"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    struct qk_i2s_sizes s;
    const int code = qk_i2s_sizes(shape, 2, &s, err);
    if (code)
        return code;
    *p = (struct qk_plan){
        .buffer_count = BUFFERS,
        .buffers = {[OUT] = {"out", true, s.interleaved, 1, QK_SHARED},
                    [CODES] = {"codes", false, s.packed, 1, QK_SHARED}},
        .count = s.rows,
        .dims = {s.columns},
        .elements = (uint64_t)s.rows * s.columns,
        .ops = (uint64_t)s.rows * s.columns, /* one move of a code */
        .bytes_read = s.packed,
        .bytes_written = s.interleaved,
    };
    return 0;
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    qk_i2s_fill_codes(kind, rng, buffers[CODES], p->buffers[CODES].bytes);
}

QK_CALLS(i2s16_repack, b[OUT], b[CODES], p->count, p->dims[0])

static bool same(const struct qk_plan *p, void *const *expected, void *const *found, char *why, size_t size)
{
    const uint8_t *want = expected[OUT], *got = found[OUT];
    for (size_t i = 0; i < p->buffers[OUT].bytes; i++)
        if (want[i] != got[i]) {
            snprintf(why, size, "byte %zu of %zu (row %zu): found 0x%02x, expected 0x%02x", i,
                     p->buffers[OUT].bytes, i / (4 * p->dims[0]) * 16 + i / 4 % 16, got[i], want[i]);
            return false;
        }
    return true;
}

const struct qk_case qk_i2s16_repack_case = {
    .sets = sets,
    .check_shapes = "1x128 2x256 7x384 8x640 9x128 15x256 16x384 17x256 24x128 25x128 32x128 33x1280",
    .touch_shape = "3x256",
    .plan = plan,
    .large = {{2, {0, COLUMNS}}},
    .step = I2S16_ROWS,
    .fill = fill,
    .alternates = 1 << CODES,
    .call = call,
    .rows_apart = 2,
    .same = same,
};
