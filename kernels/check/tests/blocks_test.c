/* SPDX-License-Identifier: MIT */
/*
 * Tests the references of the ops on a file's blocks against bytes that ggml's own quantisers wrote. Each
 * weight is read alone, by a row of activations that are 0 but for one. Then a product is compared with its
 * exact value. The checker holds every variant to its reference.
 */
#include "kernels/bf16_gemv/op.h"
#include "kernels/f16.h"
#include "kernels/layout.h"
#include "kernels/q2_0_gemv/op.h"
#include "kernels/q6_k_gemv/op.h"
#include "kernels/q8_0_gemv/op.h"
#include "kernels/rows/widen.h"
#include "kernels/table/table.h"
#include "kernels/tests/tap.h"
#include "kernels/tq2_0_gemv/op.h"

#include <math.h>
#include <string.h>

enum { MOST = 256 }; /* columns of a block */

/* Of blocks with the scale first: its two bytes, then `repeat` times the codes, cut at the block's end. */
static void make(uint8_t *to, size_t bytes, const uint8_t *scale, size_t scale_at, const uint8_t *codes,
                 size_t repeat)
{
    for (size_t i = 0; i < bytes - 2; i++)
        to[scale_at ? i : i + 2] = codes[i % repeat];
    memcpy(to + scale_at, scale, 2);
}

/* Activations of 1 at `at` and 0 elsewhere, or of all their values when `at` is MOST. */
static void activate_q8_0(uint8_t *x, size_t columns, size_t at)
{
    for (size_t c = 0; c < columns; c++) {
        uint8_t *block = x + c / Q8_0_BLOCK * Q8_0_BLOCK_BYTES;
        const uint16_t scale = qk_f32_to_f16(at == MOST ? 0.25f * (float)(1 + c / Q8_0_BLOCK) : 1.0f);
        memcpy(block, &scale, sizeof scale);
        block[2 + c % Q8_0_BLOCK] = (uint8_t)(at == MOST ? 37 * c : c == at);
    }
}

static float q2_0(const uint8_t *w, const uint8_t *x, size_t columns, size_t group)
{
    float y;
    QK_CALL(q2_0_gemv, qk_reference(QK_OP_q2_0_gemv)->fn, &y, w, x, 1, columns, group);
    return y;
}

static float thirds(size_t column)
{
    return column % 3 == 0 ? 0.5f : column % 3 == 1 ? 0.0f : -0.5f;
}

/* What the quantisers make of multiples of 1/16 from -2 to 2, in a drawn order. */
static float coarse(size_t column)
{
    return 2 * roundf((float)((int)(37 * column % 65) - 32) / 32);
}

static void q2_0_values(void)
{
    static const uint8_t half[] = {0x00, 0x38}, three[] = {0x86, 0x61, 0x18};
    static const uint8_t other[] = {0x00, 0x40, 0x44, 0x99, 0x51, 0x66, 0x84, 0x19, 0x61,
                                    0x46, 0x98, 0x11, 0x66, 0x84, 0x19, 0x61, 0x46, 0x94};
    uint8_t w[2 + MOST / 4], x[MOST / Q8_0_BLOCK * Q8_0_BLOCK_BYTES];
    for (size_t group = Q2_0_GROUP; group <= Q2_0_GROUP_LARGE; group *= 2) {
        bool right = true;
        double exact = 0;
        make(w, 2 + group / 4, half, 0, three, sizeof three);
        for (size_t c = 0; c < group; c++) {
            activate_q8_0(x, group, c);
            right &= q2_0(w, x, group, group) == thirds(c);
            exact += (double)thirds(c) * (int8_t)(37 * c) * 0.25 * (double)(1 + c / Q8_0_BLOCK);
        }
        activate_q8_0(x, group, MOST);
        right &= (double)q2_0(w, x, group, group) == exact && exact != 0;
        tap(right, group == Q2_0_GROUP ? "q2_0_gemv: 64 weights of ggml" : "q2_0_gemv: 128 weights", NULL);
    }
    bool right = true;
    for (size_t c = 0; c < Q2_0_GROUP; c++) {
        activate_q8_0(x, Q2_0_GROUP, c);
        right &= q2_0(other, x, Q2_0_GROUP, Q2_0_GROUP) == coarse(c);
    }
    memset(w, 0xff, sizeof w);
    memcpy(w, half, sizeof half);
    right &= q2_0(w, x, Q2_0_GROUP, Q2_0_GROUP) == 1.0f;
    tap(right, "q2_0_gemv: other weights of ggml, and code 3", NULL);
}

