/* SPDX-License-Identifier: MIT */
/*
 * The nine checks that the audited runtime has for its AVX2 kernels, under names that say so. Their list:
 * EffortlessMetrics/BitNet-rs, crates/bitnet-kernels/src/cpu/x86.rs, tests test_avx2_*. The bounds here are
 * stricter. Everything must be equal to the bit, where the runtime allows 1e-6, 1e-5 or 0.01, or asks for
 * nine bytes of ten.
 */
#include "kernels/layout.h"
#include "kernels/library/qkernels.h"
#include "kernels/table/table.h"
#include "kernels/tests/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct qk_error err;
static struct qk_cpu cpu;

static const struct qk_variant *row(enum qk_op op, const char *name)
{
    for (size_t i = 0; i < qk_table_builtin()->count; i++)
        if (qk_table_builtin()->rows[i].op == op && !strcmp(qk_table_builtin()->rows[i].name, name))
            return &qk_table_builtin()->rows[i];
    return NULL;
}

/*
 * The compiler's own detection is the independent witness; clang 14 does not know f16c, which came before
 * avx2.
 */
static void kernel_availability(void)
{
#if defined __x86_64__
    const bool there =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
#else
    const bool there = false;
#endif
    bool agree = true;
    for (size_t i = 0; i < qk_table_builtin()->count; i++)
        if (qk_table_builtin()->rows[i].isa == QK_ISA_AVX2)
            agree &= !qk_variant_missing(&qk_table_builtin()->rows[i], &cpu) == there;
    /* Rows of another architecture are not in the table. */
    const bool listed = row(QK_OP_i8u8_matmul, "avx2");
    tap(agree && listed == qk_isa_of_here(QK_ISA_AVX2), "avx2 kernel availability is the processor's", NULL);
}

static void matmul_basic(qk_i8u8_matmul_fn *matmul)
{
    static const int8_t identity[] = {1, 0, 0, 1}, mixed[] = {1, -1, 2, 0};
    static const uint8_t b[] = {1, 2, 3, 4};
    float out[4];
    matmul(out, identity, b, 2, 2, 2);
    bool right = out[0] == 1.0f && out[1] == 2.0f && out[2] == 3.0f && out[3] == 4.0f;
    matmul(out, mixed, b, 2, 2, 2);
    right &= out[0] == -2.0f && out[1] == -2.0f && out[2] == 2.0f && out[3] == 4.0f;
    tap(right, "avx2 matmul basic: 2 x 2, identity and another", NULL);
}

static void matmul_matches_fallback(qk_i8u8_matmul_fn *matmul, qk_i8u8_matmul_fn *fallback)
{
    static const size_t sizes[][3] = {{2, 2, 2},  {8, 8, 8},    {16, 16, 16},
                                      {7, 9, 11}, {32, 32, 32}, {33, 33, 33}};
    enum { MOST = 33 * 33 };
    static int8_t a[MOST];
    static uint8_t b[MOST];
    static float expected[MOST], found[MOST];
    struct qk_rng rng;
    bool same = true;
    qk_rng_seed(&rng, 42);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const size_t m = sizes[s][0], k = sizes[s][1], n = sizes[s][2];
        for (size_t i = 0; i < m * k; i++)
            a[i] = (int8_t)((int)qk_rng_below(&rng, 5) - 2);
        for (size_t i = 0; i < k * n; i++)
            b[i] = (uint8_t)qk_rng_below(&rng, 3);
        fallback(expected, a, b, m, k, n);
        matmul(found, a, b, m, k, n);
        same &= !memcmp(expected, found, m * n * sizeof *found);
    }
    tap(same, "avx2 matmul matches fallback: six sizes, exactly", NULL);
}

/* Differences of such f32 are exact in f64, so `nearest` is decided without rounding. */
static bool nearest_level(float v, unsigned code)
{
    static const float level[] = {-1.2f, -0.4f, 0.4f, 1.2f};
    const double own = fabs((double)v - (double)level[code]);
    bool nearest = true;
    for (unsigned i = 0; i < 4; i++) {
        const double other = fabs((double)v - (double)level[i]);
        nearest &= i < code ? other > own : other >= own;
    }
    return nearest;
}

static void quantize_tl2(qk_tl2_quantize_fn *quantize)
{
    enum { N = 128 };
    float x[N], scale;
    uint8_t codes[N / 4];
    bool right = true;
    for (int i = 0; i < N; i++)
        x[i] = (float)(i - 64) / 32.0f;
    quantize(codes, &scale, x, N);
    for (int i = 0; i < N; i++)
        right &= nearest_level(x[i] / scale, codes[i / 4] >> 2 * (i % 4) & 3);
    tap(right && scale == 2.0f / 1.5f, "avx2 quantize tl2: scale, and the nearest level of every element",
        NULL);
}

