/* SPDX-License-Identifier: MIT */
/*
 * Tests the bound of f32 dot products. Kernels that are broken on purpose, one fault each, must fail with a
 * text that names the fault. Sums in other orders must pass, and so must a single running sum where rows are
 * short.
 */
#include "kernels/cases/dot.h"
#include "kernels/check/check.h"
#include "kernels/layout.h"
#include "kernels/qk256_gemv/op.h"
#include "kernels/tests/tap.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ARGS                                                                                                 \
    float *restrict y, const uint8_t *restrict codes, const float *restrict scale,                           \
        const float *restrict lut, const float *restrict x, size_t rows, size_t cols

/* What is done wrongly. */
struct fault {
    bool surplus, lost_last, lost_middle, next_scale, first_scale, no_scale, half, zero_times_table, stride,
        read_x, read_codes, huge_lost, nan_lost;
};

static inline void gemv(ARGS, const struct fault f)
{
    const size_t blocks = (cols + QK256_BLOCK - 1) / QK256_BLOCK;
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *from = codes + r * (f.stride ? (cols + 3) / 4 : blocks * QK256_BLOCK_BYTES);
        double sum = 0;
        const size_t to = f.surplus || f.zero_times_table ? blocks * QK256_BLOCK : cols;
        for (size_t c = 0; c < to; c++) {
            const size_t b = f.first_scale ? 0 : c / QK256_BLOCK;
            const size_t at = r * blocks + (f.next_scale && b + 1 < blocks ? b + 1 : b);
            const float s = scale && !f.no_scale ? scale[at] : 1.0f;
            const float value = c < cols ? x[c] : f.surplus ? x[cols - 1] : 0.0f;
            if ((f.lost_last && c == cols - 1 && c) || (f.lost_middle && c == cols / 2 && c))
                continue;
            sum += (double)(s * lut[from[c / 4] >> 2 * (c % 4) & 3]) * (double)value;
        }
        y[r] = (float)sum;
        if (f.half) /* the precision of f16: 2^-11 */
            y[r] *= 1.0f + 0x1p-11f;
        if (f.nan_lost && isnan(y[r]))
            y[r] = 0.0f;
        if (f.huge_lost && isinf(y[r]))
            y[r] = 0x1p127f;
    }
    if (f.read_x)
        (void)*(const volatile float *)(x + cols);
    if (f.read_codes)
        (void)*(const volatile uint8_t *)(codes + rows * blocks * QK256_BLOCK_BYTES);
}

#define FAULTS(FAULT)                                                                                        \
    FAULT(surplus, "expected")                                                                               \
    FAULT(lost_last, "expected")                                                                             \
    FAULT(lost_middle, "expected")                                                                           \
    FAULT(next_scale, "expected")                                                                            \
    FAULT(first_scale, "expected")                                                                           \
    FAULT(no_scale, "expected")                                                                              \
    FAULT(half, "off by")                                                                                    \
    FAULT(zero_times_table, "nan, expected")                                                                 \
    FAULT(stride, "expected")                                                                                \
    FAULT(read_x, "past the end of x")                                                                       \
    FAULT(read_codes, "past the end of codes")                                                               \
    FAULT(huge_lost, "an infinity or NaN")                                                                   \
    FAULT(nan_lost, "NaN")

#define DEFINE(name, says)                                                                                   \
    static void with_##name(ARGS)                                                                            \
    {                                                                                                        \
        gemv(y, codes, scale, lut, x, rows, cols, (struct fault){.name = true});                             \
    }
FAULTS(DEFINE)

static void whole(ARGS)
{
    gemv(y, codes, scale, lut, x, rows, cols, (struct fault){0});
}

static const struct {
    const char *name, *says;
    qk_qk256_gemv_fn *fn;
} broken[] = {
#define ROW(name, says) {#name, says, with_##name},
    FAULTS(ROW)};

static int check(qk_qk256_gemv_fn *fn, const char *name, struct qk_error *err)
{
    const struct qk_variant v = {
        .op = QK_OP_qk256_gemv, .kind = QK_PLAIN, .op_name = "qk256_gemv", .name = name, .fn = (qk_fn *)fn};
    return qk_check_variant(&v, 1, NULL, err);
}

