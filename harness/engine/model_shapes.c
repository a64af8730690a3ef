/* SPDX-License-Identifier: MIT */
#include "harness/engine/model_shapes.h"

#include "kernels/layout.h"
#include "kernels/rows/widen.h"
#include "model/forward/kernel_set.h"
#include "model/forward/number_rows.h"
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

static int fill(void *ctx, const struct qk_plan *plan, void *const *buffers, struct qk_error *err)
{
    static const float ternary[4] = {-1.0f, 0.0f, 1.0f, 0.0f};
    const struct tensor_inputs *in = ctx;
    const float s = model_i2s_scale(in->tensor);
    float *scale = buffers[SCALE];
    int code = model_i2s_validate(in->file, in->tensor, err);
    if (!code)
        code = model_i2s_to_qk256(in->tensor, buffers[CODES], plan->buffers[CODES].bytes, err);
    for (size_t b = 0; b < plan->count; b++)
        scale[b] = s;
    memcpy(buffers[LUT], ternary, sizeof ternary);
    return code;
}

static int verify(void *ctx, const struct qk_plan *plan, void *const *buffers, struct qk_error *err)
{
    const struct tensor_inputs *in = ctx;
    const uint64_t rows = model_i2s_rows(in->tensor), columns = model_i2s_cols(in->tensor);
    const uint64_t stride = plan->elements / rows; /* a row begins a block */
    const float *out = buffers[OUT];
    for (uint64_t r = 0; r < rows; r++)
        for (uint64_t c = 0; c < columns; c++) {
            const float want = model_i2s_value(in->tensor, r * columns + c), got = out[r * stride + c];

            if (memcmp(&want, &got, sizeof want))
                return qk_fail(
                    err, QK_ERR_CHECK, in->tensor->name,
                    "row %llu, column %llu: the reference gives %a, the file's scale * (code - 1) is %a",
                    (unsigned long long)r, (unsigned long long)c, (double)got, (double)want);
        }
    return 0;
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
 * How an op gets the codes of a tensor. forward/tensor_ops.def says of which types; ops that stand there
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
        if (row->type == tensor->type && inputs_of[row->op].fill)
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
