/* SPDX-License-Identifier: MIT */
/*
 * 64 products per instruction. It multiplies unsigned by signed bytes, so a weight w goes in as w + 128 (its
 * top bit flipped). At the end, 128 times the sum of the q is subtracted, which is the same for every row.
 * The biased sum may wrap. The result fits, and is right modulo 2^32. For: AVX-512 CPUs with VNNI.
 */
#ifndef __AVX512VNNI__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i8_gemv/op.h"

#include <immintrin.h>

enum { STEP = 64 };

/* Past the end of a row q is 0, so the weights' place holders do not count. */
static inline __m512i biased(__m512i w)
{
    return _mm512_xor_si512(w, _mm512_set1_epi8((char)0x80));
}

static __mmask64 first(size_t n)
{
    return ~(__mmask64)0 >> (64 - n);
}

static uint32_t sum_of(const int8_t *q, size_t n)
{
    const __m512i ones = _mm512_set1_epi8(1);
    __m512i sum = _mm512_setzero_si512();
    size_t i = 0;
    for (; i + STEP <= n; i += STEP)
        sum = _mm512_dpbusd_epi32(sum, ones, _mm512_loadu_si512(q + i));
    if (i < n)
        sum = _mm512_dpbusd_epi32(sum, ones, _mm512_maskz_loadu_epi8(first(n - i), q + i));
    return (uint32_t)_mm512_reduce_add_epi32(sum);
}

static inline uint32_t dot(const int8_t *w, const int8_t *q, size_t n)
{
    __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 4 * STEP <= n; i += 4 * STEP) {
        s0 = _mm512_dpbusd_epi32(s0, biased(_mm512_loadu_si512(w + i)), _mm512_loadu_si512(q + i));
        s1 = _mm512_dpbusd_epi32(s1, biased(_mm512_loadu_si512(w + i + 64)), _mm512_loadu_si512(q + i + 64));
        s2 =
            _mm512_dpbusd_epi32(s2, biased(_mm512_loadu_si512(w + i + 128)), _mm512_loadu_si512(q + i + 128));
        s3 =
            _mm512_dpbusd_epi32(s3, biased(_mm512_loadu_si512(w + i + 192)), _mm512_loadu_si512(q + i + 192));
    }
    for (; i + STEP <= n; i += STEP)
        s0 = _mm512_dpbusd_epi32(s0, biased(_mm512_loadu_si512(w + i)), _mm512_loadu_si512(q + i));
    if (i < n) {
        const __mmask64 some = first(n - i);
        s1 = _mm512_dpbusd_epi32(s1, biased(_mm512_maskz_loadu_epi8(some, w + i)),
                                 _mm512_maskz_loadu_epi8(some, q + i));
    }
    return (uint32_t)_mm512_reduce_add_epi32(
        _mm512_add_epi32(_mm512_add_epi32(s0, s1), _mm512_add_epi32(s2, s3)));
}

void qk_i8_gemv_avx512(float *restrict y, const int8_t *restrict w, const int8_t *restrict q,
                       const float *restrict scale, const float *restrict x_scale, size_t rows,
                       size_t columns)
{
    const uint32_t bias = 128 * sum_of(q, columns);
    for (size_t r = 0; r < rows; r++) {
        const int32_t sum = (int32_t)(dot(w + r * columns, q, columns) - bias);
        y[r] = (float)sum * (scale[r] * x_scale[0]);
    }
}
