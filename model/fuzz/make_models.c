/* SPDX-License-Identifier: MIT */
/* make_models FOLDER: writes the smallest models that run, as seeds of load_fuzz. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/gguf/tests/gguf_builder.h"

enum { HEAD = 64, VOCAB = 4, LAYER = 13 };

/* One layer, no tokenizer. */
struct seed {
    const char *name, *arch;
    uint64_t width; /* of everything */
    enum model_gguf_type matrix, embedding;
    bool yarn; /* with three more keys */
};

/* What the tensors of a layer are; a matrix has `rows` of them, a vector none. */
enum rows { VECTOR, WIDTH, KV };
struct tensor {
    const char *name;
    enum rows rows;
    const char *only; /* the beginning of architectures that have it; NULL: all */
    bool narrow;      /* as wide as a head */
};
static const struct tensor layer[LAYER] = {
    {"attn_norm", VECTOR, NULL, false},
    {"attn_sub_norm", VECTOR, "bitnet", false},
    {"ffn_norm", VECTOR, NULL, false},
    {"ffn_sub_norm", VECTOR, "bitnet", false},
    {"attn_q_norm", VECTOR, "qwen3", true},
    {"attn_k_norm", VECTOR, "qwen3", true},
    {"attn_q", WIDTH, NULL, false},
    {"attn_k", KV, NULL, false},
    {"attn_v", KV, NULL, false},
    {"attn_output", WIDTH, NULL, false},
    {"ffn_gate", WIDTH, NULL, false},
    {"ffn_up", WIDTH, NULL, false},
    {"ffn_down", WIDTH, NULL, false},
};

/* A block of each type: its scale of f16, if it has one, and the byte that fills the rest. */
static const struct {
    unsigned columns, bytes, scale_at;
    bool scaled;
    unsigned char fill;
} blocks[] = {
    [MODEL_GGUF_TYPE_F32] = {1, 4, 0, false, 0x3d},       [MODEL_GGUF_TYPE_F16] = {1, 2, 0, false, 0x3c},
    [MODEL_GGUF_TYPE_BF16] = {1, 2, 0, false, 0x3d},      [MODEL_GGUF_TYPE_Q8_0] = {32, 34, 0, true, 0x11},
    [MODEL_GGUF_TYPE_Q6_K] = {256, 210, 208, true, 0x26}, [MODEL_GGUF_TYPE_TQ1_0] = {256, 54, 52, true, 0x26},
    [MODEL_GGUF_TYPE_TQ2_0] = {256, 66, 64, true, 0x26},  [MODEL_GGUF_TYPE_I2_S] = {128, 32, 0, false, 0x26},
    [MODEL_GGUF_TYPE_Q2_0] = {64, 18, 0, true, 0x26},     [MODEL_GGUF_TYPE_PQ2_0] = {128, 34, 0, true, 0x26},
};

static size_t bytes_of(enum model_gguf_type type, uint64_t elements)
{
    return (size_t)elements / blocks[type].columns * blocks[type].bytes +
           (type == MODEL_GGUF_TYPE_I2_S ? 32 : 0);
}

static void data(struct model_build *b, enum model_gguf_type type, uint64_t elements)
{
    model_build_pad(b, 32);
    if (type == MODEL_GGUF_TYPE_I2_S) {
        model_build_i2s(b, elements, blocks[type].fill, 0.125f);
        return;
    }
    for (uint64_t i = 0; i < elements / blocks[type].columns; i++) {
        const size_t at = b->size + blocks[type].scale_at;
        model_build_fill(b, blocks[type].fill, blocks[type].bytes);
        if (blocks[type].scaled) /* 2^-4 in f16 */
            memcpy(b->bytes + at, "\x00\x2c", 2);
    }
}

struct writing {
    struct model_build *b;
    bool infos; /* else data */
    unsigned count;
    uint64_t offset;
};

static void tensor(struct writing *w, const char *name, enum model_gguf_type type, uint64_t width,
                   uint64_t rows)
{
    const uint64_t dims[4] = {width, rows ? rows : 1, 1, 1}, elements = width * dims[1];
    if (w->infos)
        model_build_tensor(w->b, name, rows ? 2 : 1, dims, type, w->offset);
    else
        data(w->b, type, elements);
    w->count++;
    w->offset = (w->offset + bytes_of(type, elements) + 31) / 32 * 32;
}

