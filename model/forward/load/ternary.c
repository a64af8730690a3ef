/* SPDX-License-Identifier: MIT */
#include "model/forward/load/ternary.h"

#include "kernels/layout.h"
#include "model/gguf/cursor.h"
#include "model/gguf/i2s.h"

#include <stdlib.h>
#include <string.h>

/* A block: its columns, which share a scale, its bytes, and where its scale and its codes are. */
static const struct block {
    enum model_gguf_type type;
    size_t columns, bytes, scale_at, codes_at;
} blocks[] = {{MODEL_GGUF_TYPE_TQ1_0, 256, 54, 52, 0},
              {MODEL_GGUF_TYPE_TQ2_0, 256, 66, 64, 0},
              {MODEL_GGUF_TYPE_Q2_0, 64, 18, 0, 2},
              {MODEL_GGUF_TYPE_PQ2_0, 128, 34, 0, 2}};

static const struct block *block_of(enum model_gguf_type type)
{
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (blocks[i].type == type)
            return &blocks[i];
    return NULL;
}

size_t model_ternary_group(enum model_gguf_type type)
{
    const struct block *b = block_of(type);
    return b ? b->columns : 0;
}

/* The four codes of a byte, each in a byte of its own. */
static uint32_t spread(uint32_t byte)
{
    return (byte | byte << 6 | byte << 12 | byte << 18) & 0x03030303u;
}

/* 128 columns, four to a byte. Field f of the result takes the f-th group of 32 columns. */
static void sequential(uint8_t *to, const uint8_t *from)
{
    for (int k = 0; k < I2S_BLOCK_BYTES / 4; k++) {
        uint32_t four = 0;
        for (int f = 0; f < 4; f++)
            four |= spread(from[8 * f + k]) << (6 - 2 * f);
        for (int i = 0; i < 4; i++)
            to[4 * k + i] = (uint8_t)(four >> 8 * i);
    }
}

/* 128 columns of TQ2_0: I2_S order with its fields the other way round. */
static void reversed(uint8_t *restrict to, const uint8_t *restrict from)
{
    for (int i = 0; i < I2S_BLOCK_BYTES; i++)
        to[i] = (uint8_t)(from[i] << 6 | (from[i] & 0x0c) << 2 | (from[i] >> 2 & 0x0c) | from[i] >> 6);
}

/* Digit n of a byte of TQ1_0, the most significant one first. */
static unsigned digit(uint8_t byte, int n)
{
    static const uint8_t power[] = {1, 3, 9, 27, 81};
    return (uint8_t)(byte * power[n]) * 3u >> 8;
}

/* 256 columns of TQ1_0. */
static void digits(uint8_t *to, const uint8_t *from)
{
    uint8_t code[TQ2_0_BLOCK];
    for (int n = 0; n < 5; n++) {
        for (int i = 0; i < 32; i++)
            code[32 * n + i] = (uint8_t)digit(from[i], n);
        for (int i = 0; i < 16; i++)
            code[160 + 16 * n + i] = (uint8_t)digit(from[32 + i], n);
    }
    for (int n = 0; n < 4; n++)
        for (int i = 0; i < 4; i++)
            code[240 + 4 * n + i] = (uint8_t)digit(from[48 + i], n);
    for (int half = 0; half < 2; half++, to += I2S_BLOCK_BYTES)
        for (int i = 0; i < I2S_BLOCK_BYTES; i++) {
            const uint8_t *c = code + I2S_BLOCK * half + i;
            to[i] = (uint8_t)(c[0] << 6 | c[32] << 4 | c[64] << 2 | c[96]);
        }
}

static void take_codes(const struct block *b, uint8_t *to, const uint8_t *row, size_t columns)
{
    uint8_t both[I2S_BLOCK_BYTES];
    for (size_t c = 0; c < columns; c += I2S_BLOCK, to += I2S_BLOCK_BYTES) {
        const uint8_t *at = row + c / b->columns * b->bytes + b->codes_at;
        if (b->type == MODEL_GGUF_TYPE_PQ2_0) {
            sequential(to, at);
        } else if (b->type == MODEL_GGUF_TYPE_Q2_0) {
            memcpy(both, at, 16);
            memcpy(both + 16, at + b->bytes, 16);
            sequential(to, both);
        } else if (b->type == MODEL_GGUF_TYPE_TQ2_0) {
            reversed(to, at + c % b->columns / 4);
        } else if (c % b->columns == 0) {
            digits(to, at);
        }
    }
}

