/* SPDX-License-Identifier: MIT */
/*
 * One test per check of header and metadata. Each builds the smallest file that only this check refuses, and
 * looks for its message and its byte. So the test fails when another check happens to catch the file.
 */
#include "model/gguf/gguf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernels/tests/cmocka_parts.h"
#include "model/gguf/tests/gguf_expect.h"

/* A file of one entry up to its kind; the value is to follow. Its kind field is at byte 24 + 8 + 1. */
static struct model_build one_entry(uint32_t kind)
{
    struct model_build b = {0};
    model_build_header(&b, 0, 1);
    model_build_key(&b, "k", kind);
    return b;
}
enum { KIND_AT = 24 + 8 + 1, VALUE_AT = KIND_AT + 4 };

UNIT_TEST(check_1_reads_stay_inside)
{
    struct model_build b = {0};
    model_build_bytes(&b, "GGU", 3);
    expect_and_free(&b, "magic needs 4 bytes, the file has 3 left", 0);
    model_build_bytes(&b, "GGUF\3\0\0", 7);
    expect_and_free(&b, "version needs 4 bytes, the file has 3 left", 4);
    model_build_bytes(&b, "GGUF\3\0\0\0\0\0\0\0\0\0\0", 15);
    expect_and_free(&b, "tensor count needs 8 bytes, the file has 7 left", 8);
    /* a length that wraps round to this very entry when it is added to the position */
    b = one_entry(MODEL_GGUF_STRING);
    model_build_u64(&b, (uint64_t)0 - 8);
    expect_and_free(&b, "string has length 18446744073709551608, the file has 0 bytes left", VALUE_AT);
    b = one_entry(MODEL_GGUF_U64);
    model_build_fill(&b, 0, 7);
    expect_and_free(&b, "1 values of kind u64 need more than the 7 bytes left", VALUE_AT);
}

UNIT_TEST(check_2_magic_version_endianness)
{
    struct model_build b = {0};
    expect_format(&b, "the file is empty, a GGUF file expected", 0);
    model_build_header(&b, 0, 0);
    b.bytes[3] = 0xff;
    expect_format(&b, "not a GGUF file: begins with \"GGU\\xff\", \"GGUF\" expected", 0);
    b.bytes[3] = 'F';
    for (unsigned version = 0; version < 6; version++) {
        b.bytes[4] = (unsigned char)version;
        struct model_gguf g;
        if (version == 2 || version == 3) {
            parse_ok(&b, &g);
            model_gguf_close(&g);
        } else {
            expect_format(&b, ", 2 or 3 expected", 4);
        }
    }
    memcpy(b.bytes + 4, "\0\0\0\3", 4);
    expect_and_free(&b, "big-endian GGUF file (version reads 0x03000000), little-endian expected", 4);
}

