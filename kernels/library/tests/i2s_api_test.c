/* SPDX-License-Identifier: MIT */
/*
 * Tests every refusal of the i2s entry points: its text, and that the output is untouched. Also tests the
 * whole way from I2_S order to a result.
 */
#include "kernels/layout.h"
#include "kernels/library/qkernels.h"
#include "kernels/library/tests/refused.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 19,
    COLUMNS = 256,
    TOKENS = 3,
    PACKED = ROWS * COLUMNS / 4,
    WOVEN = 32 * COLUMNS / 4,
    FIVES = 32 * 13 * 4
};

static int32_t y[TOKENS * ROWS], sums[TOKENS];
static uint8_t codes[PACKED + 1], woven[WOVEN + 1];
static int8_t q[TOKENS * COLUMNS];

static bool untouched(void)
{
    bool whole = true;
    for (int i = 0; i < TOKENS * ROWS; i++)
        whole &= y[i] == 7;
    for (int i = 0; i < WOVEN; i++)
        whole &= woven[i] == 7;
    return whole;
}

static void refused_vector(void)
{
#define VEC(y, c, bytes, q, sum, rows, columns) qk_i2s_matvec(y, c, bytes, q, sum, rows, columns, &err)
    void *const odd = (unsigned char *)y + 2;
    const int32_t s = sums[0];
    refused("no columns", VEC(y, codes, 0, q, s, ROWS, 0), "0 columns", "multiple of 128");
    refused("half a block", VEC(y, codes, ROWS * 16, q, s, ROWS, 64), "64 columns", "128");
    refused("too many columns", VEC(y, codes, PACKED, q, s, ROWS, I2S_COLUMNS_MAX + 128), "262272 columns",
            "at most 262144");
    too_large("rows that overflow", VEC(y, codes, PACKED, q, s, SIZE_MAX / 64, COLUMNS), "at most");
    refused("one byte missing", VEC(y, codes, PACKED - 1, q, s, ROWS, COLUMNS), "1215 bytes",
            "expected 1216");
    refused("one byte too many", VEC(y, codes, PACKED + 1, q, s, ROWS, COLUMNS), "size mismatch",
            "expected 1216");
    refused("NULL output", VEC(NULL, codes, PACKED, q, s, ROWS, COLUMNS), "NULL", "76 bytes");
    refused("NULL codes", VEC(y, NULL, PACKED, q, s, ROWS, COLUMNS), "NULL", "1216 bytes");
    refused("NULL activations", VEC(y, codes, PACKED, NULL, s, ROWS, COLUMNS), "NULL", "256 bytes");
    refused("misaligned output", VEC(odd, codes, PACKED, q, s, ROWS, COLUMNS), "buffer at", "multiple of 4");
    refused("output inside the activations", VEC((void *)q, codes, PACKED, q, s, ROWS, COLUMNS), "overlaps",
            "apart");
    refused("a wrong sum", VEC(y, codes, PACKED, q, s + 1, ROWS, COLUMNS), "q_sum[0]", "the sum of q");
    setenv("QK_DISABLE_ISA", "sse9", 1);
    refused("unknown ISA level", VEC(y, codes, PACKED, q, s, ROWS, COLUMNS), "sse9", SOME_LEVEL);
    unsetenv("QK_DISABLE_ISA");
    tap(!VEC(y, codes, 0, q, s, 0, COLUMNS) && y[0] == 7, "0 rows do nothing", &err);
}

static void refused_interleave(void)
{
    size_t bytes = 7;
#define MAKE(out, to, from, rows) qk_i2s16_make(out, to, codes, from, rows, COLUMNS, &err)
    refused("size without room for it", qk_i2s16_bytes(1, 128, NULL, &err), "NULL", "expected");
    too_large("size that overflows", qk_i2s16_bytes(SIZE_MAX, 128, &bytes, &err), "at most");
    tap(bytes == 7 && !qk_i2s16_bytes(ROWS, COLUMNS, &bytes, &err) && bytes == WOVEN,
        "19 rows take the room of 32", &err);
    refused("interleave too small", MAKE(woven, PACKED, PACKED, ROWS), "1216 bytes from", "expected 2048");
    refused("codes too short", MAKE(woven, WOVEN, PACKED - 64, ROWS), "from 1152", "from 1216");
    refused("interleave NULL", MAKE(NULL, WOVEN, PACKED, ROWS), "NULL", "2048 bytes");
    refused("interleave in place", MAKE(codes, WOVEN, PACKED, ROWS), "overlaps", "apart");
    refused("vector: interleave too small",
            qk_i2s16_matvec(y, woven, PACKED, q, sums[0], ROWS, COLUMNS, &err), "1216 bytes",
            "expected 2048");
    refused("vector: a wrong sum", qk_i2s16_matvec(y, woven, WOVEN, q, sums[0] - 1, ROWS, COLUMNS, &err),
            "q_sum[0]", "the sum of q");
#define MUL(t, s) qk_i2s16_matmul(y, woven, WOVEN, q, s, ROWS, COLUMNS, t, &err)
    too_large("matrix: tokens that overflow", MUL(SIZE_MAX / 64, sums), "tokens");
    refused("matrix: sums NULL", MUL(TOKENS, NULL), "NULL", "12 bytes");
    refused("matrix: sums inside the output", MUL(TOKENS, y + 3), "overlaps", "apart");
    sums[2]++;
    refused("matrix: last sum wrong", MUL(TOKENS, sums), "q_sum[2]", "the sum of q");
    sums[2]--;
    tap(!MUL(0, sums) && y[0] == 7, "0 tokens do nothing", &err);
}

