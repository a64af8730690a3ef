/* SPDX-License-Identifier: MIT */
#include "model/gguf/i2s.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/tests/cmocka_parts.h"
#include "model/gguf/tests/gguf_expect.h"

/* A parsed file of one I2_S tensor "t" of those dimensions, its codes as given (elements / 4 bytes). */
struct one {
    struct model_gguf g;
    struct model_build b;
    const struct model_gguf_tensor *t;
};

static void open_one(struct one *o, const uint64_t dims[4], const unsigned char *codes, float scale)
{
    const uint64_t elements = dims[0] * dims[1] * dims[2];
    o->b = (struct model_build){0};
    model_build_header(&o->b, 1, 0);
    model_build_tensor(&o->b, "t", 3, dims, MODEL_GGUF_TYPE_I2_S, 0);
    model_build_pad(&o->b, 32);
    const size_t data = o->b.size;
    model_build_i2s(&o->b, elements, 0, scale);
    memcpy(o->b.bytes + data, codes, (size_t)elements / 4);
    struct qk_error err;
    assert_int_equal(parse_guarded(&o->b, &o->g, &err), 0);
    o->t = &o->g.tensors[0];
}

static void close_one(struct one *o)
{
    model_gguf_close(&o->g);
    free(o->b.bytes);
}

/* One block of 128: all bytes `fill` but the first, and what elements 0, 32, 64, 96 and 1 then are. */
UNIT_TEST(worked_vectors)
{
    static const struct {
        unsigned char first, fill;
        unsigned e0, e32, e64, e96, e1;
    } cases[] = {
        {0x95, 0x55, 2, 1, 1, 1, 1}, /* element 0 is +1, all others 0 */
        {0x45, 0x55, 1, 0, 1, 1, 1}, /* element 32 is -1 */
        {0x56, 0x55, 1, 1, 1, 2, 1}, /* element 96 is +1 */
        {0x00, 0x00, 0, 0, 0, 0, 0}, /* all -1 */
        {0xaa, 0xaa, 2, 2, 2, 2, 2}, /* all +1 */
        {0x18, 0x24, 0, 1, 2, 0, 0}, /* every field another */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char codes[32];
        memset(codes, cases[i].fill, sizeof codes);
        codes[0] = cases[i].first;
        struct one o;
        open_one(&o, (uint64_t[4]){128, 1, 1}, codes, 0.75f);
        assert_true(model_i2s_scale(o.t) == 0.75f);
        assert_int_equal(model_i2s_code(o.t, 0), cases[i].e0);
        assert_int_equal(model_i2s_code(o.t, 32), cases[i].e32);
        assert_int_equal(model_i2s_code(o.t, 64), cases[i].e64);
        assert_int_equal(model_i2s_code(o.t, 96), cases[i].e96);
        assert_int_equal(model_i2s_code(o.t, 1), cases[i].e1);
        const float value = cases[i].e0 == 2 ? 0.75f : cases[i].e0 == 1 ? 0.0f : -0.75f;
        assert_true(model_i2s_value(o.t, 0) == value);
        assert_int_equal(model_i2s_validate(&o.g, o.t, NULL), 0);
        close_one(&o);
    }
}

/* The second block of a run begins at byte 32, wherever the rows end. */
UNIT_TEST(blocks_follow_each_other)
{
    unsigned char codes[96];
    memset(codes, 0x55, sizeof codes);
    codes[32 + 31] = 0x54; /* element 128 + 127 */
    codes[64] = 0x15;      /* element 256 */
    struct one o;
    open_one(&o, (uint64_t[4]){128, 3, 1}, codes, 1.0f);
    for (uint64_t i = 0; i < 384; i++)
        assert_int_equal(model_i2s_code(o.t, i), i == 255 || i == 256 ? 0 : 1);
    close_one(&o);
}

