/* SPDX-License-Identifier: MIT */
/*
 * A ceiling, not a kernel: fills the output with 64-byte stores of one value and reads nothing but that
 * value. Whatever writes this output with 64-byte stores cannot be faster.
 */
#ifndef __AVX512F__
#error "ceiling_store64.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/layout.h"
#include "kernels/qk256_dequant/stages.h"

#include <immintrin.h>

void qk_qk256_dequant_ceiling_store64(QK_ARGS)
{
    (void)codes, (void)scale;
    const __m512 v = _mm512_set1_ps(lut[0]);
    /*
     * Eight stores an iteration, or a core whose front end is shared would wait for the loop's branch
     * instead.
     */
    for (size_t e = 0; e < blocks * QK256_BLOCK; e += 8 * 16)
        for (size_t k = e; k < e + 8 * 16; k += 16)
            _mm512_storeu_ps(out + k, v);
}
