/* SPDX-License-Identifier: MIT */
/* What a valid file gives, and that no truncation, corruption or lack of memory does harm. */
#include "model/gguf/gguf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/tests/cmocka_parts.h"
#include "model/gguf/tests/gguf_expect.h"

/* The file of the test at hand, built and parsed, and entries to put into it. */
static struct model_build b, entries;
static struct model_gguf g;

UNIT_FIXTURE(release)
{
    model_gguf_close(&g);
    free(b.bytes);
    free(entries.bytes);
    b = entries = (struct model_build){0};
    return 0;
}

UNIT_TEST_WITH(every_kind_converts, NULL, release)
{
    const unsigned count = model_build_every_kind(&entries);
    model_build_header(&b, 0, count);
    model_build_bytes(&b, entries.bytes, entries.size);
    parse_ok(&b, &g);
    assert_int_equal(g.entry_count, count);
    assert_int_equal(g.alignment, 32);
    assert_int_equal(g.data_offset, g.size);
    assert_null(model_gguf_find(&g, "one"));
    assert_null(model_gguf_find(&g, "one.u88"));

    uint64_t u = 0;
    assert_int_equal(model_gguf_get_u64(&g, "one.u8", 0, 255, &u, NULL), 0);
    assert_int_equal(u, 255);
    assert_int_equal(model_gguf_get_u64(&g, "one.u16", 0, 65535, &u, NULL), 0);
    assert_int_equal(u, 65535);
    assert_int_equal(model_gguf_get_u64(&g, "one.u64", 0, UINT64_MAX, &u, NULL), 0);
    assert_true(u == UINT64_MAX);
    static const struct {
        const char *key;
        int64_t value;
    } negatives[] = {
        {"one.i8", INT8_MIN}, {"one.i16", INT16_MIN}, {"one.i32", INT32_MIN}, {"one.i64", INT64_MIN}};
    for (size_t i = 0; i < 4; i++) {
        int64_t value = 0;
        assert_true(model_gguf_value_i64(model_gguf_find(&g, negatives[i].key), &value));
        assert_true(value == negatives[i].value);
        assert_false(model_gguf_value_u64(model_gguf_find(&g, negatives[i].key), &u));
    }
    int64_t wide = 5;
    assert_false(model_gguf_value_i64(model_gguf_find(&g, "one.u64"), &wide));
    assert_int_equal(wide, 5);

    double d = 0;
    assert_int_equal(model_gguf_get_f64(&g, "one.f32", 3, 4, &d, NULL), 0);
    assert_true(d == (double)3.14159274f);
    assert_int_equal(model_gguf_get_f64(&g, "one.f64", 3, 4, &d, NULL), 0);
    assert_true(d == 3.141592653589793);
    bool yes = false;
    assert_int_equal(model_gguf_get_bool(&g, "one.bool", &yes, NULL), 0);
    assert_true(yes);
    struct model_gguf_string s;
    assert_int_equal(model_gguf_get_string(&g, "one.string", &s, NULL), 0);
    assert_int_equal(s.length, 4);
    assert_memory_equal(s.bytes, "text", 4);
}

UNIT_TEST_WITH(arrays_are_walked, NULL, release)
{
    const unsigned count = model_build_every_kind(&entries);
    model_build_header(&b, 0, count + 1);
    model_build_bytes(&b, entries.bytes, entries.size);
    model_build_array(&b, "none", MODEL_GGUF_STRING, 0);
    parse_ok(&b, &g);
    struct model_gguf_value array;
    assert_int_equal(model_gguf_get_array(&g, "two.i16", MODEL_GGUF_I16, &array, NULL), 0);
    assert_int_equal(array.count, 2);
    int64_t first = 0, second = 0;
    struct model_gguf_value element = model_gguf_element(&array, 0);
    assert_true(model_gguf_value_i64(&element, &first));
    element = model_gguf_element(&array, 1);
    assert_true(model_gguf_value_i64(&element, &second));
    assert_int_equal(first, INT16_MIN);
    assert_int_equal(second, 1);

    assert_int_equal(model_gguf_get_array(&g, "two.string", MODEL_GGUF_STRING, &array, NULL), 0);
    struct model_gguf_string s;
    size_t at = 0;
    assert_true(model_gguf_next_string(&array, &at, &s));
    assert_int_equal(s.length, 0);
    assert_true(model_gguf_next_string(&array, &at, &s));
    assert_int_equal(s.length, 6);
    assert_memory_equal(s.bytes, "second", 6);
    assert_false(model_gguf_next_string(&array, &at, &s));
    assert_int_equal(model_gguf_get_array(&g, "none", MODEL_GGUF_STRING, &array, NULL), 0);
    at = 0;
    assert_false(model_gguf_next_string(&array, &at, &s));
}

