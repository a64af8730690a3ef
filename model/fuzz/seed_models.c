/* SPDX-License-Identifier: MIT */
#include "model/fuzz/seed_models.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 128, HEADS = 2, HEAD = WIDTH / HEADS, VOCAB = 4, TENSORS = 13 };

struct tensor {
    const char *name;
    uint64_t rows; /* 0: a vector */
    enum model_gguf_type type;
    bool sub; /* a norm that only architectures with SUB have */
};

static const struct tensor tensors[TENSORS] = {
    {"token_embd.weight", VOCAB, MODEL_GGUF_TYPE_F16, false},
    {"blk.0.attn_norm.weight", 0, MODEL_GGUF_TYPE_F32, false},
    {"blk.0.attn_sub_norm.weight", 0, MODEL_GGUF_TYPE_F32, true},
    {"blk.0.ffn_norm.weight", 0, MODEL_GGUF_TYPE_F32, false},
    {"blk.0.ffn_sub_norm.weight", 0, MODEL_GGUF_TYPE_F32, true},
    {"blk.0.attn_q.weight", WIDTH, MODEL_GGUF_TYPE_I2_S, false},
    {"blk.0.attn_k.weight", HEAD, MODEL_GGUF_TYPE_I2_S, false},
    {"blk.0.attn_v.weight", HEAD, MODEL_GGUF_TYPE_I2_S, false},
    {"blk.0.attn_output.weight", WIDTH, MODEL_GGUF_TYPE_I2_S, false},
    {"blk.0.ffn_gate.weight", WIDTH, MODEL_GGUF_TYPE_I2_S, false},
    {"blk.0.ffn_up.weight", WIDTH, MODEL_GGUF_TYPE_I2_S, false},
    {"blk.0.ffn_down.weight", WIDTH, MODEL_GGUF_TYPE_I2_S, false},
    {"output_norm.weight", 0, MODEL_GGUF_TYPE_F32, false},
};

static void key(struct model_build *b, const char *arch, const char *name, uint32_t kind)
{
    char whole[96];
    snprintf(whole, sizeof whole, "%.20s.%.60s", arch, name);
    model_build_key(b, whole, kind);
}

static void sizes(struct model_build *b, const char *arch)
{
    static const struct {
        const char *name;
        uint32_t value;
    } keys[] = {
        {"context_length", 16},         {"embedding_length", WIDTH},     {"block_count", 1},
        {"feed_forward_length", WIDTH}, {"attention.head_count", HEADS}, {"attention.head_count_kv", 1},
        {"attention.key_length", HEAD}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        key(b, arch, keys[i].name, MODEL_GGUF_U32);
        model_build_u32(b, keys[i].value);
    }
    key(b, arch, "attention.layer_norm_rms_epsilon", MODEL_GGUF_F32);
    model_build_f32(b, 1e-5f);
    key(b, arch, "rope.freq_base", MODEL_GGUF_F32);
    model_build_f32(b, 10000);
}

static uint64_t bytes_of(const struct tensor *t)
{
    const uint64_t elements = WIDTH * (t->rows ? t->rows : 1);
    return t->type == MODEL_GGUF_TYPE_F32   ? 4 * elements
           : t->type == MODEL_GGUF_TYPE_F16 ? 2 * elements
                                            : elements / 4 + 32;
}

static void data(struct model_build *b, const struct tensor *t)
{
    if (t->type == MODEL_GGUF_TYPE_I2_S)
        model_build_i2s(b, WIDTH * t->rows, 0x26, 0.125f);
    else if (t->type == MODEL_GGUF_TYPE_F16)
        model_build_fill(b, 0x3c, bytes_of(t)); /* 1.06 */
    else
        for (int i = 0; i < WIDTH; i++)
            model_build_f32(b, 1);
}

void model_seed(struct model_build *b, const char *arch, bool sub_norms, bool yarn)
{
    uint64_t offset = 0;
    unsigned count = 0;
    for (size_t i = 0; i < TENSORS; i++)
        count += sub_norms || !tensors[i].sub;
    model_build_header(b, count, yarn ? 13 : 10);
    model_build_key(b, "general.architecture", MODEL_GGUF_STRING);
    model_build_string(b, arch);
    sizes(b, arch);
    if (yarn) {
        key(b, arch, "rope.scaling.type", MODEL_GGUF_STRING);
        model_build_string(b, "yarn");
        key(b, arch, "rope.scaling.factor", MODEL_GGUF_F32);
        model_build_f32(b, 4);
        key(b, arch, "logit_scale", MODEL_GGUF_F32);
        model_build_f32(b, 1);
    }
    for (size_t i = 0; i < TENSORS; i++) {
        const struct tensor *t = &tensors[i];
        const uint64_t dims[4] = {WIDTH, t->rows, 1, 1};
        if (t->sub && !sub_norms)
            continue;
        model_build_tensor(b, t->name, t->rows ? 2 : 1, dims, t->type, offset);
        offset = (offset + bytes_of(t) + 31) / 32 * 32;
    }
    for (size_t i = 0; i < TENSORS; i++) {
        model_build_pad(b, 32);
        if (!tensors[i].sub || sub_norms)
            data(b, &tensors[i]);
    }
}
