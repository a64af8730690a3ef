/* SPDX-License-Identifier: MIT */
/*
 * Tests q2_0x16_repack on blocks as ggml's own quantisers wrote them. Then the refusals of its entry point
 * and of q2_0x16_gemm's. Input A of the blocks is 0.5, 0, -0.5 in turn. Source: libggml, llama.cpp v0.5.0.
 */
#include "kernels/layout.h"
#include "kernels/library/qkernels.h"
#include "kernels/tests/tap.h"

#include <string.h>

enum { COLUMNS = 256, ROWS = 17, PADDED = 32 };

static struct qk_error err;
static uint8_t codes[PADDED * COLUMNS / 4], from[ROWS * 80 * 4];
static uint16_t scale[PADDED * COLUMNS / 64];

/* Writes `times` times the n bytes; returns the end. */
static uint8_t *put(uint8_t *to, const char *bytes, size_t n, int times)
{
    for (; times; times--, to += n)
        memcpy(to, bytes, n);
    return to;
}

/* Input A as one row of blocks of some size. 128 weights a scale: as PQ2_0, worked out by hand. */
static void put_row(uint8_t *to, size_t block_bytes)
{
    const uint8_t *const end = to + COLUMNS / qk_q2_0x16_group(block_bytes) * block_bytes;
    while (to < end)
        if (block_bytes == TQ1_0_BLOCK_BYTES) {
            to = put(put(to, "\xbb\x94\x31", 3, 10), "\xbb\x94", 2, 1);
            to = put(put(to, "\x6c\x45\xcf", 3, 5), "\x6c\xce\x6c\x43\xce\x00\x38", 7, 1);
        } else if (block_bytes == TQ2_0_BLOCK_BYTES) {
            to = put(put(to, "\x92\x49\x24", 3, 21), "\x92\x00\x38", 3, 1);
        } else if (block_bytes == Q2_0_BLOCK_BYTES) {
            /* The pattern has three columns and the block 64, so each block begins one column later. */
            const size_t b = (size_t)(COLUMNS / Q2_0_GROUP) - (size_t)(end - to) / block_bytes;
            to = put(to, "\x00\x38", 2, 1);
            for (size_t i = 0; i < 16; i++, to++)
                *to = (uint8_t) "\x86\x61\x18"[(i + 16 * b) % 3];
        } else {
            const size_t b = (size_t)(COLUMNS / Q2_0_GROUP_LARGE) - (size_t)(end - to) / block_bytes;
            to = put(to, "\x00\x38", 2, 1);
            for (size_t i = 0; i < 32; i++, to++)
                *to = (uint8_t) "\x86\x61\x18"[(i + 32 * b) % 3];
        }
}

/* Codes 2, 1, 0 in turn in the rows that there are, else 1. */
static bool right_codes(void)
{
    bool right = true;
    for (size_t r = 0; r < PADDED; r++)
        for (size_t c = 0; c < COLUMNS; c++) {
            const size_t within = c % I2S16_COLUMNS;
            const uint8_t byte =
                codes[r / 16 * 16 * COLUMNS / 4 + c / 16 * I2S16_UNIT_BYTES + 4 * (r % 16) + within % 4];
            right &= (byte >> 2 * (within / 4) & 3) == (int)(r < ROWS ? 2 - c % 3 : 1);
        }
    return right;
}

static void repack(const char *name, size_t block_bytes)
{
    const size_t blocks = COLUMNS / qk_q2_0x16_group(block_bytes);
    memset(codes, 7, sizeof codes);
    memset(scale, 7, sizeof scale);
    for (size_t r = 0; r < ROWS; r++)
        put_row(from + r * blocks * block_bytes, block_bytes);
    const int code = qk_q2_0x16_repack(codes, scale, from, ROWS, COLUMNS, block_bytes, &err);
    bool right = right_codes();
    for (size_t i = 0; i < PADDED * blocks; i++)
        right &= scale[i] == (i / (16 * blocks) * 16 + i % 16 < ROWS ? 0x3800 : 0);
    tap(!code && right, name, &err);
}

