/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of trit5_gemv. */
#include "kernels/layout.h"
#include "kernels/trit5_gemv/op.h"

void qk_trit5_gemv_scalar(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                          int32_t q_sum, size_t rows, size_t columns)
{
    const size_t units = (columns + TRIT5_COLUMNS - 1) / TRIT5_COLUMNS;
    for (size_t m = 0; m < rows; m++) {
        /* The row's dwords in its group of sixteen rows, one in each unit. */
        const uint8_t *from = codes + m / TRIT5_ROWS * TRIT5_UNIT_BYTES * units + m % TRIT5_ROWS * 4;
        int32_t sum = 0;
        for (size_t k = 0; k < columns; k += TRIT5_COLUMNS, from += TRIT5_UNIT_BYTES)
            for (size_t i = 0; i < 4; i++) {
                const int pair = from[i] / TRIT5_PAIR, rest = from[i] % TRIT5_PAIR;
                const int code[] = {pair / 3, pair % 3, rest / 9, rest / 3 % 3, rest % 3};
                for (size_t f = 0; f < 5 && k + 4 * f < columns; f++)
                    sum += code[f] * q[k + 4 * f + i];
            }
        y[m] = (int32_t)((uint32_t)sum - (uint32_t)q_sum);
    }
}
