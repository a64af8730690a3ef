/* SPDX-License-Identifier: MIT */
#include "kernels/ggml/rows.h"

#include "kernels/f16.h"
#include "kernels/ternary_gemv/op.h"

#include <stdio.h>
#include <string.h>

enum { FOUR = 4 };

static size_t row_bytes(const struct qk_ggml_type *type, const struct qk_ternary *t)
{
    return t->columns / type->block * type->bytes;
}

static size_t plane_bytes(const struct qk_ggml_row *row, const struct qk_ternary *t)
{
    return t->rows * row_bytes(row->type, t);
}

/* Groups of columns that are whole blocks, since a block has one scale. */
static uint32_t scales_of(const struct qk_ggml_row *row)
{
    uint32_t scales = QK_SCALE_PER_ROW;
    for (uint32_t group = 32; group <= 256; group *= 2)
        scales |= group % row->type->block ? 0 : group;
    return scales;
}

static size_t weight_bytes(const struct qk_ternary *t)
{
    const struct qk_ggml_row *const row = t->context;
    return (size_t)row->planes * plane_bytes(row, t);
}

static size_t activation_bytes(const struct qk_ternary *t)
{
    const struct qk_ggml_row *const row = t->context;
    return t->tokens * row_bytes(row->activation, t);
}

/* A block of weights from row r, column c on. */
static void put_block(const struct qk_ggml_row *row, uint8_t *to, const int8_t *w, const uint16_t *scale,
                      int plane)
{
    float x[QK_GGML_BLOCK_MAX];
    const float d = qk_f16_to_f32(*scale);
    if (row->id == QK_GGML_Q8_0) { /* its quantiser would divide the scale by 127, which f16 does not hold */
        memcpy(to, scale, sizeof *scale);
        memcpy(to + sizeof *scale, w, row->type->block);
        return;
    }
    for (size_t i = 0; i < row->type->block; i++)
        x[i] = row->planes == 1 ? d * w[i] : w[i] > 0 || (!w[i] && !plane) ? d : -d;
    row->from_float(x, to, (int64_t)row->type->block);
}

/* Half bytes, the low one first: a run of four bits is the shortest. */
static unsigned half_at(const uint8_t *from, size_t i)
{
    return from[i / 2] >> 4 * (i % 2) & 15;
}

static void half_put(uint8_t *to, size_t i, unsigned value)
{
    to[i / 2] = (uint8_t)((to[i / 2] & 15 << 4 * !(i % 2)) | value << 4 * (i % 2));
}

/* Where half byte i of row r lies among those of four rows. */
static size_t half_place(const struct qk_ggml_type *type, size_t run, size_t r, size_t i)
{
    const size_t bits = 8 * (type->bytes - sizeof(uint16_t)) / type->block, halves = run * bits / 4;
    return (i / halves * FOUR + r) * halves + i % halves;
}

/* Four blocks with a scale of two bytes in front become one with four in front. */
static void interleave(uint8_t *to, const uint8_t *from, const struct qk_ggml_type *type, size_t run)
{
    const size_t d = sizeof(uint16_t);
    for (size_t r = 0; r < FOUR; r++, from += type->bytes) {
        memcpy(to + r * d, from, d);
        for (size_t i = 0; i < 2 * (type->bytes - d); i++)
            half_put(to + FOUR * d, half_place(type, run, r, i), half_at(from + d, i));
    }
}

/* The reverse, of one row. */
static void pick(uint8_t *to, const uint8_t *from, const struct qk_ggml_type *type, size_t run, size_t r)
{
    const size_t d = sizeof(uint16_t);
    memcpy(to, from + r * d, d);
    for (size_t i = 0; i < 2 * (type->bytes - d); i++)
        half_put(to + d, i, half_at(from + FOUR * d, half_place(type, run, r, i)));
}

static void prepare_weights(void *weights, const int8_t *w, const uint16_t *scale, const struct qk_ternary *t)
{
    const struct qk_ggml_row *const row = t->context;
    const size_t block = row->type->block, bytes = row->type->bytes, lines = row->run ? FOUR : 1;
    uint8_t *to = weights, line[FOUR * QK_GGML_BYTES_MAX];
    for (int plane = 0; plane < row->planes; plane++)
        for (size_t r = 0; r < t->rows; r += lines)
            for (size_t c = 0; c < t->columns; c += block, to += lines * bytes) {
                for (size_t i = 0; i < lines; i++)
                    put_block(row, line + i * bytes, w + (r + i) * t->columns + c,
                              scale + (r + i) * (t->columns / t->group) + c / t->group, plane);
                if (row->run)
                    interleave(to, line, row->type, row->run);
                else
                    memcpy(to, line, bytes);
            }
}

