/* SPDX-License-Identifier: MIT */
/*
 * A ceiling, not a kernel: loads the weights once, in order, 64 bytes at a time, and stores as many sums.
 * Whatever reads these weights with 64-byte loads cannot be faster. Pages are asked for ahead (rows/hints.h):
 * without that, kernels that do so read DRAM up to 1.4 times as fast as this (Zen 5).
 */
#ifndef __AVX512F__
#error "ceiling_load64.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s16_gemv/op.h"
#include "kernels/layout.h"
#include "kernels/rows/hints.h"

#include <immintrin.h>

void qk_i2s16_gemv_ceiling_load64(int32_t *restrict y, const uint8_t *restrict codes,
                                  const int8_t *restrict q, int32_t q_sum, size_t rows, size_t columns)
{
    (void)q, (void)q_sum;
    for (size_t m = 0; m < rows; m += I2S16_ROWS) {
        qk_walk(QK_HINT_WALK, codes, I2S16_ROWS * (columns / 4));
        __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
        for (size_t k = 0; k < columns; k += 4 * I2S16_COLUMNS, codes += 4 * I2S16_UNIT_BYTES) {
            a = _mm512_xor_si512(a, _mm512_loadu_si512(codes));
            b = _mm512_xor_si512(b, _mm512_loadu_si512(codes + I2S16_UNIT_BYTES));
            c = _mm512_xor_si512(c, _mm512_loadu_si512(codes + 2 * I2S16_UNIT_BYTES));
            d = _mm512_xor_si512(d, _mm512_loadu_si512(codes + 3 * I2S16_UNIT_BYTES));
        }
        const __m512i sum = _mm512_xor_si512(_mm512_xor_si512(a, b), _mm512_xor_si512(c, d));
        _mm512_mask_storeu_epi32(y + m, rows - m < I2S16_ROWS ? (__mmask16)((1u << (rows - m)) - 1) : 0xffff,
                                 sum);
    }
}
