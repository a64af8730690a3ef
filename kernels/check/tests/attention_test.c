/* SPDX-License-Identifier: MIT */
/*
 * Tests every variant of attention_f32 and attention_f16: against attention in f64, for the same bits however
 * tokens are dealt out to calls, and for what op.h promises of extreme scores.
 */
#include "kernels/attention_f16/op.h"
#include "kernels/attention_f32/op.h"
#include "kernels/f16.h"
#include "kernels/rows/fma.h"
#include "kernels/table/table.h"
#include "kernels/tests/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A call's sizes; tokens lie GAP floats apart. */
struct sizes {
    size_t heads, kv_heads, dim, positions, tokens;
};
enum { GAP = 3, MOST = 1 << 16 };
static const float scale = 0.25f, unit = 0x1p-24f /* u */, untouched = -77.0f;

static struct qk_rng rng;
static float q[MOST], k[MOST], v[MOST], out[MOST], same[MOST];
static uint16_t half_k[MOST], half_v[MOST];

static size_t stride_of(const struct sizes *s)
{
    return s->heads * s->dim + GAP;
}

static size_t last_of(const struct sizes *s)
{
    return s->positions + s->tokens - 1;
}

/* Both ops have the same keys and values, which are binary16. `far` widens the range of scores. */
static void fill(const struct sizes *s, float far)
{
    for (size_t i = 0; i < s->tokens * stride_of(s); i++)
        q[i] = far * (2 * qk_rng_unit(&rng) - 1);
    for (size_t i = 0; i < last_of(s) * s->kv_heads * s->dim; i++) {
        k[i] = qk_f16_to_f32(qk_f32_to_f16(2 * qk_rng_unit(&rng) - 1));
        v[i] = qk_f16_to_f32(qk_f32_to_f16(2 * qk_rng_unit(&rng) - 1));
    }
}

/* `tokens` of them from t on, by a row of either op; what they do not see is NaN. */
static void attend(const struct qk_variant *row, const struct sizes *s, size_t t, size_t tokens)
{
    const size_t stride = stride_of(s), at = t * stride, width = s->kv_heads * s->dim;
    const size_t sees = (s->positions + t + tokens - 1) * width, all = last_of(s) * width;
    static float seen_k[MOST], seen_v[MOST];
    for (size_t i = 0; i < all; i++) {
        seen_k[i] = i < sees ? k[i] : NAN;
        seen_v[i] = i < sees ? v[i] : NAN;
        half_k[i] = qk_f32_to_f16(seen_k[i]);
        half_v[i] = qk_f32_to_f16(seen_v[i]);
    }
    if (row->op == QK_OP_attention_f32)
        QK_CALL(attention_f32, row->fn, out + at, q + at, seen_k, seen_v, tokens, stride, s->positions + t,
                s->heads, s->kv_heads, s->dim, scale);
    else
        QK_CALL(attention_f16, row->fn, out + at, q + at, half_k, half_v, tokens, stride, s->positions + t,
                s->heads, s->kv_heads, s->dim, scale);
}

static void attend_all(const struct qk_variant *row, const struct sizes *s)
{
    for (size_t i = 0; i < s->tokens * stride_of(s); i++)
        out[i] = untouched;
    attend(row, s, 0, s->tokens);
}