static void refused(const char *name, int code, int expected, const char *where, const char *says)
{
    tap(code == expected && !strcmp(err.where, where) && strstr(err.text, says), name, &err);
    memset(&err, 0, sizeof err);
}

static void refusals(void)
{
    static float y[32], x[8];
    static int8_t q[512];
    static int32_t bias[8];
    const int arg = QK_ERR_ARG;
    refused("repack: block_bytes", qk_q2_0x16_repack(codes, scale, from, 16, 256, 20, &err), arg,
            "block_bytes", "18, 34, 54 or 66");
    refused("repack: columns", qk_q2_0x16_repack(codes, scale, from, 16, 64, 34, &err), arg, "columns",
            "of 128");
    refused("repack: too many columns", qk_q2_0x16_repack(codes, scale, from, 16, 1 << 19, 34, &err), arg,
            "columns", "262144");
    refused("repack: rows overflow", qk_q2_0x16_repack(codes, scale, from, SIZE_MAX, 64, 18, &err),
            QK_ERR_MEMORY, "rows", "overflow");
    refused("repack: bytes overflow", qk_q2_0x16_repack(codes, scale, from, SIZE_MAX / 16, 64, 18, &err),
            QK_ERR_MEMORY, "codes", "overflow");
    refused("repack: overlap", qk_q2_0x16_repack(codes, scale, codes + 4, 16, 64, 18, &err), arg, "from",
            "overlaps");
    refused("gemm: group", qk_q2_0x16_gemm(y, codes, scale, q, bias, x, 16, 96, 96, 32, 2, &err), arg,
            "group", "128");
    refused("gemm: block", qk_q2_0x16_gemm(y, codes, scale, q, bias, x, 16, 128, 128, 64, 2, &err), arg,
            "block", "128");
    refused("gemm: rows", qk_q2_0x16_gemm(y, codes, scale, q, bias, x, 8, 64, 64, 64, 2, &err), arg, "rows",
            "of 16");
    refused("gemm: columns", qk_q2_0x16_gemm(y, codes, scale, q, bias, x, 16, 96, 64, 32, 2, &err), arg,
            "columns", "of 64");
    bias[3] = 1 << 25;
    refused("gemm: bias", qk_q2_0x16_gemm(y, codes, scale, q, bias, x, 16, 64, 64, 32, 2, &err), arg, "bias",
            "block 1 of token 1");
    refused("gemm: tokens overflow",
            qk_q2_0x16_gemm(y, codes, scale, q, bias, x, 16, 64, 64, 32, SIZE_MAX / 2, &err), QK_ERR_MEMORY,
            "y", "overflow");
}

/* Two tokens, whose products are those of one token each. */
static void gemm(void)
{
    float y[2 * 16], one[2][16], x[4] = {1, 2, 3, 4};
    int8_t q[2 * 64];
    int32_t bias[4] = {5, -6, 7, 8};
    for (int i = 0; i < 2 * 64; i++)
        q[i] = (int8_t)(i - 64);
    int code = qk_q2_0x16_gemm(y, codes, scale, q, bias, x, 16, 64, 64, 32, 2, &err);
    for (size_t t = 0; t < 2 && !code; t++)
        code =
            qk_q2_0x16_gemv(one[t], codes, scale, q + 64 * t, bias + 2 * t, x + 2 * t, 16, 64, 64, 32, &err);
    tap(!code && !memcmp(y, one, sizeof y) && y[0] != 0 && y[16] != y[0], "gemm", &err);
}

TEST_PART(repack_api)
{
    repack("Q2_0", Q2_0_BLOCK_BYTES);
    repack("Q2_0, 128 weights a scale", Q2_0_BLOCK_BYTES_LARGE);
    repack("TQ2_0", TQ2_0_BLOCK_BYTES);
    repack("TQ1_0", TQ1_0_BLOCK_BYTES);
    refusals();
    gemm();
    return tap_end();
}