/* How many tokens lie in blocks of four rows. */
static size_t in_fours(const struct qk_ggml_row *row, const struct qk_ternary *t)
{
    return row->gemm ? t->tokens / FOUR * FOUR : 0;
}

static void prepare_activations(void *activations, const float *x, const struct qk_ternary *t)
{
    const struct qk_ggml_row *const row = t->context;
    const size_t bytes = row_bytes(row->activation, t), fours = in_fours(row, t);
    for (size_t i = 0; i < fours; i += FOUR)
        row->four_from_float(x + i * t->columns, (uint8_t *)activations + i * bytes, (int64_t)t->columns);
    for (size_t i = fours; i < t->tokens; i++)
        row->activations_from_float(x + i * t->columns, (uint8_t *)activations + i * bytes,
                                    (int64_t)t->columns);
}

static void dequantise_activations(float *x, const void *activations, const struct qk_ternary *t)
{
    const struct qk_ggml_row *const row = t->context;
    const struct qk_ggml_type *const type = row->activation;
    const enum qk_ggml_id id = (enum qk_ggml_id)(type - qk_ggml_types);
    const size_t bytes = row_bytes(type, t), fours = in_fours(row, t);
    for (size_t i = 0; i < t->tokens; i++) {
        const uint8_t *const from = (const uint8_t *)activations + (i < fours ? i / FOUR * FOUR : i) * bytes;
        float *const to = x + i * t->columns;
        if (i >= fours)
            qk_ggml_dequantise(to, from, t->columns, id);
        for (size_t c = 0; c < t->columns && i < fours; c += type->block) {
            uint8_t block[QK_GGML_BYTES_MAX];
            pick(block, from + c / type->block * FOUR * type->bytes, type, row->run, i % FOUR);
            qk_ggml_dequantise(to + c, block, type->block, id);
        }
    }
}

/* As ggml does it: a call for each row. */
static void multiply(float *restrict y, const void *restrict weights, const void *restrict activations,
                     const struct qk_ternary *t)
{
    const struct qk_ggml_row *const row = t->context;
    const size_t bytes = row_bytes(row->type, t), token = row_bytes(row->activation, t);
    const uint8_t *const w = weights, *const a = activations;
    for (size_t i = 0; i < t->tokens; i++)
        for (size_t r = 0; r < t->rows; r++)
            row->dot((int)t->columns, y + i * t->rows + r, 0, w + r * bytes, 0, a + i * token, 0, 1);
}

static void multiply_planes(float *restrict y, const void *restrict weights, const void *restrict activations,
                            const struct qk_ternary *t)
{
    const struct qk_ggml_row *const row = t->context;
    const size_t bytes = row_bytes(row->type, t), token = row_bytes(row->activation, t);
    const uint8_t *const w = weights, *const more = w + plane_bytes(row, t), *const a = activations;
    for (size_t i = 0; i < t->tokens; i++)
        for (size_t r = 0; r < t->rows; r++) {
            float sum[2];
            row->dot((int)t->columns, &sum[0], 0, w + r * bytes, 0, a + i * token, 0, 1);
            row->dot((int)t->columns, &sum[1], 0, more + r * bytes, 0, a + i * token, 0, 1);
            y[i * t->rows + r] = 0.5f * (sum[0] + sum[1]);
        }
}

/* One call for all tokens in fours, then one for each of the others. */
static void multiply_repacked(float *restrict y, const void *restrict weights,
                              const void *restrict activations, const struct qk_ternary *t)
{
    const struct qk_ggml_row *const row = t->context;
    const size_t token = row_bytes(row->activation, t), fours = in_fours(row, t);
    const int columns = (int)t->columns, rows = (int)t->rows;
    const uint8_t *const a = activations;
    if (fours)
        row->gemm(columns, y, t->rows, weights, a, (int)fours, rows);
    for (size_t i = fours; i < t->tokens; i++)
        row->gemv(columns, y + i * t->rows, t->rows, weights, a + i * token, 1, rows);
}