UNIT_TEST_WITH(tensors_are_placed, NULL, release)
{
    model_build_small(&b);
    parse_ok(&b, &g);
    assert_int_equal(g.tensor_count, 3);
    assert_null(model_gguf_find_tensor(&g, "nor"));
    const struct model_gguf_tensor *t = model_gguf_find_tensor(&g, "half");
    assert_ptr_equal(t, &g.tensors[2]);
    assert_int_equal(t->n_dims, 3);
    assert_int_equal(t->dims[0], 5);
    assert_int_equal(t->dims[2], 2);
    assert_int_equal(t->dims[3], 1);
    assert_int_equal(t->elements, 10);
    assert_int_equal(t->size, 20);
    assert_ptr_equal(t->data + t->size, g.bytes + g.size);
    assert_int_equal(model_gguf_find_tensor(&g, "ternary")->size, 256 / 4 + 32);
}

/* Sizes per type of a tensor of 512 elements, taken from ggml's block structs. */
UNIT_TEST_WITH(sizes_follow_from_types, NULL, release)
{
    static const struct {
        enum model_gguf_type type;
        size_t size;
    } cases[] = {{MODEL_GGUF_TYPE_F32, 2048}, {MODEL_GGUF_TYPE_F16, 1024},  {MODEL_GGUF_TYPE_BF16, 1024},
                 {MODEL_GGUF_TYPE_Q8_0, 544}, {MODEL_GGUF_TYPE_Q6_K, 420},  {MODEL_GGUF_TYPE_I2_S, 160},
                 {MODEL_GGUF_TYPE_Q2_0, 144}, {MODEL_GGUF_TYPE_PQ2_0, 136}, {MODEL_GGUF_TYPE_TQ1_0, 108},
                 {MODEL_GGUF_TYPE_TQ2_0, 132}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        model_build_header(&b, 1, 0);
        model_build_tensor(&b, "t", 2, (uint64_t[4]){256, 2}, cases[i].type, 0);
        model_build_pad(&b, 32);
        model_build_fill(&b, 0x3f, cases[i].size);
        parse_ok(&b, &g);
        assert_int_equal(g.tensors[0].size, cases[i].size);
        model_gguf_close(&g);
        b.size -= cases[i].type == MODEL_GGUF_TYPE_Q2_0 ? 9 : 1; /* too few for PQ2_0, too */
        expect_format(&b, "the data section has", 24);
        release(state);
    }
}

UNIT_TEST_WITH(version_2_is_read, NULL, release)
{
    model_build_small(&b);
    b.bytes[4] = 2;
    parse_ok(&b, &g);
    assert_int_equal(g.version, 2);
}

UNIT_TEST_WITH(alignment_moves_the_data, NULL, release)
{
    static const uint32_t alignments[] = {1, 64, 65536};
    for (size_t i = 0; i < 3; i++) {
        model_build_header(&b, 2, 1);
        model_build_key(&b, "general.alignment", MODEL_GGUF_U32);
        model_build_u32(&b, alignments[i]);
        model_build_tensor(&b, "a", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32, 0);
        model_build_tensor(&b, "b", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32,
                           alignments[i] < 4 ? 4 : alignments[i]);
        model_build_pad(&b, alignments[i]);
        const size_t data = b.size;
        model_build_f32(&b, 1);
        model_build_pad(&b, alignments[i]);
        model_build_f32(&b, 2);
        parse_ok(&b, &g);
        assert_int_equal(g.data_offset, data);
        assert_ptr_equal(g.tensors[1].data, g.bytes + g.size - 4);
        release(state);
    }
}

