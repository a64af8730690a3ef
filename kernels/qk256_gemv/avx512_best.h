/* SPDX-License-Identifier: MIT */
/*
 * The loops of avx512_best, avx512_plain and avx512_panels. `panel`: bytes of rows that are walked over again
 * and again, once per block of columns; 0: all rows. `hints`: the lines of a matrix that L2 does not hold are
 * asked for AHEAD rows before.
 */
#pragma once

#include "kernels/qk256_gemv/rows512.h"

#include <stdbool.h>

enum { LANES = 16, PAIRS = QK256_BLOCK / 2, DWORDS = QK256_BLOCK_BYTES / 4, FEW = 2 * LANES };
enum { AHEAD = 2 * LANES, FAR = 1 << 20 };

/*
 * Makes the compiler finish a value here: gcc moves loads far ahead of their use and then runs out of
 * registers.
 */
#define KEEP(v) __asm__ volatile("" : "+v"(v))

/*
 * sums[16 * p + i]: columns 2p and 2p + 1 of a block, of which `n` exist, times the weights that index i
 * stands for.
 */
static void make_sums(float *sums, const float *lut, const float *x, size_t n)
{
    const __m512 even = _mm512_broadcast_f32x4(_mm_loadu_ps(lut));
    const __m512 odd =
        _mm512_permutexvar_ps(_mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3), even);
    size_t e = 0;
    for (; e + 2 <= n; e += 2)
        _mm512_store_ps(sums + 8 * e, _mm512_fmadd_ps(odd, _mm512_set1_ps(x[e + 1]),
                                                      _mm512_mul_ps(even, _mm512_set1_ps(x[e]))));
    if (e < n)
        _mm512_store_ps(sums + 8 * e, _mm512_mul_ps(even, _mm512_set1_ps(x[e])));
    for (e = n + n % 2; e < QK256_BLOCK; e += 2)
        _mm512_store_ps(sums + 8 * e, _mm512_setzero_ps());
}

/* Sixteen columns of sixteen rows, their codes in `v`: eight look-ups. */
static inline __attribute__((always_inline)) void add_dword(__m512 *y, __m512i v, const float *sums)
{
    QK_UNROLLED
    for (int k = 0; k < 8; k++)
        y[k % 4] = _mm512_add_ps(y[k % 4], _mm512_permutexvar_ps(_mm512_srli_epi32(v, 4 * (unsigned)k),
                                                                 _mm512_load_ps(sums + LANES * k)));
    QK_UNROLLED
    for (int k = 0; k < 4; k++)
        KEEP(y[k]);
}

/* Four rows' blocks, as quads: quad[k], 128-bit lane q: dword 4q + k of the four rows. */
static inline __attribute__((always_inline)) void load_quads(__m512i *quad, const uint8_t *from,
                                                             size_t stride)
{
    const __m512i r0 = _mm512_loadu_si512(from), r1 = _mm512_loadu_si512(from + stride);
    const __m512i r2 = _mm512_loadu_si512(from + 2 * stride), r3 = _mm512_loadu_si512(from + 3 * stride);
    const __m512i low01 = _mm512_unpacklo_epi32(r0, r1), high01 = _mm512_unpackhi_epi32(r0, r1);
    const __m512i low23 = _mm512_unpacklo_epi32(r2, r3), high23 = _mm512_unpackhi_epi32(r2, r3);
    quad[0] = _mm512_unpacklo_epi64(low01, low23), quad[1] = _mm512_unpackhi_epi64(low01, low23);
    quad[2] = _mm512_unpacklo_epi64(high01, high23), quad[3] = _mm512_unpackhi_epi64(high01, high23);
    QK_UNROLLED
    for (int k = 0; k < 4; k++)
        KEEP(quad[k]);
}

/* One block of sixteen rows: a 16x16 transposition of dwords, the second half of it between the look-ups. */
static inline __attribute__((always_inline)) __m512 block_of_16(const uint8_t *from, size_t stride,
                                                                const float *sums)
{
    __m512i quad[4][4];
    __m512 y[4] = {0};
    QK_UNROLLED
    for (int g = 0; g < 4; g++)
        load_quads(quad[g], from + 4 * (size_t)g * stride, stride);
    QK_UNROLLED
    for (int k = 0; k < 4; k++) {
        const __m512i a = _mm512_shuffle_i32x4(quad[0][k], quad[1][k], 0x44);
        const __m512i b = _mm512_shuffle_i32x4(quad[2][k], quad[3][k], 0x44);
        const __m512i c = _mm512_shuffle_i32x4(quad[0][k], quad[1][k], 0xee);
        const __m512i d = _mm512_shuffle_i32x4(quad[2][k], quad[3][k], 0xee);
        add_dword(y, _mm512_shuffle_i32x4(a, b, 0x88), sums + 8 * LANES * k);
        add_dword(y, _mm512_shuffle_i32x4(a, b, 0xdd), sums + 8 * LANES * (4 + k));
        add_dword(y, _mm512_shuffle_i32x4(c, d, 0x88), sums + 8 * LANES * (8 + k));
        add_dword(y, _mm512_shuffle_i32x4(c, d, 0xdd), sums + 8 * LANES * (12 + k));
    }
    return _mm512_add_ps(_mm512_add_ps(y[0], y[1]), _mm512_add_ps(y[2], y[3]));
}

