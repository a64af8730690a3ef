/* SPDX-License-Identifier: MIT */
/*
 * Tests the ends of the range against the formula, not against the reference. All codes are alike, all
 * activations are alike, and there are as many columns as allowed. Kernels that keep sums in 16 bits for too
 * long wrap here.
 */
#include "kernels/i2s16_gemm/op.h"
#include "kernels/i2s16_gemv/op.h"
#include "kernels/i2s_gemv/op.h"
#include "kernels/layout.h"
#include "kernels/table/table.h"
#include "kernels/tests/tap.h"
#include "kernels/trit5_gemv/op.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 17, TOKENS = 3, FIVE_ALIKE = 4 * TRIT5_PAIR + 13 /* TRIT5's byte of five codes 1 */ };

static uint8_t *codes;
static int8_t *q;

/* y[token][row] of one call; false for an op that is not a product. */
static bool call(const struct qk_variant *v, int32_t *y, size_t columns, const int32_t *sums)
{
    if (v->op == QK_OP_i2s_gemv)
        QK_CALL(i2s_gemv, v->fn, y, codes, q, sums[0], ROWS, columns);
    else if (v->op == QK_OP_i2s16_gemv)
        QK_CALL(i2s16_gemv, v->fn, y, codes, q, sums[0], ROWS, columns);
    else if (v->op == QK_OP_i2s16_gemm)
        QK_CALL(i2s16_gemm, v->fn, y, codes, q, sums, ROWS, columns, TOKENS);
    else if (v->op == QK_OP_trit5_gemv)
        QK_CALL(trit5_gemv, v->fn, y, codes, q, sums[0], ROWS, columns);
    else
        return false;
    return true;
}

static bool exact(const struct qk_variant *v, int code, int value, size_t columns)
{
    int32_t y[TOKENS * ROWS], sums[TOKENS];
    const int32_t want = (code - 1) * value * (int32_t)columns;
    bool all = true;
    memset(codes, v->op == QK_OP_trit5_gemv ? code * FIVE_ALIKE : 0x55 * code, 32 * columns / 4);
    memset(q, value, TOKENS * columns);
    for (int t = 0; t < TOKENS; t++)
        sums[t] = value * (int32_t)columns;
    if (!call(v, y, columns, sums))
        return true;
    for (int i = 0; i < (v->op == QK_OP_i2s16_gemm ? TOKENS : 1) * ROWS; i++)
        all &= y[i] == want;
    if (!all)
        printf("# %s/%s: codes %d, q %d, %zu columns: found %d, expected %d\n", v->op_name, v->name, code,
               value, columns, y[0], want);
    return all;
}

TEST_PART(i2s_exact)
{
    static const size_t widths[] = {1280, 1408, 2560, 6912, 32768, I2S_COLUMNS_MAX};
    struct qk_error err;
    struct qk_cpu cpu;
    codes = malloc(32 * (size_t)I2S_COLUMNS_MAX / 4);
    q = malloc(TOKENS * (size_t)I2S_COLUMNS_MAX);
    if (!codes || !q || qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), &err))
        return 1;
    for (size_t i = 0; i < qk_table_builtin()->count; i++) {
        const struct qk_variant *v = &qk_table_builtin()->rows[i];
        int32_t y[TOKENS * ROWS], sums[TOKENS] = {0};
        char name[96];
        bool all = true;
        if (v->kind == QK_CEILING || qk_variant_missing(v, &cpu) || !call(v, y, I2S_BLOCK, sums))
            continue;
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
            for (int code = 0; code < (v->op == QK_OP_trit5_gemv ? 3 : 4); code++)
                all &= exact(v, code, 127, widths[w]) && exact(v, code, -128, widths[w]);
        snprintf(name, sizeof name, "%s/%s is exact at the ends of the range", v->op_name, v->name);
        tap(all, name, NULL);
    }
    free(codes);
    free(q);
    return tap_end();
}