/* As activate_q8_0, one block. */
static void activate_q8_k(uint8_t *x, size_t at)
{
    const float scale = at == MOST ? -0.25f : 1.0f;
    memcpy(x, &scale, sizeof scale);
    for (size_t j = 0; j < MOST; j += 16) {
        int16_t sum = 0;
        for (size_t c = j; c < j + 16; c++) {
            x[Q8_K_VALUES + c] = (uint8_t)(at == MOST ? 37 * c : c == at);
            sum = (int16_t)(sum + (int8_t)x[Q8_K_VALUES + c]);
        }
        memcpy(x + Q8_K_SUMS + j / 8, &sum, sizeof sum);
    }
}

static float tq2_0(const uint8_t *w, const uint8_t *x)
{
    float y;
    QK_CALL(tq2_0_gemv, qk_reference(QK_OP_tq2_0_gemv)->fn, &y, w, x, 1, MOST);
    return y;
}

static void tq2_0_values(void)
{
    static const uint8_t half[] = {0x00, 0x38}, three[] = {0x92, 0x49, 0x24};
    static const uint8_t other[] = {
        0x50, 0x09, 0x94, 0x49, 0x95, 0x52, 0x25, 0x52, 0x29, 0x94, 0x49, 0x95, 0x52, 0x25, 0x52, 0x29, 0x94,
        0x49, 0x94, 0x42, 0x25, 0x52, 0x29, 0x94, 0x49, 0x94, 0x42, 0x25, 0x52, 0x25, 0x54, 0x49, 0x52, 0x25,
        0x50, 0x09, 0x94, 0x49, 0x95, 0x52, 0x25, 0x52, 0x29, 0x94, 0x49, 0x95, 0x52, 0x25, 0x52, 0x29, 0x94,
        0x49, 0x94, 0x42, 0x25, 0x52, 0x29, 0x94, 0x49, 0x94, 0x42, 0x25, 0x52, 0x25, 0x00, 0x40};
    uint8_t w[TQ2_0_BLOCK_BYTES], x[Q8_K_BLOCK_BYTES];
    bool right = true;
    double exact = 0;
    make(w, sizeof w, half, TQ2_0_SCALE, three, sizeof three);
    for (size_t c = 0; c < MOST; c++) {
        activate_q8_k(x, c);
        right &= tq2_0(w, x) == thirds(c);
        exact += (double)thirds(c) * (int8_t)(37 * c) * -0.25;
    }
    activate_q8_k(x, MOST);
    right &= (double)tq2_0(w, x) == exact && exact != 0;
    tap(right, "tq2_0_gemv: 256 weights of ggml", NULL);
    right = true;
    for (size_t c = 0; c < MOST; c++) {
        activate_q8_k(x, c);
        right &= tq2_0(other, x) == coarse(c);
    }
    memset(w, 0xff, TQ2_0_SCALE);
    right &= tq2_0(w, x) == 1.0f;
    tap(right, "tq2_0_gemv: other weights of ggml, and code 3", NULL);
}

struct place {
    size_t at;
    float value;
};

static bool at_places(const float *wide, const struct place *expected, size_t count)
{
    bool right = true;
    for (size_t i = 0; i < count; i++)
        right &= wide[expected[i].at] == expected[i].value;
    return right;
}
#define AT_PLACES(wide, expected) at_places(wide, expected, sizeof(expected) / sizeof *(expected))

/* Does the op read what `wide` says, weight by weight? */
static bool reads_q8_0(const uint8_t *w, const float *wide)
{
    float x[Q8_0_BLOCK] = {0}, y;
    bool right = true;
    for (size_t c = 0; c < Q8_0_BLOCK; c++) {
        x[c] = 1;
        QK_CALL(q8_0_gemv, qk_reference(QK_OP_q8_0_gemv)->fn, &y, w, x, 1, Q8_0_BLOCK);
        x[c] = 0;
        right &= y == wide[c];
    }
    return right;
}

