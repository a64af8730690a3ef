/* SPDX-License-Identifier: MIT */
/*
 * What the compiler alone achieves: the reference's source with the auto-vectoriser on, at AVX-512 with
 * 512-bit vectors preferred.
 */
#ifndef __AVX512F__
#error "autovec_v4.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s_gemv/scalar_body.h"

void qk_i2s_gemv_autovec_v4(int32_t *restrict y, const uint8_t *restrict codes, const int8_t *restrict q,
                            int32_t q_sum, size_t rows, size_t columns)
{
    body(y, codes, q, q_sum, rows, columns);
}