UNIT_TEST(code_3_is_found)
{
    unsigned char codes[64];
    for (uint64_t i = 0; i < 256; i++) {
        memset(codes, 0xaa, sizeof codes); /* all 2: a neighbour's bit must not be taken for one's own */
        codes[i / 128 * 32 + i % 32] |= (unsigned char)(3 << (6 - 2 * (i / 32 % 4)));
        codes[63] |= 3; /* element 255 too; the first counts */
        struct one o;
        struct qk_error err;
        char text[96], where[32];
        open_one(&o, (uint64_t[4]){256, 1, 1}, codes, 1.0f);
        assert_int_equal(model_i2s_validate(&o.g, o.t, &err), QK_ERR_FORMAT);
        snprintf(text, sizeof text, "element %d of tensor \"t\" has code 3, 0 to 2 expected", (int)i);
        assert_string_equal(err.text, text);
        snprintf(where, sizeof where, "test: byte %zu", o.g.data_offset + (size_t)(i / 128 * 32 + i % 32));
        assert_string_equal(err.where, where);
        close_one(&o);
    }
    /* no code 3, but pairs of set bits across field borders */
    memset(codes, 0x66, sizeof codes);
    struct one o;
    open_one(&o, (uint64_t[4]){256, 1, 1}, codes, 1.0f);
    assert_int_equal(model_i2s_validate(&o.g, o.t, NULL), 0);
    close_one(&o);
}

UNIT_TEST(block_counts)
{
    size_t blocks = 5;
    assert_true(model_i2s_qk256_blocks(6912, 2560, &blocks));
    assert_int_equal(blocks, 69120);
    assert_true(model_i2s_qk256_blocks(3, 128, &blocks));
    assert_int_equal(blocks, 3);
    assert_true(model_i2s_qk256_blocks(2, 257, &blocks));
    assert_int_equal(blocks, 4);
    assert_true(model_i2s_qk256_blocks(1, UINT64_MAX, &blocks));
    assert_true(blocks == (size_t)1 << 56);
    blocks = 5;
    assert_false(
        model_i2s_qk256_blocks((uint64_t)1 << 56, (uint64_t)1 << 16, &blocks)); /* the count overflows */
    assert_false(model_i2s_qk256_blocks((uint64_t)1 << 58, 256, &blocks));      /* its bytes do */
    assert_false(model_i2s_qk256_blocks(UINT64_MAX, UINT64_MAX, &blocks));
    assert_int_equal(blocks, 5);
}

/* Code of (row, col) by QK256's definition. */
static unsigned qk256_code(const unsigned char *codes, uint64_t cols, uint64_t row, uint64_t col)
{
    const uint64_t stride = (cols + 255) / 256 * 64;
    return codes[row * stride + col / 256 * 64 + col % 256 / 4] >> 2 * (col % 4) & 3;
}

UNIT_TEST(repack_equals_definition)
{
    static const uint64_t shapes[][4] = {{128, 1, 1}, {128, 5, 1}, {256, 3, 1}, {384, 4, 1},
                                         {512, 2, 3}, {640, 7, 1}, {2560, 6, 1}};
    struct qk_rng rng;
    qk_rng_seed(&rng, 1);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const uint64_t cols = shapes[s][0], rows = shapes[s][1] * shapes[s][2];
        const size_t bytes = (size_t)(rows * cols / 4);
        unsigned char *codes = malloc(bytes);
        assert_non_null(codes);
        qk_rng_bytes(&rng, codes, bytes); /* code 3 included: a repack is not a check */
        struct one o;
        struct qk_error err;
        size_t blocks;
        open_one(&o, shapes[s], codes, 1.0f);
        assert_true(model_i2s_rows(o.t) == rows && model_i2s_cols(o.t) == cols);
        assert_true(model_i2s_qk256_blocks(rows, cols, &blocks));
        unsigned char *to = malloc(blocks * 64 + 1);
        assert_non_null(to);
        memset(to, 0xcd, blocks * 64 + 1);

        assert_int_equal(model_i2s_to_qk256(o.t, to, blocks * 64 - 1, &err), QK_ERR_ARG);
        assert_int_equal(model_i2s_to_qk256(o.t, to, blocks * 64 + 1, &err), QK_ERR_ARG);
        assert_string_equal(err.where, "t");
        for (size_t i = 0; i < blocks * 64; i++)
            assert_int_equal(to[i], 0xcd);

        assert_int_equal(model_i2s_to_qk256(o.t, to, blocks * 64, &err), 0);
        assert_int_equal(to[blocks * 64], 0xcd);
        for (uint64_t row = 0; row < rows; row++)
            for (uint64_t col = 0; col < (cols + 255) / 256 * 256; col++)
                assert_int_equal(qk256_code(to, cols, row, col),
                                 col < cols ? model_i2s_code(o.t, row * cols + col) : 1);
        free(to);
        free(codes);
        close_one(&o);
    }
}

