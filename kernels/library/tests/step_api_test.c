/* SPDX-License-Identifier: MIT */
/*
 * Tests the refusals of the checked entry points of the ops around the products: those of each op, and those
 * that all share. Outputs must stay untouched. Then one good call of each.
 */
#include "kernels/library/qkernels.h"
#include "kernels/tests/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct qk_error err;
static float out[64], x[64], w[64], scale[8];
static int8_t q[64], a[64];
static uint8_t codes[64];
static uint16_t half[64];
static int32_t sum[8];

static void fill(void)
{
    for (int i = 0; i < 64; i++) {
        out[i] = 7.0f;
        x[i] = w[i] = (float)(i % 8 + 1);
        q[i] = codes[i] = 7;
        a[i] = 1;
        half[i] = 0x3c00;
    }
    for (int i = 0; i < 8; i++) {
        scale[i] = 7.0f;
        sum[i] = 7;
    }
}

static bool untouched(void)
{
    bool whole = true;
    for (int i = 0; i < 64; i++)
        whole &= out[i] == 7.0f && q[i] == 7 && codes[i] == 7;
    for (int i = 0; i < 8; i++)
        whole &= scale[i] == 7.0f && sum[i] == 7;
    return whole;
}

static void refused_at(int expected, const char *name, int code, const char *where, const char *says)
{
    tap(code == expected && !strcmp(err.where, where) && strstr(err.text, says) && untouched(), name, &err);
    memset(&err, 0, sizeof err);
}
#define refused(name, call, where, says) refused_at(QK_ERR_ARG, name, call, where, says)
#define too_large(name, call, where)     refused_at(QK_ERR_MEMORY, name, call, where, "overflow")

static void own_limits(void)
{
    refused("act_quant: too many columns", qk_act_quant(q, scale, sum, x, 1, 16909321, &err), "columns",
            "16909320");
    refused("i8_gemv: too many columns", qk_i8_gemv(out, a, q, scale, x, 1, 131072, &err), "columns",
            "131071");
    refused("head4_gemv: rows", qk_head4_gemv(out, codes, half, a, sum, x, 8, 32, &err), "rows", "of 16");
    refused("head4_gemv: columns", qk_head4_gemv(out, codes, half, a, sum, x, 16, 48, &err), "columns",
            "of 32");
    refused("head4_pack: rows", qk_head4_pack(codes, (uint8_t *)a, half, out, scale, x, 8, 32, &err), "rows",
            "of 16");
    refused("head4_pack: columns", qk_head4_pack(codes, (uint8_t *)a, half, out, scale, x, 16, 8, &err),
            "columns", "of 32");
    refused("q2_0_gemv: group", qk_q2_0_gemv(out, codes, codes, 1, 96, 96, &err), "group", "64 or 128");
    refused("q2_0_gemv: columns", qk_q2_0_gemv(out, codes, codes, 1, 64, 128, &err), "columns", "of 128");
    refused("tq2_0_gemv: columns", qk_tq2_0_gemv(out, codes, codes, 1, 128, &err), "columns", "of 256");
    refused("q8_0_gemv: columns", qk_q8_0_gemv(out, codes, x, 1, 48, &err), "columns", "of 32");
    refused("q6_k_gemv: columns", qk_q6_k_gemv(out, codes, x, 1, 128, &err), "columns", "of 256");
    refused("q2_0x16_gemv: group", qk_q2_0x16_gemv(out, codes, half, a, sum, x, 16, 32, 32, 32, &err),
            "group", "128");
    refused("q2_0x16_gemv: block", qk_q2_0x16_gemv(out, codes, half, a, sum, x, 16, 128, 128, 64, &err),
            "block", "128");
    refused("q2_0x16_gemv: rows", qk_q2_0x16_gemv(out, codes, half, a, sum, x, 8, 64, 64, 64, &err), "rows",
            "of 16");
    refused("q2_0x16_gemv: columns", qk_q2_0x16_gemv(out, codes, half, a, sum, x, 16, 96, 64, 32, &err),
            "columns", "of 64");
    refused("i8u8_matmul: too deep", qk_i8u8_matmul(out, a, codes, 1, 65794, 1, &err), "depth", "65793");
    refused("rmsnorm: negative epsilon", qk_rmsnorm(out, x, w, 8, -1.0f, &err), "epsilon", "-1");
    refused("rmsnorm: NaN epsilon", qk_rmsnorm(out, x, w, 8, NAN, &err), "epsilon", "finite");
    refused("rmsnorm: infinite epsilon", qk_rmsnorm(out, x, w, 8, INFINITY, &err), "epsilon", "finite");
    refused("attention: no positions", qk_attention_f32(out, x, w, w, 1, 8, 0, 2, 1, 4, 1.0f, &err),
            "positions", "one or more");
    refused("attention: no kv heads", qk_attention_f32(out, x, w, w, 1, 8, 1, 2, 0, 4, 1.0f, &err),
            "kv_heads", "divides");
    refused("attention: kv heads that do not divide",
            qk_attention_f16(out, x, half, half, 1, 16, 1, 4, 3, 4, 1.0f, &err), "kv_heads", "divides");
    refused("attention: tokens that overlap", qk_attention_f32(out, x, w, w, 2, 7, 1, 2, 1, 4, 1.0f, &err),
            "stride", "at least 8");
}

