/* SPDX-License-Identifier: MIT */
/*
 * The rungs of the roadmap, phases 1 to 4, as one loop with four switches, each a compile-time constant. Each
 * phase's file turns on one switch more than the phase before it. In every phase a block has a sum of its
 * own, which is multiplied by the block's scale once, in each lane. The lanes are added up at the end of the
 * row.
 */
#pragma once

#include "kernels/layout.h"
#include "kernels/qk256_dequant/unpack.h"
#include "kernels/qk256_gemv/stages.h"
#include "kernels/rows/unroll.h"

#include <immintrin.h>
#include <stdbool.h>

enum { TILE = 8, SUMS = 4 };

struct rungs {
    bool fma;        /* fused multiply-add into four sums, not multiply and add into one */
    bool tile;       /* eight rows with one sum each share a load of x, not one row with four sums */
    bool wide_loads; /* load 32 bytes of codes, not 2, and prefetch the next blocks */
    bool permute;    /* look up in a register instead of memory */
};

/* What stays the same through a call: the table in memory, and twice over in a register (for permute). */
struct table {
    const float *lut;
    __m256 twice;
};

static inline __attribute__((always_inline)) __m256 add_product(__m256 sum, __m256 a, __m256 b, bool fma)
{
    return fma ? _mm256_fmadd_ps(a, b, sum) : _mm256_add_ps(sum, _mm256_mul_ps(a, b));
}

/*
 * Eight columns: unpack, look up, multiply and add. It is cut after `last`. mask: the lanes that count; NULL
 * means all.
 */
static QK_BODY eight(__m256 *sum, __m256i pair, __m256 x, const __m256i *mask, struct table t, const int last,
                     const struct rungs rungs)
{
    if (last < STAGE_ACCUMULATE)
        QK_SINK_VEC(x);
    if (last == STAGE_LOOP) {
        QK_SINK_VEC(pair);
        return;
    }
    const __m256i c = spread_codes(pair);
    if (last == STAGE_UNPACK) {
        QK_SINK_VEC(c);
        return;
    }
    __m256 w = rungs.permute ? _mm256_permutevar8x32_ps(t.twice, c) : lookup_memory(t.lut, c);
    if (mask) /* an infinite table entry must not meet the zeros that stand for columns past the end */
        w = _mm256_and_ps(w, _mm256_castsi256_ps(*mask));
    if (last == STAGE_LOOKUP) {
        QK_SINK_VEC(w);
        return;
    }
    *sum = add_product(*sum, w, x, rungs.fma);
}

/* One block of `rows` rows by 32-byte loads, each of which feeds sixteen vectors. */
static QK_BODY block_wide(__m256 *sum, const uint8_t *from, size_t stride, const float *x, const int rows,
                          struct table t, const int last, const struct rungs rungs)
{
    QK_ROLLED
    for (int r = 0; r < rows; r++, from += stride) {
        /* A block is one cache line. The processor drops the hint past the last block. */
        _mm_prefetch((const char *)(from + QK256_BLOCK_BYTES), _MM_HINT_T0);
        __m256 part[2] = {sum[r], _mm256_setzero_ps()};
        QK_ROLLED
        for (int e = 0; e < QK256_BLOCK; e += 128) {
            const __m256i bytes = _mm256_loadu_si256((const __m256i *)(from + e / QK256_CODES_PER_BYTE));
            const __m256i low = _mm256_permute4x64_epi64(bytes, 0x44),
                          high = _mm256_permute4x64_epi64(bytes, 0xee);
            QK_UNROLLED
            for (int j = 0; j < 8; j++)
                eight(&part[j % 2], pick_pair(low, j), _mm256_loadu_ps(x + e + 8 * j), NULL, t, last, rungs);
            QK_UNROLLED
            for (int j = 0; j < 8; j++)
                eight(&part[j % 2], pick_pair(high, j), _mm256_loadu_ps(x + e + 64 + 8 * j), NULL, t, last,
                      rungs);
        }
        sum[r] = _mm256_add_ps(part[0], part[1]);
    }
}

/*
 * One block of `rows` rows by 2-byte loads. One load of x serves all rows. It has `rows` sums, or `sums` of a
 * single row.
 */
static QK_BODY block_narrow(__m256 *sum, const uint8_t *from, size_t stride, const float *x, const int rows,
                            const int sums, struct table t, const int last, const struct rungs rungs)
{
    QK_ROLLED
    for (int e = 0; e < QK256_BLOCK; e += 8 * sums) {
        QK_UNROLLED
        for (int k = 0; k < sums; k++) {
            const __m256 xs = _mm256_loadu_ps(x + e + 8 * k);
            QK_UNROLLED
            for (int r = 0; r < rows; r++)
                eight(&sum[r + k], load_pair(from + (size_t)r * stride + (e + 8 * k) / QK256_CODES_PER_BYTE),
                      xs, NULL, t, last, rungs);
        }
    }
}

