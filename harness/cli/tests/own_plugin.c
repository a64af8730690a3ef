/* SPDX-License-Identifier: MIT */
/*
 * A plug-in with ops of its own. OP_FLAW, a number, makes one thing of it wrong (own_test.sh).
 *   dot    y[m] = sum over n of w[m][n] * x[n], integers
 *   scale  y[m] = s[0] * x[m], floats within a bound
 */
#include <qkbench/plugin.h>
#include <stdlib.h>

#ifndef OP_FLAW
#define OP_FLAW 0
#endif

typedef qk_own_fn qk_dot_fn, qk_scale_fn;

static void scalar(void *const *buffers, const size_t *dims)
{
    int32_t *const y = (int32_t *)buffers[0];
    const int8_t *const w = (const int8_t *)buffers[1], *const x = (const int8_t *)buffers[2];
    for (size_t m = 0; m < dims[0]; m++) {
        int32_t sum = 0;
        for (size_t n = 0; n < dims[1]; n++)
            sum += w[m * dims[1] + n] * x[n];
        y[m] = sum;
    }
}

static void four(void *const *buffers, const size_t *dims)
{
    int32_t *const y = (int32_t *)buffers[0];
    const int8_t *const w = (const int8_t *)buffers[1], *const x = (const int8_t *)buffers[2];
    for (size_t m = 0; m < dims[0]; m++) {
        int32_t sum[4] = {0, 0, 0, 0};
        for (size_t n = 0; n < dims[1]; n += 4)
            for (size_t i = 0; i < 4; i++)
                sum[i] += w[m * dims[1] + n + i] * x[n + i];
        y[m] = sum[0] + sum[1] + sum[2] + sum[3];
    }
}

static void wrong(void *const *buffers, const size_t *dims)
{
    scalar(buffers, dims);
    ((int32_t *)buffers[0])[dims[0] - 1]++;
}

static void behind(void *const *buffers, const size_t *dims)
{
    scalar(buffers, dims);
    ((int32_t *)buffers[0])[dims[0]] = 0;
}

static void crash(void *const *buffers, const size_t *dims)
{
    (void)dims;
    if (buffers)
        abort();
}

static void lazy(void *const *buffers, const size_t *dims)
{
    const size_t fewer[] = {dims[0], dims[1] - 4};
    scalar(buffers, fewer);
}

static void scale_scalar(void *const *buffers, const size_t *dims)
{
    float *const y = (float *)buffers[0];
    const float *const s = (const float *)buffers[1], *const x = (const float *)buffers[2];
    for (size_t m = 0; m < dims[0]; m++)
        y[m] = s[0] * x[m];
}

static void scale_near(void *const *buffers, const size_t *dims)
{
    float *const y = (float *)buffers[0];
    scale_scalar(buffers, dims);
    for (size_t m = 0; m < dims[0]; m++)
        y[m] *= 1.0000001f;
}

static void scale_far(void *const *buffers, const size_t *dims)
{
    float *const y = (float *)buffers[0];
    scale_scalar(buffers, dims);
    for (size_t m = 0; m < dims[0]; m++)
        y[m] *= 1.00001f;
}

static void scale_fill(void *const *buffers, const size_t *dims, uint32_t kind, uint64_t seed)
{
    float *const s = (float *)buffers[1], *const x = (float *)buffers[2];
    if (s)
        s[0] = kind == QK_OWN_CONSTANT ? 1.0f : (float)(1 + seed % 1000);
    for (size_t m = 0; x && m < dims[0]; m++)
        x[m] = (float)(1 + (seed + m * 7) % 100);
}

