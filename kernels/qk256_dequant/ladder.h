/* SPDX-License-Identifier: MIT */
/*
 * The rungs of the roadmap, phases 1 to 4, as one loop with four switches, each a compile-time constant. Each
 * phase's file turns on one switch more than the phase before it. So neighbours differ by that step and
 * nothing else.
 */
#pragma once

#include "kernels/layout.h"
#include "kernels/qk256_dequant/stages.h"
#include "kernels/qk256_dequant/unpack.h"
#include "kernels/rows/unroll.h"

#include <immintrin.h>
#include <stdbool.h>

struct rungs {
    bool fma;        /* scale by fused multiply-add instead of multiply */
    bool unroll8;    /* 64 elements per iteration instead of 8 */
    bool wide_loads; /* load 32 bytes of codes, not 2, and prefetch the next block */
    bool permute;    /* look up in a register instead of memory */
};

/*
 * What stays the same through a call: the table in memory, the table twice over in a register (for permute),
 * and -0.0.
 */
struct table {
    const float *lut;
    __m256 twice, minus_zero;
};

/* Eight elements: unpack, look up, scale, store. It is cut after `last`. */
static QK_BODY eight(float *to, __m256i pair, __m256 s, struct table t, const int last,
                     const struct rungs rungs)
{
    if (last == STAGE_LOOP) {
        QK_SINK_VEC(pair);
        return;
    }
    const __m256i c = spread_codes(pair);
    if (last == STAGE_UNPACK) {
        QK_SINK_VEC(c);
        return;
    }
    const __m256 w = rungs.permute ? _mm256_permutevar8x32_ps(t.twice, c) : lookup_memory(t.lut, c);
    if (last == STAGE_LOOKUP) {
        QK_SINK_VEC(w);
        return;
    }
    const __m256 v = rungs.fma ? _mm256_fmadd_ps(w, s, t.minus_zero) : _mm256_mul_ps(w, s);
    if (last == STAGE_SCALE) {
        QK_SINK_VEC(v);
        return;
    }
    _mm256_storeu_ps(to, v);
}

/*
 * One block by 32-byte loads. There are two iterations, each of one load, which feeds two tiles of 64
 * elements.
 */
static QK_BODY block_wide(float *to, const uint8_t *from, __m256 s, struct table t, const int last,
                          const struct rungs rungs)
{
    QK_ROLLED
    for (size_t e = 0; e + 128 <= QK256_BLOCK; e += 128) {
        const __m256i bytes = _mm256_loadu_si256((const __m256i *)(from + e / QK256_CODES_PER_BYTE));
        const __m256i low = _mm256_permute4x64_epi64(bytes, 0x44),
                      high = _mm256_permute4x64_epi64(bytes, 0xee);
        QK_UNROLLED
        for (int j = 0; j < 8; j++)
            eight(to + e + 8 * (size_t)j, pick_pair(low, j), s, t, last, rungs);
        QK_UNROLLED
        for (int j = 0; j < 8; j++)
            eight(to + e + 64 + 8 * (size_t)j, pick_pair(high, j), s, t, last, rungs);
    }
}

/* One block by 2-byte loads; with unroll8 in tiles of 64 elements. */
static QK_BODY block_narrow(float *to, const uint8_t *from, __m256 s, struct table t, const int last,
                            const struct rungs rungs)
{
    size_t e = 0;
    if (rungs.unroll8) {
        QK_ROLLED
        for (; e + 64 <= QK256_BLOCK; e += 64) {
            QK_UNROLLED
            for (size_t k = 0; k < 64; k += 8)
                eight(to + e + k, load_pair(from + (e + k) / QK256_CODES_PER_BYTE), s, t, last, rungs);
        }
    }
    QK_ROLLED
    for (; e < QK256_BLOCK; e += 8)
        eight(to + e, load_pair(from + e / QK256_CODES_PER_BYTE), s, t, last, rungs);
}

static QK_BODY climb(QK_ARGS, const int last, const struct rungs rungs)
{
    const __m128 once = _mm_loadu_ps(lut);
    struct table t = {lut, _mm256_set_m128(once, once), _mm256_set1_ps(-0.0f)};
    /*
     * Hides the values from clang. It folds a multiply-add of a known -0.0 back into a multiply. It also
     * turns a permute into an in-lane permute when it knows that the table stands there twice.
     */
    __asm__("" : "+x"(t.minus_zero), "+x"(t.twice));
    for (size_t b = 0; b < blocks; b++) {
        const uint8_t *from = codes + b * QK256_BLOCK_BYTES;
        float *to = out + b * QK256_BLOCK;
        const __m256 s = _mm256_set1_ps(scale[b]);
        if (rungs.wide_loads) {
            /* A block is one cache line. The processor drops the hint past the last block. */
            _mm_prefetch((const char *)(from + QK256_BLOCK_BYTES), _MM_HINT_T0);
            block_wide(to, from, s, t, last, rungs);
        } else {
            block_narrow(to, from, s, t, last, rungs);
        }
    }
}

/* Defines a phase: its switches, then its kernel and the cuts of it. */
#define QK_LADDER(name, ...)                                                                                 \
    static QK_BODY body(QK_ARGS, const int last)                                                             \
    {                                                                                                        \
        climb(QK_PASS, last, (struct rungs){__VA_ARGS__});                                                   \
    }                                                                                                        \
    QK_STAGED_KERNEL(name)
