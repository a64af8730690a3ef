/* SPDX-License-Identifier: MIT */
/*
 * As avx2 with 64 floats a step. Masked loads and stores do the tail; a dot product with ones makes the sum.
 * For: AVX-512 CPUs with VNNI.
 */
#ifndef __AVX512VNNI__
#error "avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/act_quant/op.h"
#include "kernels/act_quant/scale.h"
#include "kernels/rows/tails.h"

#include <immintrin.h>
#include <string.h>

enum { STEP = 64 };

static __mmask16 first(size_t n)
{
    return n < 16 ? (__mmask16)((1u << n) - 1) : 0xffff;
}

static uint32_t largest(const float *x, size_t n)
{
    const __m512i value = _mm512_set1_epi32(0x7fffffff);
    __m512i most[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(),
                       _mm512_setzero_si512()};
    size_t i = 0;
    for (; i + STEP <= n; i += STEP)
        for (int j = 0; j < 4; j++)
            most[j] = _mm512_max_epu32(
                most[j], _mm512_and_si512(_mm512_castps_si512(_mm512_loadu_ps(x + i + 16 * j)), value));
    for (; i < n; i += 16) {
        const __m512 rest = _mm512_maskz_loadu_ps(first(n - i), x + i);
        most[0] = _mm512_max_epu32(most[0], _mm512_and_si512(_mm512_castps_si512(rest), value));
    }
    most[0] = _mm512_max_epu32(_mm512_max_epu32(most[0], most[1]), _mm512_max_epu32(most[2], most[3]));
    return _mm512_reduce_max_epu32(most[0]);
}

static int32_t quantise(int8_t *q, const float *x, float scale, size_t n)
{
    const __m512 s = _mm512_set1_ps(scale);
    /* Packing works within each quarter: this puts the groups of four back in order. */
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i sum = _mm512_setzero_si512();
    size_t i = 0;
    for (; i + STEP <= n; i += STEP) {
        __m512i c[4];
        for (int j = 0; j < 4; j++)
            c[j] = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + i + 16 * j), s));
        const __m512i bytes =
            _mm512_packs_epi16(_mm512_packs_epi32(c[0], c[1]), _mm512_packs_epi32(c[2], c[3]));
        sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(1), bytes);
        _mm512_storeu_si512(q + i, _mm512_permutexvar_epi32(order, bytes));
    }
    for (; i < n; i += 16) {
        const __m512 rest = _mm512_maskz_loadu_ps(first(n - i), x + i);
        const __m512i c = _mm512_cvtps_epi32(_mm512_mul_ps(rest, s));
        sum = _mm512_add_epi32(sum, c);
        _mm512_mask_cvtepi32_storeu_epi8(q + i, first(n - i), c);
    }
    return _mm512_reduce_add_epi32(sum);
}

void qk_act_quant_avx512(int8_t *restrict q, float *restrict scale, int32_t *restrict sum,
                         const float *restrict x, size_t rows, size_t columns)
{
    for (size_t r = 0; r < rows; r++, q += columns, x += columns) {
        sum[r] = 0;
        if (row_scale(largest(x, columns), &scale[r]))
            sum[r] = quantise(q, x, scale[r], columns);
        else
            QK_CLEAR(q, columns);
    }
}