/*
 * The last block of one row, of which `n` columns exist. All its codes are there, but only the first n of x.
 */
static QK_BODY block_tail(__m256 *sum, const uint8_t *from, const float *x, int n, struct table t,
                          const int last, const struct rungs rungs)
{
    QK_ROLLED
    for (int e = 0; e < n; e += 8) {
        const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(n - e), lane);
        eight(sum, load_pair(from + e / QK256_CODES_PER_BYTE), _mm256_maskload_ps(x + e, mask), &mask, t,
              last, rungs);
    }
}

static inline float add_lanes(__m256 v)
{
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/* `rows` rows: eight or one. */
static QK_BODY tile(float *restrict y, const uint8_t *codes, const float *scale, const float *restrict x,
                    size_t cols, const int rows, struct table t, const int last, const struct rungs rungs)
{
    const size_t blocks = cols / QK256_BLOCK + (cols % QK256_BLOCK != 0), stride = blocks * QK256_BLOCK_BYTES;
    const int sums = rows == 1 && rungs.fma ? SUMS : 1;
    __m256 total[TILE];
    QK_UNROLLED
    for (int r = 0; r < rows; r++)
        total[r] = _mm256_setzero_ps();
    for (size_t b = 0; b < blocks; b++) {
        const uint8_t *from = codes + b * QK256_BLOCK_BYTES;
        const size_t left = cols - b * QK256_BLOCK;
        __m256 sum[TILE];
        QK_UNROLLED
        for (int r = 0; r < TILE;
             r++) /* `= {0}` becomes a slow string store where the array stays in memory */
            sum[r] = _mm256_setzero_ps();
        if (left < QK256_BLOCK) {
            QK_UNROLLED
            for (int r = 0; r < rows; r++)
                block_tail(&sum[r], from + (size_t)r * stride, x + b * QK256_BLOCK, (int)left, t, last,
                           rungs);
        } else if (rungs.wide_loads) {
            block_wide(sum, from, stride, x + b * QK256_BLOCK, rows, t, last, rungs);
        } else {
            block_narrow(sum, from, stride, x + b * QK256_BLOCK, rows, sums, t, last, rungs);
        }
        if (sums == SUMS)
            sum[0] = _mm256_add_ps(_mm256_add_ps(sum[0], sum[1]), _mm256_add_ps(sum[2], sum[3]));
        QK_UNROLLED
        for (int r = 0; r < rows; r++) {
            const __m256 s = _mm256_set1_ps(scale ? scale[(size_t)r * blocks + b] : 1.0f);
            total[r] = add_product(total[r], sum[r], s, rungs.fma);
        }
    }
    QK_UNROLLED
    for (int r = 0; r < rows && last >= STAGE_ACCUMULATE; r++)
        if (last == STAGE_ACCUMULATE)
            QK_SINK_VEC(total[r]);
        else
            y[r] = add_lanes(total[r]);
}

static QK_BODY climb(QK_ARGS, const int last, const struct rungs rungs)
{
    const size_t blocks = cols / QK256_BLOCK + (cols % QK256_BLOCK != 0);
    const __m128 once = _mm_loadu_ps(lut);
    struct table t = {lut, _mm256_set_m128(once, once)};
    /*
     * Hides the table from clang. It turns a permute into an in-lane permute when it knows that the table
     * stands there twice.
     */
    __asm__("" : "+x"(t.twice));
    size_t r = 0;
    for (; rungs.tile && rows - r >= TILE; r += TILE)
        tile(y + r, codes + r * blocks * QK256_BLOCK_BYTES, scale ? scale + r * blocks : NULL, x, cols, TILE,
             t, last, rungs);
    for (; r < rows; r++)
        tile(y + r, codes + r * blocks * QK256_BLOCK_BYTES, scale ? scale + r * blocks : NULL, x, cols, 1, t,
             last, rungs);
}

/* Defines a phase: its switches, then its kernel and the cuts of it. */
#define QK_LADDER(name, ...)                                                                                 \
    static QK_BODY body(QK_ARGS, const int last)                                                             \
    {                                                                                                        \
        climb(QK_PASS, last, (struct rungs){__VA_ARGS__});                                                   \
    }                                                                                                        \
    QK_STAGED_KERNEL(name)
