/* SPDX-License-Identifier: MIT */
#include "kernels/cases/ternary.h"

#include "kernels/cases/case_tools.h"
#include "kernels/f16.h"
#include "kernels/layout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 32 }; /* columns that hold a 127 */

static bool is_group(size_t group)
{
    return group == 32 || group == 64 || group == 128 || group == 256;
}

int qk_ternary_plan(const struct qk_shape *shape, bool has_tokens, struct qk_plan *p, struct qk_error *err)
{
    const int sizes = has_tokens ? 3 : 2;
    if (shape->dims != sizes && shape->dims != sizes + 1)
        return qk_fail(err, QK_ERR_ARG, "shape", "found %d sizes; expected ROWSxCOLS%s, or that and xGROUP",
                       shape->dims, has_tokens ? "xTOKENS" : "");
    const size_t rows = shape->dim[0], columns = shape->dim[1], tokens = has_tokens ? shape->dim[2] : 1;
    const size_t group = shape->dims > sizes ? shape->dim[sizes] : columns;
    if (columns % BLOCK || columns > I2S_COLUMNS_MAX)
        return qk_fail(err, QK_ERR_ARG, "shape", "%zu columns; expected a multiple of %d, at most %d",
                       columns, BLOCK, I2S_COLUMNS_MAX);
    if (shape->dims > sizes && (!is_group(group) || columns % group))
        return qk_fail(
            err, QK_ERR_ARG, "shape",
            "a scale per %zu of %zu columns; expected a group of 32, 64, 128 or 256 that divides them", group,
            columns);
    const struct qk_extent extents[] = {
        [QK_TERNARY_Y] = {"y", true, tokens, rows, sizeof(float)},
        [QK_TERNARY_W] = {"w", false, rows, columns, sizeof(int8_t)},
        [QK_TERNARY_SCALE] = {"scale", false, rows, columns / group, sizeof(uint16_t)},
        [QK_TERNARY_X] = {"x", false, tokens, columns, sizeof(float)},
        [QK_TERNARY_WEIGHTS] = {"weights", false, rows, columns / 4, 1},
        [QK_TERNARY_ACTIVATIONS] = {"activations", false, tokens, columns, 1},
        [QK_TERNARY_SEEN] = {"dequantised activations", false, tokens, columns, sizeof(float)}};
    static const enum qk_use uses[] = {QK_SHARED, QK_SOURCE,  QK_SOURCE, QK_SHARED,
                                       QK_LOADED, QK_SCRATCH, QK_JUDGED};
    const size_t factors[] = {rows, columns, tokens, 2, 0};
    *p = (struct qk_plan){.count = rows, .dims = {columns, tokens, group}, .elements = rows * columns};
    const int code = qk_plan_buffers(p, extents, QK_TERNARY_BUFFERS, factors, err);
    if (code)
        return code;
    for (int i = 0; i < QK_TERNARY_BUFFERS; i++)
        p->buffers[i].use = uses[i];
    p->elements *= tokens;
    p->bytes_read = p->buffers[QK_TERNARY_X].bytes + p->buffers[QK_TERNARY_WEIGHTS].bytes;
    return 0;
}

struct qk_ternary qk_ternary_sizes(const struct qk_plan *p)
{
    return (struct qk_ternary){.rows = p->count,
                               .columns = p->dims[0],
                               .tokens = p->dims[1],
                               .group = p->dims[2],
                               .context = p->form->context};
}

const char *qk_ternary_lacks(const struct qk_form *form, const struct qk_plan *p)
{
    const size_t columns = p->dims[0], group = p->dims[2];
    const size_t scale = group == columns && !is_group(group) ? QK_SCALE_PER_ROW : group;
    const bool either = group == columns && form->scales & QK_SCALE_PER_ROW;
    if (!(form->scales & scale) && !either)
        return group == columns ? "its form has no scale per row" : "its form has no scales of such groups";
    if (p->count % form->rows_of)
        return "its form has rows in other multiples only";
    return columns % form->columns_of ? "its form has columns in other multiples only" : NULL;
}

