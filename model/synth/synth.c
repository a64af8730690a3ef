/* SPDX-License-Identifier: MIT */
#include "model/synth/synth.h"
#include "model/gguf/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "model/synth/data.h"
#include "model/synth/vocab.h"

#define ALIGNMENT 32
#define CHUNK     ((size_t)1 << 20)

enum { PER_LAYER = 11, ENTRIES = 24 };
/* head=peaked: the embedding, which is the head, times two to this power. */
enum { PEAK = 6 };

struct preset {
    const char *name, *model; /* general.name */
    bool cut;                 /* NAME/N: the first N layers */
    uint32_t vocab, context, embedding, layers, feed_forward, head_dim, heads, kv_heads, merges;
};

static const struct preset presets[] = {
    {"bitnet-2b", "bitnet2b", true, 128256, 4096, 2560, 30, 6912, 128, 20, 5, 280147},
    {"tiny", "tiny", false, 1024, 512, 256, 3, 768, 64, 4, 2, 600},
};

struct synth {
    const struct preset *p;
    uint32_t layers;
    bool peaked;
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
    unsigned quieter; /* scale divided by this power of two */
};

/* The layers behind NAME/, or 0. */
static uint32_t read_layers(const struct preset *p, const char *digits)
{
    for (uint32_t layers = 1; layers <= p->layers; layers++) {
        char written[12];
        snprintf(written, sizeof written, "%u", layers);
        if (!strcmp(digits, written))
            return layers;
    }
    return 0;
}

/* NAME[/N][,head=peaked] */
static int find_preset(struct synth *s, const char *name, struct qk_error *err)
{
    char base[64];
    const char *const comma = strchr(name, ',');
    const size_t length = comma ? (size_t)(comma - name) : strlen(name);
    if (comma && strcmp(comma, ",head=peaked") != 0)
        return qk_fail(err, QK_ERR_ARG, NULL, "'%s': behind the comma stands head=peaked", name);
    snprintf(base, sizeof base, "%.*s", length < sizeof base ? (int)length : 0, name);
    s->peaked = comma != NULL;
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        const struct preset *p = &presets[i];
        const size_t n = strlen(p->name);
        s->p = p;
        s->layers = p->layers;
        if (!strcmp(base, p->name))
            return 0;
        if (!p->cut || strncmp(base, p->name, n) || base[n] != '/')
            continue;
        s->layers = read_layers(p, base + n + 1);
        return s->layers ? 0
                         : qk_fail(err, QK_ERR_ARG, NULL,
                                   "'%s': layers behind the slash are a whole number from 1 to %u", name,
                                   p->layers);
    }
    return qk_fail(err, QK_ERR_ARG, NULL,
                   "no synthetic model '%s'; there are bitnet-2b, bitnet-2b/N (its first N layers, 1 to 30) "
                   "and tiny, and of each one with ,head=peaked",
                   name);
}

static int start(struct synth *s, const char *name, uint64_t seed, struct qk_error *err)
{
    struct qk_rng rng;
    *s = (struct synth){.seed = seed};
    const int code = find_preset(s, name, err);
    if (code)
        return code;
    qk_rng_seed(&rng, seed);
    return model_synth_vocab_make(&s->vocab, s->p->vocab, s->p->merges, &rng, err);
}

static void write_key_u32(struct model_gguf_writer *w, const char *key, uint32_t value)
{
    model_gguf_write_key(w, key, MODEL_GGUF_U32);
    model_gguf_write_u32(w, value);
}

static void write_key_f32(struct model_gguf_writer *w, const char *key, float value)
{
    model_gguf_write_key(w, key, MODEL_GGUF_F32);
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
    model_gguf_write_array(w, "tokenizer.ggml.tokens", MODEL_GGUF_STRING, s->p->vocab);
    model_synth_vocab_write_tokens(v, w);
    model_gguf_write_array(w, "tokenizer.ggml.scores", MODEL_GGUF_F32, s->p->vocab);
    for (uint32_t i = 0; i < s->p->vocab; i++)
        model_gguf_write_f32(w, 0);
    model_gguf_write_array(w, "tokenizer.ggml.token_type", MODEL_GGUF_I32, s->p->vocab);
    for (uint32_t i = 0; i < s->p->vocab; i++)
        model_gguf_write_u32(w, i < special ? 1 : 3); /* normal, control */
    model_gguf_write_array(w, "tokenizer.ggml.merges", MODEL_GGUF_STRING, v->merges);
    model_synth_vocab_write_merges(v, w);
    write_key_u32(w, "tokenizer.ggml.bos_token_id", special + MODEL_SYNTH_BOS);
    write_key_u32(w, "tokenizer.ggml.eos_token_id", special + MODEL_SYNTH_EOS);
    write_key_u32(w, "tokenizer.ggml.padding_token_id", special + MODEL_SYNTH_EOS);
    write_key_string(w, "tokenizer.chat_template",
                     "{# a placeholder: random weights know no chat #}{% for m in messages %}{{ m['role'] "
                     "}}: {{ m['content'] }}\n{% endfor %}");
}

