/* SPDX-License-Identifier: MIT */
#include "model/synth/synth.h"
#include "model/gguf/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "model/synth/data.h"
#include "model/synth/preset.h"
#include "model/synth/vocab.h"

#define ALIGNMENT 32
#define CHUNK     ((size_t)1 << 20)

/* head=peaked: the embedding, which is the head, times two to this power. */
enum { PEAK = 6 };

struct synth {
    struct model_synth_name name;
    uint64_t seed;
    struct model_synth_vocab vocab;
};

struct tensor {
    char name[MODEL_GGUF_MAX_NAME + 1];
    uint32_t n_dims;
    uint64_t dims[2];
    enum model_gguf_type type;
    uint64_t size;
    struct model_synth_stream stream;
    bool matrix;      /* of a layer, else a norm or a table */
    unsigned quieter; /* scale divided by this power of two */
};

static int start(struct synth *s, const char *name, uint64_t seed, struct qk_error *err)
{
    struct qk_rng rng;
    *s = (struct synth){.seed = seed};
    const int code = model_synth_parse(&s->name, name, err);
    if (code)
        return code;
    qk_rng_seed(&rng, seed);
    return model_synth_vocab_make(&s->vocab, s->name.preset->vocab, s->name.preset->merges, &rng, err);
}

/* Keys that begin with a dot stand in the namespace of the architecture. */
static void write_key(const struct synth *s, struct model_gguf_writer *w, const char *key,
                      enum model_gguf_kind kind)
{
    char name[96];
    snprintf(name, sizeof name, "%s%s", *key == '.' ? s->name.preset->arch : "", key);
    model_gguf_write_key(w, name, kind);
}

static void write_key_u32(const struct synth *s, struct model_gguf_writer *w, const char *key, uint32_t value)
{
    write_key(s, w, key, MODEL_GGUF_U32);
    model_gguf_write_u32(w, value);
}

static void write_key_f32(const struct synth *s, struct model_gguf_writer *w, const char *key, float value)
{
    write_key(s, w, key, MODEL_GGUF_F32);
    model_gguf_write_f32(w, value);
}

static void write_key_string(struct model_gguf_writer *w, const char *key, const char *value)
{
    model_gguf_write_key(w, key, MODEL_GGUF_STRING);
    model_gguf_write_string(w, value, strlen(value));
}

static void write_tokenizer(const struct synth *s, struct model_gguf_writer *w)
{
    const struct model_synth_vocab *v = &s->vocab;
    const uint32_t special = (uint32_t)v->normal;
    write_key_string(w, "tokenizer.ggml.model", "gpt2");
    if (s->name.preset->pre)
        write_key_string(w, "tokenizer.ggml.pre", s->name.preset->pre);
    model_gguf_write_array(w, "tokenizer.ggml.tokens", MODEL_GGUF_STRING, s->name.preset->vocab);
    model_synth_vocab_write_tokens(v, w);
    model_gguf_write_array(w, "tokenizer.ggml.scores", MODEL_GGUF_F32, s->name.preset->vocab);
    for (uint32_t i = 0; i < s->name.preset->vocab; i++)
        model_gguf_write_f32(w, 0);
    model_gguf_write_array(w, "tokenizer.ggml.token_type", MODEL_GGUF_I32, s->name.preset->vocab);
    for (uint32_t i = 0; i < s->name.preset->vocab; i++)
        model_gguf_write_u32(w, i < special ? 1 : 3); /* normal, control */
    model_gguf_write_array(w, "tokenizer.ggml.merges", MODEL_GGUF_STRING, v->merges);
    model_synth_vocab_write_merges(v, w);
    write_key_u32(s, w, "tokenizer.ggml.bos_token_id", special + MODEL_SYNTH_BOS);
    write_key_u32(s, w, "tokenizer.ggml.eos_token_id", special + MODEL_SYNTH_EOS);
    write_key_u32(s, w, "tokenizer.ggml.padding_token_id", special + MODEL_SYNTH_EOS);
    write_key_string(w, "tokenizer.chat_template",
                     "{# a placeholder: random weights know no chat #}{% for m in messages %}{{ m['role'] "
                     "}}: {{ m['content'] }}\n{% endfor %}");
}