static void tensors(struct writing *w, const struct seed *s)
{
    w->offset = w->count = 0;
    tensor(w, "token_embd.weight", s->embedding, s->width, VOCAB);
    for (size_t i = 0; i < LAYER; i++) {
        const struct tensor *const t = &layer[i];
        const uint64_t rows = t->rows == WIDTH ? s->width : t->rows == KV ? HEAD : 0;
        char name[64];
        snprintf(name, sizeof name, "blk.0.%s.weight", t->name);
        if (!t->only || !strncmp(s->arch, t->only, strlen(t->only)))
            tensor(w, name, rows ? s->matrix : MODEL_GGUF_TYPE_F32, t->narrow ? HEAD : s->width, rows);
    }
    tensor(w, "output_norm.weight", MODEL_GGUF_TYPE_F32, s->width, 0);
}

static void key(struct model_build *b, const struct seed *s, const char *name, uint32_t kind)
{
    char whole[96];
    snprintf(whole, sizeof whole, "%.20s.%.60s", s->arch, name);
    model_build_key(b, whole, kind);
}

static void keys(struct model_build *b, const struct seed *s)
{
    const struct {
        const char *name;
        uint64_t value;
    } sizes[] = {{"context_length", 16},
                 {"embedding_length", s->width},
                 {"block_count", 1},
                 {"feed_forward_length", s->width},
                 {"attention.head_count", s->width / HEAD},
                 {"attention.head_count_kv", 1},
                 {"attention.key_length", HEAD}};
    model_build_key(b, "general.architecture", MODEL_GGUF_STRING);
    model_build_string(b, s->arch);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        key(b, s, sizes[i].name, MODEL_GGUF_U32);
        model_build_u32(b, (uint32_t)sizes[i].value);
    }
    key(b, s, "attention.layer_norm_rms_epsilon", MODEL_GGUF_F32);
    model_build_f32(b, 1e-5f);
    key(b, s, "rope.freq_base", MODEL_GGUF_F32);
    model_build_f32(b, 10000);
    if (!s->yarn)
        return;
    key(b, s, "rope.scaling.type", MODEL_GGUF_STRING);
    model_build_string(b, "yarn");
    key(b, s, "rope.scaling.factor", MODEL_GGUF_F32);
    model_build_f32(b, 4);
    key(b, s, "logit_scale", MODEL_GGUF_F32);
    model_build_f32(b, 1);
}

static void model(struct model_build *b, const struct seed *s)
{
    struct model_build unused = {0};
    struct writing count = {&unused, true, 0, 0}, infos = {b, true, 0, 0}, rest = {b, false, 0, 0};
    tensors(&count, s);
    free(unused.bytes);
    model_build_header(b, count.count, s->yarn ? 13 : 10);
    keys(b, s);
    tensors(&infos, s);
    tensors(&rest, s);
}

int main(int argc, char **argv)
{
    static const struct seed seeds[] = {
        {"bitnet", "bitnet-b1.58", 128, MODEL_GGUF_TYPE_I2_S, MODEL_GGUF_TYPE_F16, false},
        {"bitnet-25-tq2_0", "bitnet-25", 256, MODEL_GGUF_TYPE_TQ2_0, MODEL_GGUF_TYPE_Q6_K, false},
        {"llama", "llama", 128, MODEL_GGUF_TYPE_I2_S, MODEL_GGUF_TYPE_F32, false},
        {"llama-pq2_0", "llama", 128, MODEL_GGUF_TYPE_PQ2_0, MODEL_GGUF_TYPE_Q8_0, false},
        {"llama-tq1_0", "llama", 256, MODEL_GGUF_TYPE_TQ1_0, MODEL_GGUF_TYPE_BF16, false},
        {"llama-yarn", "llama", 128, MODEL_GGUF_TYPE_I2_S, MODEL_GGUF_TYPE_F16, true},
        {"qwen3-q2_0", "qwen3", 128, MODEL_GGUF_TYPE_Q2_0, MODEL_GGUF_TYPE_Q2_0, false}};
    if (argc != 2) {
        fprintf(stderr, "usage: make_models FOLDER\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        struct model_build b = {0};
        char path[4096];
        model(&b, &seeds[i]);
        snprintf(path, sizeof path, "%s/%s", argv[1], seeds[i].name);
        FILE *file = fopen(path, "wb");
        const bool written = file && fwrite(b.bytes, 1, b.size, file) == b.size;
        free(b.bytes);
        if (!file || fclose(file) != 0 || !written) {
            perror(path);
            return 1;
        }
    }
    return 0;
}