/* The entries of the published file, in its order. */
static void write_metadata(const struct synth *s, struct model_gguf_writer *w)
{
    const struct preset *p = s->p;
    write_key_string(w, "general.architecture", "bitnet-b1.58");
    write_key_string(w, "general.name", p->model);
    write_key_u32(w, "bitnet-b1.58.vocab_size", p->vocab);
    write_key_u32(w, "bitnet-b1.58.context_length", p->context);
    write_key_u32(w, "bitnet-b1.58.embedding_length", p->embedding);
    write_key_u32(w, "bitnet-b1.58.block_count", s->layers);
    write_key_u32(w, "bitnet-b1.58.feed_forward_length", p->feed_forward);
    write_key_u32(w, "bitnet-b1.58.rope.dimension_count", p->head_dim);
    write_key_u32(w, "bitnet-b1.58.attention.head_count", p->heads);
    write_key_u32(w, "bitnet-b1.58.attention.head_count_kv", p->kv_heads);
    model_gguf_write_key(w, "tokenizer.ggml.add_bos_token", MODEL_GGUF_BOOL);
    model_gguf_write(w, "\1", 1);
    write_key_f32(w, "bitnet-b1.58.attention.layer_norm_rms_epsilon", 1e-5f);
    write_key_f32(w, "bitnet-b1.58.rope.freq_base", 500000.0f);
    write_key_u32(w, "general.file_type", 40);
    write_tokenizer(s, w);
    write_key_u32(w, "general.quantization_version", 2);
}

static size_t tensor_count(const struct synth *s)
{
    return 2 + (size_t)s->layers * PER_LAYER;
}

static void set_sizes(struct tensor *t, uint64_t columns, uint64_t rows)
{
    t->n_dims = t->type == MODEL_GGUF_TYPE_F32 ? 1 : 2;
    t->dims[0] = columns;
    t->dims[1] = rows;
    t->size = t->type == MODEL_GGUF_TYPE_F32   ? 4 * columns
              : t->type == MODEL_GGUF_TYPE_F16 ? 2 * columns * rows
                                               : columns * rows / 4 + 32;
}

/* Tensor i in the file's order. What it holds does not depend on how many layers there are. */
static struct tensor tensor_at(const struct synth *s, size_t i)
{
    const struct preset *p = s->p;
    const uint32_t hidden = p->embedding, wide = p->feed_forward, kv = p->kv_heads * p->head_dim;
    const struct {
        const char *name;
        enum model_gguf_type type;
        uint32_t columns, rows;
        /* What is added to the residual is halved, so that the layers do not drown the token, nor it them. */
        unsigned quieter;
    } of[PER_LAYER] = {
        {"attn_norm", MODEL_GGUF_TYPE_F32, hidden, 1, 0},
        {"attn_sub_norm", MODEL_GGUF_TYPE_F32, hidden, 1, 0},
        {"ffn_norm", MODEL_GGUF_TYPE_F32, hidden, 1, 0},
        {"ffn_sub_norm", MODEL_GGUF_TYPE_F32, wide, 1, 0},
        {"attn_q", MODEL_GGUF_TYPE_I2_S, hidden, hidden, 0},
        {"attn_k", MODEL_GGUF_TYPE_I2_S, hidden, kv, 0},
        {"attn_v", MODEL_GGUF_TYPE_I2_S, hidden, kv, 0},
        {"attn_output", MODEL_GGUF_TYPE_I2_S, hidden, hidden, 1},
        {"ffn_gate", MODEL_GGUF_TYPE_I2_S, hidden, wide, 0},
        {"ffn_up", MODEL_GGUF_TYPE_I2_S, hidden, wide, 0},
        {"ffn_down", MODEL_GGUF_TYPE_I2_S, wide, hidden, 1},
    };
    struct tensor t = {.type = MODEL_GGUF_TYPE_F16};
    if (i == 0 || i == tensor_count(s) - 1) {
        t.type = i ? MODEL_GGUF_TYPE_F32 : MODEL_GGUF_TYPE_F16;
        snprintf(t.name, sizeof t.name, "%s", i ? "output_norm.weight" : "token_embd.weight");
        set_sizes(&t, hidden, p->vocab);
        model_synth_stream_seed(&t.stream, s->seed, i ? 1 : 0);
        return t;
    }
    const size_t layer = (i - 1) / PER_LAYER, k = (i - 1) % PER_LAYER;
    t.type = of[k].type;
    t.quieter = of[k].quieter;
    snprintf(t.name, sizeof t.name, "blk.%zu.%s.weight", layer, of[k].name);
    set_sizes(&t, of[k].columns, of[k].rows);
    model_synth_stream_seed(&t.stream, s->seed, 16 + 16 * layer + k);
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
    model_gguf_write_header(w, tensor_count(s), ENTRIES);
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
    if (t.type == MODEL_GGUF_TYPE_F32)
        model_synth_write_norm(w, &t.stream, t.dims[0]);
    else if (t.type == MODEL_GGUF_TYPE_F16)
        model_synth_write_f16(w, &t.stream, t.dims[0] * t.dims[1], s->peaked ? PEAK : 0);
    else
        model_synth_write_i2s(w, &t.stream, t.dims[0], t.dims[1], t.quieter, leave_codes);
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
    *maker = (struct synth){.p = s.p, .layers = s.layers, .peaked = s.peaked, .seed = s.seed};
    g->mapped = true;
    g->make = make_tensor;
    g->maker = maker;
    return 0;
}
