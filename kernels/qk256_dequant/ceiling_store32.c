/* SPDX-License-Identifier: MIT */
/*
 * A ceiling, not a kernel: fills the output with 32-byte stores of one value and reads nothing but that
 * value. Whatever writes this output with 32-byte stores cannot be faster.
 */
#ifndef __AVX2__
#error "ceiling_store32.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/layout.h"
#include "kernels/qk256_dequant/stages.h"

#include <immintrin.h>

void qk_qk256_dequant_ceiling_store32(QK_ARGS)
{
    (void)codes, (void)scale;
    const __m256 v = _mm256_set1_ps(lut[0]);
    /*
     * Eight stores an iteration, or a core whose front end is shared would wait for the loop's branch
     * instead.
     */
    for (size_t e = 0; e < blocks * QK256_BLOCK; e += 8 * 8)
        for (size_t k = e; k < e + 8 * 8; k += 8)
            _mm256_storeu_ps(out + k, v);
}
