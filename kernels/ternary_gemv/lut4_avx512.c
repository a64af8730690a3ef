/* SPDX-License-Identifier: MIT */
/*
 * Look-up against dot product: one look-up for four weights of 64 rows. There are 81 sums of four activations
 * with weights -1, 0, 1. A byte says which of them a row needs, and a permute of two registers looks it up.
 *
 *    - A sum plus 512 is 32 * high + low, each below 32, in a table of its own. So eight look-ups add up in
 *      bytes. One multiply-add of byte pairs then joins both halves in 16 bits, every 32 columns. Another, by
 *      1 and 0, widens every second word, every 128 columns. The order of rows undoes what unpacking does.
 *    - The kernel makes the tables, for TILE columns at a time, so that they stay in L1. Those of four
 *      columns take 6.5 cycles. A dot-accumulate makes sixteen sums: activations plus 128 times weights, less
 *      128 times the sum of these weights.
 *    - A table in registers serves 256 rows.
 *
 * 256 weights take two permutes, of which Zen 5 does two a cycle, two additions, and two loads. A dot product
 * takes four masks, four dot-accumulates and five loads, two a cycle. Both read 2 bits a weight. On a busy
 * Zen 5, 1024x2560 took 0.94 to 1.06 of the time of i2s16_avx512 with gcc 12. With 640 rows it took 1.09 of
 * it, and with 256 rows 1.3: the tables are then a third of the time. From memory both take the same.
 *
 * For: AVX-512 VBMI and VNNI (Ice Lake, Zen 4 and later). Source: own. T-MAC and bitnet.cpp have tables for
 * groups of weights too, in registers of sixteen bytes.
 */
#ifndef __AVX512VBMI__
#error "lut4_avx512.c must be built with the flags of isa.def's AVX512 row"
#endif
#include "kernels/i2s_gemv/vnni.h"
#include "kernels/rows/ternary_forms.h"
#include "kernels/rows/unroll.h"
#include "kernels/ternary_gemv/op.h"

static qk_act_quant_fn quantise_tokens;
#define qk_act_quant_avx512 quantise_tokens
#include "kernels/act_quant/avx512.c"

enum {
    EACH = 4,       /* weights of a look-up */
    LANES = 64,     /* rows of a block, one a byte */
    PANEL = 4,      /* blocks at once */
    TILE = 256,     /* columns whose tables lie on the stack */
    PART = 128,     /* columns between two widenings: 32 sums below 1024 fit 15 bits */
    BYTES = 8,      /* look-ups that fit a byte */
    SUMS = 5,       /* vectors of sixteen sums: all but the one of no weight, which is 0 */
    TABLE = 4,      /* vectors: low and high halves, each of 128 bytes */
    NO_WEIGHT = 68, /* where that one stands in a table */
};

/* What comes first in prepared weights: the weights of each sum, and 512 less 128 times their sum. */
struct combinations {
    int8_t w[SUMS][LANES / 4][EACH];
    int32_t first[SUMS][LANES / 4];
};

/* Where a table has sum j of 80, as the packing of vectors leaves them: lane i of vector v. */
static size_t place(size_t j)
{
    return j < LANES ? j : LANES + (j - LANES) / 4 * 16 + j % 4;
}

static void put_combinations(struct combinations *to)
{
    for (size_t j = 0; j < SUMS * LANES / 4; j++) {
        const size_t v = j < LANES ? j / 4 % 4 : SUMS - 1, i = j < LANES ? j / 16 * 4 + j % 4 : j - LANES;
        size_t rest = j + (j >= 40);
        to->first[v][i] = 512;
        for (int k = 0; k < EACH; k++, rest /= 3) {
            to->w[v][i][k] = (int8_t)(rest % 3) - 1;
            to->first[v][i] -= 128 * to->w[v][i][k];
        }
    }
}

static size_t index_of(const int8_t *w)
{
    const size_t all = (size_t)((w[0] + 1) + 3 * (w[1] + 1) + 9 * (w[2] + 1) + 27 * (w[3] + 1));
    return all == 40 ? NO_WEIGHT : place(all - (all > 40));
}

/* The byte of row r of a block: so that rows come out in order. */
static size_t byte_of(size_t r)
{
    return r % 16 / 4 * 16 + r / 32 * 8 + r % 4 * 2 + r / 16 % 2;
}

static size_t blocks_of(const struct qk_ternary *t)
{
    return (t->rows + LANES - 1) / LANES;
}

static size_t index_bytes(const struct qk_ternary *t)
{
    return blocks_of(t) * LANES * (t->columns / EACH);
}

