/* SPDX-License-Identifier: MIT */
/*
 * Tests every refusal of the checked entry points of f32 dot products: its text, and that the output is
 * untouched.
 */
#include "kernels/layout.h"
#include "kernels/library/qkernels.h"
#include "kernels/library/tests/refused.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 3, COLS = 258, BLOCKS = 2, BYTES = ROWS * BLOCKS * QK256_BLOCK_BYTES };

static float y[ROWS + 1], x[COLS], scale[ROWS * BLOCKS] = {2, 3, 4, 5, 6, 7},
                                                lut[4] = {-2.0f, -1.0f, 1.0f, 2.0f};
static uint8_t codes[BYTES];

static bool untouched(void)
{
    bool whole = true;
    for (int i = 0; i < ROWS; i++)
        whole &= y[i] == 7.0f;
    return whole;
}

#define CALL(to, c, bytes, s, table, from, rows, cols)                                                       \
    qk_qk256_multiply(to, c, bytes, s, table, from, rows, cols, &err)

static void refusals(void)
{
    float *const odd = (float *)(void *)((unsigned char *)x + 1);
    refused("one byte missing", CALL(y, codes, BYTES - 1, scale, lut, x, ROWS, COLS), "383 bytes",
            "expected 384");
    refused("a row without its padding", CALL(y, codes, ROWS * 65, scale, lut, x, ROWS, COLS),
            "size mismatch", "expected 384");
    refused("NULL output", CALL(NULL, codes, BYTES, scale, lut, x, ROWS, COLS), "NULL", "12 bytes");
    refused("NULL codes", CALL(y, NULL, BYTES, scale, lut, x, ROWS, COLS), "NULL", "384 bytes");
    refused("NULL table", CALL(y, codes, BYTES, scale, NULL, x, ROWS, COLS), "NULL", "16 bytes");
    refused("NULL x", CALL(y, codes, BYTES, scale, lut, NULL, ROWS, COLS), "NULL", "1032 bytes");
    refused("misaligned x", CALL(y, codes, BYTES, scale, lut, odd, ROWS, COLS), "buffer at", "multiple of 4");
    refused("misaligned scale", CALL(y, codes, BYTES, odd, lut, x, ROWS, COLS), "buffer at", "multiple of 4");
    refused("codes over the output", CALL(y, (uint8_t *)(y + ROWS) - 1, BYTES, scale, lut, x, ROWS, COLS),
            "overlaps", "apart");
    refused("x is the output", CALL(y, codes, BYTES, scale, lut, y, ROWS, COLS), "overlaps", "apart");
    refused("scale is the output", CALL(y, codes, BYTES, y + ROWS - 1, lut, x, ROWS, COLS), "overlaps",
            "apart");
    too_large("rows that overflow", CALL(y, codes, BYTES, scale, lut, x, SIZE_MAX / 64, COLS), "expected");
    too_large("columns that overflow", CALL(y, codes, BYTES, scale, lut, x, 1, SIZE_MAX - 3), "expected");
    refused("dot: NULL", qk_f32_dot(y, x, NULL, COLS, &err), "NULL", "1032 bytes");
    refused("dot: overlap", qk_f32_dot(y, x, y, 1, &err), "overlaps", "apart");
    too_large("dot: overflow", qk_f32_dot(y, x, x, SIZE_MAX / 2, &err), "at most");
    setenv("QK_DISABLE_ISA", "sse9", 1);
    refused("unknown ISA level", CALL(y, codes, BYTES, scale, lut, x, ROWS, COLS), "sse9", SOME_LEVEL);
    refused("dot: unknown ISA level", qk_f32_dot(y, x, x, 2, &err), "sse9", SOME_LEVEL);
    unsetenv("QK_DISABLE_ISA");
}

/* Small integers, so that every order gives the same sum. */
static void values(void)
{
    memset(codes, 0xe4, sizeof codes); /* codes 0, 1, 2, 3 in every byte */
    for (int c = 0; c < COLS; c++)
        x[c] = (float)(c % 4 + 1);
    /*
     * A group of four: -2 -2 +3 +8 = 7. A row: 64 groups, then codes 0 and 1 of the second block: -2 -2 = -4.
     */
    int code = CALL(y, codes, BYTES, scale, lut, x, ROWS, COLS);
    tap(!code && y[0] == 448 * 2 - 4 * 3 && y[1] == 448 * 4 - 4 * 5 && y[2] == 448 * 6 - 4 * 7 &&
            y[ROWS] == 0,
        "codes 0 1 2 3 against 1 2 3 4, scaled by the block", &err);
    code = CALL(y, codes, BYTES, NULL, lut, x, ROWS, COLS);
    tap(!code && y[0] == 444 && y[1] == 444 && y[2] == 444, "no scales", &err);
    code = CALL(y, codes, 0, scale, lut, x, ROWS, 0);
    tap(!code && y[0] == 0 && y[1] == 0 && y[2] == 0, "no columns give zeros", &err);
    y[0] = 7;
    code = CALL(y, codes, 0, scale, lut, x, 0, COLS);
    tap(!code && y[0] == 7, "no rows do nothing", &err);
    code = qk_f32_dot(y, x, x, 6, &err);
    tap(!code && y[0] == 1 + 4 + 9 + 16 + 1 + 4, "dot of six", &err);
    code = qk_f32_dot(y, x, x, 0, &err);
    tap(!code && y[0] == 0, "dot of none", &err);
}

TEST_PART(api_dot)
{
    for (int i = 0; i < ROWS; i++)
        y[i] = 7.0f;
    refusals();
    values();
    return tap_end();
}