/* A vocabulary as gguf-py writes it: no tensors, no padding; a piece of the padding is still a broken file.
 */
UNIT_TEST_WITH(no_tensors_need_no_padding, NULL, release)
{
    model_build_header(&b, 0, 0);
    parse_ok(&b, &g);
    model_gguf_close(&g);
    model_build_fill(&b, 0, 7);
    expect_format(&b, "the file ends at byte 31", 24);
    model_build_fill(&b, 0, 1);
    parse_ok(&b, &g);
    assert_int_equal(g.data_offset, 32);
}

UNIT_TEST_WITH(getters_refuse, NULL, release)
{
    const unsigned count = model_build_every_kind(&entries);
    model_build_header(&b, 0, count + 1);
    model_build_bytes(&b, entries.bytes, entries.size);
    model_build_key(&b, "nan", MODEL_GGUF_F32);
    const size_t nan_at = b.size;
    model_build_f32(&b, NAN);
    parse_ok(&b, &g);
    struct qk_error err;
    uint64_t u = 5;
    double d = 5;
    bool yes = true;
    struct model_gguf_string s = {0};
    struct model_gguf_value array = {0};
#define REFUSED(call, fragment)                                                                              \
    do {                                                                                                     \
        assert_int_equal(call, QK_ERR_FORMAT);                                                               \
        assert_says(err.text, fragment);                                                                     \
    } while (0)
    REFUSED(model_gguf_get_u64(&g, "gone", 0, 9, &u, &err), "key \"gone\" is missing");
    REFUSED(model_gguf_get_f64(&g, "gone", 0, 9, &d, &err), "key \"gone\" is missing");
    REFUSED(model_gguf_get_bool(&g, "gone", &yes, &err), "key \"gone\" is missing");
    REFUSED(model_gguf_get_string(&g, "gone", &s, &err), "key \"gone\" is missing");
    REFUSED(model_gguf_get_array(&g, "gone", MODEL_GGUF_U8, &array, &err), "key \"gone\" is missing");
    REFUSED(model_gguf_get_u64(&g, "one.u8", 0, 254, &u, &err), "\"one.u8\" is 255, 0 to 254 expected");
    REFUSED(model_gguf_get_u64(&g, "one.u8", 256, 300, &u, &err), "\"one.u8\" is 255, 256 to 300 expected");
    REFUSED(model_gguf_get_u64(&g, "one.i64", 0, 9, &u, &err), "is -9223372036854775808, 0 to 9 expected");
    REFUSED(model_gguf_get_u64(&g, "one.i8", 0, UINT64_MAX, &u, &err), "is -128, 0 to");
    REFUSED(model_gguf_get_u64(&g, "one.f32", 0, 9, &u, &err), "is of kind f32, an integer expected");
    REFUSED(model_gguf_get_u64(&g, "one.bool", 0, 9, &u, &err), "is of kind bool, an integer expected");
    REFUSED(model_gguf_get_u64(&g, "two.u32", 0, 9, &u, &err),
            "is of kind array of u32, an integer expected");
    REFUSED(model_gguf_get_f64(&g, "one.f64", 0, 3, &d, &err), "\"one.f64\" is 3.14159, 0 to 3 expected");
    REFUSED(model_gguf_get_f64(&g, "one.f64", 4, 5, &d, &err), "\"one.f64\" is 3.14159, 4 to 5 expected");
    REFUSED(model_gguf_get_f64(&g, "one.u8", 0, 999, &d, &err), "is of kind u8, f32 or f64 expected");
    REFUSED(model_gguf_get_f64(&g, "nan", -INFINITY, INFINITY, &d, &err), "\"nan\" is nan");
    char where[32];
    snprintf(where, sizeof where, "test: byte %zu", nan_at);
    assert_string_equal(err.where, where);
    REFUSED(model_gguf_get_bool(&g, "one.u8", &yes, &err), "is of kind u8, bool expected");
    REFUSED(model_gguf_get_string(&g, "two.string", &s, &err), "is of kind array of string, string expected");
    REFUSED(model_gguf_get_array(&g, "two.u8", MODEL_GGUF_I8, &array, &err),
            "array of u8, array of i8 expected");
    REFUSED(model_gguf_get_array(&g, "one.u8", MODEL_GGUF_U8, &array, &err), "kind u8, array of u8 expected");
    assert_true(u == 5 && d == 5 && yes && !s.bytes && !array.bytes);
}

