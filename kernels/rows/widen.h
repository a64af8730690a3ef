/* SPDX-License-Identifier: MIT */
/*
 * Rows of a file's weights as f32, type by type (layout.h has the blocks). Every weight is a product of few
 * bits, so f32 holds it exactly. Source: ggml-org/llama.cpp, ggml/src/ggml-quants.c.
 */
#pragma once

#include "kernels/f16.h"
#include "kernels/layout.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* BF16 is the upper half of an f32. */
static inline float qk_bf16_to_f32(uint16_t half)
{
    const uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline float qk_half_at(const uint8_t *at)
{
    return qk_f16_to_f32((uint16_t)(at[0] | at[1] << 8));
}

/* n is a multiple of the block. */
static inline void qk_widen_q8_0(float *to, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i += Q8_0_BLOCK, from += Q8_0_BLOCK_BYTES) {
        const float d = qk_half_at(from);
        for (size_t j = 0; j < Q8_0_BLOCK; j++)
            to[i + j] = d * (float)(int8_t)from[2 + j];
    }
}

/* The scale times the sub-scale comes first: where that is infinite, a code of 32 gives NaN. */
static inline void qk_widen_q6_k(float *to, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i += Q6_K_BLOCK, from += Q6_K_BLOCK_BYTES) {
        const float d = qk_half_at(from + Q6_K_SCALE);
        for (size_t j = 0; j < Q6_K_BLOCK; j++) {
            const size_t half = j / 128, field = j % 128 / 32, l = j % 32;
            const int low = from[64 * half + 32 * (field % 2) + l] >> 4 * (field / 2) & 15;
            const int high = from[Q6_K_HIGH + 32 * half + l] >> 2 * field & 3;
            const float scale = d * (float)(int8_t)from[Q6_K_SUB_SCALES + j / 16];
            to[i + j] = scale * (float)((low | high << 4) - 32);
        }
    }
}

static inline void qk_widen_q2_0(float *to, const uint8_t *from, size_t n, size_t group)
{
    for (size_t i = 0; i < n; i += group, from += 2 + group / 4) {
        const float d = qk_half_at(from);
        for (size_t j = 0; j < group; j++)
            to[i + j] = d * (float)((from[2 + j / 4] >> 2 * (j % 4) & 3) - 1);
    }
}