static void tl2_validation(qk_tl2_quantize_fn *quantize, qk_tl2_quantize_fn *fallback)
{
    enum { N = 256 };
    float x[N], expected_scale[N / 128], scale[N / 128];
    uint8_t expected[N / 4], codes[N / 4];
    for (int i = 0; i < N; i++)
        x[i] = 5.0f * (float)sin(0.1 * i);
    quantize(codes, scale, x, N);
    fallback(expected, expected_scale, x, N);
    tap(!memcmp(codes, expected, sizeof codes) && !memcmp(scale, expected_scale, sizeof scale),
        "avx2 tl2 validation: scales and all 64 bytes as fallback", NULL);
}

enum { BLOCKS = 4, ELEMENTS = BLOCKS * QK256_BLOCK, BYTES = BLOCKS * QK256_BLOCK_BYTES };
static const float lut[4] = {-2.0f, -1.0f, 1.0f, 2.0f};
static float out[ELEMENTS], reference[ELEMENTS];
static uint8_t codes[BYTES];

/*
 * Every row of the op at AVX2 that makes values, over `blocks` of `codes`: the elements as the reference has
 * them?
 */
static bool dequantize_all(const float *scale, size_t blocks)
{
    bool same = true;
    int rows = 0;
    QK_CALL(qk256_dequant, qk_reference(QK_OP_qk256_dequant)->fn, reference, codes, scale, lut, blocks);
    for (size_t i = 0; i < qk_table_builtin()->count; i++) {
        const struct qk_variant *v = &qk_table_builtin()->rows[i];
        if (v->op != QK_OP_qk256_dequant || v->isa != QK_ISA_AVX2 || v->kind == QK_CEILING)
            continue;
        memset(out, 0xa5, sizeof out);
        QK_CALL(qk256_dequant, v->fn, out, codes, scale, lut, blocks);
        same &= !memcmp(out, reference, blocks * QK256_BLOCK * sizeof *out);
        rows++;
    }
    return same && rows;
}

static void dequantize_basic(void)
{
    static const float scale[] = {2.0f, 3.0f};
    memset(codes, 0xaa, sizeof codes);
    bool right = dequantize_all(scale, 2);
    for (int i = 0; i < 2 * QK256_BLOCK; i++)
        right &= out[i] == scale[i / QK256_BLOCK];
    tap(right, "avx2 dequantize qk256 basic: bytes 0xaa are +1 times the scale", NULL);
}

static void dequantize_matches_scalar(void)
{
    struct qk_rng rng;
    float scale[BLOCKS];
    qk_rng_seed(&rng, 42);
    qk_rng_bytes(&rng, codes, sizeof codes);
    for (int b = 0; b < BLOCKS; b++)
        scale[b] = 0.5f + 4.5f * qk_rng_unit(&rng);
    tap(dequantize_all(scale, BLOCKS), "avx2 dequantize qk256 matches scalar: every row, bit for bit", NULL);
}

static void dequantize_all_codes(void)
{
    static const float scale[] = {1.5f};
    memset(codes, 0xe4, sizeof codes); /* codes 0, 1, 2, 3 in every byte */
    bool right = dequantize_all(scale, 1);
    for (int i = 0; i < QK256_BLOCK; i++)
        right &= out[i] == lut[i % 4] * 1.5f;
    tap(right, "avx2 dequantize qk256 all codes, scale 1.5", NULL);
}

static void dequantize_errors(void)
{
    static const float scale[] = {1.0f, 1.0f};
    static const uint8_t many[300];
    struct qk_error size;
    const int block = qk_qk256_dequantise(out, codes, 128, scale, 2, lut, 128, &err);
    const int bytes = qk_qk256_dequantise(out, many, sizeof many, scale, 2, lut, 256, &size);
    tap(block == QK_ERR_ARG && strstr(err.text, "block_size=256") && bytes == QK_ERR_ARG &&
            strstr(size.text, "size mismatch"),
        "avx2 dequantize qk256 errors: block size, number of bytes", &err);
}

TEST_PART(runtime)
{
    if (qk_cpu_detect(&cpu, NULL, &err))
        return 1;
    kernel_availability();
    dequantize_errors();
    if (!cpu.present[QK_ISA_AVX2]) {
        tap_skip(7, "the other avx2 checks", cpu.why[QK_ISA_AVX2]);
        return tap_end();
    }
    qk_i8u8_matmul_fn *const matmul = QK_FN(i8u8_matmul, row(QK_OP_i8u8_matmul, "avx2")->fn);
    qk_tl2_quantize_fn *const quantize = QK_FN(tl2_quantize, row(QK_OP_tl2_quantize, "avx2")->fn);
    matmul_basic(matmul);
    matmul_matches_fallback(matmul, QK_FN(i8u8_matmul, qk_reference(QK_OP_i8u8_matmul)->fn));
    quantize_tl2(quantize);
    tl2_validation(quantize, QK_FN(tl2_quantize, qk_reference(QK_OP_tl2_quantize)->fn));
    dequantize_basic();
    dequantize_matches_scalar();
    dequantize_all_codes();
    return tap_end();
}
