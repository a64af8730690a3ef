/* SPDX-License-Identifier: MIT */
/*
 * Tests the references of sums.h against their formulas in f64, within the bounds that they state. Also tests
 * the values they promise for zero, infinite and NaN inputs. The checker then holds every variant to its
 * reference.
 */
#include "kernels/act_quant/op.h"
#include "kernels/f16.h"
#include "kernels/f16_gemv/op.h"
#include "kernels/head4_pack/op.h"
#include "kernels/i8_gemv/op.h"
#include "kernels/layout.h"
#include "kernels/relu2_mul/op.h"
#include "kernels/rmsnorm/op.h"
#include "kernels/rope/op.h"
#include "kernels/rope_pairs/op.h"
#include "kernels/rows/exp.h"
#include "kernels/scale_i32/op.h"
#include "kernels/silu_mul/op.h"
#include "kernels/softmax/op.h"
#include "kernels/table/table.h"
#include "kernels/tests/tap.h"
#include "kernels/tl1_quantize/op.h"
#include "kernels/tl2_quantize/op.h"

#include <math.h>
#include <string.h>

static const double unit = 0x1p-24; /* u */
static struct qk_rng rng;

static float random_in(float low, float high)
{
    return low + (high - low) * qk_rng_unit(&rng);
}

static double gamma_of(double k)
{
    return k * unit / (1.0 - k * unit);
}

static void f16_every_pattern(void)
{
    bool right = true;
    for (unsigned h = 0; h < 0x10000; h++) {
        const int exponent = h >> 10 & 31, fraction = h & 0x3ff;
        const float found = qk_f16_to_f32((uint16_t)h);
        const double size = exponent == 31  ? (fraction ? NAN : INFINITY)
                            : exponent == 0 ? ldexp(fraction, -24)
                                            : ldexp(1024 + fraction, exponent - 25);
        const double expected = h & 0x8000 ? -size : size;
        right &= isnan(expected) ? isnan(found)
                                 : (double)found == expected && !signbit(found) == !signbit(expected);
    }
    tap(right, "f16: every bit pattern", NULL);
    right = true;
    for (unsigned h = 0; h < 0x10000; h++) { /* w * 1 in every variant here is checked against this */
        const uint16_t w = (uint16_t)h;
        const float one = 1.0f, expected = qk_f16_to_f32(w) + 0.0f;
        float y;
        QK_CALL(f16_gemv, qk_reference(QK_OP_f16_gemv)->fn, &y, &w, &one, 1, 1);
        right &= isnan(expected) ? isnan(y) : !memcmp(&y, &expected, sizeof y);
    }
    tap(right, "f16_gemv: every bit pattern as a weight", NULL);
}

static void exponential(void)
{
    double worst = 0.0;
    for (uint32_t bits = 0x80000000u; bits <= 0xc2ae0000u; bits += 997) { /* -0 to -87 */
        float x;
        int exponent;
        memcpy(&x, &bits, sizeof x);
        const double expected = exp((double)x);
        frexp(expected, &exponent);
        worst = fmax(worst, fabs((double)qk_exp(x) - expected) / ldexp(1.0, exponent - 24));
    }
    tap(worst < 1.0 && worst > 0.5, "exp: below one unit in the last place from -87 to 0", NULL);
    tap(qk_exp(0.0f) == 1.0f && qk_exp(-87.5f) == 0.0f && qk_exp(-INFINITY) == 0.0f && isnan(qk_exp(NAN)),
        "exp of 0, below -87, -infinity, NaN", NULL);
}