/* As the writer of such files has it: 40 is bitnet.cpp's number, the others are llama.cpp's. */
static uint32_t file_type(enum model_gguf_type matrices)
{
    return matrices == MODEL_GGUF_TYPE_TQ1_0   ? 36
           : matrices == MODEL_GGUF_TYPE_TQ2_0 ? 37
           : matrices == MODEL_GGUF_TYPE_I2_S  ? 40
                                               : 41;
}

/* Qwen3 files say how wide a head is. */
static bool says_head(const struct model_synth_preset *p)
{
    return !strcmp(p->arch, "qwen3");
}

static size_t entry_count(const struct model_synth_preset *p)
{
    return 24 + (p->pre != NULL) + 2 * says_head(p);
}

/* The entries of the published file of BitNet b1.58 2B4T, in its order, and some more of others. */
static void write_metadata(const struct synth *s, struct model_gguf_writer *w)
{
    const struct model_synth_preset *p = s->name.preset;
    write_key_string(w, "general.architecture", p->arch);
    write_key_string(w, "general.name", p->model);
    write_key_u32(s, w, ".vocab_size", p->vocab);
    write_key_u32(s, w, ".context_length", p->context);
    write_key_u32(s, w, ".embedding_length", p->embedding);
    write_key_u32(s, w, ".block_count", s->name.layers);
    write_key_u32(s, w, ".feed_forward_length", p->feed_forward);
    write_key_u32(s, w, ".rope.dimension_count", p->head_dim);
    write_key_u32(s, w, ".attention.head_count", p->heads);
    write_key_u32(s, w, ".attention.head_count_kv", p->kv_heads);
    if (says_head(p)) {
        write_key_u32(s, w, ".attention.key_length", p->head_dim);
        write_key_u32(s, w, ".attention.value_length", p->head_dim);
    }
    model_gguf_write_key(w, "tokenizer.ggml.add_bos_token", MODEL_GGUF_BOOL);
    model_gguf_write(w, says_head(p) ? "\0" : "\1", 1); /* Qwen has no such token */
    write_key_f32(s, w, ".attention.layer_norm_rms_epsilon", p->epsilon);
    write_key_f32(s, w, ".rope.freq_base", p->base);
    write_key_u32(s, w, "general.file_type", file_type(s->name.matrices));
    write_tokenizer(s, w);
    write_key_u32(s, w, "general.quantization_version", 2);
}

static uint64_t tensor_bytes(enum model_gguf_type type, uint64_t elements)
{
    switch (type) {
    case MODEL_GGUF_TYPE_F32:
        return 4 * elements;
    case MODEL_GGUF_TYPE_I2_S:
        return elements / 4 + 32;
    case MODEL_GGUF_TYPE_TQ1_0:
        return elements / 256 * 54;
    case MODEL_GGUF_TYPE_TQ2_0:
        return elements / 256 * 66;
    case MODEL_GGUF_TYPE_Q6_K:
        return elements / 256 * 210;
    case MODEL_GGUF_TYPE_Q2_0:
        return elements / 64 * 18;
    case MODEL_GGUF_TYPE_PQ2_0:
        return elements / 128 * 34;
    case MODEL_GGUF_TYPE_Q8_0:
        return elements / 32 * 34;
    default:
        return 2 * elements;
    }
}

/* A tensor of each layer. `number` says which stream of words it takes. */
struct part {
    const char *name;
    unsigned number;
    bool matrix;
    uint32_t columns, rows;
    /* What is added to the residual is halved, so that the layers do not drown the token, nor it them. */
    unsigned quieter;
    bool there;
};
enum { PARTS = 13 };

