/* SPDX-License-Identifier: MIT */
#include "kernels/cases/i2s_inputs.h"

#include "kernels/layout.h"

#include <stdio.h>
#include <string.h>

int qk_i2s_sizes(const struct qk_shape *shape, int dims, struct qk_i2s_sizes *sizes, struct qk_error *err)
{
    struct qk_i2s_sizes s = {.rows = shape->dim[0], .columns = shape->dim[1], .tokens = 1};
    size_t padded, most;
    if (shape->dims != dims)
        return qk_fail(err, QK_ERR_ARG, "shape", "found %d sizes; expected %s", shape->dims,
                       dims == 2 ? "ROWSxCOLS" : "ROWSxCOLSxTOKENS");
    if (dims == 3)
        s.tokens = shape->dim[2];
    if (s.columns % I2S_BLOCK || s.columns > I2S_COLUMNS_MAX)
        return qk_fail(err, QK_ERR_ARG, "shape", "%zu columns; expected a multiple of %d, at most %d",
                       s.columns, I2S_BLOCK, I2S_COLUMNS_MAX);
    /* Eight bytes for each code or product are more than any buffer here takes. */
    if (!qk_align_size(s.rows, I2S16_ROWS, &padded) || !qk_mul_size(padded, s.columns * 8, &most) ||
        !qk_mul_size(most, s.tokens, &most))
        return qk_fail(err, QK_ERR_MEMORY, "shape", "%zux%zux%zu are more bytes than a size can hold", s.rows,
                       s.columns, s.tokens);
    s.packed = s.rows * s.columns / 4;
    s.interleaved = padded * s.columns / 4;
    s.fives = s.rows * 4 * ((s.columns + TRIT5_COLUMNS - 1) / TRIT5_COLUMNS);
    s.fives_interleaved = padded * 4 * ((s.columns + TRIT5_COLUMNS - 1) / TRIT5_COLUMNS);
    *sizes = s;
    return 0;
}

/* Bits 2i+1:2i both set -> the lower one cleared: code 3 becomes 2. */
static void drop_code_3(uint8_t *codes, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        codes[i] &= (uint8_t) ~(codes[i] >> 1 & codes[i] & 0x55);
}

void qk_i2s_fill_codes(enum qk_fill kind, struct qk_rng *rng, uint8_t *codes, size_t bytes)
{
    if (!codes)
        return;
    const uint64_t draw = qk_rng_below(rng, 12);
    if (kind == QK_FILL_CODES) {
        for (size_t i = 0; i < bytes; i++)
            codes[i] = (uint8_t)(i + i / 256);
    } else if (kind == QK_FILL_CONSTANT || (kind == QK_FILL_EXTREME && draw < 8)) {
        memset(codes, (int)(0x55 * (kind == QK_FILL_CONSTANT ? draw % 4 : 2 + draw % 2)), bytes);
    } else {
        qk_rng_bytes(rng, codes, bytes);
        if (kind == QK_FILL_ORDINARY)
            drop_code_3(codes, bytes);
    }
}

static void fill_row(enum qk_fill kind, struct qk_rng *rng, int8_t *q, size_t columns)
{
    static const int8_t odd[] = {-128, 127, -127, 0, 1, -1};
    const uint64_t draw = qk_rng_below(rng, 4);
    if (kind != QK_FILL_EXTREME && kind != QK_FILL_CONSTANT)
        qk_rng_bytes(rng, q, columns);
    else if (draw < 2)
        memset(q, odd[draw], columns);
    else
        for (size_t k = 0; k < columns; k++)
            q[k] = odd[qk_rng_below(rng, sizeof odd)];
}

void qk_i2s_fill_activations(enum qk_fill kind, struct qk_rng *rng, int8_t *q, int32_t *q_sum, size_t columns,
                             size_t tokens)
{
    for (size_t t = 0; t < tokens && q; t++, q += columns) {
        fill_row(kind, rng, q, columns);
        int32_t sum = 0;
        for (size_t k = 0; k < columns; k++)
            sum += q[k];
        const uint64_t any = qk_rng_next(rng);
        q_sum[t] = kind == QK_FILL_EXTREME && any >> 63 ? (int32_t)(uint32_t)any : sum;
    }
}

bool qk_i2s_same(const int32_t *want, const int32_t *got, size_t rows, size_t tokens, char *why, size_t size)
{
    for (size_t t = 0; t < tokens; t++)
        for (size_t m = 0; m < rows; m++, want++, got++)
            if (*want != *got) {
                snprintf(why, size, "row %zu of %zu, token %zu of %zu: found %d, expected %d", m, rows, t,
                         tokens, *got, *want);
                return false;
            }
    return true;
}
