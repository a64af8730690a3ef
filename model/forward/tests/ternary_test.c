/* SPDX-License-Identifier: MIT */
/*
 * Blocks that ggml's quantisers wrote, by the library of npm @node-llama-cpp/linux-x64 3.22.1. Those of PQ2_0
 * follow from the description of its layout.
 */
#include "model/forward/load/ternary.h"

#include "kernels/f16.h"
#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <string.h>

static const unsigned char q2_0_a[] = {0x00, 0x38, 0x86, 0x61, 0x18, 0x86, 0x61, 0x18, 0x86,
                                       0x61, 0x18, 0x86, 0x61, 0x18, 0x86, 0x61, 0x18, 0x86};
static const unsigned char q2_0_b[] = {0x00, 0x40, 0x44, 0x99, 0x51, 0x66, 0x84, 0x19, 0x61,
                                       0x46, 0x98, 0x11, 0x66, 0x84, 0x19, 0x61, 0x46, 0x94};
static const unsigned char pq2_0_a[] = {
    0x00, 0x38, 0x86, 0x61, 0x18, 0x86, 0x61, 0x18, 0x86, 0x61, 0x18, 0x86, 0x61, 0x18, 0x86, 0x61, 0x18,
    0x86, 0x61, 0x18, 0x86, 0x61, 0x18, 0x86, 0x61, 0x18, 0x86, 0x61, 0x18, 0x86, 0x61, 0x18, 0x86, 0x61};
static const unsigned char tq1_0_a[] = {0xbb, 0x94, 0x31, 0xbb, 0x94, 0x31, 0xbb, 0x94, 0x31, 0xbb, 0x94,
                                        0x31, 0xbb, 0x94, 0x31, 0xbb, 0x94, 0x31, 0xbb, 0x94, 0x31, 0xbb,
                                        0x94, 0x31, 0xbb, 0x94, 0x31, 0xbb, 0x94, 0x31, 0xbb, 0x94, 0x6c,
                                        0x45, 0xcf, 0x6c, 0x45, 0xcf, 0x6c, 0x45, 0xcf, 0x6c, 0x45, 0xcf,
                                        0x6c, 0x45, 0xcf, 0x6c, 0xce, 0x6c, 0x43, 0xce, 0x00, 0x38};
static const unsigned char tq1_0_b[] = {0x0f, 0x90, 0x2d, 0x93, 0x82, 0xb9, 0x86, 0xba, 0xa3, 0x2f, 0x93,
                                        0x82, 0xb9, 0x86, 0xba, 0xa3, 0x2f, 0x93, 0x2d, 0xaf, 0x85, 0xba,
                                        0xa3, 0x2f, 0x93, 0x2d, 0xaf, 0x85, 0xba, 0x86, 0x2c, 0x93, 0x0e,
                                        0xa8, 0x2b, 0xe4, 0x81, 0xac, 0x84, 0x0e, 0xa8, 0x2b, 0xf7, 0x81,
                                        0xac, 0x84, 0x0e, 0x8c, 0x92, 0x30, 0xb8, 0x85, 0x00, 0x40};
static const unsigned char tq2_0_a[] = {
    0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x92, 0x49,
    0x24, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x92,
    0x49, 0x24, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24,
    0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x92, 0x49, 0x24, 0x92, 0x00, 0x38};
static const unsigned char tq2_0_b[] = {
    0x50, 0x09, 0x94, 0x49, 0x95, 0x52, 0x25, 0x52, 0x29, 0x94, 0x49, 0x95, 0x52, 0x25, 0x52, 0x29, 0x94,
    0x49, 0x94, 0x42, 0x25, 0x52, 0x29, 0x94, 0x49, 0x94, 0x42, 0x25, 0x52, 0x25, 0x54, 0x49, 0x52, 0x25,
    0x50, 0x09, 0x94, 0x49, 0x95, 0x52, 0x25, 0x52, 0x29, 0x94, 0x49, 0x95, 0x52, 0x25, 0x52, 0x29, 0x94,
    0x49, 0x94, 0x42, 0x25, 0x52, 0x29, 0x94, 0x49, 0x94, 0x42, 0x25, 0x52, 0x25, 0x00, 0x40};

enum { MOST = 256 };

static float input_a(int k)
{
    return (float)(1 - k % 3) / 2;
}

/* What its codes with the scale 2 mean. */
static float input_b(int k)
{
    return 2 * roundf((float)(37 * k % 65 - 32) / 32);
}

static struct model_gguf_tensor block(enum model_gguf_type type, const unsigned char *bytes, size_t size)
{
    struct model_gguf_tensor t = {.type = type, .dims = {128, 1, 1, 1}, .data = bytes, .size = size};
    const size_t group = model_ternary_group(type);
    t.dims[0] = group > 128 ? group : 128;
    return t;
}