static struct part part_at(const struct model_synth_preset *p, size_t i)
{
    const uint32_t hidden = p->embedding, wide = p->feed_forward, kv = p->kv_heads * p->head_dim;
    const uint32_t q = p->heads * p->head_dim;
    const bool sub = !strncmp(p->arch, "bitnet", 6), heads = !strcmp(p->arch, "qwen3");
    const struct part all[PARTS] = {{"attn_norm", 0, false, hidden, 1, 0, true},
                                    {"attn_sub_norm", 1, false, q, 1, 0, sub},
                                    {"ffn_norm", 2, false, hidden, 1, 0, true},
                                    {"ffn_sub_norm", 3, false, wide, 1, 0, sub},
                                    {"attn_q", 4, true, hidden, q, 0, true},
                                    {"attn_k", 5, true, hidden, kv, 0, true},
                                    {"attn_v", 6, true, hidden, kv, 0, true},
                                    {"attn_output", 7, true, q, hidden, 1, true},
                                    {"ffn_gate", 8, true, hidden, wide, 0, true},
                                    {"ffn_up", 9, true, hidden, wide, 0, true},
                                    {"ffn_down", 10, true, wide, hidden, 1, true},
                                    {"attn_q_norm", 11, false, p->head_dim, 1, 0, heads},
                                    {"attn_k_norm", 12, false, p->head_dim, 1, 0, heads}};
    for (size_t k = 0; k < PARTS; k++)
        if (all[k].there && i-- == 0)
            return all[k];
    return (struct part){.name = NULL};
}

static size_t per_layer(const struct model_synth_preset *p)
{
    size_t n = 0;
    while (part_at(p, n).name)
        n++;
    return n;
}

static size_t tensor_count(const struct synth *s)
{
    return 2 + s->name.layers * per_layer(s->name.preset) + s->name.preset->own_head;
}

static struct tensor make_tensor_info(const struct synth *s, const char *name, enum model_gguf_type type,
                                      uint64_t columns, uint64_t rows, uint64_t number)
{
    struct tensor t = {.type = type, .n_dims = rows > 1 ? 2 : 1, .dims = {columns, rows}};
    snprintf(t.name, sizeof t.name, "%s.weight", name);
    t.size = tensor_bytes(type, columns * rows);
    model_synth_stream_seed(&t.stream, s->seed, number);
    return t;
}

/* Tensor i in the file's order. What it holds does not depend on how many layers there are. */
static struct tensor tensor_at(const struct synth *s, size_t i)
{
    const struct model_synth_preset *p = s->name.preset;
    const size_t parts = per_layer(p), layer = i ? (i - 1) / parts : 0;
    if (i == 0)
        return make_tensor_info(s, "token_embd", s->name.table, p->embedding, p->vocab, 0);
    if (layer >= s->name.layers)
        return i == 1 + parts * s->name.layers
                   ? make_tensor_info(s, "output_norm", MODEL_GGUF_TYPE_F32, p->embedding, 1, 1)
                   : make_tensor_info(s, "output", s->name.table, p->embedding, p->vocab, 2);
    const struct part part = part_at(p, (i - 1) % parts);
    char name[48];
    snprintf(name, sizeof name, "blk.%zu.%s", layer, part.name);
    struct tensor t = make_tensor_info(s, name, part.matrix ? s->name.matrices : MODEL_GGUF_TYPE_F32,
                                       part.columns, part.rows, 16 + 16 * layer + part.number);
    t.matrix = part.matrix;
    t.quieter = part.quieter;
    return t;
}

static uint64_t padded(uint64_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static uint64_t data_bytes(const struct synth *s)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < tensor_count(s); i++)
        bytes += padded(tensor_at(s, i).size);
    return bytes;
}

static void write_header(const struct synth *s, struct model_gguf_writer *w)
{
    uint64_t offset = 0;
    model_gguf_write_header(w, tensor_count(s), entry_count(s->name.preset));
    write_metadata(s, w);
    for (size_t i = 0; i < tensor_count(s); i++) {
        const struct tensor t = tensor_at(s, i);
        model_gguf_write_tensor(w, t.name, t.n_dims, t.dims, t.type, offset);
        offset += padded(t.size);
    }
    model_gguf_write_padding(w, ALIGNMENT);
}

static void write_data(const struct synth *s, size_t i, struct model_gguf_writer *w, bool leave_codes)
{
    struct tensor t = tensor_at(s, i);
    if (t.matrix && t.type == MODEL_GGUF_TYPE_I2_S)
        model_synth_write_i2s(w, &t.stream, t.dims[0], t.dims[1], t.quieter, leave_codes);
    else if (t.matrix)
        model_synth_write_groups(w, &t.stream, t.type, t.dims[0], t.dims[1], t.quieter, leave_codes);
    else if (t.n_dims == 1)
        model_synth_write_norm(w, &t.stream, t.dims[0]);
    else
        model_synth_write_numbers(w, &t.stream, t.type, t.dims[0] * t.dims[1], s->name.peaked ? PEAK : 0);
}