/* How many of the blocks left make a panel. Panels are alike. */
static size_t panel_of(size_t blocks)
{
    const size_t panels = (blocks + PANEL - 1) / PANEL;
    return (blocks + panels - 1) / panels;
}

static size_t weight_bytes(const struct qk_ternary *t)
{
    return sizeof(struct combinations) + index_bytes(t) + qk_sixteens(t->rows) * sizeof(uint16_t);
}

/* Tile by tile, in it panel by panel, in it four columns by four: the blocks of the panel, 64 rows each. */
static void prepare_weights(void *weights, const int8_t *w, const uint16_t *scale, const struct qk_ternary *t)
{
    uint8_t *to = (uint8_t *)weights + sizeof(struct combinations);
    size_t n;
    put_combinations(weights);
    for (size_t c = 0; c < t->columns; c += TILE)
        for (size_t first = 0; first < blocks_of(t); first += n) {
            n = panel_of(blocks_of(t) - first);
            for (size_t k = c; k < t->columns && k < c + TILE; k += EACH, to += n * LANES)
                for (size_t i = 0; i < n * LANES; i++) {
                    const size_t r = first * LANES + i;
                    to[i / LANES * LANES + byte_of(i % LANES)] =
                        (uint8_t)(r < t->rows ? index_of(w + r * t->columns + k) : NO_WEIGHT);
                }
        }
    qk_scales_put(to, scale, t->rows);
}

static void prepare_activations(void *activations, const float *x, const struct qk_ternary *t)
{
    qk_tokens_prepare(activations, x, t, quantise_tokens);
}

/* The tables of n columns: for four each, the low halves, then the high halves. */
static void make_tables(__m512i *table, const int8_t *q, size_t n, const struct combinations *all)
{
    const __m512i five = _mm512_set1_epi16(31), none = _mm512_set1_epi32(512);
    __m512i w[SUMS], first[SUMS];
    for (int v = 0; v < SUMS; v++) {
        w[v] = _mm512_loadu_si512(all->w[v]);
        first[v] = _mm512_loadu_si512(all->first[v]);
    }
    for (size_t c = 0; c < n; c += EACH, table += TABLE) {
        int32_t four;
        __m512i s[SUMS];
        memcpy(&four, q + c, sizeof four);
        const __m512i x = _mm512_set1_epi32((int32_t)((uint32_t)four ^ 0x80808080));
        QK_UNROLLED
        for (int v = 0; v < SUMS; v++)
            s[v] = qk_dot64(first[v], x, w[v]);
        const __m512i a = _mm512_packus_epi32(s[0], s[1]), b = _mm512_packus_epi32(s[2], s[3]);
        const __m512i d = _mm512_packus_epi32(s[4], none);
        const __m512i d_low = _mm512_and_si512(d, five), d_high = _mm512_srli_epi16(d, 5);
        table[0] = _mm512_packus_epi16(_mm512_and_si512(a, five), _mm512_and_si512(b, five));
        table[1] = _mm512_packus_epi16(d_low, d_low);
        table[2] = _mm512_packus_epi16(_mm512_srli_epi16(a, 5), _mm512_srli_epi16(b, 5));
        table[3] = _mm512_packus_epi16(d_high, d_high);
    }
}

/*
 * Adds bytes. This is asm and not the intrinsic because of gcc 12: with that, it does all permutes first and
 * the additions last, by memory.
 */
static inline __m512i add(__m512i sum, __m512i more)
{
    __asm__("vpaddb %1, %0, %0" : "+v"(sum) : "v"(more));
    return sum;
}

#define BODY static inline __attribute__((always_inline)) void
#if defined __clang__
#define TWICE _Pragma("clang loop unroll_count(2)")
#else
#define TWICE _Pragma("GCC unroll 2")
#endif

/* BYTES look-ups of n blocks, added to their words. n is a compile-time constant. */
BODY add_bytes(__m512i words[PANEL][2], const __m512i *table, const uint8_t *index, const int n)
{
    const __m512i times = _mm512_set1_epi16(0x2001);
    __m512i low[PANEL], high[PANEL];
    QK_UNROLLED
    for (int r = 0; r < n; r++)
        low[r] = high[r] = _mm512_setzero_si512();
    TWICE
    for (int g = 0; g < BYTES; g++, table += TABLE) {
        const __m512i l0 = table[0], l1 = table[1], h0 = table[2], h1 = table[3];
        QK_UNROLLED
        for (int r = 0; r < n; r++, index += LANES) {
            __m512i i = _mm512_loadu_si512(index);
            __asm__("" : "+v"(i)); /* keeps gcc 12 from loading it twice */
            low[r] = add(low[r], _mm512_permutex2var_epi8(l0, i, l1));
            high[r] = add(high[r], _mm512_permutex2var_epi8(h0, i, h1));
        }
    }
    QK_UNROLLED
    for (int r = 0; r < n; r++) {
        const __m512i first = _mm512_unpacklo_epi8(low[r], high[r]),
                      second = _mm512_unpackhi_epi8(low[r], high[r]);
        words[r][0] = _mm512_add_epi16(words[r][0], _mm512_maddubs_epi16(first, times));
        words[r][1] = _mm512_add_epi16(words[r][1], _mm512_maddubs_epi16(second, times));
    }
}

