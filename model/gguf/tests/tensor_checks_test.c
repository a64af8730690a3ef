/* SPDX-License-Identifier: MIT */
/*
 * One test per check of tensor infos and their data. Each builds the smallest file that only this check
 * refuses, and looks for its message and its byte. So the test fails when another check happens to catch the
 * file.
 */
#include "model/gguf/gguf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/tests/cmocka_parts.h"
#include "model/gguf/tests/gguf_expect.h"

/* A file of one tensor, up to its data. */
static struct model_build one_tensor(const char *name, uint32_t n_dims, const uint64_t dims[4], uint32_t type)
{
    struct model_build b = {0};
    model_build_header(&b, 1, 0);
    model_build_tensor(&b, name, n_dims, dims, type, 0);
    model_build_pad(&b, 32);
    return b;
}
enum { DIMS_AT = 24 + 8 + 1 + 4 }; /* of a tensor with a name of one byte */

UNIT_TEST(check_9_tensor_names)
{
    char name[65];
    memset(name, 'n', sizeof name);
    name[64] = '\0';
    struct model_build b = one_tensor(name, 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32);
    expect_and_free(&b, "tensor name has 64 bytes, 1 to 63 expected", 24);
    b = one_tensor("", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32);
    expect_and_free(&b, "tensor name has 0 bytes, 1 to 63 expected", 24);
    b = one_tensor("nul", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32);
    b.bytes[24 + 8 + 1] = '\0';
    expect_and_free(&b, "tensor name \"n\\x00l\" holds a control character", 24);
    b = one_tensor("bel\a", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32);
    expect_and_free(&b, "tensor name \"bel\\x07\" holds a control character", 24);

    model_build_header(&b, 2, 0);
    model_build_tensor(&b, "same", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32, 0);
    const size_t second = b.size;
    model_build_tensor(&b, "same", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32, 32);
    model_build_pad(&b, 32);
    model_build_fill(&b, 0, 64);
    expect_and_free(&b, "tensor \"same\" is there twice", second);

    name[63] = '\0';
    b = one_tensor(name, 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32);
    model_build_f32(&b, 1);
    struct model_gguf g;
    parse_ok(&b, &g);
    assert_string_equal(g.tensors[0].name, name);
    model_gguf_close(&g);
    free(b.bytes);
}

UNIT_TEST(check_10_dimensions)
{
    const uint64_t ones[4] = {1, 1, 1, 1};
    struct model_build b = one_tensor("t", 0, ones, MODEL_GGUF_TYPE_F32);
    expect_and_free(&b, "tensor \"t\" has 0 dimensions, 1 to 4 expected", DIMS_AT - 4);
    b = one_tensor("t", 5, ones, MODEL_GGUF_TYPE_F32);
    expect_and_free(&b, "tensor \"t\" has 5 dimensions, 1 to 4 expected", DIMS_AT - 4);
    b = one_tensor("t", 2, (uint64_t[4]){1, 0}, MODEL_GGUF_TYPE_F32);
    expect_and_free(&b, "dimension 1 of tensor \"t\" is 0, 1 to 2^63-1 expected", DIMS_AT + 8);
    b = one_tensor("t", 1, (uint64_t[4]){(uint64_t)1 << 63}, MODEL_GGUF_TYPE_F32);
    expect_and_free(&b, "dimension 0 of tensor \"t\" is 9223372036854775808", DIMS_AT);
    /* products that wrap to 0: an unchecked size would be small */
    b = one_tensor("t", 2, (uint64_t[4]){(uint64_t)1 << 32, (uint64_t)1 << 32}, MODEL_GGUF_TYPE_F32);
    expect_and_free(&b, "tensor \"t\" has more than 2^63-1 elements: dimension 1", DIMS_AT + 8);
    b = one_tensor("t", 4, (uint64_t[4]){1u << 31, 1u << 31, 8, 1}, MODEL_GGUF_TYPE_F32);
    expect_and_free(&b, "tensor \"t\" has more than 2^63-1 elements: dimension 2", DIMS_AT + 16);
    /* the element count fits, the byte count does not: 4 * 2^62 is 0 */
    b = one_tensor("t", 1, (uint64_t[4]){(uint64_t)1 << 62}, MODEL_GGUF_TYPE_F32);
    expect_and_free(&b, "the size of tensor \"t\" overflows", DIMS_AT);
}

