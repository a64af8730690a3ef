/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case.h"
#include "kernels/cases/dot.h"
#include "kernels/layout.h"
#include "kernels/qk256_gemv/op.h"

#include <math.h>
#include <string.h>

enum { Y, CODES, SCALE, LUT, X, BUFFERS };
enum { COLS }; /* in plan.dims */

/*
 * model: the layers of BitNet b1.58 2B4T (q and o; k and v; gate and up; down). The last of seed has its k
 * and v.
 */
static const struct qk_shape_set sets[] = {
    {"seed", "16x256 64x1024 128x2560 640x2560"},
    {"model", "2560x2560 640x2560 6912x2560 2560x6912"},
    {NULL, NULL},
};

/*
 * A caller without scales passes NULL. A fill that stands for one says so by this value, a NaN like no other,
 * in the first scale; fills that are timed do not.
 */
static const uint32_t no_scales = 0x7fc05ca1;

static const float *scales(const struct qk_plan *p, void *const *buffers)
{
    return p->buffers[SCALE].bytes && !memcmp(buffers[SCALE], &no_scales, sizeof no_scales) ? NULL
                                                                                            : buffers[SCALE];
}

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    const size_t rows = shape->dim[0], cols = shape->dim[1];
    size_t room, blocks, bytes, total;
    if (shape->dims != 2)
        return qk_fail(err, QK_ERR_ARG, "shape", "qk256_gemv takes ROWSxCOLS, found %d sizes", shape->dims);
    if (!qk_align_size(cols, QK256_BLOCK, &room) || !qk_mul_size(rows, room / QK256_BLOCK, &blocks) ||
        !qk_mul_size(blocks, QK256_BLOCK_BYTES, &bytes) || !qk_mul_size(cols, sizeof(float), &total) ||
        !qk_mul_size(rows, sizeof(float), &total) || !qk_mul_size(rows, cols, &total) ||
        total > UINT64_MAX / 2)
        return qk_fail(err, QK_ERR_MEMORY, "shape", "%zux%zu weights are more than a size can hold", rows,
                       cols);
    *p = (struct qk_plan){
        .buffer_count = BUFFERS,
        .buffers = {[Y] = {"y", true, rows * sizeof(float), sizeof(float), QK_SHARED},
                    [CODES] = {"codes", false, bytes, 1, QK_SHARED},
                    [SCALE] = {"scale", false, blocks * sizeof(float), sizeof(float), QK_SHARED},
                    [LUT] = {"lut", false, 4 * sizeof(float), sizeof(float), QK_SHARED},
                    [X] = {"x", false, cols * sizeof(float), sizeof(float), QK_SHARED}},
        .count = rows,
        .dims = {[COLS] = cols},
        .elements = (uint64_t)rows * cols,
        .ops = 2 * (uint64_t)rows * cols, /* a multiply and an addition for each weight */
        .bytes_read = (uint64_t)rows * ((cols + QK256_CODES_PER_BYTE - 1) / QK256_CODES_PER_BYTE) +
                      ((uint64_t)blocks + 4 + cols) * sizeof(float),
        .bytes_written = rows * sizeof(float),
    };
    return 0;
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    static const float tables[][4] = {{-2.0f, -1.0f, 1.0f, 2.0f},
                                      {-1.0f, 0.0f, 1.0f, 0.0f},
                                      {-0.0f, 0.0f, 0x1p-140f, -0x1.fffffep127f},
                                      {INFINITY, 1.0f, NAN, -2.0f}};
    uint8_t *codes = buffers[CODES];
    const size_t bytes = p->buffers[CODES].bytes;
    if (kind == QK_FILL_CODES)
        for (size_t i = 0; i < bytes; i++)
            codes[i] = (uint8_t)(i + i / 256);
    else if (kind == QK_FILL_CONSTANT)
        memset(codes, (int)(0x55 * qk_rng_below(rng, 4)), bytes);
    else if (codes)
        qk_rng_bytes(rng, codes, bytes);
    if (buffers[LUT])
        memcpy(buffers[LUT], tables[kind == QK_FILL_ORDINARY ? 0 : qk_rng_below(rng, 4)], sizeof tables[0]);
    qk_dot_fill(buffers[SCALE], p->buffers[SCALE].bytes / sizeof(float), kind, rng);
    qk_dot_fill(buffers[X], p->dims[COLS], kind, rng);
    if (kind != QK_FILL_ORDINARY && qk_rng_below(rng, 2))
        memcpy(buffers[SCALE], &no_scales, sizeof no_scales);
}

static void call(qk_fn *fn, const struct qk_plan *p, void *const *even, void *const *odd, uint64_t calls)
{
    qk_qk256_gemv_fn *const kernel = QK_FN(qk256_gemv, fn);
    const float *const scale[] = {scales(p, even), scales(p, odd)};
    for (uint64_t i = 0; i < calls; i++) {
        void *const *const b = i & 1 ? odd : even;
        kernel(b[Y], b[CODES], scale[i & 1], b[LUT], b[X], p->count, p->dims[COLS]);
    }
}

static bool same(const struct qk_plan *p, void *const *expected, void *const *found, char *why, size_t size)
{
    const float *y = found[Y], *lut = expected[LUT], *x = expected[X], *scale = scales(p, expected);
    const uint8_t *codes = expected[CODES];
    const size_t cols = p->dims[COLS], blocks = (cols + QK256_BLOCK - 1) / QK256_BLOCK;
    for (size_t r = 0; r < p->count; r++) {
        struct qk_dot dot = {0};
        for (size_t c = 0; c < cols; c++) {
            const size_t b = r * blocks + c / QK256_BLOCK, e = c % QK256_BLOCK;
            const unsigned code = codes[b * QK256_BLOCK_BYTES + e / 4] >> 2 * (e % 4) & 3;
            qk_dot_add(&dot, scale ? scale[b] : 1.0f, lut[code], x[c]);
        }
        if (!qk_dot_agrees(&dot, y[r], r, why, size))
            return false;
    }
    return true;
}

const struct qk_case qk_qk256_gemv_case = {
    .sets = sets,
    .check_shapes = "1x1 3x2 2x7 9x8 1x15 33x16 1x17 5x31 40x33 1x255 1x256 3x256 34x257 9x300 2x512 8x520 "
                    "17x768 31x1000 49x1030 32x2048 1x6912",
    .touch_shape = "35x261",
    .plan = plan,
    .large = {{2, {0, 2560}}, {2, {0, QK256_BLOCK}}},
    .fill = fill,
    .alternates = 1 << X,
    .call = call,
    .rows_apart = 2,
    .same = same,
    .bounded = true,
};
