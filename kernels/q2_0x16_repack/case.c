/* SPDX-License-Identifier: MIT */
#include "kernels/q2_0x16_repack/op.h"

#include "kernels/cases/blocks.h"
#include "kernels/cases/case_tools.h"
#include "kernels/layout.h"

enum { CODES, SCALE, FROM, BUFFERS };
enum { COLUMNS = 2560 }; /* of the shapes made for a number of bytes */

/* ROWSxCOLSxBLOCKBYTES. model: the layers of BitNet b1.58 2B4T. */
static const struct qk_shape_set sets[] = {
    {"seed", "256x2560x18 256x2560x66 256x2560x54"},
    {"model", "2560x2560x18 640x2560x18 6912x2560x18 2560x6912x18"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    if (shape->dims != 3)
        return qk_fail(err, QK_ERR_ARG, "shape",
                       "q2_0x16_repack takes ROWSxCOLSxBLOCKBYTES, found %d size(s)", shape->dims);
    const size_t rows = shape->dim[0], columns = shape->dim[1], bytes = shape->dim[2];
    const size_t group = qk_q2_0x16_group(bytes);
    size_t padded;
    if (!group)
        return qk_fail(err, QK_ERR_ARG, "shape", "blocks of %zu bytes; expected %d, %d, %d or %d", bytes,
                       Q2_0_BLOCK_BYTES, Q2_0_BLOCK_BYTES_LARGE, TQ1_0_BLOCK_BYTES, TQ2_0_BLOCK_BYTES);
    if (columns % group || columns > I2S_COLUMNS_MAX)
        return qk_fail(err, QK_ERR_ARG, "shape", "%zu columns; expected a multiple of %zu, at most %d",
                       columns, group, I2S_COLUMNS_MAX);
    if (!qk_align_size(rows, I2S16_ROWS, &padded))
        return qk_fail(err, QK_ERR_MEMORY, "shape", "%zu rows: more than a size can hold", rows);
    const struct qk_extent extents[] = {
        [CODES] = {"codes", true, padded, columns / 4, sizeof(uint8_t)},
        [SCALE] = {"scale", true, padded, columns / group, sizeof(uint16_t)},
        [FROM] = {"from", false, rows, columns / group * bytes, sizeof(uint8_t)}};
    const size_t factors[] = {rows, columns, 0};
    *p = (struct qk_plan){.count = rows, .dims = {columns, bytes}};
    const int code = qk_plan_buffers(p, extents, BUFFERS, factors, err);
    p->elements = p->ops; /* one move of a code */
    return code;
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    const size_t block = p->dims[1];
    const size_t scale_at = block == TQ2_0_BLOCK_BYTES   ? TQ2_0_SCALE
                            : block == TQ1_0_BLOCK_BYTES ? TQ1_0_SCALE
                                                         : 0;
    qk_fill_blocks(buffers[FROM], p->buffers[FROM].bytes, block, scale_at, kind, rng);
}

QK_CALLS(q2_0x16_repack, b[CODES], b[SCALE], b[FROM], p->count, p->dims[0], p->dims[1])

static bool same(const struct qk_plan *p, void *const *expected, void *const *found, char *why, size_t size)
{
    return qk_same_bytes(p, CODES, expected, found, why, size) &&
           qk_same_bytes(p, SCALE, expected, found, why, size);
}

const struct qk_case qk_q2_0x16_repack_case = {
    .sets = sets,
    .check_shapes = "1x64x18 8x128x18 9x192x18 17x320x18 33x2560x18 2x128x34 16x384x34 25x256x34 1x256x66 "
                    "16x512x66 31x768x66 1x256x54 15x512x54 16x256x54 33x768x54",
    .touch_shape = "17x192x18",
    .plan = plan,
    .large = {{3, {0, COLUMNS, Q2_0_BLOCK_BYTES}}},
    .step = I2S16_ROWS,
    .fill = fill,
    .alternates = 1 << FROM,
    .call = call,
    .rows_apart = 3,
    .same = same,
};