/* The values of one row. */
static void values(const struct model_gguf_tensor *t, float to[MOST])
{
    uint8_t codes[MOST / 4];
    uint16_t scales[MOST / 64];
    const size_t group = model_ternary_group(t->type);
    model_ternary_rows(t, 0, 1, codes, scales);
    for (size_t c = 0; c < t->dims[0]; c++) {
        const int code = codes[c / 128 * 32 + c % 32] >> (6 - 2 * (c / 32 % 4)) & 3;
        to[c] = qk_f16_to_f32(scales[c / group]) * (float)(code - 1);
    }
}

UNIT_TEST(blocks_mean_what_their_writer_was_given)
{
    static const struct {
        enum model_gguf_type type;
        const unsigned char *bytes;
        size_t size;
        float (*input)(int k);
    } cases[] = {{MODEL_GGUF_TYPE_Q2_0, q2_0_a, sizeof q2_0_a, input_a},
                 {MODEL_GGUF_TYPE_Q2_0, q2_0_b, sizeof q2_0_b, input_b},
                 {MODEL_GGUF_TYPE_PQ2_0, pq2_0_a, sizeof pq2_0_a, input_a},
                 {MODEL_GGUF_TYPE_TQ1_0, tq1_0_a, sizeof tq1_0_a, input_a},
                 {MODEL_GGUF_TYPE_TQ1_0, tq1_0_b, sizeof tq1_0_b, input_b},
                 {MODEL_GGUF_TYPE_TQ2_0, tq2_0_a, sizeof tq2_0_a, input_a},
                 {MODEL_GGUF_TYPE_TQ2_0, tq2_0_b, sizeof tq2_0_b, input_b}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char twice[2 * 66]; /* two blocks of 64 are the least there can be of a row */
        float got[MOST];
        memcpy(twice, cases[i].bytes, cases[i].size);
        memcpy(twice + cases[i].size, cases[i].bytes, cases[i].size);
        const struct model_gguf_tensor t = block(cases[i].type, twice, cases[i].size);
        const size_t group = model_ternary_group(cases[i].type);
        values(&t, got);
        for (size_t c = 0; c < t.dims[0]; c++)
            if (got[c] != cases[i].input((int)(c % group)))
                fail_msg("case %zu, column %zu: %g, %g expected", i, c, (double)got[c],
                         (double)cases[i].input((int)(c % group)));
    }
}

UNIT_TEST(every_digit_of_tq1_0_has_its_place)
{
    static const int minus[] = {0, 1, 2, 32, 64, 96, 159, 244}, zero[] = {160, 176, 192, 224, 239, 252},
                     plus[] = {128, 208, 240, 241, 243, 248, 255};
    unsigned char bytes[54] = {[53] = 0x3c};
    float got[MOST];
    for (int i = 0; i < 52; i++)
        bytes[i] = (unsigned char)(4 * i + 3);
    const struct model_gguf_tensor t = block(MODEL_GGUF_TYPE_TQ1_0, bytes, sizeof bytes);
    values(&t, got);
    for (size_t i = 0; i < sizeof minus / sizeof *minus; i++)
        assert_true(got[minus[i]] == -1);
    for (size_t i = 0; i < sizeof zero / sizeof *zero; i++)
        assert_true(got[zero[i]] == 0);
    for (size_t i = 0; i < sizeof plus / sizeof *plus; i++)
        assert_true(got[plus[i]] == 1);
}

/* Offsets of messages count from the start of the file, which the block is. */
static int report(enum model_gguf_type type, const unsigned char *bytes, size_t size, struct qk_error *err)
{
    const struct model_gguf_tensor t = block(type, bytes, size);
    const struct model_gguf g = {.name = (char[]){"here"}, .bytes = bytes};
    return model_ternary_report(&g, &t, err);
}

UNIT_TEST(what_cannot_be_is_named)
{
    struct qk_error err;
    unsigned char bytes[66];
    memcpy(bytes, tq2_0_a, sizeof bytes);
    assert_int_equal(report(MODEL_GGUF_TYPE_TQ2_0, bytes, 66, &err), 0);
    bytes[40] |= 0x0c; /* columns 128 + 32 + 8 */
    assert_int_equal(report(MODEL_GGUF_TYPE_TQ2_0, bytes, 66, &err), QK_ERR_FORMAT);
    assert_says(err.text, "column 168 of row 0");
    bytes[40] = tq2_0_a[40];
    bytes[65] = 0x7c;
    assert_int_equal(report(MODEL_GGUF_TYPE_TQ2_0, bytes, 66, &err), QK_ERR_FORMAT);
    assert_says(err.text, "0x7c00");
    assert_string_equal(err.where, "here: byte 64");
    memcpy(bytes, pq2_0_a, 34);
    bytes[1] |= 0x80;
    assert_int_equal(report(MODEL_GGUF_TYPE_PQ2_0, bytes, 34, &err), QK_ERR_FORMAT);
    assert_says(err.text, "behind the codes");
    unsigned char four[36] = {[2] = 0xff}; /* in Q2_0 a code 3 is a weight */
    assert_int_equal(report(MODEL_GGUF_TYPE_Q2_0, four, 36, &err), 0);
}

UNIT_TESTS(ternary, NULL, NULL)
