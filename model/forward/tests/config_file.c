/* SPDX-License-Identifier: MIT */
#include "model/forward/tests/config_file.h"

#include <math.h>
#include <stdio.h>

void config_file_add(struct file *f, const char *name, uint32_t type, uint64_t ne0, uint64_t ne1)
{
    struct tensor *t = &f->tensor[f->tensors++];
    *t = (struct tensor){.type = type, .ne0 = ne0, .ne1 = ne1, .ne2 = 1};
    snprintf(t->name, sizeof t->name, "%.63s", name);
}

struct file config_file_good(void)
{
    static const struct tensor layer[] = {{"attn_norm", MODEL_GGUF_TYPE_F32, EMBEDDING, 1, 1},
                                          {"attn_sub_norm", MODEL_GGUF_TYPE_F32, EMBEDDING, 1, 1},
                                          {"ffn_norm", MODEL_GGUF_TYPE_F32, EMBEDDING, 1, 1},
                                          {"ffn_sub_norm", MODEL_GGUF_TYPE_F32, FEED_FORWARD, 1, 1},
                                          {"attn_q", MODEL_GGUF_TYPE_I2_S, EMBEDDING, EMBEDDING, 1},
                                          {"attn_k", MODEL_GGUF_TYPE_I2_S, EMBEDDING, KV, 1},
                                          {"attn_v", MODEL_GGUF_TYPE_I2_S, EMBEDDING, KV, 1},
                                          {"attn_output", MODEL_GGUF_TYPE_I2_S, EMBEDDING, EMBEDDING, 1},
                                          {"ffn_gate", MODEL_GGUF_TYPE_I2_S, EMBEDDING, FEED_FORWARD, 1},
                                          {"ffn_up", MODEL_GGUF_TYPE_I2_S, EMBEDDING, FEED_FORWARD, 1},
                                          {"ffn_down", MODEL_GGUF_TYPE_I2_S, FEED_FORWARD, EMBEDDING, 1}};
    struct file f = {
        .entry = {{.key = "general.architecture", .kind = MODEL_GGUF_STRING, .text = "bitnet-25"},
                  {.key = "general.name", .kind = MODEL_GGUF_STRING, .text = "built"},
                  {.key = "bitnet-25.vocab_size", .kind = MODEL_GGUF_U32, .number = VOCAB},
                  {.key = "bitnet-25.context_length", .kind = MODEL_GGUF_U32, .number = 16},
                  {.key = "bitnet-25.embedding_length", .kind = MODEL_GGUF_U32, .number = EMBEDDING},
                  {.key = "bitnet-25.block_count", .kind = MODEL_GGUF_U32, .number = LAYERS},
                  {.key = "bitnet-25.feed_forward_length", .kind = MODEL_GGUF_U32, .number = FEED_FORWARD},
                  {.key = "bitnet-25.rope.dimension_count", .kind = MODEL_GGUF_U32, .number = 64},
                  {.key = "bitnet-25.attention.head_count", .kind = MODEL_GGUF_U32, .number = HEADS},
                  {.key = "bitnet-25.attention.head_count_kv", .kind = MODEL_GGUF_U32, .number = KV_HEADS},
                  {.key = "bitnet-25.attention.layer_norm_rms_epsilon",
                   .kind = MODEL_GGUF_F32,
                   .real = 1e-5f},
                  {.key = "bitnet-25.rope.freq_base", .kind = MODEL_GGUF_F32, .real = 10000}},
        .entries = 12,
        .bad_code = SIZE_MAX,
        .bad_scale = SIZE_MAX,
        .bad_norm = SIZE_MAX};
    config_file_add(&f, "token_embd.weight", MODEL_GGUF_TYPE_F16, EMBEDDING, VOCAB);
    for (int l = 0; l < LAYERS; l++)
        for (size_t i = 0; i < sizeof layer / sizeof *layer; i++) {
            char name[64];
            snprintf(name, sizeof name, "blk.%d.%.40s.weight", l, layer[i].name);
            config_file_add(&f, name, layer[i].type, layer[i].ne0, layer[i].ne1);
        }
    config_file_add(&f, "output_norm.weight", MODEL_GGUF_TYPE_F32, EMBEDDING, 1);
    return f;
}

size_t config_file_bytes(const struct tensor *t)
{
    const size_t elements = (size_t)(t->ne0 * t->ne1 * t->ne2);
    return t->type == MODEL_GGUF_TYPE_F32   ? 4 * elements
           : t->type == MODEL_GGUF_TYPE_F16 ? 2 * elements
                                            : elements / 4 + 32;
}

struct model_build config_file_build(const struct file *f)
{
    struct model_build b = {0};
    uint64_t offset = 0;
    model_build_header(&b, f->tensors, f->entries + (f->vocabulary > 0));
    for (size_t i = 0; i < f->entries; i++) {
        const struct entry *e = &f->entry[i];
        model_build_key(&b, e->key, e->kind);
        if (e->kind == MODEL_GGUF_STRING)
            model_build_string(&b, e->text);
        else if (e->kind == MODEL_GGUF_F32)
            model_build_f32(&b, e->real);
        else
            model_build_u32(&b, e->number);
    }
    if (f->vocabulary)
        model_build_array(&b, "tokenizer.ggml.tokens", MODEL_GGUF_STRING, f->vocabulary);
    for (size_t i = 0; i < f->vocabulary; i++)
        model_build_string(&b, "x");
    for (size_t i = 0; i < f->tensors; i++) {
        const uint64_t dims[4] = {f->tensor[i].ne0, f->tensor[i].ne1, f->tensor[i].ne2, 1};
        model_build_tensor(&b, f->tensor[i].name,
                           dims[2] > 1   ? 3
                           : dims[1] > 1 ? 2
                                         : 1,
                           dims, f->tensor[i].type, offset);
        offset = (offset + config_file_bytes(&f->tensor[i]) + 31) / 32 * 32;
    }
    for (size_t i = 0; i < f->tensors; i++) {
        model_build_pad(&b, 32);
        if (f->tensor[i].type == MODEL_GGUF_TYPE_I2_S)
            model_build_i2s(&b, 4 * (config_file_bytes(&f->tensor[i]) - 32), i == f->bad_code ? 0xff : 0x55,
                            i == f->bad_scale ? NAN : 0.5f);
        else
            model_build_fill(&b, 0, config_file_bytes(&f->tensor[i]));
        if (i == f->bad_norm) {
            b.size -= 4;
            model_build_f32(&b, -INFINITY);
        }
    }
    return b;
}