static void overflows(void)
{
    const size_t big = SIZE_MAX / 2;
    too_large("act_quant: overflow", qk_act_quant(q, scale, sum, x, big, 8, &err), "q");
    too_large("f16_gemv: overflow", qk_f16_gemv(out, half, x, big, 1, &err), "y");
    too_large("i8_gemv: overflow", qk_i8_gemv(out, a, q, scale, x, big, 8, &err), "y");
    too_large("head4_gemv: overflow", qk_head4_gemv(out, codes, half, a, sum, x, big / 16 * 16, 32, &err),
              "y");
    too_large("head4_pack: overflow",
              qk_head4_pack(codes, (uint8_t *)a, half, out, scale, x, big / 16 * 16, 32, &err), "coarse");
    too_large("q2_0_gemv: overflow", qk_q2_0_gemv(out, codes, codes, big, 128, 64, &err), "y");
    too_large("tq2_0_gemv: overflow", qk_tq2_0_gemv(out, codes, codes, big, 256, &err), "y");
    too_large("bf16_gemv: overflow", qk_bf16_gemv(out, half, x, big, 1, &err), "y");
    too_large("q8_0_gemv: overflow", qk_q8_0_gemv(out, codes, x, big, 32, &err), "y");
    too_large("q6_k_gemv: overflow", qk_q6_k_gemv(out, codes, x, big, 256, &err), "y");
    too_large("q2_0x16_gemv: overflow",
              qk_q2_0x16_gemv(out, codes, half, a, sum, x, big / 16 * 16, 64, 64, 64, &err), "y");
    too_large("rmsnorm: overflow", qk_rmsnorm(out, x, w, big, 1e-5f, &err), "out");
    too_large("rope: overflow", qk_rope(out, x, w, w, 1, SIZE_MAX / 2 + 1, &err), "half");
    too_large("rope: overflow of heads", qk_rope(out, x, w, w, big, 4, &err), "out");
    too_large("rope_pairs: overflow", qk_rope_pairs(out, x, w, w, 1, SIZE_MAX / 2 + 1, &err), "half");
    too_large("silu_mul: overflow", qk_silu_mul(out, x, w, big, &err), "out");
    too_large("softmax: overflow", qk_softmax(out, x, big, &err), "out");
    too_large("scale_i32: overflow", qk_scale_i32(out, sum, 1.0f, big, &err), "out");
    too_large("relu2_mul: overflow", qk_relu2_mul(out, x, w, big, &err), "out");
    too_large("attention: overflow", qk_attention_f32(out, x, w, w, 1, 8, 1, 4, 4, big, 1.0f, &err), "dim");
    too_large("attention: overflow of the cache",
              qk_attention_f16(out, x, half, half, 1, 16, big, 4, 4, 4, 1.0f, &err), "k");
    too_large("attention: overflow of positions",
              qk_attention_f16(out, x, half, half, SIZE_MAX, 16, 2, 4, 4, 4, 1.0f, &err), "positions");
    too_large("i8u8_matmul: overflow", qk_i8u8_matmul(out, a, codes, big, 1, 1, &err), "out");
    too_large("tl1_quantize: overflow", qk_tl1_quantize(codes, scale, x, big, &err), "x");
    too_large("tl2_quantize: overflow", qk_tl2_quantize(codes, scale, x, big, &err), "x");
}