static void check_tensor(const struct model_gguf *g, const struct model_gguf_tensor *t)
{
    const uint64_t rows = model_i2s_rows(t), cols = model_i2s_cols(t);
    const float scale = model_i2s_scale(t);
    size_t blocks;
    struct qk_error err;
    assert_int_equal(model_i2s_validate(g, t, &err), 0);
    assert_true(model_i2s_qk256_blocks(rows, cols, &blocks));
    unsigned char *codes = malloc(blocks * 64);
    assert_non_null(codes);
    assert_int_equal(model_i2s_to_qk256(t, codes, blocks * 64, &err), 0);
    static const float lut[4] = {-1, 0, 1, 0};
    for (uint64_t i = 0; i < t->elements; i++) {
        const float repacked = lut[qk256_code(codes, cols, i / cols, i % cols)] * scale;
        const float straight = model_i2s_value(t, i);
        if (memcmp(&repacked, &straight, sizeof repacked) != 0)
            fail_msg("%s element %d: %g, %g expected", t->name, (int)i, (double)repacked, (double)straight);
    }
    free(codes);
}

UNIT_TEST(fixture_survives_the_repack)
{
    struct model_gguf g;
    struct qk_error err = {0};
    assert_works(model_gguf_open(MODEL_FIXTURES "/tiny.i2_s.gguf", &g, &err), err);
    int checked = 0;
    for (size_t i = 0; i < g.tensor_count; i++)
        if (g.tensors[i].type == MODEL_GGUF_TYPE_I2_S) {
            check_tensor(&g, &g.tensors[i]);
            checked++;
        }
    assert_int_equal(checked, 21);
    (void)model_gguf_walk(&g);
    model_gguf_close(&g);
}

/* Facts of the fixture worked out by another program (a few lines of Python over the raw bytes). */
UNIT_TEST(fixture_is_read_as_others_read_it)
{
    static const struct {
        const char *name;
        uint64_t count[3], weighted; /* codes of each kind; sum of code * (index + 1) */
        float scale;
    } facts[] = {
        {"blk.0.attn_q.weight", {18691, 28060, 18785}, 2158407353, 0x1.754p-4f},
        {"blk.2.ffn_down.weight", {57194, 82986, 56428}, 19247265128, 0x1.cep-5f},
    };
    struct model_gguf g;
    assert_int_equal(model_gguf_open(MODEL_FIXTURES "/tiny.i2_s.gguf", &g, NULL), 0);
    assert_int_equal(g.tensor_count, 35);
    assert_int_equal(g.entry_count, 22);
    assert_int_equal(g.data_offset, 34912);
    for (size_t f = 0; f < sizeof facts / sizeof *facts; f++) {
        const struct model_gguf_tensor *t = model_gguf_find_tensor(&g, facts[f].name);
        assert_non_null(t);
        uint64_t count[4] = {0}, weighted = 0;
        for (uint64_t i = 0; i < t->elements; i++) {
            const unsigned code = model_i2s_code(t, i);
            count[code]++;
            weighted += code * (i + 1);
        }
        assert_memory_equal(count, facts[f].count, sizeof facts[f].count);
        assert_true(weighted == facts[f].weighted);
        assert_true(model_i2s_scale(t) == facts[f].scale);
    }
    uint64_t blocks;
    double base;
    struct model_gguf_string architecture;
    struct model_gguf_value tokens;
    assert_int_equal(model_gguf_get_u64(&g, "bitnet-b1.58.block_count", 1, 1000, &blocks, NULL), 0);
    assert_int_equal(blocks, 3);
    assert_int_equal(model_gguf_get_f64(&g, "bitnet-b1.58.rope.freq_base", 1, 1e9, &base, NULL), 0);
    assert_true(base == 500000);
    assert_int_equal(model_gguf_get_string(&g, "general.architecture", &architecture, NULL), 0);
    assert_int_equal(architecture.length, 12);
    assert_memory_equal(architecture.bytes, "bitnet-b1.58", 12);
    assert_int_equal(model_gguf_get_array(&g, "tokenizer.ggml.tokens", MODEL_GGUF_STRING, &tokens, NULL), 0);
    assert_int_equal(tokens.count, 1024);
    model_gguf_close(&g);
}

UNIT_TESTS(i2s, NULL, NULL)
