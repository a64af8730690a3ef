/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case.h"
#include "kernels/layout.h"
#include "kernels/qk256_dequant/op.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { OUT, CODES, SCALE, LUT, BUFFERS };

/*
 * seed: the sizes of the roadmap's throughput table. blocks: of its speed-up analysis, one to 64 blocks.
 * model: the layers of BitNet b1.58 2B4T (q and o; k and v; gate and up; down), ROWS outputs x COLS inputs.
 */
static const struct qk_shape_set sets[] = {
    {"seed", "256 512 1024 4096 16384"},
    {"blocks", "256 512 1024 2048 4096 8192 16384"},
    {"model", "2560x2560 640x2560 6912x2560 2560x6912"},
    {"large", "16777216"}, /* 64 MiB of output: past the caches */
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    size_t rows = shape->dims > 1 ? shape->dim[0] : 1, columns = shape->dim[shape->dims > 1], room, blocks,
           bytes;
    if (shape->dims > 2)
        return qk_fail(err, QK_ERR_ARG, "shape",
                       "qk256_dequant takes ELEMENTS or ROWSxCOLS, found three sizes");
    if (shape->dims == 1 && columns % QK256_BLOCK)
        return qk_fail(err, QK_ERR_ARG, "shape", "%zu elements; expected a multiple of the block, %d",
                       columns, QK256_BLOCK);
    if (!qk_align_size(columns, QK256_BLOCK, &room) || !qk_mul_size(rows, room / QK256_BLOCK, &blocks) ||
        !qk_mul_size(blocks, sizeof(float) * QK256_BLOCK, &bytes))
        return qk_fail(err, QK_ERR_MEMORY, "shape", "%zux%zu elements are more bytes than a size can hold",
                       rows, columns);
    *p = (struct qk_plan){
        .buffer_count = BUFFERS,
        .buffers = {[OUT] = {"out", true, bytes, sizeof(float), QK_SHARED},
                    [CODES] = {"codes", false, blocks * QK256_BLOCK_BYTES, 1, QK_SHARED},
                    [SCALE] = {"scale", false, blocks * sizeof(float), sizeof(float), QK_SHARED},
                    [LUT] = {"lut", false, 4 * sizeof(float), sizeof(float), QK_SHARED}},
        .count = blocks,
        .elements = (uint64_t)blocks * QK256_BLOCK,
        .ops = (uint64_t)blocks * QK256_BLOCK, /* one multiply each */
        .bytes_read = (uint64_t)blocks * (QK256_BLOCK_BYTES + sizeof(float)) + 4 * sizeof(float),
        .bytes_written = bytes,
    };
    return 0;
}

static void fill_scale_extreme(float *scale, size_t n, struct qk_rng *rng)
{
    static const float odd[] = {
        0.0f,  -0.0f, 0x1p-149f, -0x1p-149f, 0x1p-126f, 0x1.fffffcp-127f, 0x1.fffffep127f, -0x1p127f,
        -1.0f, 1.0f,  INFINITY,  -INFINITY,  NAN,       1e-30f,           -1e30f,          0x1p-75f};
    for (size_t b = 0; b < n; b++)
        scale[b] = odd[qk_rng_below(rng, sizeof odd / sizeof *odd)];
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    static const float tables[][4] = {
        {-2.0f, -1.0f, 1.0f, 2.0f}, {-1.0f, 0.0f, 1.0f, 0.0f}, {-0.0f, 0.0f, 0x1p-140f, -0x1.fffffep127f}};
    uint8_t *codes = buffers[CODES];
    float *scale = buffers[SCALE], *lut = buffers[LUT];
    const size_t bytes = p->buffers[CODES].bytes;
    switch (kind) {
    case QK_FILL_CODES:
        for (size_t i = 0; i < bytes; i++)
            codes[i] = (uint8_t)(i + i / 256);
        break;
    case QK_FILL_CONSTANT:
        memset(codes, (int)(0x55 * qk_rng_below(rng, 4)), bytes);
        break;
    default:
        if (codes)
            qk_rng_bytes(rng, codes, bytes);
    }
    if (kind == QK_FILL_EXTREME)
        fill_scale_extreme(scale, p->count, rng);
    else
        for (size_t b = 0; b < p->count && scale; b++)
            scale[b] = (0.5f + qk_rng_unit(rng)) * (qk_rng_below(rng, 2) ? 1.0f : -1.0f);
    if (kind == QK_FILL_ORDINARY && lut)
        memcpy(lut, tables[0], sizeof tables[0]);
    else if (kind != QK_FILL_ORDINARY)
        memcpy(lut, tables[qk_rng_below(rng, 3)], sizeof tables[0]);
}

QK_CALLS(qk256_dequant, b[OUT], b[CODES], b[SCALE], b[LUT], p->count)

static bool same(const struct qk_plan *p, void *const *expected, void *const *found, char *why, size_t size)
{
    const uint32_t *want = expected[OUT], *got = found[OUT];
    const uint8_t *codes = expected[CODES];
    for (uint64_t i = 0; i < p->elements; i++) {
        if (want[i] == got[i])
            continue;
        float w, g;
        memcpy(&w, &want[i], sizeof w);
        memcpy(&g, &got[i], sizeof g);
        snprintf(why, size,
                 "element %llu of %llu (code %d): found %a (0x%08x), expected %a (0x%08x), bit for bit",
                 (unsigned long long)i, (unsigned long long)p->elements, codes[i / 4] >> 2 * (i % 4) & 3,
                 (double)g, got[i], (double)w, want[i]);
        return false;
    }
    return true;
}

const struct qk_case qk_qk256_dequant_case = {
    .sets = sets,
    .check_shapes = "256 512 768 1024 1280 1536 1792 2048 2304 4352 8448 3x256 2x300",
    .touch_shape = "512",
    .plan = plan,
    .large = {{.dims = 1}},
    .step = QK256_BLOCK,
    .fill = fill,
    .alternates = 1 << SCALE,
    .call = call,
    .rows_apart = 1,
    .same = same,
};