static void pointers(void)
{
    refused("NULL input", qk_softmax(out, NULL, 8, &err), "x", "NULL");
    refused("NULL output", qk_f16_gemv(NULL, half, x, 8, 8, &err), "y", "NULL");
    refused("NULL second output", qk_tl1_quantize(codes, NULL, x, 8, &err), "scale", "NULL");
    refused("misaligned weights",
            qk_f16_gemv(out, (const uint16_t *)(const void *)((const char *)half + 1), x, 2, 8, &err), "w",
            "multiple of 2");
    refused("input inside the output", qk_rmsnorm(out, x, out + 3, 8, 1e-5f, &err), "w", "overlaps");
    refused("input inside the second output", qk_act_quant(q, scale, sum, scale, 1, 8, &err), "x",
            "overlaps");
    refused("outputs that overlap", qk_act_quant(q, scale, (int32_t *)(void *)scale, x, 2, 8, &err), "sum",
            "overlaps");
    setenv("QK_DISABLE_ISA", "sse9", 1);
    refused("unknown ISA level", qk_relu2_mul(out, x, w, 8, &err), "QK_DISABLE_ISA", "sse9");
    unsetenv("QK_DISABLE_ISA");
}

static void good(const char *name, int code, bool right)
{
    tap(!code && right, name, &err);
    fill();
}

static void good_heads(void)
{
    static const uint16_t brain[16] = {[9] = 0x4000};
    fill();
    int code = qk_bf16_gemv(out, brain, x, 2, 8, &err);
    good("bf16_gemv", code, out[0] == 0.0f && out[1] == 2 * x[1] && out[2] == 7.0f);
    static const float wide[256] = {0, 3, [255] = 1};
    static const uint8_t block_8[34] = {0, 0x40, 5, 0xff};
    code = qk_q8_0_gemv(out, block_8, wide, 1, 32, &err);
    good("q8_0_gemv", code, out[0] == -6.0f && out[1] == 7.0f);
    /* A scale of 2, sub-scales of 1 and 3; the codes 34 beside 3 and 1 beside 1. */
    static const uint8_t block_6[210] = {
        [1] = 2, [127] = 0x10, [129] = 2, [192] = 1, [207] = 3, [209] = 0x40};
    code = qk_q6_k_gemv(out, block_6, wide, 1, 256, &err);
    good("q6_k_gemv", code, out[0] == 2 * 2 * 3.0f - 2 * 3 * 31.0f && out[1] == 7.0f);
}

static void good_calls(void)
{
    fill();
    int code = qk_act_quant(q, scale, sum, x, 2, 8, &err);
    good("act_quant", code, q[7] == 127 && scale[1] == 127.0f / 8.0f && sum[0] == sum[1] && sum[0] > 0);
    code = qk_f16_gemv(out, half, x, 2, 8, &err);
    good("f16_gemv", code, out[0] == 36.0f && out[1] == 36.0f && out[2] == 7.0f);
    code = qk_i8_gemv(out, a, q, x, w, 2, 8, &err);
    good("i8_gemv", code, out[0] == 56.0f && out[1] == 112.0f && out[2] == 7.0f);
    static uint8_t plane[16 * 32 / 2] = {0x21};
    const int32_t bias = 64;
    code = qk_head4_gemv(out, plane, half, a, &bias, w + 1, 16, 32, &err);
    good("head4_gemv", code, out[0] == (2 * 3 - 64) * 2.0f && out[1] == -128.0f && out[16] == 7.0f);
    const int32_t far = 1 << 25;
    refused("head4_gemv: bias", qk_head4_gemv(out, plane, half, a, &far, w, 16, 32, &err), "bias",
            "16777216");
    static uint8_t coarse[16 * 32 / 2], fine[16 * 32 / 2];
    static const float wide[16 * 32] = {[7] = -1};
    static float squares[16 * 24];
    code = qk_head4_pack(coarse, fine, half, out, squares, wide, 16, 32, &err);
    good("head4_pack", code, coarse[3] == 0x08 && out[0] == 0x1p-21f && out[1] == 1.0f && out[16] == 7.0f);
    /* Scales of 2 and 1; a code 3 beside 5 is 2 * 5, the code 0 beside 7 is -7, codes 0 beside 0 nothing. */
    static const uint8_t two_bits[18] = {0, 0x40, 3}, eights[68] = {0, 0x3c, 5, 7};
    code = qk_q2_0_gemv(out, two_bits, eights, 1, 64, 64, &err);
    good("q2_0_gemv", code, out[0] == 6.0f && out[1] == 7.0f);
    /* Scales of 2 and 1; the code 1 beside 5 is 0, the code 0 beside 7 is -7. */
    static uint8_t block_k[292] = {0, 0, 0x80, 0x3f, 5, 7, [260] = 12}, zeros[66] = {1, [65] = 0x40};
    code = qk_tq2_0_gemv(out, zeros, block_k, 1, 256, &err);
    good("tq2_0_gemv", code, out[0] == -14.0f && out[1] == 7.0f);
    block_k[262] = 1;
    refused("tq2_0_gemv: sums", qk_tq2_0_gemv(out, zeros, block_k, 1, 256, &err), "x", "sum 1 is 1");
    block_k[2] = block_k[3] = 0;
    code = qk_tq2_0_gemv(out, zeros, block_k, 1, 256, &err);
    good("tq2_0_gemv: any sums beside a scale of 0", code, out[0] == 0.0f && out[1] == 7.0f);
    /* Code 3 of row 0 in column 4; 64 activations of 1, so that other codes 0 are -1 each. */
    static uint8_t units[16 * 64 / 4] = {3 << 2};
    code = qk_q2_0x16_gemv(out, units, half, a, &bias, w + 1, 16, 64, 64, 64, &err);
    good("q2_0x16_gemv", code, out[0] == (3 - 64) * 2.0f && out[15] == -128.0f && out[16] == 7.0f);
    refused("q2_0x16_gemv: bias", qk_q2_0x16_gemv(out, units, half, a, &far, w, 16, 64, 64, 64, &err), "bias",
            "16777216");
}