static void refused_fives(void)
{
    size_t bytes = 7;
#define FIVE(out, to, from) qk_trit5_make(out, to, codes, from, ROWS, COLUMNS, &err)
    refused("fives: size without room for it", qk_trit5_bytes(1, 128, NULL, &err), "NULL", "expected");
    too_large("fives: size that overflows", qk_trit5_bytes(SIZE_MAX / 16, 128, &bytes, &err), "28 bytes");
    tap(bytes == 7 && !qk_trit5_bytes(ROWS, COLUMNS, &bytes, &err) && bytes == FIVES,
        "256 columns of 19 rows take the room of 260 of 32", &err);
    refused("fives too small", FIVE(woven, FIVES - 1, PACKED), "1663 bytes from", "expected 1664");
    refused("fives: codes too short", FIVE(woven, FIVES, PACKED - 64), "from 1152", "from 1216");
    refused("fives in place", FIVE(codes, FIVES, PACKED), "overlaps", "apart");
    const uint8_t first = codes[0];
    codes[0] = 0x0c;
    refused("fives: a code 3", FIVE(woven, FIVES, PACKED), "byte 0 is 0x0c", "0 to 2");
    codes[0] = first;
    refused("fives: wrong size", qk_trit5_matvec(y, woven, WOVEN, q, sums[0], ROWS, COLUMNS, &err),
            "2048 bytes", "expected 1664");
    refused("fives: a wrong sum", qk_trit5_matvec(y, woven, FIVES, q, sums[0] + 1, ROWS, COLUMNS, &err),
            "q_sum[0]", "the sum of q");
}

/* What the formula says, from the codes one by one. */
static int32_t expected(int t, int m)
{
    int32_t sum = 0;
    for (int k = 0; k < COLUMNS; k++) {
        const int i = m * COLUMNS + k, code = codes[i / 128 * 32 + i % 32] >> (6 - 2 * (i / 32 % 4)) & 3;
        sum += (code - 1) * q[t * COLUMNS + k];
    }
    return sum;
}

static bool right(int tokens)
{
    bool all = true;
    for (int t = 0; t < tokens; t++)
        for (int m = 0; m < ROWS; m++)
            all &= y[t * ROWS + m] == expected(t, m);
    memset(y, 7, sizeof y);
    return all;
}

static void products(void)
{
    tap(!qk_i2s_matvec(y, codes, PACKED, q, sums[0], ROWS, COLUMNS, &err) && right(1),
        "vector, published order", &err);
    tap(!qk_i2s16_make(woven, WOVEN, codes, PACKED, ROWS, COLUMNS, &err) && woven[WOVEN] == 7, "interleave",
        &err);
    tap(!qk_i2s16_matvec(y, woven, WOVEN, q, sums[0], ROWS, COLUMNS, &err) && right(1), "vector, interleave",
        &err);
    tap(!qk_i2s16_matmul(y, woven, WOVEN, q, sums, ROWS, COLUMNS, TOKENS, &err) && right(TOKENS), "matrix",
        &err);
}

/* A code 3 does not fit five to a byte. */
static void drop_code_3(void)
{
    for (int i = 0; i < PACKED; i++)
        codes[i] &= (uint8_t) ~(codes[i] >> 1 & codes[i] & 0x55);
}

static void product_of_fives(void)
{
    memset(woven, 7, sizeof woven);
    tap(!qk_trit5_make(woven, FIVES, codes, PACKED, ROWS, COLUMNS, &err) && woven[FIVES] == 7,
        "five codes a byte", &err);
    tap(!qk_trit5_matvec(y, woven, FIVES, q, sums[0], ROWS, COLUMNS, &err) && right(1),
        "vector, five codes a byte", &err);
}

TEST_PART(i2s_api)
{
    struct qk_rng rng;
    qk_rng_seed(&rng, 1);
    qk_rng_bytes(&rng, codes, sizeof codes);
    qk_rng_bytes(&rng, q, sizeof q);
    for (int i = 0; i < TOKENS * COLUMNS; i++)
        sums[i / COLUMNS] += q[i];
    for (int i = 0; i < TOKENS * ROWS; i++)
        y[i] = 7;
    memset(woven, 7, sizeof woven);
    refused_vector();
    refused_interleave();
    refused_fives();
    products();
    drop_code_3();
    product_of_fives();
    return tap_end();
}