UNIT_TEST(check_11_types)
{
    static const struct {
        uint32_t type;
        const char *fragment;
    } cases[] = {
        {12, "tensor \"t\" has type 12 (Q4_K), supported are F32"},
        {4, "tensor \"t\" has type 4 (unknown)"},
        {37, "tensor \"t\" has type 37 (I8_S)"},
        {40, "tensor \"t\" has type 40 (unknown)"},
        {135, "tensor \"t\" has type 135 (IQ2_BN)"},
        {143, "tensor \"t\" has type 143 (PTQ1_0)"},
        {136, "tensor \"t\" has type 136 (unknown)"},
        {0x80000000, "tensor \"t\" has type 2147483648 (unknown)"},
        {UINT32_MAX, "tensor \"t\" has type 4294967295 (unknown)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct model_build b = one_tensor("t", 1, (uint64_t[4]){256}, cases[i].type);
        expect_and_free(&b, cases[i].fragment, DIMS_AT + 8);
    }
}

UNIT_TEST(check_12_whole_blocks)
{
    struct model_build b = one_tensor("t", 2, (uint64_t[4]){192, 2}, MODEL_GGUF_TYPE_I2_S);
    expect_and_free(&b, "dimension 0 of tensor \"t\" is 192, type I2_S needs a multiple of 128", DIMS_AT);
    b = one_tensor("t", 2, (uint64_t[4]){48, 2}, MODEL_GGUF_TYPE_Q8_0);
    expect_and_free(&b, "type Q8_0 needs a multiple of 32", DIMS_AT);
    b = one_tensor("t", 2, (uint64_t[4]){128, 2}, MODEL_GGUF_TYPE_Q6_K);
    expect_and_free(&b, "type Q6_K needs a multiple of 256", DIMS_AT);
}

/* Two F32 tensors of one element; the second's offset is the argument. Data for a section of 36 bytes. */
static struct model_build two_tensors(uint64_t offset, size_t *offset_at)
{
    struct model_build b = {0};
    model_build_header(&b, 2, 0);
    model_build_tensor(&b, "a", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32, 0);
    model_build_tensor(&b, "b", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32, offset);
    *offset_at = b.size - 8;
    model_build_pad(&b, 32);
    model_build_fill(&b, 0, 36);
    return b;
}

UNIT_TEST(check_13_data_is_inside)
{
    size_t at;
    struct model_build b = two_tensors(33, &at);
    expect_and_free(&b, "offset of tensor \"b\" is 33, a multiple of 32 expected", at);
    b = two_tensors(32, &at);
    b.size--; /* the last byte of b's data */
    expect_and_free(&b, "tensor \"b\" needs 4 bytes from offset 32, the data section has 35", at - 25);
    b = two_tensors(32, &at);
    b.size -= 5; /* and its offset behind the end of the file */
    expect_and_free(&b, "tensor \"b\" needs 4 bytes from offset 32, the data section has 31", at - 25);
    b = one_tensor("t", 1, (uint64_t[4]){((uint64_t)1 << 62) - 64}, MODEL_GGUF_TYPE_F32);
    expect_and_free(&b, "tensor \"t\" needs 18446744073709551360 bytes from offset 0, the data section has 0",
                    24);
}

UNIT_TEST(check_14_data_is_in_order)
{
    static const uint64_t wrong[] = {0, 64, (uint64_t)0 - 32}; /* overlap, gap, and far away */
    for (size_t i = 0; i < 3; i++) {
        size_t at;
        struct model_build b = two_tensors(wrong[i], &at);
        expect_and_free(&b, ", 32 expected: the padded end of the tensors before", at);
    }
    struct model_build b = {0};
    model_build_header(&b, 2, 0);
    model_build_tensor(&b, "b", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32, 32);
    const size_t at = b.size - 8;
    model_build_tensor(&b, "a", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32, 0);
    model_build_pad(&b, 32);
    model_build_fill(&b, 0, 36);
    expect_and_free(&b, "offset of tensor \"b\" is 32, 0 expected", at);
}

UNIT_TEST(check_15_sizes_add_up)
{
    /* 2^64 - 4 bytes: padding to 32 wraps to 0 */
    struct model_build b = one_tensor("t", 1, (uint64_t[4]){((uint64_t)1 << 62) - 1}, MODEL_GGUF_TYPE_F32);
    expect_and_free(&b, "the end of tensor \"t\" overflows: 18446744073709551612 bytes from offset 0",
                    DIMS_AT + 12);
    /* twice 2^63 bytes: each fits, their sum is 0 */
    const uint64_t half = (uint64_t)1 << 63;
    model_build_header(&b, 2, 0);
    model_build_tensor(&b, "a", 1, (uint64_t[4]){half / 4}, MODEL_GGUF_TYPE_F32, 0);
    model_build_tensor(&b, "b", 1, (uint64_t[4]){half / 4}, MODEL_GGUF_TYPE_F32, half);
    const size_t at = b.size - 8;
    model_build_pad(&b, 32);
    expect_and_free(&b, "the end of tensor \"b\" overflows", at);
}

UNIT_TEST(check_16_data_section_is_inside)
{
    struct model_build b = {0};
    model_build_header(&b, 1, 0);
    model_build_tensor(&b, "t", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32, 0);
    expect_format(&b, "the file ends at byte 57, before the data section", 57);
    model_build_fill(&b, 0, 6); /* more than the tensor's 4 bytes, but all of it padding */
    expect_and_free(&b, "the file ends at byte 63, before the data section: padding to a multiple of 32", 57);
}

UNIT_TEST(check_17_i2s_tail)
{
    static const float bad[] = {0.0f, -0.0f, -1.0f, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct model_build b = one_tensor("t", 1, (uint64_t[4]){128}, MODEL_GGUF_TYPE_I2_S);
        const size_t scale_at = b.size + 32;
        model_build_i2s(&b, 128, 0x55, bad[i]);
        expect_and_free(&b, "a finite value above 0 expected", scale_at);
    }
    static const float good[] = {1.0f, 0x1p-149f, 0x1.fffffep127f};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct model_build b = one_tensor("t", 1, (uint64_t[4]){128}, MODEL_GGUF_TYPE_I2_S);
        model_build_i2s(&b, 128, 0x55, good[i]);
        struct model_gguf g;
        parse_ok(&b, &g);
        model_gguf_close(&g);
        b.size--; /* the last byte of the tail, which only pads */
        expect_and_free(&b, "tensor \"t\" needs 64 bytes from offset 0, the data section has 63", 24);
    }
}

