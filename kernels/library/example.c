/* SPDX-License-Identifier: MIT */
/*
 * A ternary matrix times a row of f32: packed once, then multiplied in int8. Build it against the installed
 * library: cc example.c $(pkg-config --cflags --libs qkernels) -o example
 */
#include <qkernels.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 3, COLUMNS = 256 };

int main(void)
{
    static uint8_t codes[ROWS * COLUMNS / 4]; /* I2_S order, as layout.h in qkernels.h draws it */
    static float x[COLUMNS];
    int8_t q[COLUMNS];
    int32_t y[ROWS], q_sum;
    float scale;
    size_t bytes;
    struct qk_error err;

    for (int c = 0; c < COLUMNS; c++) {
        x[c] = (float)(c % 9 - 4) / 4;
        for (int r = 0; r < ROWS; r++) {
            const int weight = (r + c) % 3 - 1, block = r * COLUMNS / I2S_BLOCK + c / I2S_BLOCK;
            codes[block * I2S_BLOCK_BYTES + c % I2S_GROUP] |=
                (uint8_t)((weight + 1) << (6 - c % I2S_BLOCK / I2S_GROUP * 2));
        }
    }
    int failed = qk_i2s16_bytes(ROWS, COLUMNS, &bytes, &err);
    uint8_t *const packed = failed ? NULL : malloc(bytes);
    if (packed)
        failed = qk_i2s16_make(packed, bytes, codes, sizeof codes, ROWS, COLUMNS, &err) ||
                 qk_act_quant(q, &scale, &q_sum, x, 1, COLUMNS, &err) ||
                 qk_i2s16_matvec(y, packed, bytes, q, q_sum, ROWS, COLUMNS, &err);
    if (!packed || failed) {
        fprintf(stderr, "%s: %s\n", failed ? err.where : "malloc", failed ? err.text : "no memory");
        free(packed);
        return EXIT_FAILURE;
    }
    for (int r = 0; r < ROWS; r++)
        printf("y[%d] = %.3f\n", r, (double)((float)y[r] / scale));
    /* What a caller gets wrong is refused, and nothing is written. */
    if (qk_i2s16_matvec(y, packed, bytes - 1, q, q_sum, ROWS, COLUMNS, &err) == QK_ERR_ARG)
        printf("%s: %s\n", err.where, err.text);
    free(packed);
    return EXIT_SUCCESS;
}
