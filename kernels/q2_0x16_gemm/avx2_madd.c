/* SPDX-License-Identifier: MIT */
/*
 * Against scalar: weights of 16 rows are unpacked to bytes once for all tokens, as in i2s16_gemm/ymm.h. Four
 * columns of sixteen rows and a token then take two multiply-adds of byte pairs and two additions in i16. A
 * pair of products is at most 768 in size, and 128 columns add 32 pairs, 24576, before the sum is widened.
 * The f32 sums stand in y between blocks. For: any AVX2 CPU with F16C. Source: own.
 */
#ifndef __AVX2__
#error "avx2_madd.c must be built with the flags of isa.def's AVX2 row"
#endif
#include "kernels/i2s16_gemm/ymm.h"
#include "kernels/q2_0x16_gemm/op.h"

enum { TILE = 4, PART = 128 /* columns between two widenings */ };

/* What the tiles of sixteen rows share. */
struct sixteen {
    const uint8_t *w; /* unpacked, of this chunk */
    const uint16_t *scale;
    size_t rows, columns, group, block; /* rows: stride of y */
    size_t k, n;                        /* the chunk's columns: the first, and how many */
};

/* Four columns of sixteen rows times one token. */
TILE_BODY add_step(__m256i narrow[2], __m256i low, __m256i high, __m256i a)
{
    narrow[0] = _mm256_add_epi16(narrow[0], _mm256_maddubs_epi16(low, a));
    narrow[1] = _mm256_add_epi16(narrow[1], _mm256_maddubs_epi16(high, a));
    /* Keeps gcc 12 from doing the multiplications of all tokens first. That would take too many registers. */
    __asm__("" : "+x"(narrow[0]), "+x"(narrow[1]));
}

/* The sums of n columns, at most PART. */
TILE_BODY part_sums(__m256i narrow[TILE][2], const uint8_t *w, const int8_t *q, size_t stride, size_t n,
                    const int tokens)
{
    UNROLL
    for (int t = 0; t < tokens; t++)
        narrow[t][0] = narrow[t][1] = _mm256_setzero_si256();
    for (size_t c = 0; c < n; c += 4, q += 4, w += 64) {
        const __m256i low = _mm256_load_si256((const __m256i *)w);
        const __m256i high = _mm256_load_si256((const __m256i *)(w + 32));
        UNROLL
        for (int t = 0; t < tokens; t++)
            add_step(narrow[t], low, high, broadcast(q + (size_t)t * stride));
    }
}

/* Adds eight rows of a block to y. sum: exact. first: y holds nothing yet. */
static inline __attribute__((always_inline)) void add_scaled(float *y, bool first, __m256i sum, __m256 both)
{
    const __m256 s = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), both);
    _mm256_storeu_ps(y, _mm256_add_ps(first ? _mm256_setzero_ps() : _mm256_loadu_ps(y), s));
}

/* One block, at column c. Its sums wait on the stack where it has several parts. */
TILE_BODY block_of(const struct sixteen *p, float *y, const int8_t *q, const int32_t *bias,
                   const float *x_scale, size_t c, const int tokens)
{
    const size_t blocks = p->columns / p->block, b = c / p->block;
    const uint16_t *const d = p->scale + c / p->group * I2S16_ROWS;
    const size_t part = p->block < PART ? p->block : PART;
    __m256i wide[TILE][2], narrow[TILE][2];
    UNROLL
    for (int t = 0; t < tokens; t++)
        wide[t][0] = wide[t][1] = _mm256_setzero_si256();
    for (size_t k = 0; k < p->block; k += part) {
        part_sums(narrow, p->w + I2S16_ROWS * (c + k - p->k), q + c + k, p->columns, part, tokens);
        UNROLL
        for (int t = 0; t < tokens; t++)
            for (int h = 0; h < 2; h++) {
                const __m256i sum = _mm256_madd_epi16(narrow[t][h], _mm256_set1_epi16(1));
                wide[t][h] = _mm256_add_epi32(wide[t][h], sum);
            }
    }
    UNROLL
    for (int t = 0; t < tokens; t++)
        for (int h = 0; h < 2; h++) {
            const size_t at = (size_t)t * blocks + b;
            const __m256 scale = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(d + 8 * h)));
            const __m256i exact = _mm256_sub_epi32(wide[t][h], _mm256_set1_epi32(bias[at]));
            add_scaled(y + (size_t)t * p->rows + 8 * h, !c, exact,
                       _mm256_mul_ps(scale, _mm256_set1_ps(x_scale[at])));
        }
}

TILE_BODY chunk(const struct sixteen *p, float *y, const int8_t *q, const int32_t *bias, const float *x_scale,
                const int tokens)
{
    for (size_t c = p->k; c < p->k + p->n; c += p->block)
        block_of(p, y, q, bias, x_scale, c, tokens);
}

void qk_q2_0x16_gemm_avx2_madd(float *restrict y, const uint8_t *restrict codes,
                               const uint16_t *restrict scale, const int8_t *restrict q,
                               const int32_t *restrict bias, const float *restrict x_scale, size_t rows,
                               size_t columns, size_t group, size_t block, size_t tokens)
{
    _Alignas(32) uint8_t w[I2S16_ROWS * CHUNK];
    const size_t blocks = columns / block;
    for (size_t r = 0; r < rows; r += I2S16_ROWS, codes += I2S16_ROWS * (columns / 4))
        for (size_t k = 0; k < columns; k += CHUNK) {
            const size_t n = columns - k < CHUNK ? columns - k : CHUNK;
            const struct sixteen p = {w, scale + r * (columns / group), rows, columns, group, block, k, n};
            size_t t = 0;
            unpack(w, codes + 4 * k, n);
            for (size_t step; t < tokens; t += step) {
                float *const to = y + t * rows + r;
                const int8_t *const from = q + t * columns;
                const int32_t *const off = bias + t * blocks;
                const float *const factor = x_scale + t * blocks;
                step = tokens - t >= TILE ? TILE : tokens - t >= 2 ? 2 : 1;
                if (step == TILE)
                    chunk(&p, to, from, off, factor, TILE);
                else if (step == 2)
                    chunk(&p, to, from, off, factor, 2);
                else
                    chunk(&p, to, from, off, factor, 1);
            }
        }
}