#define ELEMENTS QK_COUNT(OP_FLAW == 1 ? 0xffffffffu : 1, 1, QK_M | QK_N)
static const struct qk_own_buffer dot_buffers[] = {
    QK_OUTPUT("y", OP_FLAW == 2 ? 99 : QK_I32, QK_COUNT(1, 1, QK_M), OP_FLAW == 3 ? 0.5 : 0, 0),
    QK_INPUT(OP_FLAW == 4 ? "y" : "w", QK_I8, ELEMENTS, OP_FLAW == 5 ? -129 : -1, 1),
#if OP_FLAW == 6
    QK_INPUT("x", QK_I8, QK_COUNT(1, 1, QK_N), -127, 127)
#else
    {"x", QK_VARIED, QK_I8,
     OP_FLAW == 7   ? 3
     : OP_FLAW == 8 ? 128
                    : 4,
     QK_COUNT(1, 1, QK_N), -127, 127, 0, 0}
#endif
};
static const struct qk_own_buffer scale_buffers[] = {QK_OUTPUT("y", QK_F32, QK_COUNT(1, 1, QK_M), 0, 1e-6),
                                                     QK_INPUT_VARIED("s", QK_F32, QK_COUNT(1, 1, 0), 1, 1000),
                                                     QK_INPUT("x", QK_F32, QK_COUNT(1, 1, QK_M), 1, 100)};

#if OP_FLAW == 9
#define SHAPES "64x256 0x0"
#elif OP_FLAW == 10
#define SHAPES "64x255"
#elif OP_FLAW == 20
#define SHAPES "64x256"
#elif OP_FLAW == 1
#define SHAPES "4294967295x4294967292"
#else
#define SHAPES "64x256 512x1024"
#endif
#if OP_FLAW == 14
#define TOUCH "512x512"
#elif OP_FLAW == 15
#define TOUCH "3x8 3x16"
#else
#define TOUCH "3x8"
#endif
#define DOT(name)                                                                                            \
    QK_OWN_OP(name, "sums of products", OP_FLAW == 12 ? 5 : 2, QK_MULTIPLE(1, 4), dot_buffers, SHAPES,       \
              "1x4 5x20 3x36", TOUCH, QK_COUNT(1, 1, QK_M), QK_COUNT(2, 1, QK_M | QK_N), 0)
#define SCALE                                                                                                \
    QK_OWN_OP(scale, "a vector times a number", 1, QK_MULTIPLE(1), scale_buffers, "4096", "1 7 64", "5",     \
              QK_COUNT(1, 1, QK_M), QK_COUNT(1, 1, QK_M), scale_fill)
static const struct qk_own_op ops[] = {
#if OP_FLAW == 11
    DOT(rope),
#else
    DOT(dot),
#endif
#if OP_FLAW == 13
    DOT(dot),
#endif
#if OP_FLAW != 16
    SCALE
#endif
};

#if OP_FLAW == 11
QK_PLUGIN_WITH_OPS("own", ops,
                   {"rope", "scalar", "BASE", "-", "PLAIN", "HAND", "ALL", "", (qk_fn *)scalar, 0, 0},
                   QK_ROW(scale, scalar, BASE, scale_scalar));
#elif OP_FLAW == 19
QK_PLUGIN_WITH_OPS("own", ops, QK_ROW(dot, scalar, BASE, lazy), QK_ROW(scale, scalar, BASE, scale_scalar));
#elif OP_FLAW == 17
QK_PLUGIN_WITH_OPS("own", ops, QK_ROW(dot, scalar, BASE, scalar));
#elif OP_FLAW == 18
QK_PLUGIN_WITH_OPS("own", ops, QK_ROW(dot, scalar, AVX2, scalar), QK_ROW(scale, scalar, BASE, scale_scalar));
#else
QK_PLUGIN_WITH_OPS("own", ops, QK_ROW(dot, scalar, BASE, scalar), QK_ROW(dot, four, BASE, four),
                   QK_ROW(dot, wrong, BASE, wrong), QK_ROW(dot, behind, BASE, behind),
                   QK_ROW(dot, crash, BASE, crash), QK_ROW(dot, lazy, BASE, lazy),
                   QK_ROW(scale, scalar, BASE, scale_scalar), QK_ROW(scale, near, BASE, scale_near),
                   QK_ROW(scale, far, BASE, scale_far));
#endif