static void act_quant_values(void)
{
    enum { N = 1000 };
    static float x[N];
    static int8_t q[N];
    float scale;
    int32_t sum, expected = 0;
    qk_act_quant_fn *const quantise = QK_FN(act_quant, qk_reference(QK_OP_act_quant)->fn);
    for (int i = 0; i < N; i++)
        x[i] = random_in(-3.0f, 3.0f);
    x[77] = -3.5f;
    quantise(q, &scale, &sum, x, 1, N);
    bool right = scale == 127.0f / 3.5f && q[77] == -127;
    for (int i = 0; i < N; i++) {
        right &= q[i] == (int)nearbyint((double)(x[i] * scale));
        expected += q[i];
    }
    tap(right && sum == expected, "act_quant: scale, rounding, sum", NULL);

    static const float ties[] = {127.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 126.5f};
    static const int8_t even[] = {127, 0, 2, 2, 0, -2, -2, 126};
    quantise(q, &scale, &sum, ties, 1, 8);
    tap(!memcmp(q, even, 8) && scale == 1.0f && sum == 253, "act_quant: ties go to the even one", NULL);
}

static void act_quant_edges(void)
{
    float x[4] = {0.0f, -0.0f, 0x1p-149f, -0x1p-130f}, scale[2];
    int8_t q[8];
    int32_t sum[2];
    static const int8_t none[8];
    qk_act_quant_fn *const quantise = QK_FN(act_quant, qk_reference(QK_OP_act_quant)->fn);
    quantise(q, scale, sum, x, 1, 4);
    tap(!memcmp(q, none, 4) && scale[0] == 1.27e7f && sum[0] == 0, "act_quant: zeros and denormals", NULL);
    const float x2[8] = {1.0f, 2.0f, NAN, 3.0f, 1.0f, -4.0f, 0.0f, 0.5f};
    quantise(q, scale, sum, x2, 2, 4);
    tap(!memcmp(q, none, 4) && isnan(scale[0]) && sum[0] == 0 && scale[1] == 31.75f && q[5] == -127,
        "act_quant: NaN spoils its row only", NULL);
    x[1] = -INFINITY;
    quantise(q, scale, sum, x, 1, 4);
    tap(!memcmp(q, none, 4) && isnan(scale[0]) && sum[0] == 0, "act_quant: an infinity spoils its row", NULL);
}

static void gemv_values(void)
{
    enum { ROWS = 3, COLUMNS = 1000 };
    static uint16_t w[ROWS * COLUMNS];
    static int8_t w8[ROWS * COLUMNS], q[COLUMNS];
    static float x[COLUMNS];
    float y[ROWS];
    const float scale[ROWS] = {0.5f, 3e-3f, -1.0f}, x_scale = 0.01f;
    bool right = true, exact = true;
    for (int i = 0; i < ROWS * COLUMNS; i++)
        w[i] = (uint16_t)(0x3000 + qk_rng_below(&rng, 0x0c00) + 0x8000 * qk_rng_below(&rng, 2));
    qk_rng_bytes(&rng, w8, sizeof w8);
    qk_rng_bytes(&rng, q, sizeof q);
    for (int i = 0; i < COLUMNS; i++)
        x[i] = random_in(-1.0f, 1.0f);
    QK_CALL(f16_gemv, qk_reference(QK_OP_f16_gemv)->fn, y, w, x, ROWS, COLUMNS);
    for (int r = 0; r < ROWS; r++) {
        double sum = 0.0, size = 0.0;
        for (int c = 0; c < COLUMNS; c++) {
            const double term = (double)qk_f16_to_f32(w[r * COLUMNS + c]) * (double)x[c];
            sum += term;
            size += fabs(term);
        }
        right &= fabs((double)y[r] - sum) <= gamma_of((COLUMNS + 63) / 64 + 7) * size;
    }
    tap(right, "f16_gemv: within its bound", NULL);
    QK_CALL(i8_gemv, qk_reference(QK_OP_i8_gemv)->fn, y, w8, q, scale, &x_scale, ROWS, COLUMNS);
    for (int r = 0; r < ROWS; r++) {
        int64_t sum = 0;
        for (int c = 0; c < COLUMNS; c++)
            sum += (int64_t)w8[r * COLUMNS + c] * q[c];
        exact &= y[r] == (float)sum * (scale[r] * x_scale);
    }
    tap(exact, "i8_gemv: the exact sum, scaled", NULL);
}