static void write_file(const struct synth *s, struct model_gguf_writer *w, bool leave_codes)
{
    write_header(s, w);
    for (size_t i = 0; i < tensor_count(s); i++) {
        write_data(s, i, w, leave_codes);
        model_gguf_write_padding(w, ALIGNMENT);
    }
}

static int count_only(void *ctx, const void *bytes, size_t n, struct qk_error *err)
{
    (void)ctx;
    (void)bytes;
    (void)n;
    (void)err;
    return 0;
}

static uint64_t file_bytes(const struct synth *s)
{
    unsigned char buffer[4096];
    struct model_gguf_writer w = {.buffer = buffer, .capacity = sizeof buffer, .sink = count_only};
    write_header(s, &w);
    return w.written + data_bytes(s);
}

int model_synth_size(const char *preset, uint64_t seed, uint64_t *bytes, struct qk_error *err)
{
    struct synth s;
    const int code = start(&s, preset, seed, err);
    if (code)
        return code;
    *bytes = file_bytes(&s);
    model_synth_vocab_free(&s.vocab);
    return 0;
}

int model_synth_write(const char *preset, uint64_t seed, model_sink_fn *sink, void *ctx, struct qk_error *err)
{
    struct synth s;
    int code = start(&s, preset, seed, err);
    if (code)
        return code;
    struct model_gguf_writer w = {
        .buffer = malloc(CHUNK), .capacity = CHUNK, .sink = sink, .ctx = ctx, .err = err};
    if (w.buffer) {
        write_file(&s, &w, false);
        code = model_gguf_writer_end(&w);
    } else {
        code = qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a buffer of %zu bytes", CHUNK);
    }
    free(w.buffer);
    model_synth_vocab_free(&s.vocab);
    return code;
}

/* Tensor i of the model at its place: what model_gguf_want calls. */
static void make_tensor(const void *maker, size_t i, unsigned char *to)
{
    const struct synth *s = maker;
    struct model_gguf_writer w = {.buffer = to, .capacity = (size_t)tensor_at(s, i).size};
    write_data(s, i, &w, false);
}

/* The file in anonymous memory at *to, but for the codes of its matrices. */
static int make_mapped(const struct synth *s, const char *name, size_t size, void **to, struct qk_error *err)
{
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return qk_fail(err, QK_ERR_MEMORY, name, "no memory for a model of %zu bytes", size);
    madvise(map, size, MADV_HUGEPAGE); /* a hundred times fewer page faults; without it the same but slower */
    struct model_gguf_writer w = {.buffer = map, .capacity = size, .err = err};
    write_file(s, &w, true);
    int code = model_gguf_writer_end(&w);
    if (!code && w.written != size)
        code = qk_fail(err, QK_ERR_INTERNAL, name, "%llu bytes were made, %zu expected",
                       (unsigned long long)w.written, size);
    if (code)
        munmap(map, size);
    else
        *to = map;
    return code;
}

int model_synth_open(const char *preset, uint64_t seed, struct model_gguf *g, struct qk_error *err)
{
    struct synth s;
    char name[64];
    void *map = NULL;
    *g = (struct model_gguf){0};
    int code = start(&s, preset, seed, err);
    if (code)
        return code;
    const uint64_t size = file_bytes(&s);
    snprintf(name, sizeof name, "synth:%s", preset);
    code = size > SIZE_MAX ? qk_fail(err, QK_ERR_MEMORY, name, "too large for this machine")
                           : model_memory_may((size_t)size, name, err);
    if (!code)
        code = make_mapped(&s, name, (size_t)size, &map, err);
    model_synth_vocab_free(&s.vocab);
    if (code)
        return code;
    code = model_gguf_parse(map, (size_t)size, name, g, err);
    struct synth *maker = code ? NULL : malloc(sizeof *maker);
    if (!code && !maker) {
        model_gguf_close(g);
        code = qk_fail(err, QK_ERR_MEMORY, name, "no memory for what makes its matrices");
    }
    if (code) {
        munmap(map, (size_t)size);
        return code;
    }
    *maker = (struct synth){.name = s.name, .seed = s.seed};
    g->mapped = true;
    g->make = make_tensor;
    g->maker = maker;
    return 0;
}