/* A file as another program might write it: codes, and the next tensor where the tail should be. */
UNIT_TEST(check_18_an_i2s_tensor_without_its_tail)
{
    static const char text[] = "tensor \"t\" of type I2_S has 64 bytes of codes and nothing behind them";
    struct model_build b = {0};
    model_build_header(&b, 2, 0);
    model_build_tensor(&b, "t", 2, (uint64_t[4]){128, 2}, MODEL_GGUF_TYPE_I2_S, 0);
    model_build_tensor(&b, "u", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32, 64);
    model_build_pad(&b, 32);
    model_build_fill(&b, 0x55, 64);
    model_build_f32(&b, 1);
    expect_and_free(&b, text, 24);
    for (size_t more = 0; more < 4; more++) {
        b = one_tensor("t", 2, (uint64_t[4]){128, 2}, MODEL_GGUF_TYPE_I2_S);
        model_build_fill(&b, 0x55, 64 + more); /* the last one: the file ends before its scale does */
        expect_and_free(&b, text, 24);
    }
    b = one_tensor("t", 2, (uint64_t[4]){128, 2}, MODEL_GGUF_TYPE_I2_S);
    model_build_fill(&b, 0x55, 63);
    expect_and_free(&b, "needs 96 bytes from offset 0, the data section has 63", 24);
}

static void expect_fault(struct model_build *b, const char *text, size_t sizes[2])
{
    struct model_gguf g;
    struct qk_error err = {.text = ""};
    assert_works(model_gguf_parse_any(b->bytes, b->size, "test", &g, &err), err);
    assert_non_null(g.fault);
    assert_says(g.fault->text, text);
    assert_says(g.fault->where, "test: byte ");
    assert_int_equal(g.tensor_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_null(g.tensors[i].data);
        assert_int_equal(g.tensors[i].size, sizes[i]);
        assert_ptr_equal(model_gguf_find_tensor(&g, g.tensors[i].name), &g.tensors[i]);
    }
    model_gguf_close(&g);
    assert_int_equal(model_gguf_parse(b->bytes, b->size, "test", &g, &err), QK_ERR_FORMAT);
    assert_says(err.text, text);
    assert_null(g.fault);
    assert_null(g.tensors);
    free(b->bytes);
    *b = (struct model_build){0};
}

UNIT_TEST(tensors_that_cannot_be_used_are_listed)
{
    struct model_build b = {0};
    model_build_header(&b, 2, 0);
    model_build_tensor(&b, "t", 2, (uint64_t[4]){256, 2}, 12, 0);
    model_build_tensor(&b, "u", 1, (uint64_t[4]){4}, 4711, 288);
    model_build_pad(&b, 32);
    model_build_fill(&b, 0, 300);
    expect_fault(&b, "type 12 (Q4_K)", (size_t[]){288, 12});
    size_t at;
    b = two_tensors(64, &at); /* a gap */
    expect_fault(&b, "32 expected", (size_t[]){4, 4});
    b = two_tensors(32, &at);
    b.size -= 30; /* cut off */
    expect_fault(&b, "the data section has 6", (size_t[]){4, 4});
    b = two_tensors(32, &at);
    b.size -= 36 + 1; /* into the padding before the data */
    if (b.size % 32)
        expect_fault(&b, "before the data section", (size_t[]){4, 4});
    model_build_header(&b, 2, 0);
    model_build_tensor(&b, "t", 1, (uint64_t[4]){1}, 99, UINT64_MAX - 31);
    model_build_tensor(&b, "u", 1, (uint64_t[4]){1}, 99, 0);
    model_build_pad(&b, 32);
    expect_fault(&b, "type 99 (unknown)", (size_t[]){0, 0}); /* no size can be told */
    struct model_gguf g;
    b = two_tensors(32, &at);
    assert_int_equal(model_gguf_parse_any(b.bytes, b.size, "test", &g, NULL), 0);
    assert_null(g.fault);
    model_gguf_close(&g);
    free(b.bytes);
}

UNIT_TESTS(tensor_checks, NULL, NULL)