static void rmsnorm_values(void)
{
    enum { N = 700 };
    static float x[N], w[N], out[N];
    double sum = 0.0;
    bool right = true;
    qk_rmsnorm_fn *const norm = QK_FN(rmsnorm, qk_reference(QK_OP_rmsnorm)->fn);
    for (int i = 0; i < N; i++) {
        x[i] = random_in(-5.0f, 5.0f);
        w[i] = random_in(0.5f, 2.0f);
        sum += (double)x[i] * (double)x[i];
    }
    norm(out, x, w, N, 1e-5f);
    for (int i = 0; i < N; i++) {
        const double expected = (double)x[i] / sqrt(sum / N + (double)1e-5f) * (double)w[i];
        right &= fabs((double)out[i] - expected) <= 6.0 * unit * fabs(expected);
    }
    tap(right, "rmsnorm: within its bound", NULL);
    const float huge[2] = {3e38f, INFINITY}, zero[2] = {0.0f, 0.0f};
    norm(out, huge, w, 2, 1e-5f);
    right = out[0] == 0.0f && isnan(out[1]);
    norm(out, zero, w, 2, 1e-5f);
    tap(right && out[0] == 0.0f && out[1] == 0.0f, "rmsnorm: infinite and zero rows", NULL);
}

static void rope_and_relu2(void)
{
    const float x[8] = {1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f, 7.0f, 8.0f};
    const float cosine[2] = {0.0f, 0.5f}, sine[2] = {1.0f, -0.5f};
    static const float turned[8] = {-3.0f, 3.0f, 1.0f, 1.0f, -7.0f, 7.0f, 5.0f, 1.0f};
    float out[8];
    QK_CALL(rope, qk_reference(QK_OP_rope)->fn, out, x, cosine, sine, 2, 2);
    tap(!memcmp(out, turned, sizeof out), "rope: pairs half a head apart", NULL);
    static const float turned_pairs[8] = {-2.0f, 1.0f, 3.5f, 0.5f, -6.0f, 5.0f, 7.5f, 0.5f};
    QK_CALL(rope_pairs, qk_reference(QK_OP_rope_pairs)->fn, out, x, cosine, sine, 2, 2);
    tap(!memcmp(out, turned_pairs, sizeof out), "rope_pairs: neighbours", NULL);
    const float gate[6] = {2.0f, -3.0f, -0.0f, NAN, -INFINITY, -1.0f};
    const float up[6] = {-1.5f, 7.0f, 1.0f, 1.0f, 2.0f, INFINITY};
    QK_CALL(relu2_mul, qk_reference(QK_OP_relu2_mul)->fn, out, gate, up, 6);
    tap(out[0] == -6.0f && out[1] == 0.0f && out[2] == 0.0f && isnan(out[3]) && out[4] == 0.0f &&
            isnan(out[5]),
        "relu2_mul: squares, zeros, NaN", NULL);
    const int32_t sums[5] = {3, -5, 16777217, INT32_MIN, 16777219}; /* 2^24 + 1 and + 3 are ties */
    QK_CALL(scale_i32, qk_reference(QK_OP_scale_i32)->fn, out, sums, 0.5f, 5);
    tap(out[0] == 1.5f && out[1] == -2.5f && out[2] == 8388608.0f && out[3] == -0x1p30f &&
            out[4] == 8388610.0f,
        "scale_i32: ties to even", NULL);
}

