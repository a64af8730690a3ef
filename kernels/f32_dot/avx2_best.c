/* SPDX-License-Identifier: MIT */
/*
 * Eight sums of eight lanes, by fused multiply-add. Against scalar: eight products per instruction, and
 * enough independent sums to hide a latency of four cycles at two per cycle. For: any AVX2 + FMA CPU. The
 * limit is the loads: two per multiply-add. Source: the usual form. The tail uses vmaskmovps, which does not
 * touch what its mask leaves out.
 */
#ifndef __AVX2__
#error "avx2_best.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/f32_dot/op.h"
#include "kernels/rows/unroll.h"

#include <immintrin.h>

enum { SUMS = 8, LANES = 8 };

void qk_f32_dot_avx2_best(float *restrict out, const float *restrict a, const float *restrict b, size_t n)
{
    __m256 sum[SUMS] = {0};
    size_t i = 0;
    QK_ROLLED
    for (; i + SUMS * LANES <= n; i += SUMS * LANES) {
        QK_UNROLLED
        for (size_t k = 0; k < SUMS; k++)
            sum[k] = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + LANES * k), _mm256_loadu_ps(b + i + LANES * k),
                                     sum[k]);
    }
    QK_ROLLED
    for (; i < n; i += LANES) {
        const int left = n - i < LANES ? (int)(n - i) : LANES;
        const __m256i mask =
            _mm256_cmpgt_epi32(_mm256_set1_epi32(left), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
        sum[0] = _mm256_fmadd_ps(_mm256_maskload_ps(a + i, mask), _mm256_maskload_ps(b + i, mask), sum[0]);
    }
    const __m256 low = _mm256_add_ps(_mm256_add_ps(sum[0], sum[4]), _mm256_add_ps(sum[2], sum[6])),
                 high = _mm256_add_ps(_mm256_add_ps(sum[1], sum[5]), _mm256_add_ps(sum[3], sum[7]));
    const __m256 all = _mm256_add_ps(low, high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    out[0] = _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