/* One head of one token in f64. True when it is as close as op.h says, and as the scores are. */
static bool head_is_right(const struct sizes *s, size_t t, size_t h)
{
    static double score[MOST];
    const size_t sees = s->positions + t, width = s->kv_heads * s->dim, g = h / (s->heads / s->kv_heads);
    const float *query = q + t * stride_of(s) + h * s->dim;
    double most = -INFINITY, largest = 0, wrong = 0, sum = 0;
    bool right = true;
    for (size_t p = 0; p < sees; p++) {
        double terms = 0, size = 0;
        for (size_t d = 0; d < s->dim; d++) {
            const double term = (double)query[d] * (double)k[p * width + g * s->dim + d];
            terms += term;
            size += fabs(term);
        }
        score[p] = terms * (double)scale;
        most = fmax(most, score[p]);
        largest = fmax(largest, fabs(score[p]));
        wrong = fmax(wrong, ((double)s->dim / 16 + 8) * size * (double)scale);
    }
    for (size_t p = 0; p < sees; p++)
        sum += score[p] = exp(score[p] - most);
    for (size_t d = 0; d < s->dim; d++) {
        double value = 0, size = 0;
        for (size_t p = 0; p < sees; p++) {
            const double term = score[p] / sum * (double)v[p * width + g * s->dim + d];
            value += term;
            size += fabs(term);
        }
        const double bound = (2 * (double)sees + 2 * largest + 20 + 2 * wrong) * (double)unit * size;
        right &= fabs((double)out[t * stride_of(s) + h * s->dim + d] - value) <= bound;
    }
    return right;
}

static bool gap_is_whole(const struct sizes *s)
{
    bool whole = true;
    for (size_t t = 0; t < s->tokens; t++)
        for (size_t i = s->heads * s->dim; i < stride_of(s); i++)
            whole &= out[t * stride_of(s) + i] == untouched;
    return whole;
}

/* The same bits as `same`, tokens dealt out to calls of `step`. */
static bool splits_alike(const struct qk_variant *row, const struct sizes *s, size_t step)
{
    for (size_t i = 0; i < s->tokens * stride_of(s); i++)
        out[i] = untouched;
    for (size_t t = 0; t < s->tokens; t += step)
        attend(row, s, t, s->tokens - t < step ? s->tokens - t : step);
    return !memcmp(out, same, s->tokens * stride_of(s) * sizeof *out);
}

static const struct sizes all_sizes[] = {
    {1, 1, 1, 1, 1},   {4, 1, 64, 30, 5}, {3, 1, 7, 1, 40},   {6, 2, 24, 61, 4}, {2, 1, 130, 33, 3},
    {5, 1, 16, 20, 9}, {8, 8, 12, 29, 5}, {4, 1, 128, 1, 33}, {1, 1, 17, 96, 1}, {4, 2, 272, 5, 2},
};

static void every_size(const struct qk_variant *row)
{
    bool right = true, alike = true, whole = true;
    for (size_t i = 0; i < sizeof all_sizes / sizeof *all_sizes; i++)
        for (float far = 1; far <= 64; far *= 8) {
            const struct sizes *s = &all_sizes[i];
            fill(s, far);
            attend_all(row, s);
            whole &= gap_is_whole(s);
            for (size_t j = 0; j < s->tokens * s->heads; j++)
                right &= head_is_right(s, j / s->heads, j % s->heads);
            memcpy(same, out, s->tokens * stride_of(s) * sizeof *out);
            for (size_t step = 1; step <= 3; step++)
                alike &= splits_alike(row, s, step);
        }
    tap(right, "close to attention in f64", NULL);
    tap(alike, "the same bits however tokens are dealt out, and whatever later positions hold", NULL);
    tap(whole, "nothing written between tokens", NULL);
}

/* One column, so that position p has the score key(p): what comes out of values 1, 2, 3 ... */
static float result_of(const struct qk_variant *row, size_t positions, float (*key)(size_t p))
{
    const struct sizes s = {1, 1, 1, positions, 1};
    q[0] = 4.0f; /* times scale: 1 */
    for (size_t p = 0; p < positions; p++) {
        k[p] = key(p);
        v[p] = (float)(p + 1);
    }
    attend_all(row, &s);
    return out[0];
}

static float zero(size_t p)
{
    (void)p;
    return 0.0f;
}

static float far_below(size_t p)
{
    (void)p;
    return -65504.0f;
}

static float one_at_70(size_t p)
{
    return p == 70 ? 100.0f : 1.0f / (float)(p + 1);
}

static float minus_infinity_but_at_40(size_t p)
{
    return p == 40 ? -60000.0f : -INFINITY;
}

static float minus_infinity(size_t p)
{
    (void)p;
    return -INFINITY;
}