static void q8_0_values(void)
{
    static const uint8_t a_scale[] = {0x08, 0x1c}, a[] = {0x7f, 0x00, 0x81};
    static const uint8_t other[] = {0x08, 0x24, 0x81, 0x14, 0xa5, 0x38, 0xc8, 0x5b, 0xec, 0x7f, 0x10, 0xa1,
                                    0x34, 0xc4, 0x57, 0xe8, 0x7b, 0x0c, 0x9d, 0x30, 0xc0, 0x53, 0xe4, 0x77,
                                    0x08, 0x99, 0x2c, 0xbd, 0x4f, 0xe0, 0x73, 0x04, 0x95, 0x28};
    static const struct place of_a[] = {{0, 0.499969482f}, {1, 0}, {2, -0.499969482f}, {30, 0.499969482f}};
    static const struct place of_other[] = {{0, -1.99987793f}, {1, 0.314941406f}, {2, -1.4329834f}};
    uint8_t w[Q8_0_BLOCK_BYTES];
    float wide[Q8_0_BLOCK];
    make(w, sizeof w, a_scale, 0, a, sizeof a);
    qk_widen_q8_0(wide, w, Q8_0_BLOCK);
    tap(AT_PLACES(wide, of_a) && reads_q8_0(w, wide), "q8_0_gemv: 32 weights of ggml", NULL);
    qk_widen_q8_0(wide, other, Q8_0_BLOCK);
    tap(AT_PLACES(wide, of_other) && reads_q8_0(other, wide), "q8_0_gemv: other weights of ggml", NULL);
}

static void q6_k_values(void)
{
    static const struct place expected[] = {{0, -0.5f},     {1, -10}, {31, 0.875f},    {32, 11.625f},
                                            {63, -9.375f},  {64, 8},  {96, 3.25f},     {128, 0},
                                            {160, -3.875f}, {192, 3}, {255, -10.9375f}};
    uint8_t w[Q6_K_BLOCK_BYTES] = {[Q6_K_SCALE + 1] = 0x2c};
    float wide[Q6_K_BLOCK], x[Q6_K_BLOCK] = {0}, y;
    for (size_t i = 0; i < 128; i++)
        w[i] = (uint8_t)(3 * i + 1);
    for (size_t i = 0; i < 64; i++)
        w[Q6_K_HIGH + i] = (uint8_t)(5 * i + 2);
    for (size_t i = 0; i < 16; i++)
        w[Q6_K_SUB_SCALES + i] = (uint8_t)(i - 8);
    qk_widen_q6_k(wide, w, Q6_K_BLOCK);
    bool right = AT_PLACES(wide, expected);
    for (size_t c = 0; c < Q6_K_BLOCK; c++) {
        x[c] = 1;
        QK_CALL(q6_k_gemv, qk_reference(QK_OP_q6_k_gemv)->fn, &y, w, x, 1, Q6_K_BLOCK);
        x[c] = 0;
        right &= y == wide[c];
    }
    tap(right, "q6_k_gemv: 256 weights of ggml", NULL);
}

static void bf16_values(void)
{
    static const uint16_t half[] = {0x3f80, 0xbf80, 0x3dcd, 0x3f80, 0x3f82, 0x8000, 0x4780, 0x0001, 0x7f80};
    static const float expected[] = {1, -1, 0.100097656f, 1, 1.015625f, 0, 65536, 9.18354962e-41f, INFINITY};
    const float one = 1;
    bool right = true;
    for (size_t i = 0; i < sizeof half / sizeof *half; i++) {
        float y;
        QK_CALL(bf16_gemv, qk_reference(QK_OP_bf16_gemv)->fn, &y, &half[i], &one, 1, 1);
        right &= qk_bf16_to_f32(half[i]) == expected[i] && y == expected[i];
    }
    tap(right, "bf16_gemv: weights of ggml", NULL);
}

/* q2_0_gemv reads the same bytes above. */
static void q2_0_widened(void)
{
    static const uint8_t half[] = {0x00, 0x38}, three[] = {0x86, 0x61, 0x18};
    uint8_t w[2 + MOST / 4];
    float wide[MOST];
    bool right = true;
    for (size_t group = Q2_0_GROUP; group <= Q2_0_GROUP_LARGE; group *= 2) {
        make(w, 2 + group / 4, half, 0, three, sizeof three);
        qk_widen_q2_0(wide, w, group, group);
        for (size_t c = 0; c < group; c++)
            right &= wide[c] == thirds(c);
    }
    tap(right, "Q2_0: 64 and 128 weights of ggml, widened", NULL);
}

TEST_PART(blocks)
{
    q8_0_values();
    q6_k_values();
    bf16_values();
    q2_0_widened();
    q2_0_values();
    tq2_0_values();
    return tap_end();
}
