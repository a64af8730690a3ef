/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case.h"
#include "kernels/cases/dot.h"
#include "kernels/f32_dot/op.h"

enum { OUT, A, B, BUFFERS };

/* model: the rows of the layers of BitNet b1.58 2B4T. */
static const struct qk_shape_set sets[] = {
    {"seed", "256 1024 2560 6912"},
    {"model", "2560 6912"},
    {NULL, NULL},
};

static int plan(const struct qk_shape *shape, struct qk_plan *p, struct qk_error *err)
{
    const size_t n = shape->dim[0];
    size_t bytes;
    if (shape->dims != 1)
        return qk_fail(err, QK_ERR_ARG, "shape", "f32_dot takes ELEMENTS, found %d sizes", shape->dims);
    if (!qk_mul_size(n, 2 * sizeof(float), &bytes))
        return qk_fail(err, QK_ERR_MEMORY, "shape", "%zu elements are more bytes than a size can hold", n);
    *p = (struct qk_plan){
        .buffer_count = BUFFERS,
        .buffers = {[OUT] = {"out", true, sizeof(float), sizeof(float), QK_SHARED},
                    [A] = {"a", false, n * sizeof(float), sizeof(float), QK_SHARED},
                    [B] = {"b", false, n * sizeof(float), sizeof(float), QK_SHARED}},
        .count = n,
        .elements = n,
        .ops = 2 * (uint64_t)n,
        .bytes_read = bytes,
        .bytes_written = sizeof(float),
    };
    return 0;
}

static void fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    qk_dot_fill(buffers[A], p->count, kind, rng);
    qk_dot_fill(buffers[B], p->count, kind, rng);
}

QK_CALLS(f32_dot, b[OUT], b[A], b[B], p->count)

static bool same(const struct qk_plan *p, void *const *expected, void *const *found, char *why, size_t size)
{
    const float *a = expected[A], *b = expected[B], *out = found[OUT];
    struct qk_dot dot = {0};
    for (size_t i = 0; i < p->count; i++)
        qk_dot_add(&dot, 1.0f, a[i], b[i]);
    return qk_dot_agrees(&dot, out[0], 0, why, size);
}

const struct qk_case qk_f32_dot_case = {
    .sets = sets,
    .check_shapes =
        "1 2 3 7 8 9 15 16 17 31 33 63 64 65 100 127 128 129 140 200 256 300 1000 2560 6912 20000",
    .touch_shape = "19",
    .plan = plan,
    .large = {{.dims = 1}},
    .fill = fill,
    .alternates = 1 << B,
    .call = call,
    .same = same,
    .bounded = true,
};
