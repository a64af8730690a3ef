/* SPDX-License-Identifier: MIT */
#include "harness/engine/model_shapes.h"

#include "kernels/layout.h"
#include "model/forward/kernel_set.h"
#include "model/gguf/i2s.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The buffers of qk256_dequant, as its case.c orders them. */
enum { OUT, CODES, SCALE, LUT };

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

/*
 * How an op gets the codes of a tensor. forward/tensor_ops.def says of which types; ops that stand there
 * alone get seeded ones.
 */
static const struct qk_inputs inputs_of[QK_OP_COUNT] = {
    [QK_OP_qk256_dequant] = {.fill = fill, .verify = verify}};

/* Adds the tensor for each op that can have it. */
static void add_tensor(struct bench_model *m, const struct model_gguf_tensor *tensor)
{
    const struct model_tensor_op *row;
    for (size_t i = 0; (row = model_tensor_op(i)); i++)
        if (row->type == tensor->type && inputs_of[row->op].fill)
            m->inputs[m->count++] = (struct tensor_inputs){&m->file, tensor, row->op};
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
        code =
            qk_fail(err, QK_ERR_FORMAT, path,
                    "none of the %zu tensors is of type I2_S; expected at least one", m->file.tensor_count);
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
    const uint64_t rows = model_i2s_rows(in->tensor), columns = model_i2s_cols(in->tensor);
    if (strchr(in->tensor->name, '/'))
        return model_gguf_fail(in->file, in->tensor->info_at, err,
                               "tensor name '%s' contains '/', which separates the parts of a case",
                               in->tensor->name);
    *shape = (struct qk_shape){.dims = 2, .dim = {(size_t)rows, (size_t)columns}};
    *op = in->op;
    *inputs = inputs_of[in->op];
    inputs->ctx = in;
    snprintf(name, BENCH_SHAPE_NAME, "%llux%llu@%s", (unsigned long long)rows, (unsigned long long)columns,
             in->tensor->name);
    return 0;
}
