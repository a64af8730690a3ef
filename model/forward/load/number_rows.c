/* SPDX-License-Identifier: MIT */
#include "model/forward/load/number_rows.h"

#include "kernels/rows/widen.h"

#include <math.h>
#include <string.h>

const struct model_number_type *model_number_type(size_t i)
{
    enum { TAKES_F32, TAKES_Q8_0 };
    static const struct model_number_type types[] = {
#define TENSOR_OP(type, op, path, layout, activations)
#define HEAD_OP(type, op, block, bytes, alignment, input)                                                    \
    {MODEL_GGUF_TYPE_##type, QK_OP_##op, block, bytes, alignment, TAKES_##input == TAKES_Q8_0},
#include "model/forward/load/tensor_ops.def"
#undef TENSOR_OP
#undef HEAD_OP
    };
    return i < sizeof types / sizeof *types ? &types[i] : NULL;
}

const struct model_number_type *model_number_type_of(enum model_gguf_type type)
{
    const struct model_number_type *t;
    size_t i = 0;
    while ((t = model_number_type(i)) && t->type != type)
        i++;
    return t;
}

size_t model_number_bytes(enum model_gguf_type type, size_t columns)
{
    const struct model_number_type *t = model_number_type_of(type);
    return columns / t->block * t->bytes;
}

void model_number_widen(float *to, const void *from, enum model_gguf_type type, size_t columns)
{
    uint16_t half;
    switch ((int)type) {
    case MODEL_GGUF_TYPE_F32:
        memcpy(to, from, columns * sizeof *to);
        return;
    case MODEL_GGUF_TYPE_Q8_0:
        qk_widen_q8_0(to, from, columns);
        return;
    case MODEL_GGUF_TYPE_Q6_K:
        qk_widen_q6_k(to, from, columns);
        return;
    case MODEL_GGUF_TYPE_Q2_0:
    case MODEL_GGUF_TYPE_PQ2_0:
        qk_widen_q2_0(to, from, columns, type == MODEL_GGUF_TYPE_Q2_0 ? Q2_0_GROUP : Q2_0_GROUP_LARGE);
        return;
    default:
        for (size_t i = 0; i < columns; i++) {
            memcpy(&half, (const char *)from + i * sizeof half, sizeof half);
            to[i] = type == MODEL_GGUF_TYPE_F16 ? qk_f16_to_f32(half) : qk_bf16_to_f32(half);
        }
    }
}

size_t model_q8_0_bytes(size_t columns)
{
    return columns / Q8_0_BLOCK * Q8_0_BLOCK_BYTES;
}

void model_to_q8_0(uint8_t *to, const float *x, size_t n)
{
    const float most_of_8 = 127;
    for (size_t b = 0; b < n; b += Q8_0_BLOCK, to += Q8_0_BLOCK_BYTES) {
        float most = 0;
        for (size_t i = b; i < b + Q8_0_BLOCK; i++)
            most = !isfinite(x[i]) ? INFINITY : fabsf(x[i]) > most ? fabsf(x[i]) : most;
        const uint16_t half = qk_f32_to_f16(most / most_of_8);
        const float by = most_of_8 / most;
        const bool whole = most > 0 && isfinite(most) && isfinite(by);
        memcpy(to, &half, sizeof half);
        for (size_t i = 0; i < Q8_0_BLOCK; i++)
            to[2 + i] = (uint8_t)(int8_t)(whole ? nearbyintf(x[b + i] * by) : 0);
    }
}