UNIT_TEST_WITH(every_truncation_fails, NULL, release)
{
    model_build_small(&b);
    for (size_t size = 0; size < b.size; size++) {
        struct model_build cut = {.bytes = b.bytes, .size = size};
        struct qk_error err = {0};
        assert_int_equal(parse_guarded(&cut, &g, &err), QK_ERR_FORMAT);
        assert_says(err.where, "test: byte ");
        assert_true(err.text[0] && !g.entries && !g.tensors);
    }
}

/* Every header byte, every other value it can have. */
UNIT_TEST_WITH(every_corruption_is_survived, NULL, release)
{
    struct qk_error err;
    model_build_small(&b);
    parse_ok(&b, &g);
    const size_t header = g.data_offset;
    model_gguf_close(&g);
    unsigned long parsed = 0, refused = 0;
    for (size_t at = 0; at < header; at++)
        for (unsigned flip = 1; flip < 256; flip++) {
            b.bytes[at] ^= (unsigned char)flip;
            memset(&err, 0, sizeof err);
            if (parse_guarded(&b, &g, &err) == 0) {
                (void)model_gguf_walk(&g);
                parsed++;
            } else {
                assert_true(err.text[0] && err.where[0] && !g.entries && !g.tensors);
                refused++;
            }
            model_gguf_close(&g);
            b.bytes[at] ^= (unsigned char)flip;
        }
    assert_true(parsed > 0 && refused > parsed);
}

/* Linked with --wrap=calloc: allocation n from now on fails, those after it succeed; negative: none fails. */
static long allocations_left = -1;
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    if (allocations_left >= 0 && allocations_left-- == 0)
        return NULL;
    return __real_calloc(count, size);
}

UNIT_TEST_WITH(every_allocation_may_fail, NULL, release)
{
    model_build_small(&b);
    int rc = QK_ERR_MEMORY;
    long n = 0;
    for (; rc != 0; n++) {
        struct qk_error err = {0};
        allocations_left = n;
        rc = parse_guarded(&b, &g, &err);
        allocations_left = -1;
        if (rc != 0) {
            assert_int_equal(rc, QK_ERR_MEMORY);
            assert_says(err.text, "no memory for");
            assert_true(!g.name && !g.entries && !g.tensors);
        }
    }
    assert_int_equal(n, 1 + 2 + 2 + 1); /* name, entries and their order, tensors and theirs; then success */
}

/* Quadratic search would need 2 * 10^10 comparisons here: minutes, against the time limit of the test. */
UNIT_TEST_WITH(many_names_are_compared_quickly, NULL, release)
{
    const unsigned count = 200000;
    model_build_header(&b, 0, count + 1);
    char key[32];
    for (unsigned i = 0; i <= count; i++) {
        snprintf(key, sizeof key, "k%u", i < count ? i : 77777);
        model_build_key(&b, key, MODEL_GGUF_U8);
        model_build_fill(&b, 1, 1);
    }
    struct qk_error err;
    assert_int_equal(model_gguf_parse(b.bytes, b.size, "test", &g, &err), QK_ERR_FORMAT);
    assert_says(err.text, "key \"k77777\" is there twice");
    snprintf(key, sizeof key, "test: byte %zu", b.size - 1 - 4 - 6 - 8);
    assert_string_equal(err.where, key);
}

UNIT_TESTS(gguf, NULL, NULL)
