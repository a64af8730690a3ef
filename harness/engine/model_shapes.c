/* SPDX-License-Identifier: MIT */
#include "harness/engine/model_shapes.h"

#include "kernels/f16.h"
#include "kernels/layout.h"
#include "kernels/rows/widen.h"
#include "model/forward/kernel_set.h"
#include "model/forward/load/number_rows.h"
#include "model/forward/load/ternary.h"
#include "model/gguf/i2s.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The buffers of qk256_dequant, and of ops that read rows as files hold them, as their case.c order them. */
enum { OUT, CODES, SCALE, LUT };
enum { Y, W, X };

struct tensor_inputs {
    const struct model_gguf *file;
    const struct model_gguf_tensor *tensor;
    enum qk_op op;
};

struct bench_model {
    struct model_gguf file;
    size_t count;
    struct tensor_inputs *inputs; /* [count] */
};

/* Codes in QK256 order and the scale of each block, of a type whose groups are blocks of QK256. */
static int fill_groups(const struct tensor_inputs *in, uint8_t *codes, float *scale, struct qk_error *err)
{
    const struct model_gguf_tensor *t = in->tensor;
    const size_t columns = (size_t)t->dims[0], blocks = columns / QK256_BLOCK;
    uint8_t *row = malloc(columns / 4);
    uint16_t *scales = malloc(blocks * sizeof *scales);
    int code =
        row && scales ? 0 : qk_fail(err, QK_ERR_MEMORY, t->name, "no memory for a row of %zu", columns);
    for (uint64_t r = 0; r < model_i2s_rows(t) && !code; r++) {
        model_ternary_rows(t, (size_t)r, 1, row, scales);
        if (model_ternary_check(t->type, row, columns / 4, scales, blocks))
            code = model_ternary_report(in->file, t, err);
        model_i2s_rows_to_qk256(row, 1, columns, codes + r * blocks * QK256_BLOCK_BYTES);
        for (size_t b = 0; b < blocks; b++)
            *scale++ = qk_f16_to_f32(scales[b]);
    }
    free(row);
    free(scales);
    return code;
}

static int fill(void *ctx, const struct qk_plan *plan, void *const *buffers, struct qk_error *err)
{
    static const float ternary[4] = {-1.0f, 0.0f, 1.0f, 0.0f};
    const struct tensor_inputs *in = ctx;
    float *scale = buffers[SCALE];
    memcpy(buffers[LUT], ternary, sizeof ternary);
    if (in->tensor->type != MODEL_GGUF_TYPE_I2_S)
        return fill_groups(in, buffers[CODES], scale, err);
    const float s = model_i2s_scale(in->tensor);
    int code = model_i2s_validate(in->file, in->tensor, err);
    if (!code)
        code = model_i2s_to_qk256(in->tensor, buffers[CODES], plan->buffers[CODES].bytes, err);
    for (size_t b = 0; b < plan->count; b++)
        scale[b] = s;
    return code;
}

/* Row r of the file: scale * (code - 1). */
static void read_row(const struct model_gguf_tensor *t, uint64_t r, float *to, uint8_t *codes,
                     uint16_t *scales)
{
    const size_t columns = (size_t)t->dims[0], group = model_ternary_group(t->type);
    if (group)
        model_ternary_rows(t, (size_t)r, 1, codes, scales);
    for (size_t c = 0; c < columns; c++)
        to[c] = group ? qk_f16_to_f32(scales[c / group]) *
                            (float)((codes[c / I2S_BLOCK * I2S_BLOCK_BYTES + c % I2S_GROUP] >>
                                         (6 - 2 * (c / I2S_GROUP % 4)) &
                                     3) -
                                    1)
                      : model_i2s_value(t, r * columns + c);
}

static int verify_row(const struct model_gguf_tensor *t, uint64_t r, const float *out, const float *want,
                      struct qk_error *err)
{
    for (size_t c = 0; c < t->dims[0]; c++)
        if (memcmp(&want[c], &out[c], sizeof *want))
            return qk_fail(
                err, QK_ERR_CHECK, t->name,
                "row %llu, column %zu: the reference gives %a, the file's scale * (code - 1) is %a",
                (unsigned long long)r, c, (double)out[c], (double)want[c]);
    return 0;
}