int qk_ternary_plan_form(struct qk_plan *p, struct qk_error *err)
{
    const struct qk_ternary t = qk_ternary_sizes(p);
    struct qk_buffer *const weights = &p->buffers[QK_TERNARY_WEIGHTS];
    struct qk_buffer *const activations = &p->buffers[QK_TERNARY_ACTIVATIONS];
    const char *const lacks = qk_ternary_lacks(p->form, p);
    if (lacks)
        return qk_fail(err, QK_ERR_UNAVAILABLE, "shape", "%s", lacks);
    const size_t align = p->form->align, bytes = p->form->weight_bytes(&t);
    const size_t call_bytes = bytes ? p->form->activation_bytes(&t) : 0;
    if (!bytes)
        return qk_fail(err, QK_ERR_UNAVAILABLE, "shape", "its form has no matrix of %zux%zu", t.rows,
                       t.columns);
    /* Sixteen bytes for each weight or activation are more than any form can need. */
    if (!call_bytes || bytes / 16 > t.rows * t.columns + align ||
        call_bytes / 16 > t.tokens * t.columns + align)
        return qk_fail(
            err, QK_ERR_CHECK, "form",
            "its form takes %zu bytes for %zux%zu weights and %zu for %zux%zu activations; expected at "
            "most 16 for each, and some for activations",
            bytes, t.rows, t.columns, call_bytes, t.tokens, t.columns);
    qk_align_size(bytes, align, &weights->bytes);
    qk_align_size(call_bytes, align, &activations->bytes);
    weights->align = activations->align = align;
    p->bytes_read = p->buffers[QK_TERNARY_X].bytes + bytes;
    return 0;
}

/* Values that every quantiser keeps: a row of int8 with 127 in each block, times a power of two. */
static void fill_exact(float *x, size_t columns, enum qk_fill kind, struct qk_rng *rng)
{
    const float power = ldexpf(1, (int)qk_rng_below(rng, 9) - 8);
    const float sign = qk_rng_below(rng, 2) ? 127 : -127;
    for (size_t c = 0; c < columns; c++)
        x[c] = (kind == QK_FILL_CONSTANT ? sign : (float)qk_rng_below(rng, 255) - 127) * power;
    for (size_t b = 0; b < columns; b += BLOCK)
        x[b + qk_rng_below(rng, BLOCK)] = sign * power;
}

/* Values as a model has them. */
static void fill_floats(float *x, size_t columns, struct qk_rng *rng)
{
    const float size = ldexpf(1, (int)qk_rng_below(rng, 7) - 3);
    for (size_t c = 0; c < columns; c++)
        x[c] = (2 * qk_rng_unit(rng) - 1) * size;
}

static void fill_weights(int8_t *w, size_t count, enum qk_fill kind, struct qk_rng *rng)
{
    const size_t shift = qk_rng_below(rng, 3);
    for (size_t i = 0; i < count; i++)
        if (kind == QK_FILL_CODES)
            w[i] = (int8_t)((i + i / 243 + shift) % 3) - 1;
        else
            w[i] = (int8_t)((kind == QK_FILL_CONSTANT ? shift : qk_rng_below(rng, 3)) - 1);
}

void qk_ternary_fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers)
{
    const struct qk_buffer *const scale = &p->buffers[QK_TERNARY_SCALE];
    const size_t columns = p->dims[0];
    uint16_t *const d = buffers[QK_TERNARY_SCALE];
    float *const x = buffers[QK_TERNARY_X];
    if (buffers[QK_TERNARY_W])
        fill_weights(buffers[QK_TERNARY_W], p->buffers[QK_TERNARY_W].bytes, kind, rng);
    for (size_t i = 0; d && i < scale->bytes / sizeof *d; i++)
        d[i] = (uint16_t)(0x2400 + qk_rng_below(rng, 0x1c00)); /* 2^-6 to 2 */
    for (size_t t = 0; x && t < p->dims[1]; t++)
        if (kind == QK_FILL_EXTREME)
            fill_floats(x + t * columns, columns, rng);
        else
            fill_exact(x + t * columns, columns, kind, rng);
}

/* The row of int8 that x is, times *power; false when it is none. */
static bool as_int8(int8_t *q, float *power, const float *x, size_t columns)
{
    float most = 0;
    int exponent;
    for (size_t c = 0; c < columns; c++)
        most = fabsf(x[c]) > most ? fabsf(x[c]) : most;
    *power = most / 127;
    if (frexpf(*power, &exponent) != 0.5f)
        return false;
    for (size_t c = 0; c < columns; c++) {
        const float value = x[c] / *power;
        q[c] = (int8_t)value;
        if ((float)q[c] != value)
            return false;
    }
    return true;
}

static int32_t dot_int8(const int8_t *w, const int8_t *q, size_t n)
{
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += w[i] * q[i];
    return sum;
}

static double dot_float(const int8_t *w, const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)w[i] * (double)x[i];
    return sum;
}

/* A row of w times x. q is what x is, or NULL. */
static double exact(const struct qk_plan *p, void *const *b, size_t row, const float *x, const int8_t *q,
                    float power)
{
    const size_t columns = p->dims[0], group = p->dims[2];
    const int8_t *const w = (const int8_t *)b[QK_TERNARY_W] + row * columns;
    const uint16_t *const d = (const uint16_t *)b[QK_TERNARY_SCALE] + row * (columns / group);
    double sum = 0;
    for (size_t c = 0; c < columns; c += group)
        sum += (double)qk_f16_to_f32(d[c / group]) *
               (q ? (double)dot_int8(w + c, q + c, group) * (double)power : dot_float(w + c, x + c, group));
    return sum;
}

