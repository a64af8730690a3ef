/* SPDX-License-Identifier: MIT */
/* Types of embedding and head: their sizes, their numbers, and activations in Q8_0 blocks. */
#include "model/forward/load/number_rows.h"

#include "kernels/layout.h"
#include "kernels/rows/widen.h"
#include "kernels/tests/cmocka_parts.h"
#include "model/gguf/tests/gguf_builder.h"

#include <math.h>
#include <stdlib.h>

enum { COLUMNS = 256 };

/* What a row takes is what the parser says. */
UNIT_TEST(sizes_are_those_of_the_file)
{
    const struct model_number_type *t;
    struct qk_error err;
    size_t i = 0;
    for (; (t = model_number_type(i)); i++) {
        struct model_build b = {0};
        struct model_gguf g;
        model_build_header(&b, 1, 0);
        model_build_tensor(&b, "t", 2, (uint64_t[4]){COLUMNS, 1}, (uint32_t)t->type, 0);
        model_build_pad(&b, 32);
        model_build_fill(&b, 0, model_number_bytes(t->type, COLUMNS));
        assert_works(model_gguf_parse(b.bytes, b.size, "t", &g, &err), err);
        assert_int_equal(g.tensors[0].size, model_number_bytes(t->type, COLUMNS));
        assert_int_equal(g.tensors[0].type, t->type);
        assert_ptr_equal(model_number_type_of(t->type), t);
        model_gguf_close(&g);
        free(b.bytes);
    }
    assert_int_equal(i, 7);
    assert_null(model_number_type_of(MODEL_GGUF_TYPE_I2_S));
    assert_null(model_number_type_of(MODEL_GGUF_TYPE_TQ2_0));
}

/* Blocks of each type whose numbers are multiples of 1/2, at an odd address. */
UNIT_TEST(rows_are_widened)
{
    const struct model_number_type *t;
    unsigned char memory[COLUMNS * 4 + 1], *const row = memory + 1;
    float wide[COLUMNS];
    for (size_t i = 0; (t = model_number_type(i)); i++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            const float value = 0.5f * (float)(c % 4) - 0.5f; /* a code of 2 bits, less one, halved */
            const uint16_t half = qk_f32_to_f16(value), scale = qk_f32_to_f16(0.5f);
            unsigned char *block = row + c / t->block * t->bytes;
            const size_t at = c % t->block;
            uint32_t bits;
            memcpy(&bits, &value, sizeof bits);
            const uint16_t upper = (uint16_t)(bits >> 16);
            if (!at)
                memset(block, 0, t->bytes);
            if (t->type == MODEL_GGUF_TYPE_F32)
                memcpy(block, &value, sizeof value);
            else if (t->type == MODEL_GGUF_TYPE_F16 || t->type == MODEL_GGUF_TYPE_BF16)
                memcpy(block, t->type == MODEL_GGUF_TYPE_F16 ? &half : &upper, sizeof half);
            else
                memcpy(block + (t->type == MODEL_GGUF_TYPE_Q6_K ? Q6_K_SCALE : 0), &scale, sizeof scale);
            const int code = (int)(c % 4);
            if (t->type == MODEL_GGUF_TYPE_Q8_0)
                block[2 + at] = (unsigned char)(code - 1);
            if (t->q8_0)
                block[2 + at / 4] |= (unsigned char)(code << 2 * (at % 4));
            if (t->type == MODEL_GGUF_TYPE_Q6_K) {
                const int six = code - 1 + 32;
                block[at / 128 * 64 + at % 64] |= (unsigned char)((six & 15) << 4 * (at % 128 / 64));
                block[Q6_K_HIGH + at / 128 * 32 + at % 32] |=
                    (unsigned char)(six >> 4 << 2 * (at % 128 / 32));
                block[Q6_K_SUB_SCALES + at / 16] = 1;
            }
        }
        model_number_widen(wide, row, t->type, COLUMNS);
        for (size_t c = 0; c < COLUMNS; c++)
            assert_true(wide[c] == 0.5f * (float)(c % 4) - 0.5f);
    }
}

/* As ggml's quantiser makes them. */
UNIT_TEST(activations_become_blocks)
{
    static const uint8_t other[] = {0x08, 0x24, 0x81, 0x14, 0xa5, 0x38, 0xc8, 0x5b, 0xec, 0x7f, 0x10, 0xa1,
                                    0x34, 0xc4, 0x57, 0xe8, 0x7b, 0x0c, 0x9d, 0x30, 0xc0, 0x53, 0xe4, 0x77,
                                    0x08, 0x99, 0x2c, 0xbd, 0x4f, 0xe0, 0x73, 0x04, 0x95, 0x28};
    static const uint8_t three[] = {0x7f, 0x00, 0x81};
    uint8_t blocks[2 * Q8_0_BLOCK_BYTES];
    float x[2 * Q8_0_BLOCK], wide[2 * Q8_0_BLOCK];
    for (int k = 0; k < Q8_0_BLOCK; k++) {
        x[k] = 0.5f * (float)(1 - k % 3);
        x[Q8_0_BLOCK + k] = (float)(37 * k % 65 - 32) / 16;
    }
    model_to_q8_0(blocks, x, 2 * Q8_0_BLOCK);
    assert_memory_equal(blocks, "\x08\x1c", 2);
    for (size_t k = 0; k < Q8_0_BLOCK; k++)
        assert_int_equal(blocks[2 + k], three[k % 3]);
    assert_memory_equal(blocks + Q8_0_BLOCK_BYTES, other, sizeof other);
    /* Zeros, what is too small for an f16 scale and denormal, and what is not finite. */
    memset(x, 0, sizeof x);
    x[Q8_0_BLOCK + 3] = 0x1p-140f;
    model_to_q8_0(blocks, x, 2 * Q8_0_BLOCK);
    qk_widen_q8_0(wide, blocks, 2 * Q8_0_BLOCK);
    for (size_t k = 0; k < 2 * (size_t)Q8_0_BLOCK; k++)
        assert_true(wide[k] == 0);
    x[0] = NAN;
    x[1] = 3;
    x[Q8_0_BLOCK] = -INFINITY;
    model_to_q8_0(blocks, x, 2 * Q8_0_BLOCK);
    qk_widen_q8_0(wide, blocks, 2 * Q8_0_BLOCK);
    for (size_t k = 0; k < 2 * (size_t)Q8_0_BLOCK; k++)
        assert_true(isnan(wide[k]));
}

UNIT_TESTS(number_rows, NULL, NULL)