/* All of a tile's columns times n blocks. The sums come out less what each look-up has too much. */
BODY add_panel(int32_t *y, size_t rows, const __m512i *table, const uint8_t *index, size_t columns,
               bool begin, const int n)
{
    const __m512i even = _mm512_set1_epi32(1), odd = _mm512_set1_epi32(1 << 16);
    const __m512i excess = _mm512_set1_epi16(512 * (PART / EACH));
    __m512i sum[PANEL][4];
    for (int i = 0; i < 4 * n; i++) {
        const size_t at = 16 * (size_t)i, left = at < rows ? rows - at : 0;
        const __mmask16 here = left < 16 ? (__mmask16)((1u << left) - 1) : 0xffff;
        sum[i / 4][i % 4] = begin ? _mm512_setzero_si512() : _mm512_maskz_loadu_epi32(here, y + at);
    }
    for (size_t c = 0; c < columns; c += PART) {
        __m512i words[PANEL][2];
        for (int r = 0; r < n; r++)
            words[r][0] = words[r][1] = _mm512_setzero_si512();
        for (int b = 0; b < PART / EACH / BYTES;
             b++, table += TABLE * BYTES, index += (size_t)n * LANES * BYTES)
            add_bytes(words, table, index, n);
        QK_UNROLLED
        for (int i = 0; i < 4 * n; i++) {
            const __m512i word = _mm512_sub_epi16(words[i / 4][i % 4 / 2], excess);
            sum[i / 4][i % 4] =
                _mm512_add_epi32(sum[i / 4][i % 4], _mm512_madd_epi16(word, i % 2 ? odd : even));
        }
    }
    for (int i = 0; i < 4 * n; i++) {
        const size_t at = 16 * (size_t)i, left = at < rows ? rows - at : 0;
        const __mmask16 here = left < 16 ? (__mmask16)((1u << left) - 1) : 0xffff;
        _mm512_mask_storeu_epi32(y + at, here, sum[i / 4][i % 4]);
    }
}

void qk_ternary_gemv_lut4_avx512(float *restrict y, const void *restrict weights,
                                 const void *restrict activations, const struct qk_ternary *t)
{
    __m512i table[TABLE * TILE / EACH];
    const struct qk_tokens a = qk_tokens(activations, t);
    const uint8_t *index = (const uint8_t *)weights + sizeof(struct combinations);
    for (size_t c = 0; c < t->columns; c += TILE) {
        const size_t n = t->columns - c < TILE ? t->columns - c : TILE;
        make_tables(table, a.q + c, n, weights);
        for (size_t r = 0, blocks; r < t->rows; r += blocks * LANES, index += blocks * LANES * (n / EACH)) {
            int32_t *const to = (int32_t *)y + r;
            blocks = panel_of((t->rows - r + LANES - 1) / LANES);
            switch (blocks) {
#define SIZE(size)                                                                                           \
    case size:                                                                                               \
        add_panel(to, t->rows - r, table, index, n, !c, size);                                               \
        break;
                SIZE(1) SIZE(2) SIZE(3) SIZE(4)
#undef SIZE
            }
        }
    }
    qk_scale_eights(y, index, *a.step, t->rows);
}

/* What is not exact are two products and the conversion of a sum. */
const struct qk_form qk_ternary_gemv_lut4_avx512_form = {.bytes = sizeof(struct qk_form),
                                                         .align = QK_LINE,
                                                         .bound = QK_BOUND_PRODUCTS,
                                                         .tolerance = 4,
                                                         .scales = QK_SCALE_PER_ROW,
                                                         .rows_of = 1,
                                                         .columns_of = PART,
                                                         .weight_bytes = weight_bytes,
                                                         .activation_bytes = qk_tokens_bytes,
                                                         .prepare_weights = prepare_weights,
                                                         .prepare_activations = prepare_activations,
                                                         .dequantise_activations = qk_tokens_dequantise};