static float infinity_at_33(size_t p)
{
    return p == 33 ? INFINITY : 0.0f;
}

static float nan_at_5(size_t p)
{
    return p == 5 ? NAN : 0.0f;
}

static void extremes(const struct qk_variant *row)
{
    tap(result_of(row, 64, zero) == 32.5f && result_of(row, 1, zero) == 1.0f,
        "equal scores give the mean, one position its value", NULL);
    tap(result_of(row, 64, far_below) == 32.5f, "scores far below zero count like others", NULL);
    tap(result_of(row, 100, one_at_70) == 71.0f, "a score that dominates all others", NULL);
    tap(result_of(row, 100, minus_infinity_but_at_40) == 41.0f, "-infinity does not count", NULL);
    tap(isnan(result_of(row, 100, minus_infinity)) && isnan(result_of(row, 100, infinity_at_33)) &&
            isnan(result_of(row, 100, nan_at_5)),
        "NaN from scores that are all -infinity, from +infinity, and from NaN", NULL);
}

/* A NaN among one head's queries is that head's alone, and so is one among another kv head's keys. */
static void spoils_only_its_own(const struct qk_variant *row)
{
    const struct sizes s = {8, 2, 20, 40, 3};
    bool right = true;
    fill(&s, 1);
    attend_all(row, &s);
    memcpy(same, out, s.tokens * stride_of(&s) * sizeof *out);
    q[1 * stride_of(&s) + 2 * s.dim] = NAN; /* token 1, head 2 */
    k[35 * 2 * s.dim + s.dim] = NAN;        /* kv head 1: heads 4 to 7 */
    attend_all(row, &s);
    for (size_t t = 0; t < s.tokens; t++)
        for (size_t h = 0; h < s.heads; h++) {
            const float *head = out + t * stride_of(&s) + h * s.dim;
            for (size_t d = 0; d < s.dim; d++)
                right &= (t == 1 && h == 2) || h >= 4 ? isnan(head[d]) : head[d] == same[head + d - out];
        }
    tap(right, "a NaN spoils its own head", NULL);
}

static bool rounds_once(float a, float b, float c)
{
    const float found = qk_fma(a, b, c), expected = fmaf(a, b, c);
    return isnan(expected) ? isnan(found) : !memcmp(&found, &expected, sizeof found);
}

/* Random bits, sums that nearly cancel, and sums so near the middle of two floats that f64 cannot tell. */
static void fma_is_right(void)
{
    bool right = true;
    for (int i = 0; i < 100000; i++) {
        float x[3];
        qk_rng_bytes(&rng, x, sizeof x);
        right &= rounds_once(x[0], x[1], x[2]) && rounds_once(x[0], x[1], -x[0] * x[1]) &&
                 rounds_once(x[0], x[1], ldexpf(x[0] * x[1], i % 64 - 32));
        const float near = 1.0f + (float)qk_rng_below(&rng, 1 << 23) * 0x1p-23f, sign = i % 2 ? 1.0f : -1.0f;
        right &= rounds_once(0x1.000002p-12f, sign * 0x1.fffffcp-13f, near); /* 2^-24 less 2^-70 */
    }
    tap(right, "multiply-adds that round once", NULL);
}

TEST_PART(attention)
{
    struct qk_cpu cpu;
    struct qk_error err;
    enum { TESTS = 9 };
    if (qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), &err))
        return 1;
    qk_rng_seed(&rng, 1);
    fma_is_right();
    for (size_t i = 0; i < qk_table_builtin()->count; i++) {
        const struct qk_variant *row = &qk_table_builtin()->rows[i];
        if (row->op != QK_OP_attention_f32 && row->op != QK_OP_attention_f16)
            continue;
        printf("# %s/%s\n", row->op_name, row->name);
        if (qk_variant_missing(row, &cpu)) {
            tap_skip(TESTS, row->name, qk_variant_missing(row, &cpu));
            continue;
        }
        qk_rng_seed(&rng, 1);
        every_size(row);
        extremes(row);
        spoils_only_its_own(row);
    }
    return tap_end();
}