/* A block's scale in each of sixteen rows. A gather takes longer (4 % of the kernel, Zen 5). */
static inline __m512 scales_of_16(const float *scale, size_t blocks)
{
    __m128 four[4];
    QK_UNROLLED
    for (size_t q = 0; q < 4; q++, scale += 4 * blocks)
        four[q] = _mm_setr_ps(scale[0], scale[blocks], scale[2 * blocks], scale[3 * blocks]);
    const __m256 low = _mm256_set_m128(four[1], four[0]), high = _mm256_set_m128(four[3], four[2]);
    return _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
}

/* A block of columns of `rows` rows, a multiple of 16. */
static inline __attribute__((always_inline)) void add_rows(float *y, const uint8_t *codes, const float *scale,
                                                           const float *sums, size_t rows, size_t blocks,
                                                           const bool hints)
{
    const size_t stride = blocks * QK256_BLOCK_BYTES;
    for (size_t r = 0; r < rows; r += LANES) {
        QK_UNROLLED
        for (size_t i = 0; i < LANES && hints; i++)
            _mm_prefetch((const char *)codes + (r + i + AHEAD) * stride, _MM_HINT_T0);
        __m512 s = _mm512_set1_ps(1.0f);
        if (scale)
            s = scales_of_16(scale + r * blocks, blocks);
        KEEP(s);
        const __m512 sum = block_of_16(codes + r * stride, stride, sums);
        _mm512_storeu_ps(y + r, _mm512_fmadd_ps(sum, s, _mm512_loadu_ps(y + r)));
    }
}

/*
 * Functions of their own. Inside their callers gcc keeps the strides of the sixteen rows on the stack (5 % of
 * the kernel in panels, Xeon). One function with a test in it was 2.9 % slower in cache.
 */
typedef void add_block_fn(float *y, const uint8_t *codes, const float *scale, const float *sums, size_t rows,
                          size_t blocks);

static __attribute__((noinline)) void add_block(float *y, const uint8_t *codes, const float *scale,
                                                const float *sums, size_t rows, size_t blocks)
{
    add_rows(y, codes, scale, sums, rows, blocks, false);
}

static __attribute__((noinline)) void add_block_ahead(float *y, const uint8_t *codes, const float *scale,
                                                      const float *sums, size_t rows, size_t blocks)
{
    add_rows(y, codes, scale, sums, rows, blocks, true);
}

static inline __attribute__((always_inline)) void lanes_are_rows(QK_ARGS, const size_t panel,
                                                                 const bool hints)
{
    const size_t blocks = cols / QK256_BLOCK + (cols % QK256_BLOCK != 0), stride = blocks * QK256_BLOCK_BYTES;
    const size_t whole = rows < FEW ? 0 : rows / LANES * LANES;
    const size_t fit = blocks && panel ? panel / stride / LANES * LANES : whole;
    const size_t step = fit > FEW ? fit : FEW;
    _Alignas(64) float sums[LANES * PAIRS];
    add_block_fn *const add = hints && whole * stride > FAR ? add_block_ahead : add_block;
    if (whole)
        memset(y, 0, whole * sizeof *y);
    for (size_t first = 0; first < whole; first += step) {
        const size_t end = whole - first < step ? whole : first + step;
        for (size_t b = 0; b < blocks; b++) {
            const size_t left = cols - b * QK256_BLOCK;
            make_sums(sums, lut, x + b * QK256_BLOCK, left < QK256_BLOCK ? left : QK256_BLOCK);
            add(y + first, codes + first * stride + b * QK256_BLOCK_BYTES,
                scale ? scale + first * blocks + b : NULL, sums, end - first, blocks);
        }
    }
    rows512(y + whole, codes + whole * stride, scale ? scale + whole * blocks : NULL, lut, x, rows - whole,
            cols);
}
