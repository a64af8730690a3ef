/* SPDX-License-Identifier: MIT */
/*
 * avx2_best with sixteen lanes, and the tail under a mask. Should be up to twice as fast from the first-level
 * cache, and no faster from the second level or from memory. For: AVX-512 CPUs. The limit is the loads: two
 * per multiply-add. Source: as avx2_best.
 */
#ifndef __AVX512F__
#error "avx512_best.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/f32_dot/op.h"
#include "kernels/rows/unroll.h"

#include <immintrin.h>

enum { SUMS = 8, LANES = 16 };

void qk_f32_dot_avx512_best(float *restrict out, const float *restrict a, const float *restrict b, size_t n)
{
    __m512 sum[SUMS] = {0};
    size_t i = 0;
    QK_ROLLED
    for (; i + SUMS * LANES <= n; i += SUMS * LANES) {
        QK_UNROLLED
        for (size_t k = 0; k < SUMS; k++)
            sum[k] = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + LANES * k), _mm512_loadu_ps(b + i + LANES * k),
                                     sum[k]);
    }
    QK_ROLLED
    for (; i < n; i += LANES) {
        const __mmask16 lanes = (__mmask16)(n - i < LANES ? (1u << (n - i)) - 1 : 0xffff);
        sum[0] =
            _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, a + i), _mm512_maskz_loadu_ps(lanes, b + i), sum[0]);
    }
    const __m512 low = _mm512_add_ps(_mm512_add_ps(sum[0], sum[4]), _mm512_add_ps(sum[2], sum[6])),
                 high = _mm512_add_ps(_mm512_add_ps(sum[1], sum[5]), _mm512_add_ps(sum[3], sum[7]));
    const __m512 all = _mm512_add_ps(low, high);
    out[0] = _mm512_reduce_add_ps(all);
}
