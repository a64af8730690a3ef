/* SPDX-License-Identifier: MIT */
/* Which of its layouts type 42 has. */
#include "model/gguf/q2_0.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/tests/cmocka_parts.h"
#include "model/gguf/tests/gguf_expect.h"

enum { COLUMNS = 512, ROWS = 3, SMALL = ROWS * COLUMNS / 64 * 18, LARGE = ROWS * COLUMNS / 128 * 34 };
static struct model_build b;
static struct model_gguf g;

static int release(void **state)
{
    (void)state;
    model_gguf_close(&g);
    free(b.bytes);
    b = (struct model_build){0};
    return 0;
}

/* Blocks of `group` codes, of ternary values. */
static void blocks(size_t group)
{
    for (size_t i = 0; i < ROWS * COLUMNS / group; i++) {
        model_build_bytes(&b, "\x00\x38", 2);
        model_build_fill(&b, 0x86, group / 4);
    }
}

/* A Q2_0 tensor of that group, `before` and behind it F32 tensors of one element. */
static void file(uint32_t type, size_t group, bool before, bool behind)
{
    const size_t size = group == 64 ? SMALL : LARGE;
    model_build_header(&b, 1 + before + behind, 0);
    if (before)
        model_build_tensor(&b, "a", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32, 0);
    model_build_tensor(&b, "w", 2, (uint64_t[4]){COLUMNS, ROWS}, type, before ? 32 : 0);
    if (behind)
        model_build_tensor(&b, "z", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32,
                           (before ? 32 : 0) + (size + 31) / 32 * 32);
    model_build_pad(&b, 32);
    if (before) {
        model_build_f32(&b, 1);
        model_build_pad(&b, 32);
    }
    blocks(group);
    if (behind) {
        model_build_pad(&b, 32);
        model_build_f32(&b, 1);
    }
}

static void expect(enum model_gguf_type type, size_t size)
{
    struct qk_error err;
    parse_ok(&b, &g);
    const struct model_gguf_tensor *t = model_gguf_find_tensor(&g, "w");
    assert_int_equal(t->type, type);
    assert_int_equal(t->size, size);
    assert_works(model_q2_0_validate(&g, t, &err), err);
}

UNIT_TEST_WITH(offsets_and_the_end_decide, NULL, release)
{
    for (int before = 0; before < 2; before++)
        for (int behind = 0; behind < 2; behind++)
            for (int padded = 0; padded < 2; padded++) {
                file(42, 64, before, behind);
                model_build_pad(&b, padded ? 32 : 1);
                expect(MODEL_GGUF_TYPE_Q2_0, SMALL);
                release(NULL);
                file(42, 128, before, behind);
                model_build_pad(&b, padded ? 32 : 1);
                expect(MODEL_GGUF_TYPE_PQ2_0, LARGE);
                release(NULL);
                file(142, 128, before, behind);
                expect(MODEL_GGUF_TYPE_PQ2_0, LARGE);
                release(NULL);
            }
    /* More bytes than both need, and 128 does not even fill them: 64, as the format's owner has it. */
    file(42, 64, false, false);
    model_build_fill(&b, 0, 100);
    expect(MODEL_GGUF_TYPE_Q2_0, SMALL);
}

UNIT_TEST_WITH(what_fits_neither_is_an_error, NULL, release)
{
    file(42, 64, false, true);
    b.size -= 4; /* a tensor's end lies behind the file's */
    expect_format(&b, "tensor \"z\" needs 4 bytes", 24 + 8 + 1 + 4 + 16 + 4 + 8);
    release(NULL);
    file(42, 64, false, false);
    b.size--; /* 128 weights a scale fit in what is left, but do not end there */
    expect_format(&b, "tensor \"w\" needs 432 bytes", 24);
    release(NULL);
    model_build_header(&b, 2, 0);
    model_build_tensor(&b, "w", 2, (uint64_t[4]){64, ROWS}, 42, 0);
    model_build_tensor(&b, "z", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32, 32);
    const size_t at = b.size - 8;
    model_build_pad(&b, 32);
    model_build_fill(&b, 0, 128);
    expect_format(&b, "offset of tensor \"z\" is 32, 64 expected", at);
    release(NULL);
    model_build_header(&b, 1, 0);
    model_build_tensor(&b, "w", 2, (uint64_t[4]){192, ROWS}, 142, 0);
    model_build_pad(&b, 32);
    expect_format(&b, "type PQ2_0 needs a multiple of 128", 24 + 8 + 1 + 4);
}

static void refused(const char *fragment, size_t offset)
{
    struct qk_error err;
    char where[64];
    parse_ok(&b, &g);
    snprintf(where, sizeof where, "byte %zu", offset);
    assert_int_equal(model_q2_0_validate(&g, model_gguf_find_tensor(&g, "w"), &err), QK_ERR_FORMAT);
    assert_says(err.text, fragment);
    assert_says(err.where, where);
    release(NULL);
}

UNIT_TEST_WITH(a_scale_behind_its_codes_is_refused, NULL, release)
{
    file(42, 128, false, false);
    b.bytes[b.size - LARGE + 34 + 1] = 0xb8; /* of the second block */
    refused("has the bits 0xb800", b.size - LARGE + 34);
    file(42, 128, false, false);
    memcpy(b.bytes + b.size - 34, "\x00\x7c", 2); /* of the last */
    refused("has the bits 0x7c00", b.size - 34);
    file(42, 64, false, false);
    b.bytes[b.size - 1] = 0xc6;
    refused("byte 0xc6 of tensor \"w\" has a code 3", b.size - 1);
    for (int i = 0; i < 2; i++) {
        model_build_header(&b, 1, 1);
        model_build_key(&b, i ? "oxibonsai.quant_format" : "general.quantization_version", MODEL_GGUF_STRING);
        model_build_string(&b, "TQ2_0_G128");
        const size_t at = b.size;
        model_build_tensor(&b, "w", 2, (uint64_t[4]){COLUMNS, ROWS}, 42, 0);
        model_build_pad(&b, 32);
        blocks(128);
        refused(i ? "as key oxibonsai" : "as general.quantization_version TQ2_0_G128", at);
    }
    /* The same key with its usual kind says nothing. */
    model_build_header(&b, 1, 1);
    model_build_key(&b, "general.quantization_version", MODEL_GGUF_U32);
    model_build_u32(&b, 2);
    model_build_tensor(&b, "w", 2, (uint64_t[4]){COLUMNS, ROWS}, 42, 0);
    model_build_pad(&b, 32);
    blocks(128);
    expect(MODEL_GGUF_TYPE_PQ2_0, LARGE);
}

UNIT_TESTS(q2_0, NULL, NULL)