/* A few tokens and rows a step: both planes' sums are kept meanwhile. */
static void multiply_repacked_planes(float *restrict y, const void *restrict weights,
                                     const void *restrict activations, const struct qk_ternary *t)
{
    enum { ROWS = 64 };
    const struct qk_ggml_row *const row = t->context;
    const size_t token = row_bytes(row->activation, t), bytes = row_bytes(row->type, t);
    const uint8_t *const w = weights, *const a = activations;
    for (size_t i = 0, n; i < t->tokens; i += n) {
        n = i < in_fours(row, t) ? FOUR : 1;
        for (size_t r = 0; r < t->rows; r += ROWS) {
            const size_t rows = t->rows - r < ROWS ? t->rows - r : ROWS;
            float sum[2][FOUR * ROWS];
            for (int plane = 0; plane < 2; plane++)
                (n > 1 ? row->gemm : row->gemv)((int)t->columns, sum[plane], ROWS,
                                                w + (size_t)plane * plane_bytes(row, t) + r * bytes,
                                                a + i * token, (int)n, (int)rows);
            for (size_t k = 0; k < n; k++)
                for (size_t c = 0; c < rows; c++)
                    y[(i + k) * t->rows + r + c] = 0.5f * (sum[0][k * ROWS + c] + sum[1][k * ROWS + c]);
        }
    }
}

bool qk_ggml_row_find(struct qk_ggml_row *row, const struct qk_ggml *g, enum qk_ggml_id id,
                      const char *repacked)
{
    const struct qk_ggml_type *const type = &qk_ggml_types[id];
    char name[3][60];
    *row = (struct qk_ggml_row){.type = type,
                                .activation = &qk_ggml_types[type->activation],
                                .id = id,
                                .planes = id == QK_GGML_Q1_0 ? 2 : 1,
                                .from_float = g->of[id].from_float,
                                .activations_from_float = g->of[type->activation].from_float,
                                .dot = g->of[id].dot};
    if (!repacked)
        return g->of[id].known && g->of[type->activation].known;
    row->run = (size_t)(repacked[2] - '0');
    snprintf(name[0], sizeof name[0], "ggml_gemv_%s_%s_q8_0", type->name, repacked);
    snprintf(name[1], sizeof name[1], "ggml_gemm_%s_%s_q8_0", type->name, repacked);
    snprintf(name[2], sizeof name[2], "ggml_quantize_mat_q8_0_%s", repacked);
    row->gemv = (qk_ggml_repacked_fn *)qk_ggml_function(g, name[0]);
    row->gemm = (qk_ggml_repacked_fn *)qk_ggml_function(g, name[1]);
    row->four_from_float = (qk_ggml_from_float_fn *)qk_ggml_function(g, name[2]);
    return g->of[id].known && row->gemv && row->gemm && row->four_from_float;
}

struct qk_form qk_ggml_row_form(struct qk_ggml_row *row)
{
    /*
     * (blocks + 16) * 1.01 times 2^-24 * B; kernels that sum codes, and planes, have another B. A repacked
     * kernel in plain C adds to its sum after each run.
     */
    const bool codes = row->id == QK_GGML_TQ1_0 || row->id == QK_GGML_TQ2_0 || row->planes > 1;
    return (struct qk_form){.bytes = sizeof(struct qk_form),
                            .align = 64,
                            .bound = codes ? QK_BOUND_CODES : QK_BOUND_PRODUCTS,
                            .tolerance = 18,
                            .block = (uint32_t)(row->run ? row->run : row->type->block),
                            .scales = scales_of(row),
                            .rows_of = row->run ? FOUR : 1,
                            .columns_of = (uint32_t)row->type->block,
                            .context = row,
                            .weight_bytes = weight_bytes,
                            .activation_bytes = activation_bytes,
                            .prepare_weights = prepare_weights,
                            .prepare_activations = prepare_activations,
                            .dequantise_activations = dequantise_activations};
}

qk_fn *qk_ggml_row_kernel(const struct qk_ggml_row *row)
{
    static qk_ternary_gemv_fn *const kernels[2][2] = {{multiply, multiply_planes},
                                                      {multiply_repacked, multiply_repacked_planes}};
    return (qk_fn *)kernels[row->run > 0][row->planes > 1];
}
