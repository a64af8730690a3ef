/* SPDX-License-Identifier: MIT */
/* Rows of the embedding and of the head, what multiplies them, and what that is given. */
#include "model/forward/private.h"

#include "kernels/bf16_gemv/op.h"
#include "kernels/f16.h"
#include "kernels/f16_gemv/op.h"
#include "kernels/f32_dot/op.h"
#include "kernels/layout.h"
#include "kernels/q2_0_gemv/op.h"
#include "kernels/q6_k_gemv/op.h"
#include "kernels/q8_0_gemv/op.h"
#include "kernels/rows/sums.h"
#include "kernels/rows/widen.h"
#include "model/forward/load/number_rows.h"

const char *const model_input_names[MODEL_INPUTS + 1] = {"f32", "f16", "q8_0", NULL};

static const void *row_at(const struct model_weights *w, size_t row)
{
    return (const char *)w->head + row * model_head_row_bytes(&w->config);
}

void model_head_row(const struct model_weights *w, size_t row, float *to)
{
    model_number_widen(to, row_at(w, row), w->config.head_type, w->config.embedding);
}

void model_embedding_row(const struct model_weights *w, size_t row, float *to)
{
    const enum model_gguf_type type = w->config.embedding_type;
    const size_t n = w->config.embedding;
    model_number_widen(to, (const char *)w->embedding + row * model_number_bytes(type, n), type, n);
}

const char *model_head_name(const struct model_config *c)
{
    return c->own_head ? "output.weight" : "token_embd.weight";
}

size_t model_head_row_bytes(const struct model_config *c)
{
    return model_number_bytes(c->head_type, c->embedding);
}

/* As kernels/cases/dot.h has it for f32_dot, and kernels/rows/sums.h for the others. */
double model_head_sum_error(const struct model_weights *w)
{
    const size_t n = w->config.embedding;
    const double k = w->config.head_type == MODEL_GGUF_TYPE_F32 ? (double)n / 8 + 16
                                                                : (double)((n + QK_SUMS - 1) / QK_SUMS) + 7;
    return k * 0x1p-24 / (1 - k * 0x1p-24);
}

/* Rows of 2 bits times f32, which no op does: they are widened first. */
static void multiply_widened(struct model_state *s, float *to, const float *input, size_t first, size_t end,
                             size_t thread)
{
    float *wide = s->row + thread * s->row_room;
    for (size_t r = first; r < end; r++) {
        model_head_row(s->w, r, wide);
        MODEL_CALL(s, f32_dot, to + (r - first), wide, input, s->w->config.embedding);
    }
}

void model_head_multiply(struct model_state *s, float *to, size_t token, size_t first, size_t end,
                         size_t thread)
{
    const size_t width = s->w->config.embedding, n = end - first;
    const float *input = s->input + token * width;
    const void *rows = row_at(s->w, first);
    switch ((int)s->w->config.head_type) {
    case MODEL_GGUF_TYPE_F32:
        for (size_t r = 0; r < n; r++)
            MODEL_CALL(s, f32_dot, to + r, (const float *)rows + r * width, input, width);
        return;
    case MODEL_GGUF_TYPE_F16:
        MODEL_CALL(s, f16_gemv, to, rows, input, n, width);
        return;
    case MODEL_GGUF_TYPE_BF16:
        MODEL_CALL(s, bf16_gemv, to, rows, input, n, width);
        return;
    case MODEL_GGUF_TYPE_Q8_0:
        MODEL_CALL(s, q8_0_gemv, to, rows, input, n, width);
        return;
    case MODEL_GGUF_TYPE_Q6_K:
        MODEL_CALL(s, q6_k_gemv, to, rows, input, n, width);
        return;
    default:
        if (s->options.head_input == MODEL_INPUT_Q8_0)
            MODEL_CALL(s, q2_0_gemv, to, rows, s->blocks + token * model_q8_0_bytes(width), n, width,
                       s->w->config.head_type == MODEL_GGUF_TYPE_Q2_0 ? Q2_0_GROUP : Q2_0_GROUP_LARGE);
        else
            multiply_widened(s, to, input, first, end, thread);
    }
}

enum model_head_input model_head_input_usual(const struct model_config *c, bool int8)
{
    return int8 && model_number_type_of(c->head_type)->q8_0 ? MODEL_INPUT_Q8_0 : MODEL_INPUT_F32;
}

void model_head_round(struct model_state *s, size_t tokens)
{
    const size_t width = s->w->config.embedding;
    const size_t n = tokens * width;
    for (size_t i = 0; i < n && s->options.head_input == MODEL_INPUT_F16; i++)
        s->input[i] = qk_f16_to_f32(qk_f32_to_f16(s->input[i]));
    for (size_t t = 0; t < tokens && s->options.head_input == MODEL_INPUT_Q8_0; t++) {
        uint8_t *blocks = s->blocks + t * model_q8_0_bytes(width);
        model_to_q8_0(blocks, s->input + t * width, width);
        qk_widen_q8_0(s->input + t * width, blocks, width);
    }
}
