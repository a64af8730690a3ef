/* SPDX-License-Identifier: MIT */
/* Eight accumulators of four f64 sums for the squares, then eight outputs a step. For: any AVX2 CPU. */
#ifndef __AVX2__
#error "avx2.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/rmsnorm/factor.h"
#include "kernels/rows/ordered_dot.h"
#include "kernels/rows/tails.h"

static inline void add32(__m256d *sum, const float *x)
{
    QK_UNROLL(8)
    for (int j = 0; j < 8; j++) {
        const __m256d v = _mm256_cvtps_pd(_mm_loadu_ps(x + 4 * j));
        sum[j] = _mm256_add_pd(sum[j], _mm256_mul_pd(v, v));
    }
}

static double squares(const float *x, size_t n)
{
    __m256d s[8] = {_mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd(),
                    _mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd()};
    size_t i = 0;
    for (; i + RMSNORM_SUMS <= n; i += RMSNORM_SUMS)
        add32(s, x + i);
    if (i < n) {
        float rest[RMSNORM_SUMS];
        QK_CLEAR(rest, RMSNORM_SUMS);
        QK_COPY(rest, x + i, n - i);
        add32(s, rest);
    }
    const __m256d a = _mm256_add_pd(s[0], s[4]), b = _mm256_add_pd(s[1], s[5]), c = _mm256_add_pd(s[2], s[6]),
                  d = _mm256_add_pd(s[3], s[7]);
    const __m256d four = _mm256_add_pd(_mm256_add_pd(a, c), _mm256_add_pd(b, d));
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

void qk_rmsnorm_avx2(float *restrict out, const float *restrict x, const float *restrict w, size_t n,
                     float epsilon)
{
    const float f = rmsnorm_factor(squares(x, n), n, epsilon);
    const __m256 factor = _mm256_set1_ps(f);
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(
            out + i, _mm256_mul_ps(_mm256_mul_ps(_mm256_loadu_ps(x + i), factor), _mm256_loadu_ps(w + i)));
    for (; i < n; i++)
        out[i] = (x[i] * f) * w[i];
}