static int verify(void *ctx, const struct qk_plan *plan, void *const *buffers, struct qk_error *err)
{
    const struct model_gguf_tensor *t = ((const struct tensor_inputs *)ctx)->tensor;
    const uint64_t rows = model_i2s_rows(t);
    const uint64_t stride = plan->elements / rows; /* a row begins a block */
    const size_t columns = (size_t)t->dims[0];
    float *want = malloc(columns * sizeof *want);
    uint8_t *codes = malloc(columns / 4);
    uint16_t *scales = malloc(columns / 64 * sizeof *scales);
    int code = want && codes && scales
                   ? 0
                   : qk_fail(err, QK_ERR_MEMORY, t->name, "no memory for a row of %zu", columns);
    for (uint64_t r = 0; r < rows && !code; r++) {
        read_row(t, r, want, codes, scales);
        code = verify_row(t, r, (const float *)buffers[OUT] + r * stride, want, err);
    }
    free(want);
    free(codes);
    free(scales);
    return code;
}

/* The tensor's bytes as they are, and activations as the op's case draws them. */
static int fill_rows(void *ctx, const struct qk_plan *plan, void *const *buffers, struct qk_error *err)
{
    enum { SEED = 18 };
    const struct tensor_inputs *in = ctx;
    void *activations[QK_BUFFERS_MAX] = {[X] = buffers[X]};
    struct qk_rng rng;
    (void)err;
    qk_rng_seed(&rng, SEED);
    qk_op_row(in->op)->on->fill(plan, QK_FILL_ORDINARY, &rng, activations);
    memcpy(buffers[W], in->tensor->data, plan->buffers[W].bytes);
    return 0;
}

