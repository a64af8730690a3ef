/* SPDX-License-Identifier: MIT */
/*
 * The fastest AVX2 form found. Against p4_permute:
 *
 *    - The look-up is the in-lane variable permute. It reads only two bits of its index, so there is no mask.
 *    - Four bytes are broadcast straight from memory, so there is no shuffle.
 *    - Four rows share each load of x.
 *
 * Three instructions (shift, permute, multiply-add) and half a load are left per vector. For: any AVX2 CPU.
 * The limit is the ports that shift and permute, one vector per cycle. On Ice Lake shift and multiply-add
 * share two ports; on Zen 3 to 5 shift and permute do. Source: as qk256_dequant/avx2_best.
 */
#ifndef __AVX2__
#error "avx2_best.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/layout.h"
#include "kernels/qk256_gemv/stages.h"
#include "kernels/rows/unroll.h"

#include <immintrin.h>
#include <string.h>

enum { TILE = 4, STEP = 16 };

/* Columns e to e + 15 of a block: the weights' two vectors. */
static inline __attribute__((always_inline)) void weights(__m256 *w, const uint8_t *from, __m256 table)
{
    uint32_t word;
    memcpy(&word, from, sizeof word);
    const __m256i c = _mm256_set1_epi32((int)word);
    w[0] = _mm256_permutevar_ps(table, _mm256_srlv_epi32(c, _mm256_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14)));
    w[1] =
        _mm256_permutevar_ps(table, _mm256_srlv_epi32(c, _mm256_setr_epi32(16, 18, 20, 22, 24, 26, 28, 30)));
}

/* The last, incomplete step of a block: n < 16 columns of one row. */
static __m256 last_step(__m256 sum, const uint8_t *from, const float *x, int n, __m256 table)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i low = _mm256_cmpgt_epi32(_mm256_set1_epi32(n), lane),
                  high = _mm256_cmpgt_epi32(_mm256_set1_epi32(n - 8), lane);
    __m256 w[2];
    weights(w, from, table);
    /* Masked too: an infinite table entry must not meet the zeros that stand for columns past the end. */
    sum = _mm256_fmadd_ps(_mm256_and_ps(w[0], _mm256_castsi256_ps(low)), _mm256_maskload_ps(x, low), sum);
    if (n > 8)
        sum = _mm256_fmadd_ps(_mm256_and_ps(w[1], _mm256_castsi256_ps(high)), _mm256_maskload_ps(x + 8, high),
                              sum);
    return sum;
}

static inline float add_lanes(__m256 v)
{
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/* `rows` rows, four or one. */
static QK_BODY tile(float *restrict y, const uint8_t *codes, const float *scale, const float *restrict x,
                    size_t cols, __m256 table, const int rows)
{
    const size_t blocks = cols / QK256_BLOCK + (cols % QK256_BLOCK != 0), stride = blocks * QK256_BLOCK_BYTES;
    __m256 total[TILE] = {0};
    for (size_t b = 0; b < blocks; b++, x += QK256_BLOCK, codes += QK256_BLOCK_BYTES) {
        const size_t left = cols - b * QK256_BLOCK, n = left < QK256_BLOCK ? left : QK256_BLOCK;
        __m256 sum[TILE][2] = {0};
        size_t e = 0;
        QK_ROLLED
        for (; e + STEP <= n; e += STEP) {
            const __m256 low = _mm256_loadu_ps(x + e), high = _mm256_loadu_ps(x + e + 8);
            QK_UNROLLED
            for (int r = 0; r < rows; r++) {
                __m256 w[2];
                weights(w, codes + (size_t)r * stride + e / QK256_CODES_PER_BYTE, table);
                sum[r][0] = _mm256_fmadd_ps(w[0], low, sum[r][0]);
                sum[r][1] = _mm256_fmadd_ps(w[1], high, sum[r][1]);
            }
        }
        QK_UNROLLED
        for (int r = 0; r < rows; r++) {
            const uint8_t *from = codes + (size_t)r * stride + e / QK256_CODES_PER_BYTE;
            if (e < n)
                sum[r][0] = last_step(sum[r][0], from, x + e, (int)(n - e), table);
            const __m256 s = _mm256_set1_ps(scale ? scale[(size_t)r * blocks + b] : 1.0f);
            total[r] = _mm256_fmadd_ps(_mm256_add_ps(sum[r][0], sum[r][1]), s, total[r]);
        }
    }
    QK_UNROLLED
    for (int r = 0; r < rows; r++)
        y[r] = add_lanes(total[r]);
}

void qk_qk256_gemv_avx2_best(QK_ARGS)
{
    const size_t blocks = cols / QK256_BLOCK + (cols % QK256_BLOCK != 0);
    const __m128 once = _mm_loadu_ps(lut);
    const __m256 table = _mm256_set_m128(once, once);
    size_t r = 0;
    for (; rows - r >= TILE; r += TILE)
        tile(y + r, codes + r * blocks * QK256_BLOCK_BYTES, scale ? scale + r * blocks : NULL, x, cols, table,
             TILE);
    for (; r < rows; r++)
        tile(y + r, codes + r * blocks * QK256_BLOCK_BYTES, scale ? scale + r * blocks : NULL, x, cols, table,
             1);
}
