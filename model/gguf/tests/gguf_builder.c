/* SPDX-License-Identifier: MIT */
#include "model/gguf/tests/gguf_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *room(struct model_build *b, size_t count)
{
    if (b->size + count > b->capacity) {
        b->capacity = 2 * (b->size + count);
        b->bytes = realloc(b->bytes, b->capacity);
        if (!b->bytes)
            abort();
    }
    b->size += count;
    return b->bytes + b->size - count;
}

void model_build_bytes(struct model_build *b, const void *bytes, size_t size)
{
    if (size)
        memcpy(room(b, size), bytes, size);
}

void model_build_fill(struct model_build *b, unsigned char byte, size_t count)
{
    if (count)
        memset(room(b, count), byte, count);
}

static void little_endian(struct model_build *b, uint64_t value, size_t size)
{
    unsigned char *to = room(b, size);
    for (size_t i = 0; i < size; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

void model_build_u32(struct model_build *b, uint32_t value)
{
    little_endian(b, value, 4);
}

void model_build_u64(struct model_build *b, uint64_t value)
{
    little_endian(b, value, 8);
}

void model_build_f32(struct model_build *b, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, 4);
    model_build_u32(b, bits);
}

void model_build_string(struct model_build *b, const char *string)
{
    model_build_u64(b, strlen(string));
    model_build_bytes(b, string, strlen(string));
}

void model_build_header(struct model_build *b, uint64_t tensors, uint64_t entries)
{
    model_build_bytes(b, "GGUF", 4);
    model_build_u32(b, 3);
    model_build_u64(b, tensors);
    model_build_u64(b, entries);
}

void model_build_key(struct model_build *b, const char *key, uint32_t kind)
{
    model_build_string(b, key);
    model_build_u32(b, kind);
}

void model_build_array(struct model_build *b, const char *key, uint32_t element, uint64_t count)
{
    model_build_key(b, key, MODEL_GGUF_ARRAY);
    model_build_u32(b, element);
    model_build_u64(b, count);
}

void model_build_tensor(struct model_build *b, const char *name, uint32_t n_dims, const uint64_t dims[4],
                        uint32_t type, uint64_t offset)
{
    model_build_string(b, name);
    model_build_u32(b, n_dims);
    for (uint32_t i = 0; i < n_dims; i++)
        model_build_u64(b, i < 4 ? dims[i] : 1);
    model_build_u32(b, type);
    model_build_u64(b, offset);
}

void model_build_pad(struct model_build *b, size_t alignment)
{
    while (b->size % alignment)
        model_build_fill(b, 0, 1);
}

unsigned model_build_every_kind(struct model_build *b)
{
    static const struct {
        uint32_t kind;
        unsigned size;
        uint64_t value;
    } scalars[] = {
        {MODEL_GGUF_U8, 1, 0xff},
        {MODEL_GGUF_I8, 1, 0x80},
        {MODEL_GGUF_U16, 2, 0xffff},
        {MODEL_GGUF_I16, 2, 0x8000},
        {MODEL_GGUF_U32, 4, 0xffffffff},
        {MODEL_GGUF_I32, 4, 0x80000000},
        {MODEL_GGUF_F32, 4, 0x40490fdb}, /* pi */
        {MODEL_GGUF_BOOL, 1, 1},
        {MODEL_GGUF_U64, 8, UINT64_MAX},
        {MODEL_GGUF_I64, 8, (uint64_t)1 << 63},
        {MODEL_GGUF_F64, 8, 0x400921fb54442d18}, /* pi */
    };
    const unsigned count = sizeof scalars / sizeof *scalars;
    char key[32];
    for (unsigned i = 0; i < count; i++) {
        snprintf(key, sizeof key, "one.%s", model_gguf_kind_name(scalars[i].kind));
        model_build_key(b, key, scalars[i].kind);
        little_endian(b, scalars[i].value, scalars[i].size);
        snprintf(key, sizeof key, "two.%s", model_gguf_kind_name(scalars[i].kind));
        model_build_array(b, key, scalars[i].kind, 2);
        little_endian(b, scalars[i].value, scalars[i].size);
        little_endian(b, 1, scalars[i].size);
    }
    model_build_key(b, "one.string", MODEL_GGUF_STRING);
    model_build_string(b, "text");
    model_build_array(b, "two.string", MODEL_GGUF_STRING, 2);
    model_build_string(b, "");
    model_build_string(b, "second");
    return 2 * count + 2;
}

void model_build_i2s(struct model_build *b, uint64_t elements, unsigned char codes, float scale)
{
    model_build_fill(b, codes, (size_t)elements / 4);
    model_build_f32(b, scale);
    model_build_fill(b, 0xee, 28);
}

void model_build_small(struct model_build *b)
{
    model_build_header(b, 3, 3);
    model_build_key(b, "a.count", MODEL_GGUF_U32);
    model_build_u32(b, 7);
    model_build_key(b, "a.name", MODEL_GGUF_STRING);
    model_build_string(b, "small");
    model_build_array(b, "a.words", MODEL_GGUF_STRING, 2);
    model_build_string(b, "one");
    model_build_string(b, "two");
    model_build_tensor(b, "norm", 1, (uint64_t[4]){3}, MODEL_GGUF_TYPE_F32, 0);
    model_build_tensor(b, "ternary", 2, (uint64_t[4]){128, 2}, MODEL_GGUF_TYPE_I2_S, 32);
    model_build_tensor(b, "half", 3, (uint64_t[4]){5, 1, 2}, MODEL_GGUF_TYPE_F16, 32 + 96);
    model_build_pad(b, 32);
    for (int i = 0; i < 3; i++)
        model_build_f32(b, (float)i);
    model_build_pad(b, 32);
    model_build_i2s(b, 256, 0x95, 0.5f);
    model_build_fill(b, 0x3c, 20);
}

void model_build_stand_ins(struct model_build *b)
{
    unsigned other = 0x100;
    for (unsigned byte = 0; byte < 256; byte++) {
        const bool itself = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
        const unsigned c = itself ? byte : other++;
        model_build_string(
            b, (char[3]){(char)(c < 128 ? c : 0xc0 | c >> 6), (char)(c < 128 ? 0 : 0x80 | (c & 0x3f)), 0});
    }
}

void model_build_vocabulary(struct model_build *b, const char *pre)
{
    static const char *const longer[] = {"in", "th", "the", "\xc4\xa0th", "aa", "aaaa", "12"};
    static const char *const merges[] = {"i n", "t h", "th e", "\xc4\xa0 th", "a a", "aa aa", "1 2"};
    static const char *const user[] = {"<tool>", "  ", "a 1", "\xc3\xa9"};
    static const char *const control[] = {"<|begin_of_text|>", "<|eot_id|>", "<|im_start|>",
                                          "<|start_header_id|>"};
    enum { LONGER = 7, USER = 4, CONTROL = 4, TOKENS = 256 + LONGER + USER + CONTROL };
    model_build_header(b, 0, 7);
    model_build_key(b, "tokenizer.ggml.model", MODEL_GGUF_STRING);
    model_build_string(b, "gpt2");
    model_build_key(b, "tokenizer.ggml.pre", MODEL_GGUF_STRING);
    model_build_string(b, pre);
    model_build_array(b, "tokenizer.ggml.tokens", MODEL_GGUF_STRING, TOKENS);
    model_build_stand_ins(b);
    for (int i = 0; i < LONGER; i++)
        model_build_string(b, longer[i]);
    for (int i = 0; i < USER; i++)
        model_build_string(b, user[i]);
    for (int i = 0; i < CONTROL; i++)
        model_build_string(b, control[i]);
    model_build_array(b, "tokenizer.ggml.token_type", MODEL_GGUF_I32, TOKENS);
    for (int i = 0; i < TOKENS; i++)
        model_build_u32(b, i < 256 + LONGER ? 1 : i < TOKENS - CONTROL ? 4 : 3);
    model_build_array(b, "tokenizer.ggml.merges", MODEL_GGUF_STRING, LONGER);
    for (int i = 0; i < LONGER; i++)
        model_build_string(b, merges[i]);
    model_build_key(b, "tokenizer.ggml.bos_token_id", MODEL_GGUF_U32);
    model_build_u32(b, TOKENS - CONTROL);
    model_build_key(b, "tokenizer.ggml.eos_token_id", MODEL_GGUF_U32);
    model_build_u32(b, TOKENS - CONTROL + 1);
}