void qk_ternary_expect(const struct qk_plan *p, void *const *buffers)
{
    const size_t rows = p->count, columns = p->dims[0];
    float *const y = buffers[QK_TERNARY_Y], power;
    int8_t q[I2S_COLUMNS_MAX];
    for (size_t t = 0; t < p->dims[1]; t++) {
        const float *const x = (const float *)buffers[QK_TERNARY_X] + t * columns;
        const bool small = as_int8(q, &power, x, columns);
        for (size_t r = 0; r < rows; r++)
            y[t * rows + r] = (float)exact(p, buffers, r, x, small ? q : NULL, power);
    }
}

double qk_ternary_tolerance(const struct qk_plan *p)
{
    const double blocks = p->form->block ? (double)p->dims[0] / p->form->block : 0;
    return p->form->tolerance + blocks;
}

/* B of a row. */
static double magnitude(const struct qk_plan *p, void *const *b, size_t row, const float *x)
{
    const size_t columns = p->dims[0], group = p->dims[2];
    const int8_t *const w = (const int8_t *)b[QK_TERNARY_W] + row * columns;
    const uint16_t *const d = (const uint16_t *)b[QK_TERNARY_SCALE] + row * (columns / group);
    const bool codes = p->form->bound == QK_BOUND_CODES;
    double sum = 0;
    for (size_t c = 0; c < columns; c++)
        sum += (double)qk_f16_to_f32(d[c / group]) * (codes ? 3 : w[c] != 0) * fabs((double)x[c]);
    return sum;
}

/* The dequantised activations of a token, against the plain ones. */
static bool near(const float *seen, const float *x, size_t columns, char *why, size_t size)
{
    float most = 0;
    for (size_t c = 0; c < columns; c++)
        most = fabsf(x[c]) > most ? fabsf(x[c]) : most;
    for (size_t c = 0; c < columns; c++) {
        if (fabsf(seen[c] - x[c]) <= most / 127)
            continue;
        snprintf(why, size,
                 "dequantised activations: column %zu: found %.9g, expected %.9g within %.3g, a 127th of the "
                 "largest",
                 c, (double)seen[c], (double)x[c], (double)most / 127);
        return false;
    }
    return true;
}

/*
 * Results of a token. x: its activations, or what the row says they became. want: NULL, or nearest to the
 * exact results.
 */
static bool same_token(const struct qk_plan *p, void *const *inputs, size_t token, const float *x,
                       const float *want, const float *got, char *why, size_t size)
{
    const double tolerance = qk_ternary_tolerance(p);
    for (size_t r = 0; r < p->count; r++) {
        const double y = (double)got[r];
        /* B is at least |want|, which is within 2^-24 of the exact result. Most results need no more. */
        if (want && fabs(y - (double)want[r]) <= (tolerance - 1) * 0x1p-24 * fabs((double)want[r]))
            continue;
        const double sum = exact(p, inputs, r, x, NULL, 0), unit = 0x1p-24 * magnitude(p, inputs, r, x);
        if (fabs(y - sum) <= tolerance * unit)
            continue;
        snprintf(why, size,
                 "row %zu, token %zu: found %.9g, expected %.9g within %.3g, %g * 2^-24 * B; off by %.3g, "
                 "%.3g * 2^-24 * B",
                 r, token, y, sum, tolerance * unit, tolerance, fabs(y - sum), fabs(y - sum) / unit);
        return false;
    }
    return true;
}

bool qk_ternary_same(const struct qk_plan *p, void *const *expected, void *const *found, char *why,
                     size_t size)
{
    const size_t columns = p->dims[0];
    int8_t q[I2S_COLUMNS_MAX];
    float power;
    bool same = true;
    for (size_t t = 0; t < p->dims[1] && same; t++) {
        const float *const x = (const float *)expected[QK_TERNARY_X] + t * columns;
        const float *const want = (const float *)expected[QK_TERNARY_Y] + t * p->count;
        const float *const got = (const float *)found[QK_TERNARY_Y] + t * p->count;
        if (as_int8(q, &power, x, columns)) {
            same = same_token(p, expected, t, x, want, got, why, size);
        } else if (p->form->dequantise_activations) {
            const float *const seen = (const float *)found[QK_TERNARY_SEEN] + t * columns;
            same =
                near(seen, x, columns, why, size) && same_token(p, expected, t, seen, NULL, got, why, size);
        }
    }
    return same;
}

void qk_ternary_aside(const struct qk_plan *p, const struct qk_ternary *t, void *const *b)
{
    if (p->part == QK_LOAD)
        p->form->prepare_weights(b[QK_TERNARY_WEIGHTS], b[QK_TERNARY_W], b[QK_TERNARY_SCALE], t);
    else if (p->form->dequantise_activations)
        p->form->dequantise_activations(b[QK_TERNARY_SEEN], b[QK_TERNARY_ACTIVATIONS], t);
}