/* A row of zeros, one with 1 in column 5, one with an infinity as well, and one of the least that f32 has. */
static void head4_pack_values(void)
{
    enum { ONE = 3, INFINITE, LEAST, COLUMN = 5 };
    uint8_t coarse[HEAD4_BLOCK_BYTES], fine[HEAD4_BLOCK_BYTES];
    uint16_t scale[HEAD4_ROWS];
    float w[HEAD4_ROWS][HEAD4_BLOCK] = {{0}}, found[HEAD4_ROWS];
    float squares[HEAD4_ROWS][HEAD4_SQUARES][HEAD4_LANES];
    w[ONE][COLUMN] = w[INFINITE][COLUMN] = 1;
    w[INFINITE][2] = -INFINITY;
    w[LEAST][COLUMN] = 0x1p-149f;
    QK_CALL(head4_pack, qk_reference(QK_OP_head4_pack)->fn, coarse, fine, scale, found, squares[0][0], w[0],
            HEAD4_ROWS, HEAD4_BLOCK);
    bool zeros = true;
    for (size_t i = 0; i < HEAD4_BLOCK_BYTES; i++)
        zeros &= i / 4 == ONE || i / 4 == LEAST || (coarse[i] == 0x88 && fine[i] == 0);
    for (size_t r = 0; r < HEAD4_ROWS; r++)
        for (size_t j = 0; j < HEAD4_LANES && r != ONE && r != LEAST; j++)
            zeros &= !scale[r] && squares[r][0][j] == 0 && squares[r][1][j] == 0 && squares[r][2][j] == 0;
    tap(zeros && found[0] == 1 && isnan(found[INFINITE]), "head4_pack: zeros, and what is not finite", NULL);
    bool right = found[ONE] == 0x1p-21f && scale[ONE] == 0x7400 /* 2^14 */ && coarse[4 * ONE] == 0x88 &&
                 coarse[4 * ONE + 1] == 0xf8 && fine[4 * ONE] == 0 && fine[4 * ONE + 1] == 0xf0;
    for (size_t j = 0; j < HEAD4_LANES; j++) /* 2^21 less 2^14 * 120, and less 2^14 * 127.5 */
        right &= squares[ONE][0][j] == (j == COLUMN ? 0x1p42f : 0) && squares[ONE][1][j] == 4 * 0x1p34f &&
                 squares[ONE][2][j] == 4 * 0x1p26f;
    tap(right, "head4_pack: codes, and what they leave", NULL);
    /* 2^-23 in its units, of which a 128th is no f16 but 0; twice the least scale */
    right = found[LEAST] == 0x1p-126f && scale[LEAST] == 1 && coarse[4 * LEAST + 1] == 0x88 &&
            fine[4 * LEAST + 1] == 0x20;
    tap(right, "head4_pack: a scale is never 0 beside a weight", NULL);
}

static void silu_values(void)
{
    enum { N = 4000 };
    static float gate[N], up[N], out[N];
    bool right = true;
    qk_silu_mul_fn *const silu = QK_FN(silu_mul, qk_reference(QK_OP_silu_mul)->fn);
    for (int i = 0; i < N; i++) {
        gate[i] = random_in(-80.0f, 20.0f);
        up[i] = random_in(-3.0f, 3.0f);
    }
    silu(out, gate, up, N);
    for (int i = 0; i < N; i++) {
        const double expected = (double)gate[i] / (1.0 + exp(-(double)gate[i])) * (double)up[i];
        right &= fabs((double)out[i] - expected) <= 10.0 * unit * fabs(expected);
    }
    tap(right, "silu_mul: within its bound", NULL);
    const float far[7] = {-100.0f, -3e38f, INFINITY, NAN, -INFINITY, 0.0f, -0.0f};
    const float ones[7] = {1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f};
    silu(out, far, ones, 7);
    tap(out[0] == 0.0f && out[1] == 0.0f && isinf(out[2]) && isnan(out[3]) && isnan(out[4]) &&
            out[5] == 0.0f && out[6] == 0.0f,
        "silu_mul: far below 0, infinities, NaN", NULL);
}

