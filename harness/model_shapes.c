/* SPDX-License-Identifier: MIT */
#include "harness/model_shapes.h"

#include "kernels/layout.h"
#include "model/i2s.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The buffers of qk256_dequant, as its case.c orders them. */
enum { OUT, CODES, SCALE, LUT };

struct tensor_inputs {
    const struct model_gguf *file;
    const struct model_gguf_tensor *tensor;
};

struct bench_model {
    struct model_gguf file;
    struct tensor_inputs *inputs; /* [file.tensor_count] */
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

static int add_tensor(struct bench_matrix *m, struct tensor_inputs *in, struct qk_error *err)
{
    const uint64_t rows = model_i2s_rows(in->tensor), columns = model_i2s_cols(in->tensor);
    const struct qk_shape shape = {.dims = 2, .dim = {(size_t)rows, (size_t)columns}};
    char name[BENCH_SHAPE_NAME];
    if (strchr(in->tensor->name, '/'))
        return model_gguf_fail(in->file, in->tensor->info_at, err,
                               "tensor name '%s' contains '/', which separates the parts of a case",
                               in->tensor->name);
    snprintf(name, sizeof name, "%llux%llu@%s", (unsigned long long)rows, (unsigned long long)columns,
             in->tensor->name);
    const int code = bench_matrix_add(m, QK_OP_qk256_dequant, &shape, name, err);
    if (!code)
        m->groups[m->count - 1].inputs = (struct qk_inputs){fill, verify, in};
    return code;
}

int bench_model_shapes(struct bench_matrix *m, const char *path, struct qk_error *err)
{
    struct bench_model *model = calloc(1, sizeof *model);
    if (!model)
        return qk_fail(err, QK_ERR_MEMORY, path, "no memory for a model");
    m->model = model;
    int code = model_gguf_open(path, &model->file, err);
    if (code)
        return code;
    model->inputs = calloc(model->file.tensor_count + 1, sizeof *model->inputs);
    if (!model->inputs)
        return qk_fail(err, QK_ERR_MEMORY, path, "no memory for %zu tensors", model->file.tensor_count);
    for (size_t i = 0; i < model->file.tensor_count && !code; i++) {
        model->inputs[i] = (struct tensor_inputs){&model->file, &model->file.tensors[i]};
        if (model->file.tensors[i].type == MODEL_GGUF_TYPE_I2_S)
            code = add_tensor(m, &model->inputs[i], err);
    }
    if (!code && !m->count)
        code = qk_fail(err, QK_ERR_FORMAT, path,
                       "none of the %zu tensors is of type I2_S; expected at least one",
                       model->file.tensor_count);
    return code;
}

void bench_model_shapes_free(struct bench_model *model)
{
    if (!model)
        return;
    model_gguf_close(&model->file);
    free(model->inputs);
    free(model);
}