static void good_calls_of_steps(void)
{
    int code = qk_rmsnorm(out, w, w, 1, 0.0f, &err);
    good("rmsnorm", code, out[0] == 1.0f && out[1] == 7.0f);
    code = qk_rope(out, x, w, w, 1, 2, &err);
    good("rope", code,
         out[0] == -2.0f && out[1] == -4.0f && out[2] == 4.0f && out[3] == 12.0f && out[4] == 7.0f);
    code = qk_rope_pairs(out, x, w, w, 1, 2, &err);
    good("rope_pairs", code,
         out[0] == -1.0f && out[1] == 3.0f && out[2] == -2.0f && out[3] == 14.0f && out[4] == 7.0f);
    static const float large[2] = {100.0f, -100.0f};
    code = qk_silu_mul(out, large, w, 2, &err);
    good("silu_mul", code, out[0] == 100.0f && out[1] == 0.0f && out[2] == 7.0f);
    code = qk_softmax(out, w + 7, 1, &err);
    good("softmax", code, out[0] == 1.0f && out[1] == 7.0f);
    static const int32_t products[2] = {3, -4};
    code = qk_scale_i32(out, products, 0.5f, 2, &err);
    good("scale_i32", code, out[0] == 1.5f && out[1] == -2.0f && out[2] == 7.0f);
    code = qk_relu2_mul(out, x, w, 2, &err);
    good("relu2_mul", code, out[0] == 1.0f && out[1] == 8.0f && out[2] == 7.0f);
    code = qk_attention_f32(out, x, w, w, 2, 9, 1, 2, 1, 4, 1.0f, &err);
    good("attention_f32", code,
         !memcmp(out, w, 16) && !memcmp(out + 4, w, 16) && out[8] == 7.0f && out[12] > 4.9f &&
             out[17] == 7.0f);
    code = qk_attention_f16(out, x, half, half, 1, 8, 1, 2, 1, 4, 1.0f, &err);
    good("attention_f16", code, out[7] == 1.0f && out[8] == 7.0f);
    code = qk_i8u8_matmul(out, a, codes, 2, 4, 3, &err);
    good("i8u8_matmul", code, out[0] == 28.0f && out[5] == 28.0f && out[6] == 7.0f);
    code = qk_tl1_quantize(codes, scale, x, 5, &err);
    good("tl1_quantize", code, codes[1] == 3 && codes[2] == 7 && scale[0] == 5.0f / 1.5f);
    code = qk_tl2_quantize(codes, scale, x, 5, &err);
    good("tl2_quantize", code, codes[1] == 3 && codes[2] == 7 && scale[1] == 7.0f);
    tap(!qk_softmax(out, x, 0, &err) && !qk_f16_gemv(out, half, x, 0, 8, &err) && untouched(),
        "nothing to do", &err);
}

TEST_PART(step_api)
{
    fill();
    own_limits();
    overflows();
    pointers();
    good_calls();
    good_heads();
    good_calls_of_steps();
    return tap_end();
}
