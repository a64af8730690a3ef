/* SPDX-License-Identifier: MIT */
/*
 * A library that says it is ggml and knows the type Q8_0. ggml_test.sh builds it with one flaw or another.
 * With BASE it is only what libggml-base.so has, with CPU only the rest, otherwise both.
 */
#include "kernels/f16.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef VERSION
#define VERSION "0.25.1"
#endif
#ifndef SCORE
#define SCORE 64
#endif
#ifndef BLOCK
#define BLOCK 32
#endif
#ifndef NAME
#define NAME "q8_0"
#endif
#ifndef ACTIVATION
#define ACTIVATION 8
#endif
#ifndef CALLS
#define CALLS 1
#endif

enum { ELEMENTS = 32, BYTES = 34 };
struct traits {
    const char *name;
    int64_t block, interleaved;
    size_t bytes;
    bool quantised;
    void (*to_float)(const void *blocks, float *x, int64_t n);
    void (*from_float)(const float *x, void *blocks, int64_t n);
};
struct traits_cpu {
    void (*from_float)(const float *x, void *blocks, int64_t n);
    void (*dot)(int n, float *y, size_t bs, const void *w, size_t bx, const void *a, size_t by, int nrc);
    int activation;
    int64_t rows;
};
const char *ggml_version(void);
const struct traits *ggml_get_type_traits(int type);
const struct traits_cpu *ggml_get_type_traits_cpu(int type);
void dequantize_row_q8_0(const void *blocks, float *x, int64_t n);
int ggml_backend_score(void);
void ggml_cpu_init(void);

#ifndef CPU
void dequantize_row_q8_0(const void *blocks, float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const int8_t *const block = (const int8_t *)blocks + i / ELEMENTS * BYTES;
        uint16_t d;
        memcpy(&d, block, sizeof d);
        x[i] = qk_f16_to_f32(d) * block[2 + i % ELEMENTS];
    }
}

#ifndef NO_VERSION
const char *ggml_version(void)
{
    return VERSION;
}
#endif

const struct traits *ggml_get_type_traits(int type)
{
    static const struct traits q8_0 = {NAME, BLOCK, 0, BYTES, true, dequantize_row_q8_0, NULL};
#ifdef GARBAGE
    return (const struct traits *)(uintptr_t)0x10000;
#else
    return type == 8 ? &q8_0 : NULL;
#endif
}
#endif

#ifndef BASE
static bool ready;

static void from_float(const float *x, void *blocks, int64_t n)
{
    for (int64_t b = 0; b < n; b += ELEMENTS) {
        uint8_t *const to = (uint8_t *)blocks + b / ELEMENTS * BYTES;
        float most = 0;
        for (int i = 0; i < ELEMENTS; i++)
            most = fabsf(x[b + i]) > most ? fabsf(x[b + i]) : most;
        const uint16_t d = qk_f32_to_f16(most / 127);
        memcpy(to, &d, sizeof d);
        for (int i = 0; i < ELEMENTS; i++)
            to[2 + i] = (uint8_t)(int8_t)(most > 0 ? roundf(x[b + i] / (most / 127)) : 0);
#ifdef WRONG_BYTES
        to[5] ^= 1;
#endif
    }
#ifdef CRASH
    abort();
#endif
}

static float product(int n, const uint8_t *w, const uint8_t *a)
{
    float sum = 0;
    for (int b = 0; b < n / ELEMENTS; b++) {
        uint16_t d[2];
        int32_t dot = 0;
        memcpy(&d[0], w + b * BYTES, sizeof *d);
        memcpy(&d[1], a + b * BYTES, sizeof *d);
        for (int i = 0; i < ELEMENTS; i++)
            dot += (int8_t)w[b * BYTES + 2 + i] * (int8_t)a[b * BYTES + 2 + i];
        sum += (float)dot * (qk_f16_to_f32(d[0]) * qk_f16_to_f32(d[1]));
    }
    return sum;
}

static void dot(int n, float *y, size_t bs, const void *w, size_t bx, const void *a, size_t by, int nrc)
{
    float sum = 0;
    (void)bs;
    (void)bx;
    (void)by;
    (void)nrc;
    for (volatile int i = 0; i < CALLS; i++)
        sum = product(n, w, a);
#ifdef WRONG_DOT
    sum += n > ELEMENTS;
#endif
    *y = ready ? sum : 0;
}

const struct traits_cpu *ggml_get_type_traits_cpu(int type)
{
    static const struct traits_cpu q8_0 = {from_float, dot, ACTIVATION, 1};
    return type == 8 ? &q8_0 : NULL;
}

int ggml_backend_score(void)
{
    return SCORE;
}

#ifndef NO_INIT
void ggml_cpu_init(void)
{
    ready = true;
}
#endif
#endif
