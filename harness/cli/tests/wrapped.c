/* SPDX-License-Identifier: MIT */
/* The functions that kernels/PLUGIN-WRAP.md wraps, in plain C. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static float to_float(uint16_t half) /* a normal one */
{
    const uint32_t bits = ((uint32_t)half << 13) + (112u << 23);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float largest(const float *x, size_t n)
{
    float most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmaxf(most, fabsf(x[i]));
    return most;
}

/* ggml */

void my_quantize_tq2_0(const float *x, void *y, int64_t k)
{
    uint8_t *to = y;
    for (int64_t b = 0; b < k; b += 256, to += 66) {
        const float d = largest(x + b, 256);
        uint32_t bits;
        memcpy(&bits, &d, sizeof bits);
        const uint16_t half = d > 0 ? (uint16_t)((bits - (112u << 23)) >> 13) : 0;
        memset(to, 0, 64);
        memcpy(to + 64, &half, sizeof half);
        for (int j = 0; j < 256; j++) {
            const int code = x[b + j] > 0 ? 2 : x[b + j] < 0 ? 0 : 1;
            to[j / 128 * 32 + j % 32] |= (uint8_t)(code << 2 * (j % 128 / 32));
        }
    }
}

void my_quantize_q8_K(const float *x, void *y, int64_t k)
{
    uint8_t *to = y;
    for (int64_t b = 0; b < k; b += 256, to += 292) {
        const float d = largest(x + b, 256) / 127;
        int16_t sums[16] = {0};
        memcpy(to, &d, sizeof d);
        for (int j = 0; j < 256; j++) {
            const int8_t q = (int8_t)(d > 0 ? lrintf(x[b + j] / d) : 0);
            to[4 + j] = (uint8_t)q;
            sums[j / 16] = (int16_t)(sums[j / 16] + q);
        }
        memcpy(to + 260, sums, sizeof sums);
    }
}

void my_vec_dot(int n, float *s, size_t bs, const void *x, size_t bx, const void *y, size_t by, int nrc)
{
    const uint8_t *w = x, *a = y;
    float sum = 0;
    (void)bs, (void)bx, (void)by, (void)nrc;
    for (int b = 0; b < n; b += 256, w += 66, a += 292) {
        int32_t whole = 0;
        uint16_t half;
        float d;
        memcpy(&half, w + 64, sizeof half);
        memcpy(&d, a, sizeof d);
        for (int j = 0; j < 256; j++)
            whole += ((w[j / 128 * 32 + j % 32] >> 2 * (j % 128 / 32) & 3) - 1) * (int8_t)a[4 + j];
        sum += (float)whole * (half ? to_float(half) * d : 0);
    }
    *s = sum;
}

/* XNNPACK: scales, then weights */

struct my_params {
    int32_t zero_point;
    float inv_scale;
};

size_t my_packed_bytes(size_t nc, size_t kc)
{
    return nc * (sizeof(float) + kc);
}

void my_pack(size_t nc, size_t kc, const int8_t *w, const uint16_t *scale, void *packed)
{
    for (size_t n = 0; n < nc; n++)
        ((float *)packed)[n] = to_float(scale[n]);
    memcpy((float *)packed + nc, w, nc * kc);
}

void my_quantize(size_t kc, const float *x, int8_t *a, struct my_params *quantization)
{
    quantization->zero_point = 0;
    quantization->inv_scale = largest(x, kc) / 127;
    for (size_t k = 0; k < kc; k++)
        a[k] = (int8_t)lrintf(x[k] / quantization->inv_scale);
}

void my_ukernel(size_t mr, size_t nc, size_t kc, const int8_t *a, size_t a_stride, const void *w, float *c,
                size_t cm_stride, size_t cn_stride, const void *minmax, const struct my_params *quantization)
{
    const int8_t *from = (const int8_t *)((const float *)w + nc);
    (void)mr, (void)a_stride, (void)cm_stride, (void)minmax;
    for (size_t n = 0; n < nc; n++, from += kc) {
        int32_t sum = 0;
        for (size_t k = 0; k < kc; k++)
            sum += from[k] * (a[k] - quantization->zero_point);
        float *const to = (float *)(void *)((char *)c + n / 16 * cn_stride) + n % 16;
        *to = (float)sum * quantization->inv_scale * ((const float *)w)[n];
    }
}

/* KleidiAI: the same, with the scale of the activations behind them */

size_t my_get_rhs_packed_size(size_t n, size_t k)
{
    return my_packed_bytes(n, k);
}

void my_run_rhs_pack(size_t n, size_t k, const int8_t *rhs, const uint16_t *scale, void *rhs_packed)
{
    my_pack(n, k, rhs, scale, rhs_packed);
}

size_t my_get_lhs_packed_size(size_t m, size_t k)
{
    return m * (sizeof(struct my_params) + k);
}

void my_run_lhs_quant_pack(size_t m, size_t k, const float *lhs, size_t lhs_stride, void *lhs_packed)
{
    (void)m, (void)lhs_stride;
    my_quantize(k, lhs, (int8_t *)lhs_packed + sizeof(struct my_params), lhs_packed);
}

void my_run_matmul(size_t m, size_t n, size_t k, const void *lhs_packed, const void *rhs_packed, float *dst,
                   size_t dst_stride_row, size_t dst_stride_col, float min, float max)
{
    const struct my_params *quantization = lhs_packed;
    my_ukernel(m, n, k, (const int8_t *)(quantization + 1), k, rhs_packed, dst, dst_stride_row,
               16 * dst_stride_col, NULL, quantization);
    for (size_t i = 0; i < n; i++)
        dst[i] = fminf(fmaxf(dst[i], min), max);
}
