/* SPDX-License-Identifier: MIT */
#include "kernels/cases/case_tools.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int overflow(const char *what, struct qk_error *err)
{
    return qk_fail(err, QK_ERR_MEMORY, "shape", "%s: more than a size can hold", what);
}

int qk_matrix_of(const struct qk_shape *shape, const char *op, int rows, int columns, struct qk_error *err)
{
    if (shape->dims != 2)
        return qk_fail(err, QK_ERR_ARG, "shape", "%s takes ROWSxCOLS, found %d size(s)", op, shape->dims);
    if (shape->dim[0] % (size_t)rows || shape->dim[1] % (size_t)columns)
        return qk_fail(err, QK_ERR_ARG, "shape",
                       "%zux%zu; expected rows in multiples of %d, columns in multiples of %d", shape->dim[0],
                       shape->dim[1], rows, columns);
    return 0;
}

int qk_plan_buffers(struct qk_plan *p, const struct qk_extent *extents, int count, const size_t *factors,
                    struct qk_error *err)
{
    size_t total = 0, ops = 1;
    for (int i = 0; i < count; i++) {
        const struct qk_extent *e = &extents[i];
        size_t bytes;
        if (!qk_mul_size(e->rows, e->columns, &bytes) || !qk_mul_size(bytes, e->unit, &bytes) ||
            !qk_add_size(total, bytes, &total))
            return overflow(e->name, err);
        p->buffers[p->buffer_count++] =
            (struct qk_buffer){.name = e->name, .output = e->output, .bytes = bytes, .align = e->unit};
        *(e->output ? &p->bytes_written : &p->bytes_read) += bytes;
    }
    for (; *factors; factors++)
        if (!qk_mul_size(ops, *factors, &ops))
            return overflow("operations", err);
    p->ops = ops;
    return 0;
}

static const float odd[] = {
    0.0f, -0.0f, 0x1p-149f, -0x1p-149f, 0x1p-126f, 0x1.fffffcp-127f, 0x1.fffffep127f, -0x1p127f, -1.0f,
    1.0f, 1e-5f, 1e-8f,     -1e-30f,    -1e30f,    0x1p-75f,         0x1.fffffep-1f,  -100.0f,   0.5f,
    3e4f, -3e4f, INFINITY,  -INFINITY,  NAN};
enum { ODD = sizeof odd / sizeof *odd, ODD_FINITE = ODD - 3 };

void qk_fill_f32(float *to, size_t n, enum qk_fill kind, struct qk_rng *rng)
{
    if (!to)
        return;
    /*
     * Sums over many extreme values are all NaN: two in three draws have finite ones only, and half of those
     * few others.
     */
    const uint64_t among = qk_rng_below(rng, 3) ? ODD_FINITE : ODD;
    const bool few = qk_rng_below(rng, 2);
    const float one = odd[qk_rng_below(rng, ODD_FINITE)];
    for (size_t i = 0; i < n; i++)
        switch (kind) {
        case QK_FILL_EXTREME:
            to[i] = few && qk_rng_below(rng, 16) ? qk_rng_unit(rng) - 0.5f : odd[qk_rng_below(rng, among)];
            break;
        case QK_FILL_CODES:
            to[i] = (float)((int)(i % 509) - 254) * 0.5f;
            break;
        case QK_FILL_CONSTANT:
            to[i] = one;
            break;
        default:
            to[i] = 2.0f * qk_rng_unit(rng) - 1.0f;
        }
}

void qk_fill_f32_inputs(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    for (int i = 0; i < p->buffer_count; i++)
        if (!p->buffers[i].output)
            qk_fill_f32(buffers[i], p->buffers[i].bytes / sizeof(float), kind, rng);
}

void qk_fill_f16(uint16_t *to, size_t n, enum qk_fill kind, struct qk_rng *rng)
{
    static const uint16_t halves[] = {0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x7bff, 0xfbff,
                                      0x3c00, 0xbc01, 0x3555, 0x7c00, 0xfc00, 0x7e00, 0x7c01};
    enum { HALVES = sizeof halves / sizeof *halves, FINITE = HALVES - 4 };
    if (!to)
        return;
    const uint64_t among = qk_rng_below(rng, 3) ? FINITE : HALVES;
    const uint16_t one = halves[qk_rng_below(rng, FINITE)], first = (uint16_t)qk_rng_next(rng);
    for (size_t i = 0; i < n; i++)
        switch (kind) {
        case QK_FILL_EXTREME:
            to[i] = halves[qk_rng_below(rng, among)];
            break;
        case QK_FILL_CODES:
            to[i] = (uint16_t)(first + i);
            break;
        case QK_FILL_CONSTANT:
            to[i] = one;
            break;
        default: /* any sign and fraction, magnitude in [2^-6, 2) */
            to[i] = (uint16_t)((qk_rng_next(rng) & 0x83ffu) | (9 + qk_rng_below(rng, 7)) << 10);
        }
}

void qk_fill_bytes(void *to, size_t n, enum qk_fill kind, struct qk_rng *rng)
{
    static const unsigned char edges[] = {0x00, 0x01, 0x7f, 0x80, 0x81, 0xff};
    unsigned char *byte = to;
    if (!to)
        return;
    const unsigned char one = edges[qk_rng_below(rng, sizeof edges)];
    if (kind == QK_FILL_ORDINARY)
        qk_rng_bytes(rng, to, n);
    else
        for (size_t i = 0; i < n; i++)
            byte[i] = kind == QK_FILL_CODES     ? (unsigned char)(i + i / 256)
                      : kind == QK_FILL_EXTREME ? edges[qk_rng_below(rng, sizeof edges)]
                                                : one;
}

bool qk_same_f32(const struct qk_plan *p, int index, void *const *expected, void *const *found, char *why,
                 size_t size)
{
    const float *want = expected[index], *got = found[index];
    const size_t n = p->buffers[index].bytes / sizeof(float);
    for (size_t i = 0; i < n; i++) {
        if (!memcmp(&want[i], &got[i], sizeof *want) || (isnan(want[i]) && isnan(got[i])))
            continue;
        snprintf(why, size, "%s: element %zu of %zu: found %a, expected %a, bit for bit",
                 p->buffers[index].name, i, n, (double)got[i], (double)want[i]);
        return false;
    }
    return true;
}

bool qk_same_f32_outputs(const struct qk_plan *p, void *const *expected, void *const *found, char *why,
                         size_t size)
{
    for (int i = 0; i < p->buffer_count; i++)
        if (p->buffers[i].output && !qk_same_f32(p, i, expected, found, why, size))
            return false;
    return true;
}

bool qk_same_bytes(const struct qk_plan *p, int index, void *const *expected, void *const *found, char *why,
                   size_t size)
{
    const unsigned char *want = expected[index], *got = found[index];
    for (size_t i = 0; i < p->buffers[index].bytes; i++) {
        if (want[i] == got[i])
            continue;
        snprintf(why, size, "%s: byte %zu of %zu: found 0x%02x, expected 0x%02x", p->buffers[index].name, i,
                 p->buffers[index].bytes, got[i], want[i]);
        return false;
    }
    return true;
}