void model_ternary_rows(const struct model_gguf_tensor *t, size_t first, size_t rows, uint8_t *to,
                        uint16_t *scales)
{
    const struct block *b = block_of(t->type);
    const size_t columns = (size_t)t->dims[0], groups = columns / b->columns, stride = groups * b->bytes;
    for (size_t r = 0; r < rows; r++, to += columns / 4) {
        const uint8_t *row = t->data + (first + r) * stride;
        take_codes(b, to, row, columns);
        for (size_t i = 0; i < groups; i++) {
            const uint8_t *at = row + i * b->bytes + b->scale_at;
            *scales++ = (uint16_t)(at[0] | at[1] << 8);
        }
    }
}

enum { SIGN = 0x8000, INFINITE = 0x7c00 };

static bool good_scale(enum model_gguf_type type, uint16_t scale)
{
    return (scale & ~SIGN) < INFINITE && !(type == MODEL_GGUF_TYPE_PQ2_0 && scale > SIGN);
}

enum model_ternary_fault model_ternary_check(enum model_gguf_type type, const uint8_t *codes, size_t bytes,
                                             const uint16_t *scales, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count; i++)
        good &= good_scale(type, scales[i]);
    if (!good)
        return MODEL_TERNARY_SCALE;
    return type == MODEL_GGUF_TYPE_Q2_0 || model_i2s_below_3(codes, bytes) ? MODEL_TERNARY_FINE
                                                                           : MODEL_TERNARY_CODE;
}

/* A row that has a fault. */
static int report_row(const struct model_gguf *g, const struct model_gguf_tensor *t, size_t row,
                      const uint8_t *codes, const uint16_t *scales, struct qk_error *err)
{
    const struct block *b = block_of(t->type);
    const size_t columns = (size_t)t->dims[0], groups = columns / b->columns;
    const size_t at = (size_t)(t->data - g->bytes) + row * groups * b->bytes;
    for (size_t i = 0; i < groups; i++)
        if (!good_scale(t->type, scales[i]))
            return model_gguf_fail(g, at + i * b->bytes + b->scale_at, err,
                                   "a scale of tensor \"%s\" has the bits 0x%04x, a finite f16%s expected",
                                   t->name, scales[i],
                                   t->type == MODEL_GGUF_TYPE_PQ2_0
                                       ? " from 0 on (or are scales behind the codes? no other writer's are)"
                                       : "");
    size_t c = 0;
    while ((codes[c / I2S_BLOCK * I2S_BLOCK_BYTES + c % 32] >> (6 - 2 * (c / 32 % 4)) & 3) != 3)
        c++;
    return model_gguf_fail(
        g, at + c / b->columns * b->bytes + b->codes_at, err,
        "column %zu of row %zu of tensor \"%s\", in the block whose codes begin there, has "
        "code 3, 0 to 2 expected",
        c, row, t->name);
}

int model_ternary_report(const struct model_gguf *g, const struct model_gguf_tensor *t, struct qk_error *err)
{
    const size_t columns = (size_t)t->dims[0], groups = columns / block_of(t->type)->columns;
    uint8_t *codes = malloc(columns / 4);
    uint16_t *scales = malloc(groups * sizeof *scales);
    int code = codes && scales ? 0 : qk_fail(err, QK_ERR_MEMORY, t->name, "no memory for a row");
    for (size_t r = 0; r < t->dims[1] && !code; r++) {
        model_ternary_rows(t, r, 1, codes, scales);
        if (model_ternary_check(t->type, codes, columns / 4, scales, groups))
            code = report_row(g, t, r, codes, scales, err);
    }
    free(codes);
    free(scales);
    return code;
}
