/* SPDX-License-Identifier: MIT */
/*
 * Tests the checker. Kernels that are broken on purpose, one fault each, must fail with a text that names the
 * fault. The same loop without a fault must pass.
 */
#include "kernels/check/check.h"
#include "kernels/layout.h"
#include "kernels/qk256_dequant/op.h"
#include "kernels/tests/tap.h"

#include <stdio.h>
#include <string.h>

#define ARGS                                                                                                 \
    float *restrict out, const uint8_t *restrict codes, const float *restrict scale,                         \
        const float *restrict lut, size_t blocks

static unsigned code_at(const uint8_t *codes, size_t i)
{
    return codes[i / 4] >> 2 * (i % 4) & 3u;
}

static void whole(ARGS)
{
    for (size_t i = 0; i < blocks * QK256_BLOCK; i++)
        out[i] = lut[code_at(codes, i)] * scale[i / QK256_BLOCK];
}

static void overrun(ARGS)
{
    whole(out, codes, scale, lut, blocks);
    out[blocks * QK256_BLOCK] = 0.0f;
}

static void overrun_far(ARGS)
{
    whole(out, codes, scale, lut, blocks);
    memset(out + blocks * QK256_BLOCK + 3, 0, 1); /* one byte, not adjacent */
}

static void underrun(ARGS)
{
    whole(out, codes, scale, lut, blocks);
    volatile float *before = out;
    before[-1] = 0.0f;
}

static void wrong_tail(ARGS)
{
    const size_t n = blocks * QK256_BLOCK,
                 pairs = n / 512 * 512; /* two blocks at a time, odd one forgotten */
    whole(out, codes, scale, lut, blocks);
    for (size_t i = pairs; i < n; i++)
        out[i] = 0.0f;
}

static void wrong_code(ARGS)
{
    const float swapped[4] = {lut[0], lut[1], lut[3], lut[3]};
    whole(out, codes, scale, swapped, blocks);
}

static void eight_of_64(ARGS)
{
    for (size_t i = 0; i < blocks * QK256_BLOCK; i++)
        if (i % 64 < 8)
            out[i] = lut[code_at(codes, i)] * scale[i / QK256_BLOCK];
}

static void wrong_scale(ARGS)
{
    for (size_t i = 0; i < blocks * QK256_BLOCK; i++)
        out[i] = lut[code_at(codes, i)] *
                 scale[(i + 8) / QK256_BLOCK < blocks ? (i + 8) / QK256_BLOCK : blocks - 1];
}

static void read_past_codes(ARGS)
{
    const volatile uint8_t *past = codes + QK256_BLOCK_BYTES * blocks;
    (void)past[0];
    whole(out, codes, scale, lut, blocks);
}

static void read_past_scale(ARGS)
{
    const volatile float *past = scale + blocks;
    (void)past[0];
    whole(out, codes, scale, lut, blocks);
}

static void read_before_codes(ARGS)
{
    const volatile uint8_t *before = codes - 1;
    (void)before[0];
    whole(out, codes, scale, lut, blocks);
}

static void minus_zero_lost(ARGS)
{
    for (size_t i = 0; i < blocks * QK256_BLOCK; i++) {
        volatile float product = lut[code_at(codes, i)] * scale[i / QK256_BLOCK];
        out[i] = product + 0.0f;
    }
}

static void denormals_flushed(ARGS)
{
    for (size_t i = 0; i < blocks * QK256_BLOCK; i++) {
        const float v = lut[code_at(codes, i)] * scale[i / QK256_BLOCK];
        out[i] = v > -0x1p-126f && v < 0x1p-126f ? 0.0f * v : v;
    }
}

static void writes_input(ARGS)
{
    whole(out, codes, scale, lut, blocks);
    volatile float *to = (volatile float *)(uintptr_t)scale;
    to[0] = 1.0f;
}

static void half_the_scales(ARGS)
{
    for (size_t i = 0; i < blocks * QK256_BLOCK; i++)
        out[i] = lut[code_at(codes, i)] * scale[0];
}

static void crashes(ARGS)
{
    (void)out, (void)codes, (void)scale, (void)lut, (void)blocks;
    __builtin_trap();
}

static qk_fn *upto_of_whole(int stage)
{
    return stage >= 0 && stage < 5 ? (qk_fn *)whole : NULL; /* prefixes that write are no prefixes */
}

static const struct broken {
    const char *name, *says;
    qk_qk256_dequant_fn *fn;
} broken[] = {
    {"overrun", "past the end of out", overrun},
    {"overrun behind a gap", "past the end of out", overrun_far},
    {"underrun", "before the start of out", underrun},
    {"wrong tail", "expected", wrong_tail},
    {"one code mapped wrongly", "(code 2)", wrong_code},
    {"only 8 of 64 written", "element 8 of 256", eight_of_64},
    {"wrong scale", "element 248 of 512", wrong_scale},
    {"read past the end of the codes", "past the end of codes", read_past_codes},
    {"read past the end of the scales", "past the end of scale", read_past_scale},
    {"read before the start of the codes", "before the start of codes", read_before_codes},
    {"-0 lost", "expected -0x0p+0", minus_zero_lost},
    {"denormals flushed", "expected", denormals_flushed},
    {"writes an input", "inputs are read-only", writes_input},
    {"first scale for every block", "element 256 of 512", half_the_scales},
    {"crashes", "died of", crashes},
};
enum { BROKEN = sizeof broken / sizeof *broken };

static struct qk_variant variant_of(qk_qk256_dequant_fn *fn, const char *name)
{
    return (struct qk_variant){.op = QK_OP_qk256_dequant,
                               .kind = QK_PLAIN,
                               .op_name = "qk256_dequant",
                               .name = name,
                               .fn = (qk_fn *)fn};
}

TEST_PART(broken)
{
    struct qk_error err = {0};
    uint64_t calls = 0;
    for (int i = 0; i < BROKEN; i++) {
        struct qk_variant v = variant_of(broken[i].fn, broken[i].name);
        const int code = qk_check_variant(&v, 1, NULL, &err);
        tap(code == QK_ERR_CHECK && strstr(err.text, broken[i].says), broken[i].name, &err);
    }

    struct qk_variant good = variant_of(whole, "whole");
    int code = qk_check_variant(&good, 1, &calls, &err);
    tap(!code && calls > 1000, "the loop without a fault passes", &err);

    good.kind = QK_STAGED;
    code = qk_check_variant(&good, 1, NULL, &err);
    tap(code == QK_ERR_CHECK && strstr(err.text, "missing"), "staged without prefixes", &err);
    good.upto = upto_of_whole;
    code = qk_check_variant(&good, 1, NULL, &err);
    tap(code == QK_ERR_CHECK && strstr(err.text, "written"), "a prefix that writes", &err);

    struct qk_variant ceiling = variant_of(eight_of_64, "ceiling");
    ceiling.kind = QK_CEILING;
    code = qk_check_variant(&ceiling, 1, NULL, &err);
    tap(code == QK_ERR_CHECK && strstr(err.text, "declares"), "a ceiling that does less", &err);
    return tap_end();
}