/* A row of the file times x in f64, and in *size the sum of the terms' sizes. */
static double exact(const struct model_gguf_tensor *t, uint64_t row, const float *x, float *wide,
                    double *size)
{
    const size_t columns = (size_t)t->dims[0];
    double sum = 0;
    model_number_widen(wide, t->data + row * model_number_bytes(t->type, columns), t->type, columns);
    *size = 0;
    for (size_t c = 0; c < columns; c++) {
        const double term = (double)wide[c] * (double)x[c];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

static int compare_rows(const struct model_gguf_tensor *t, const float *y, const float *x, float *wide,
                        struct qk_error *err)
{
    enum { SAMPLES = 64 };
    const uint64_t rows = t->elements / t->dims[0], step = rows / SAMPLES + 1;
    for (uint64_t r = 0; r < rows; r += step) {
        double size;
        const double want = exact(t, r, x, wide, &size), u = 0x1p-24 * (double)(t->dims[0] + 2);
        if (fabs((double)y[r] - want) > u * size)
            return qk_fail(err, QK_ERR_CHECK, t->name,
                           "row %llu: the reference gives %.9g, the file %.9g +- %.2g", (unsigned long long)r,
                           (double)y[r], want, u * size);
    }
    return 0;
}

/* Some rows against a sum in f64, which may be off by one rounding for each operation. */
static int verify_rows(void *ctx, const struct qk_plan *plan, void *const *buffers, struct qk_error *err)
{
    const struct tensor_inputs *in = ctx;
    const size_t columns = (size_t)in->tensor->dims[0];
    float *wide = calloc(2 * columns, sizeof *wide), *const x = wide + columns;
    (void)plan;
    if (!wide)
        return qk_fail(err, QK_ERR_MEMORY, in->tensor->name, "no memory for a row of %zu", columns);
    if (model_number_type_of(in->tensor->type)->q8_0)
        qk_widen_q8_0(x, buffers[X], columns);
    else
        memcpy(x, buffers[X], columns * sizeof *x);
    const int code = compare_rows(in->tensor, buffers[Y], x, wide, err);
    free(wide);
    return code;
}

/*
 * How an op gets the codes of a tensor. forward/load/tensor_ops.def says of which types; ops that stand there
 * alone get seeded ones.
 */
static const struct qk_inputs inputs_of[QK_OP_COUNT] = {
    [QK_OP_qk256_dequant] = {.fill = fill, .verify = verify},
    [QK_OP_f16_gemv] = {.fill = fill_rows, .verify = verify_rows},
    [QK_OP_bf16_gemv] = {.fill = fill_rows, .verify = verify_rows},
    [QK_OP_q8_0_gemv] = {.fill = fill_rows, .verify = verify_rows},
    [QK_OP_q6_k_gemv] = {.fill = fill_rows, .verify = verify_rows},
    [QK_OP_q2_0_gemv] = {.fill = fill_rows, .verify = verify_rows}};

/* Adds the tensor for each op that can have it. */
static void add_tensor(struct bench_model *m, const struct model_gguf_tensor *tensor)
{
    const struct model_tensor_op *row;
    for (size_t i = 0; (row = model_tensor_op(i)); i++)
        if (row->type == tensor->type && inputs_of[row->op].fill &&
            model_ternary_group(tensor->type) % QK256_BLOCK == 0) /* a block has one scale */
            m->inputs[m->count++] = (struct tensor_inputs){&m->file, tensor, row->op};
    const struct model_number_type *const number = model_number_type_of(tensor->type);
    if (number && inputs_of[number->op].fill && tensor->n_dims > 1)
        m->inputs[m->count++] = (struct tensor_inputs){&m->file, tensor, number->op};
}

int bench_model_open(const char *path, struct bench_model **model, struct qk_error *err)
{
    struct bench_model *m = *model = calloc(1, sizeof *m);
    if (!m)
        return qk_fail(err, QK_ERR_MEMORY, path, "no memory for a model");
    int code = model_gguf_open(path, &m->file, err);
    if (!code && !(m->inputs = calloc(m->file.tensor_count + 1, QK_OP_COUNT * sizeof *m->inputs)))
        code = qk_fail(err, QK_ERR_MEMORY, path, "no memory for %zu tensors", m->file.tensor_count);
    for (size_t i = 0; i < m->file.tensor_count && !code; i++)
        add_tensor(m, &m->file.tensors[i]);
    if (!code && !m->count)
        code = qk_fail(err, QK_ERR_FORMAT, path,
                       "none of the %zu tensors is of a type that an op multiplies; expected at least one",
                       m->file.tensor_count);
    if (code) {
        bench_model_close(m);
        *model = NULL;
    }
    return code;
}

void bench_model_close(struct bench_model *model)
{
    if (!model)
        return;
    model_gguf_close(&model->file);
    free(model->inputs);
    free(model);
}

size_t bench_model_count(const struct bench_model *model)
{
    return model->count;
}

int bench_model_shape(const struct bench_model *model, size_t i, enum qk_op *op, struct qk_shape *shape,
                      char *name, struct qk_inputs *inputs, struct qk_error *err)
{
    struct tensor_inputs *in = &model->inputs[i];
    const uint64_t columns = in->tensor->dims[0], rows = in->tensor->elements / columns;
    if (strchr(in->tensor->name, '/'))
        return model_gguf_fail(in->file, in->tensor->info_at, err,
                               "tensor name '%s' contains '/', which separates the parts of a case",
                               in->tensor->name);
    const size_t group = in->op != QK_OP_q2_0_gemv                  ? 0
                         : in->tensor->type == MODEL_GGUF_TYPE_Q2_0 ? Q2_0_GROUP
                                                                    : Q2_0_GROUP_LARGE;
    char third[24] = "";
    if (group)
        snprintf(third, sizeof third, "x%zu", group);
    *shape = (struct qk_shape){.dims = group ? 3 : 2, .dim = {(size_t)rows, (size_t)columns, group}};
    *op = in->op;
    *inputs = inputs_of[in->op];
    inputs->ctx = in;
    snprintf(name, BENCH_SHAPE_NAME, "%llux%llu%s@%s", (unsigned long long)rows, (unsigned long long)columns,
             third, in->tensor->name);
    return 0;
}
