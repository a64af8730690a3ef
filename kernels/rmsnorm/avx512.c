/* SPDX-License-Identifier: MIT */
/*
 * Four accumulators of eight f64 sums for the squares, then sixteen outputs a step. Masks do the tails. For:
 * AVX-512 CPUs.
 */
#ifndef __AVX512F__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/rmsnorm/factor.h"
#include "kernels/rows/ordered_dot.h"

static double squares(const float *x, size_t n)
{
    __m512d s[4] = {_mm512_setzero_pd(), _mm512_setzero_pd(), _mm512_setzero_pd(), _mm512_setzero_pd()};
    size_t i = 0;
    for (; i + RMSNORM_SUMS <= n; i += RMSNORM_SUMS) {
        QK_UNROLL(4)
        for (int j = 0; j < 4; j++) {
            const __m512d v = _mm512_cvtps_pd(_mm256_loadu_ps(x + i + 8 * j));
            s[j] = _mm512_add_pd(s[j], _mm512_mul_pd(v, v));
        }
    }
    if (i < n) {
        QK_UNROLL(4)
        for (int j = 0; j < 4; j++) {
            const size_t at = i + 8 * (size_t)j;
            const __mmask8 some = (__mmask8)qk_some16(at, n);
            const __m512d v = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(some, x + at));
            s[j] = _mm512_add_pd(s[j], _mm512_mul_pd(v, v));
        }
    }
    const __m512d eight = _mm512_add_pd(_mm512_add_pd(s[0], s[2]), _mm512_add_pd(s[1], s[3]));
    const __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(eight), _mm512_extractf64x4_pd(eight, 1));
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

void qk_rmsnorm_avx512(float *restrict out, const float *restrict x, const float *restrict w, size_t n,
                       float epsilon)
{
    const __m512 factor = _mm512_set1_ps(rmsnorm_factor(squares(x, n), n, epsilon));
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 some = qk_first16(n - i);
        const __m512 scaled = _mm512_mul_ps(_mm512_maskz_loadu_ps(some, x + i), factor);
        _mm512_mask_storeu_ps(out + i, some, _mm512_mul_ps(scaled, _mm512_maskz_loadu_ps(some, w + i)));
    }
}