UNIT_TEST(check_3_counts_are_plausible)
{
    /* 14 bytes are the least an entry takes, 33 the least a tensor does */
    static const struct {
        uint64_t tensors, entries;
        size_t follow, at;
    } cases[] = {
        {0, 2, 27, 16},
        {0, (uint64_t)1 << 60, 100, 16},
        {0, UINT64_MAX, 100, 16},
        {1, 0, 32, 8},
        {(uint64_t)1 << 60, 0, 100, 8},
        {UINT64_MAX, 0, 100, 8},
        {1, 1, 14 + 32, 8},
        {0, UINT64_MAX / 14 + 1, 100, 16}, /* times 14 wraps to a small number */
        {UINT64_MAX / 33 + 1, 0, 100, 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct model_build b = {0};
        model_build_header(&b, cases[i].tensors, cases[i].entries);
        model_build_fill(&b, 0, cases[i].follow);
        expect_and_free(&b, "cannot fit into the", cases[i].at);
    }
    /* one byte more, and the file is only wrong further on */
    struct model_build b = {0};
    model_build_header(&b, 1, 1);
    model_build_fill(&b, 0, 14 + 33);
    expect_and_free(&b, "key has 0 bytes", 24);
}

UNIT_TEST(check_4_string_lengths)
{
    struct model_build b = one_entry(MODEL_GGUF_STRING);
    model_build_u64(&b, UINT64_MAX);
    expect_and_free(&b, "string has length 18446744073709551615, the file has 0 bytes left", VALUE_AT);
    b = one_entry(MODEL_GGUF_STRING);
    model_build_u64(&b, 4);
    model_build_bytes(&b, "abc", 3);
    expect_and_free(&b, "string has length 4, the file has 3 bytes left", VALUE_AT);

    /* a string above the cap of 1 GiB that really is there: untouched pages, so it costs no memory */
    const size_t size = VALUE_AT + 8 + ((size_t)1 << 30) + 1;
    unsigned char *bytes =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(bytes != MAP_FAILED);
    struct model_gguf g;
    struct qk_error err;
    b = one_entry(MODEL_GGUF_STRING);
    model_build_u64(&b, ((uint64_t)1 << 30) + 1);
    memcpy(bytes, b.bytes, b.size);
    assert_int_equal(model_gguf_parse(bytes, size, "test", &g, &err), QK_ERR_FORMAT);
    assert_says(err.text, "string has length 1073741825, at most 1073741824 is accepted");
    bytes[VALUE_AT] = 0;
    assert_int_equal(model_gguf_parse(bytes, size - 1, "test", &g, &err), 0);
    model_gguf_close(&g);
    munmap(bytes, size);
    free(b.bytes);
}

UNIT_TEST(check_5_arrays)
{
    static const struct {
        uint32_t element;
        uint64_t count;
        const char *fragment;
        size_t at;
    } cases[] = {
        {13, 0, "element kind 13, 0 to 12 expected", VALUE_AT},
        {UINT32_MAX, 0, "element kind 4294967295, 0 to 12 expected", VALUE_AT},
        {MODEL_GGUF_ARRAY, 0, "array of arrays", VALUE_AT},
        {MODEL_GGUF_U8, 17, "17 values of kind u8 need more than the 16 bytes left", VALUE_AT + 12},
        {MODEL_GGUF_F64, 3, "3 values of kind f64 need more than the 16 bytes left", VALUE_AT + 12},
        {MODEL_GGUF_U64, (uint64_t)1 << 61, "values of kind u64 need more than",
         VALUE_AT + 12}, /* times 8 is 0 */
        {MODEL_GGUF_STRING, 3, "3 strings cannot fit into the 16 bytes left", VALUE_AT + 12},
        {MODEL_GGUF_STRING, (uint64_t)1 << 61, "strings cannot fit into the 16 bytes left", VALUE_AT + 12},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct model_build b = one_entry(MODEL_GGUF_ARRAY);
        model_build_u32(&b, cases[i].element);
        model_build_u64(&b, cases[i].count);
        model_build_fill(&b, 0, 16);
        expect_and_free(&b, cases[i].fragment, cases[i].at);
    }
    struct model_build b = one_entry(13);
    model_build_fill(&b, 0, 16);
    expect_and_free(&b, "value kind 13, 0 to 12 expected", KIND_AT);
}

UNIT_TEST(check_6_keys)
{
    struct model_build b = {0};
    model_build_header(&b, 0, 1);
    model_build_key(&b, "", MODEL_GGUF_U8);
    model_build_fill(&b, 0, 2);
    expect_and_free(&b, "key has 0 bytes, 1 to 65535 expected", 24);

    model_build_header(&b, 0, 2);
    for (int i = 0; i < 2; i++) {
        model_build_key(&b, "same", MODEL_GGUF_U8);
        model_build_fill(&b, 0, 1);
    }
    expect_and_free(&b, "key \"same\" is there twice", 24 + 8 + 4 + 4 + 1);

    static const char *const bad[] = {"a\nb", "\x7f", "caf\xc3\xa9"};
    for (size_t i = 0; i < 3; i++) {
        model_build_header(&b, 0, 1);
        model_build_key(&b, bad[i], MODEL_GGUF_U8);
        model_build_fill(&b, 0, 2);
        expect_and_free(&b, "is not printable ASCII", 24);
    }
    for (size_t length = 65535; length <= 65536; length++) {
        model_build_header(&b, 0, 1);
        model_build_u64(&b, length);
        model_build_fill(&b, 'k', length);
        model_build_u32(&b, MODEL_GGUF_U8);
        model_build_fill(&b, 0, 1);
        struct model_gguf g;
        if (length == 65536) {
            expect_format(&b, "key has 65536 bytes, 1 to 65535 expected", 24);
        } else {
            parse_ok(&b, &g);
            model_gguf_close(&g);
        }
        free(b.bytes);
        b = (struct model_build){0};
    }
}

UNIT_TEST(check_7_bools)
{
    struct model_build b = one_entry(MODEL_GGUF_BOOL);
    model_build_fill(&b, 2, 1);
    expect_and_free(&b, "bool is 2, 0 or 1 expected", VALUE_AT);
    b = one_entry(MODEL_GGUF_ARRAY);
    model_build_u32(&b, MODEL_GGUF_BOOL);
    model_build_u64(&b, 3);
    model_build_bytes(&b, "\0\1\xff", 3);
    expect_and_free(&b, "bool is 255, 0 or 1 expected", VALUE_AT + 12 + 2);
}

UNIT_TEST(check_8_alignment)
{
    static const uint32_t bad[] = {0, 3, 33, 131072, 0x80000000, UINT32_MAX};
    const size_t at = 24 + 8 + strlen("general.alignment") + 4;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct model_build b = {0};
        model_build_header(&b, 0, 1);
        model_build_key(&b, "general.alignment", MODEL_GGUF_U32);
        model_build_u32(&b, bad[i]);
        expect_and_free(&b, "a power of two up to 65536 expected", at);
    }
    struct model_build b = {0};
    model_build_header(&b, 0, 1);
    model_build_key(&b, "general.alignment", MODEL_GGUF_U64);
    model_build_u64(&b, 32);
    expect_and_free(&b, "general.alignment is of kind u64, u32 expected", at);
}

UNIT_TESTS(checks, NULL, NULL)