static void bounds(void)
{
    char why[240];
    struct qk_dot dot = {0};
    for (int i = 0; i < 800; i++)
        qk_dot_add(&dot, 1.0f, i % 2 ? 1.0f : -1.0f, 1.0f);
    /* Exact 0, magnitude 800, and (800 / 8 + 16) * 2^-24 of it. */
    tap(qk_dot_agrees(&dot, 0.0f, 0, why, sizeof why) && qk_dot_agrees(&dot, 0x1.6p-8f, 0, why, sizeof why) &&
            !qk_dot_agrees(&dot, 0x1.7p-8f, 0, why, sizeof why) &&
            !qk_dot_agrees(&dot, NAN, 0, why, sizeof why),
        "116 roundings of 800", NULL);
    dot = (struct qk_dot){0};
    qk_dot_add(&dot, 0x1p-149f, 0.5f, 1.0f); /* lost or doubled: both are roundings */
    tap(qk_dot_agrees(&dot, 0.0f, 0, why, sizeof why) && qk_dot_agrees(&dot, 0x1p-149f, 0, why, sizeof why) &&
            !qk_dot_agrees(&dot, 0x1p-146f, 0, why, sizeof why),
        "denormals", NULL);
    dot = (struct qk_dot){0};
    qk_dot_add(&dot, 1.0f, 0x1p100f, 0x1p100f);
    tap(qk_dot_agrees(&dot, INFINITY, 0, why, sizeof why), "what overflows may be anything", NULL);
}

static void plans(void)
{
    const struct qk_case *gemv = qk_op_row(QK_OP_qk256_gemv)->on, *dot = qk_op_row(QK_OP_f32_dot)->on;
    struct qk_error err = {0};
    struct qk_plan plan;
    struct qk_shape s = {.dims = 2, .dim = {3, 300}};
    tap(!gemv->plan(&s, &plan, &err) && plan.count == 3 && plan.buffers[1].bytes == 3 * 128,
        "a row's last block is whole", &err);
    s.dims = 1;
    tap(gemv->plan(&s, &plan, &err) == QK_ERR_ARG && strstr(err.text, "ROWSxCOLS"), "one size is no matrix",
        &err);
    s = (struct qk_shape){.dims = 2, .dim = {SIZE_MAX / 2, 256}};
    tap(gemv->plan(&s, &plan, &err) == QK_ERR_MEMORY, "a matrix that overflows", &err);
    tap(dot->plan(&s, &plan, &err) == QK_ERR_ARG && strstr(err.text, "ELEMENTS"), "a matrix is no vector",
        &err);
    s.dims = 1;
    tap(dot->plan(&s, &plan, &err) == QK_ERR_MEMORY, "a vector that overflows", &err);
    for (size_t bytes = 8 << 10; bytes <= 64 << 20; bytes *= 8) {
        bool fits = qk_shape_for_bytes(gemv, bytes, &s) && !gemv->plan(&s, &plan, &err);
        size_t sum = 0;
        for (int i = 0; fits && i < plan.buffer_count; i++)
            sum += plan.buffers[i].bytes;
        tap(fits && sum <= bytes && sum > bytes - 700, "a matrix for so many bytes", &err);
        fits = qk_shape_for_bytes(dot, bytes, &s) && !dot->plan(&s, &plan, &err);
        tap(fits && plan.bytes_read + plan.bytes_written <= bytes && plan.bytes_read > bytes - 12,
            "a vector for so many bytes", &err);
    }
    tap(!qk_shape_for_bytes(gemv, 1000, &s) && !qk_shape_for_bytes(dot, 11, &s), "no shape for few bytes",
        NULL);
}

TEST_PART(broken_dot)
{
    struct qk_error err = {0};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        const int code = check(broken[i].fn, broken[i].name, &err);
        tap(code == QK_ERR_CHECK && strstr(err.text, broken[i].says), broken[i].name, &err);
    }
    const int code = check(whole, "whole", &err);
    tap(!code, "the loop without a fault passes", &err);
    bounds();
    plans();
    return tap_end();
}
