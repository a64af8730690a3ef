/* SPDX-License-Identifier: MIT */
/*
 * A ceiling: ceiling_store64 with non-temporal stores. It is the limit of outputs that are larger than the
 * caches.
 */
#ifndef __AVX512F__
#error "ceiling_stream64.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/layout.h"
#include "kernels/qk256_dequant/stages.h"

#include <immintrin.h>

void qk_qk256_dequant_ceiling_stream64(QK_ARGS)
{
    (void)codes, (void)scale;
    const __m512 v = _mm512_set1_ps(lut[0]);
    const size_t n = blocks * QK256_BLOCK;
    size_t e = 0;
    for (; e < n && (uintptr_t)(out + e) % 64; e++)
        out[e] = lut[0];
    for (; e + 16 <= n; e += 16)
        _mm512_stream_ps(out + e, v);
    for (; e < n; e++)
        out[e] = lut[0];
    _mm_sfence();
}