static void softmax_values(void)
{
    enum { N = 900 };
    static float x[N], out[N];
    double sum = 0.0, most = -INFINITY;
    bool right = true;
    qk_softmax_fn *const softmax = QK_FN(softmax, qk_reference(QK_OP_softmax)->fn);
    for (int i = 0; i < N; i++) {
        x[i] = random_in(-30.0f, 12.0f);
        most = fmax(most, (double)x[i]);
    }
    for (int i = 0; i < N; i++)
        sum += exp((double)x[i] - most);
    softmax(out, x, N);
    for (int i = 0; i < N; i++) {
        const double expected = exp((double)x[i] - most) / sum;
        const double bound = ((N + 63) / 64 + 12 + (most - (double)x[i])) * unit;
        right &= fabs((double)out[i] - expected) <= bound * expected;
    }
    tap(right, "softmax: within its bound", NULL);
    const float far[3] = {5.0f, -83.0f, -INFINITY};
    softmax(out, far, 3);
    right = out[0] == 1.0f && out[1] == 0.0f && out[2] == 0.0f;
    for (int i = 0; i < 3; i++) {
        const float bad[3][3] = {
            {1.0f, NAN, 2.0f}, {INFINITY, 1.0f, 0.0f}, {-INFINITY, -INFINITY, -INFINITY}};
        softmax(out, bad[i], 3);
        right &= isnan(out[0]) && isnan(out[1]) && isnan(out[2]);
    }
    tap(right, "softmax: far below the maximum, infinities, NaN", NULL);
}

/*
 * A vector of 1.5, which makes the scale 1, and v: gets v the nearest of the levels? Differences of f32 of
 * like size are exact in f64.
 */
static bool nearest(qk_tl1_quantize_fn *quantise, const float *level, float v)
{
    const float x[2] = {1.5f, v};
    uint8_t codes;
    float scale;
    unsigned expected = 0;
    quantise(&codes, &scale, x, 2);
    for (unsigned c = 1; c < 4; c++)
        if (fabs((double)v - (double)level[c]) < fabs((double)v - (double)level[expected]))
            expected = c;
    return scale == 1.0f && codes == (3 | expected << 2);
}

/* Every f32 next to the outer midpoints, and both sides of the middle one, 0. */
static bool ties_are_exact(qk_tl1_quantize_fn *quantise, const float *level)
{
    bool right = true;
    for (int m = 0; m < 3; m += 2) {
        float v = (float)(((double)level[m] + (double)level[m + 1]) / 2.0);
        for (int i = 0; i < 50; i++)
            v = nextafterf(v, -2.0f);
        for (int i = 0; i < 100; i++, v = nextafterf(v, 2.0f))
            right &= nearest(quantise, level, v);
    }
    for (int i = -50; i <= 50; i++)
        right &= nearest(quantise, level, (float)i * 0x1p-40f);
    return right;
}

static void tl_values(void)
{
    static const float tl1[] = {-1.0f, -0.33f, 0.33f, 1.0f}, tl2[] = {-1.2f, -0.4f, 0.4f, 1.2f};
    qk_tl1_quantize_fn *const quantise = QK_FN(tl1_quantize, qk_reference(QK_OP_tl1_quantize)->fn);
    tap(ties_are_exact(quantise, tl1), "tl1_quantize: nearest level, lower on a tie", NULL);
    tap(ties_are_exact(QK_FN(tl2_quantize, qk_reference(QK_OP_tl2_quantize)->fn), tl2),
        "tl2_quantize: nearest level, lower on a tie", NULL);
    const float x[5] = {1e-8f, 0.0f, -0.0f, -1e-9f, NAN};
    uint8_t codes[2] = {0xff, 0xff};
    float scale;
    quantise(codes, &scale, x, 4);
    bool right = scale == 1.0f && codes[0] == (2 | 1 << 2 | 1 << 4 | 1 << 6) && codes[1] == 0xff;
    quantise(codes, &scale, x, 5);
    tap(right && isnan(scale) && !codes[0] && !codes[1], "tl1_quantize: tiny blocks, NaN, surplus codes",
        NULL);
}

TEST_PART(step)
{
    qk_rng_seed(&rng, 1);
    f16_every_pattern();
    exponential();
    act_quant_values();
    act_quant_edges();
    gemv_values();
    rmsnorm_values();
    rope_and_relu2();
    head4_pack_values();
    silu_values();
    softmax_values();
    tl_values();
    return tap_end();
}
