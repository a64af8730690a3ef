/* SPDX-License-Identifier: MIT */
#include "model/forward/private.h"

#include "model/forward/load/number_rows.h"
#include "model/gguf/cursor.h"

#include <stdio.h>
#include <string.h>

#define NORM(of) (MODEL_MATRICES + MODEL_##of##_NORM)
const struct model_tensor_form model_tensor_forms[MODEL_TENSOR_FORMS] = {
    [MODEL_Q] = {"attn_q.weight", MODEL_GGUF_TYPE_I2_S, MODEL_DIM_EMBEDDING, MODEL_DIM_Q, 0},
    [MODEL_K] = {"attn_k.weight", MODEL_GGUF_TYPE_I2_S, MODEL_DIM_EMBEDDING, MODEL_DIM_KV, 0},
    [MODEL_V] = {"attn_v.weight", MODEL_GGUF_TYPE_I2_S, MODEL_DIM_EMBEDDING, MODEL_DIM_KV, 0},
    [MODEL_O] = {"attn_output.weight", MODEL_GGUF_TYPE_I2_S, MODEL_DIM_Q, MODEL_DIM_EMBEDDING, 0},
    [MODEL_GATE] = {"ffn_gate.weight", MODEL_GGUF_TYPE_I2_S, MODEL_DIM_EMBEDDING, MODEL_DIM_FEED_FORWARD, 0},
    [MODEL_UP] = {"ffn_up.weight", MODEL_GGUF_TYPE_I2_S, MODEL_DIM_EMBEDDING, MODEL_DIM_FEED_FORWARD, 0},
    [MODEL_DOWN] = {"ffn_down.weight", MODEL_GGUF_TYPE_I2_S, MODEL_DIM_FEED_FORWARD, MODEL_DIM_EMBEDDING, 0},
    [NORM(ATTN)] = {"attn_norm.weight", MODEL_GGUF_TYPE_F32, MODEL_DIM_EMBEDDING, MODEL_DIM_NONE, 0},
    [NORM(ATTN_SUB)] = {"attn_sub_norm.weight", MODEL_GGUF_TYPE_F32, MODEL_DIM_Q, MODEL_DIM_NONE,
                        MODEL_NORMS_SUB},
    [NORM(FFN)] = {"ffn_norm.weight", MODEL_GGUF_TYPE_F32, MODEL_DIM_EMBEDDING, MODEL_DIM_NONE, 0},
    [NORM(FFN_SUB)] = {"ffn_sub_norm.weight", MODEL_GGUF_TYPE_F32, MODEL_DIM_FEED_FORWARD, MODEL_DIM_NONE,
                       MODEL_NORMS_SUB},
    [NORM(Q)] = {"attn_q_norm.weight", MODEL_GGUF_TYPE_F32, MODEL_DIM_HEAD, MODEL_DIM_NONE,
                 MODEL_NORMS_HEADS},
    [NORM(K)] = {"attn_k_norm.weight", MODEL_GGUF_TYPE_F32, MODEL_DIM_HEAD, MODEL_DIM_NONE,
                 MODEL_NORMS_HEADS},
};

bool model_tensor_there(const struct model_config *c, const struct model_tensor_form *f)
{
    return !(f->norms & ~c->graph->norms);
}

uint64_t model_dim(const struct model_config *c, enum model_dim_of dim)
{
    const uint64_t sizes[] = {
        [MODEL_DIM_NONE] = 1,           [MODEL_DIM_EMBEDDING] = c->embedding,
        [MODEL_DIM_Q] = c->q_width,     [MODEL_DIM_KV] = (uint64_t)c->kv_heads * c->head_dim,
        [MODEL_DIM_HEAD] = c->head_dim, [MODEL_DIM_FEED_FORWARD] = c->feed_forward};
    return sizes[dim];
}

/* Does an op multiply matrices of the type? */
static bool is_matrix_type(enum model_gguf_type type)
{
    const struct model_tensor_op *row;
    for (size_t i = 0; (row = model_tensor_op(i)); i++)
        if (row->type == type)
            return true;
    return false;
}

int model_tensor_want(const struct model_gguf *g, const char *name, enum model_gguf_type type, uint64_t ne0,
                      uint64_t ne1, const struct model_gguf_tensor **to, struct qk_error *err)
{
    const struct model_gguf_tensor *t = model_gguf_find_tensor(g, name);
    const bool matrix = is_matrix_type(type);
    if (!t)
        return qk_fail(err, QK_ERR_FORMAT, g->name, "tensor \"%s\" is missing", name);
    if (matrix ? !is_matrix_type(t->type) : t->type != type)
        return model_gguf_fail(g, t->info_at, err, "tensor \"%s\" is of type %s, %s expected", name,
                               model_gguf_type_name(t->type),
                               matrix ? "I2_S, TQ1_0, TQ2_0, Q2_0 or PQ2_0" : model_gguf_type_name(type));
    if (t->dims[0] != ne0 || t->dims[1] != ne1 || t->dims[2] != 1 || t->dims[3] != 1)
        return model_gguf_fail(g, t->info_at, err, "tensor \"%s\" is %llux%llux%llux%llu, %llux%llu expected",
                               name, (unsigned long long)t->dims[0], (unsigned long long)t->dims[1],
                               (unsigned long long)t->dims[2], (unsigned long long)t->dims[3],
                               (unsigned long long)ne0, (unsigned long long)ne1);
    *to = t;
    return 0;
}

static bool is_string(const struct model_gguf_string *s, const char *text)
{
    return s->length == strlen(text) && !memcmp(s->bytes, text, s->length);
}

const struct model_arch *model_arch(size_t i)
{
    static const struct model_arch rows[] = {
#define ARCH(name, rope, activation, norms, rule)                                                            \
    {name, model_rotate_##rope, model_activate_##activation, MODEL_NORMS_##norms, MODEL_RULE_##rule},
#include "model/forward/load/archs.def"
#undef ARCH
    };
    return i < sizeof rows / sizeof *rows ? &rows[i] : NULL;
}

/* Families that are asked for, and why they do not run. */
static const char *why_not(const struct model_gguf_string *arch)
{
    static const struct {
        const char *name, *why;
    } others[] = {{"bitnet", "it is the older family with SiLU and a scale tensor for each matrix"},
                  {"qwen35", "48 of its 64 layers are gated delta nets"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (is_string(arch, others[i].name))
            return others[i].why;
    return NULL;
}

static int read_arch(struct model_config *c, const struct model_gguf *g, struct qk_error *err)
{
    struct model_gguf_string arch;
    char known[200] = "";
    const int code = model_gguf_get_string(g, "general.architecture", &arch, err);
    if (code)
        return code;
    for (size_t i = 0; (c->graph = model_arch(i)); i++) {
        c->arch = c->graph->name;
        if (is_string(&arch, c->arch))
            return 0;
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", c->arch);
    }
    const char *const why = why_not(&arch);
    return qk_fail(err, QK_ERR_UNAVAILABLE, g->name, "architecture \"%s\" is not one of %s%s%s",
                   model_gguf_show(arch).text, known, why ? ": " : "", why ? why : "");
}

/* A head is as wide as the key says, or the embedding's part. Values are as wide as keys. */
static int read_heads(struct model_config *c, const struct model_gguf *g, struct qk_error *err)
{
    enum { HEAD_MAX = 1 << 14 };
    char key[96];
    size_t value;
    int code = 0;
    c->head_dim = c->embedding / c->heads;
    value = c->head_dim;
    snprintf(key, sizeof key, "%s.attention.key_length", c->arch);
    const bool said = model_gguf_find(g, key);
    if (said)
        code = model_key_size(c, g, "attention.key_length", HEAD_MAX, &c->head_dim, err);
    snprintf(key, sizeof key, "%s.attention.value_length", c->arch);
    if (!code && model_gguf_find(g, key))
        code = model_key_size(c, g, "attention.value_length", HEAD_MAX, &value, err);
    else
        value = c->head_dim;
    if (code)
        return code;
    if (c->heads % c->kv_heads || (!said && c->embedding % c->heads))
        return qk_fail(
            err, QK_ERR_FORMAT, g->name,
            "embedding_length %zu, head_count %zu, head_count_kv %zu: each must be a multiple of the next",
            c->embedding, c->heads, c->kv_heads);
    if (value != c->head_dim)
        return qk_fail(err, QK_ERR_FORMAT, g->name,
                       "keys of a head are %zu wide, and %s is %zu; both must be the same", c->head_dim, key,
                       value);
    c->q_width = c->heads * c->head_dim;
    if (c->head_dim % 2 || c->embedding % 128 || c->feed_forward % 128 || c->q_width % 128)
        return qk_fail(err, QK_ERR_FORMAT, g->name,
                       "embedding_length %zu, feed_forward_length %zu and %zu heads of %zu must be multiples "
                       "of 128, a head even",
                       c->embedding, c->feed_forward, c->heads, c->head_dim);
    return 0;
}

/*
 * Limits keep every product below far from overflow and every table allocatable; the published model is 2^12
 * at most.
 */
static int read_sizes(struct model_config *c, const struct model_gguf *g, struct qk_error *err)
{
    enum { WIDTH_MAX = 1 << 18, HEADS_MAX = 4096 };
    const struct {
        const char *key;
        uint64_t max;
        size_t *to;
    } keys[] = {{"context_length", MODEL_CONTEXT_MAX, &c->context},
                {"embedding_length", WIDTH_MAX, &c->embedding},
                {"block_count", MODEL_LAYERS_MAX, &c->layers},
                {"feed_forward_length", WIDTH_MAX, &c->feed_forward},
                {"attention.head_count", HEADS_MAX, &c->heads},
                {"attention.head_count_kv", HEADS_MAX, &c->kv_heads}};
    int code = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && !code; i++)
        code = model_key_size(c, g, keys[i].key, keys[i].max, keys[i].to, err);
    if (code)
        return code;
    return read_heads(c, g, err);
}

static int read_reals(struct model_config *c, const struct model_gguf *g, struct qk_error *err)
{
    const struct model_key_name name = model_key_name(c, "attention.layer_norm_rms_epsilon");
    double epsilon;
    const int code = model_gguf_get_f64(g, name.text, 1e-12, 1, &epsilon, err);
    if (code)
        return code;
    c->epsilon = (float)epsilon;
    return model_rope_read(&c->rope, c, g, err);
}

/* Parts come from llama-gguf-split. Only the first has the metadata, and none has all tensors. */
static int refuse_part(const struct model_gguf *g, struct qk_error *err)
{
    const struct model_gguf_value *const count = model_gguf_find(g, "split.count"), *const no =
                                                                                        model_gguf_find(
                                                                                            g, "split.no");
    uint64_t parts, part = 0;
    if (!count || !model_gguf_value_u64(count, &parts) || parts <= 1)
        return 0;
    if (no)
        model_gguf_value_u64(no, &part);
    return qk_fail(err, QK_ERR_UNAVAILABLE, g->name,
                   "part %llu of %llu of a split model; a whole one expected, which llama-gguf-split --merge "
                   "makes",
                   (unsigned long long)part + 1, (unsigned long long)parts);
}

/* What keeps the tensors from being used at all. */
static int refuse_fault(const struct model_gguf *g, struct qk_error *err)
{
    if (g->fault && err)
        *err = *g->fault;
    return g->fault ? QK_ERR_FORMAT : 0;
}

/* The vocabulary is as many rows as the embedding has; what the metadata says of it must agree. */
static int read_vocab(struct model_config *c, const struct model_gguf *g, struct qk_error *err)
{
    char name[96];
    uint64_t said;
    const struct model_gguf_tensor *t = model_gguf_find_tensor(g, "token_embd.weight");
    const struct model_gguf_value *tokens = model_gguf_find(g, "tokenizer.ggml.tokens");
    if (!t)
        return qk_fail(err, QK_ERR_FORMAT, g->name, "tensor \"token_embd.weight\" is missing");
    if (t->dims[1] > INT32_MAX)
        return model_gguf_fail(g, t->info_at, err,
                               "tensor \"token_embd.weight\" has %llu rows, at most %d expected",
                               (unsigned long long)t->dims[1], INT32_MAX);
    c->vocab = (size_t)t->dims[1];
    snprintf(name, sizeof name, "%s.vocab_size", c->arch);
    if (model_gguf_find(g, name)) {
        const int code = model_gguf_get_u64(g, name, 1, INT32_MAX, &said, err);
        if (code)
            return code;
        if (said != c->vocab)
            return qk_fail(err, QK_ERR_FORMAT, g->name, "%s is %llu, and token_embd.weight has %zu rows",
                           name, (unsigned long long)said, c->vocab);
    }
    if (tokens && tokens->kind == MODEL_GGUF_ARRAY && tokens->count != c->vocab)
        return qk_fail(err, QK_ERR_FORMAT, g->name,
                       "tokenizer.ggml.tokens has %llu entries, and token_embd.weight %zu rows",
                       (unsigned long long)tokens->count, c->vocab);
    return 0;
}

/* The name is written again to compare: "blk.01." and "blk.+1." would be read as layer 1 as well. */
static bool known_tensor(const struct model_config *c, const char *name)
{
    unsigned layer;
    if (!strcmp(name, "token_embd.weight") || !strcmp(name, "output_norm.weight") ||
        !strcmp(name, "output.weight"))
        return true;
    if (sscanf(name, "blk.%3u.", &layer) != 1 || layer >= c->layers)
        return false;
    for (int i = 0; i < MODEL_TENSOR_FORMS; i++) {
        char known[MODEL_GGUF_MAX_NAME + 1];
        snprintf(known, sizeof known, "blk.%u.%s", layer, model_tensor_forms[i].name);
        if (!strcmp(name, known))
            return model_tensor_there(c, &model_tensor_forms[i]);
    }
    return false;
}

/* [vocab] rows of numbers. The tensor is there. */
static int check_table(const struct model_config *c, const struct model_gguf *g, const char *name,
                       enum model_gguf_type *type, struct qk_error *err)
{
    const struct model_gguf_tensor *t = model_gguf_find_tensor(g, name);
    *type = model_number_type_of(t->type) ? t->type : MODEL_GGUF_TYPE_F16;
    return model_tensor_want(g, name, *type, c->embedding, c->vocab, &t, err);
}

/* A tensor that the forward pass does not know, such as a bias, would change its result. */
static int check_tensors(struct model_config *c, const struct model_gguf *g, struct qk_error *err)
{
    const struct model_gguf_tensor *t;
    int code = check_table(c, g, "token_embd.weight", &c->embedding_type, err); /* read_vocab saw it */
    c->own_head = model_gguf_find_tensor(g, "output.weight");
    if (!code)
        code = check_table(c, g, model_head_name(c), &c->head_type, err);
    if (!code)
        code = model_tensor_want(g, "output_norm.weight", MODEL_GGUF_TYPE_F32, c->embedding, 1, &t, err);
    for (size_t layer = 0; layer < c->layers && !code; layer++)
        for (int i = 0; i < MODEL_TENSOR_FORMS && !code; i++) {
            const struct model_tensor_form *f = &model_tensor_forms[i];
            char name[MODEL_GGUF_MAX_NAME + 1];
            snprintf(name, sizeof name, "blk.%zu.%s", layer, f->name);
            if (!model_tensor_there(c, f))
                continue;
            code = model_tensor_want(g, name, f->type, model_dim(c, f->ne0), model_dim(c, f->ne1), &t, err);
            if (!code && i < MODEL_MATRICES)
                c->matrix_bytes += (size_t)t->elements / 4 + model_scale_bytes(c, t);
            c->matrix_type = !code && !layer && !i ? t->type : c->matrix_type;
        }
    for (size_t i = 0; i < g->tensor_count && !code; i++)
        if (!known_tensor(c, g->tensors[i].name))
            code = model_gguf_fail(g, g->tensors[i].info_at, err,
                                   "tensor \"%s\" has no place in this architecture", g->tensors[i].name);
    return code;
}

int model_config_read(struct model_config *c, const struct model_gguf *g, struct qk_error *err)
{
    struct model_config made = {.name = ""};
    const struct model_gguf_value *name = model_gguf_find(g, "general.name");
    struct model_gguf_string text;
    int code = refuse_part(g, err);
    if (!code)
        code = read_arch(&made, g, err);
    if (!code)
        code = model_refuse(g, err);
    if (!code)
        code = read_sizes(&made, g, err);
    if (!code)
        code = read_reals(&made, g, err);
    if (!code)
        code = model_keys_check(&made, g, err);
    if (!code)
        code = refuse_fault(g, err);
    if (!code)
        code = read_vocab(&made, g, err);
    if (!code)
        code = check_tensors(&made, g, err);
    if (code)
        return code;
    if (name && model_gguf_value_string(name, &text))
        snprintf(made.name, sizeof made.name, "%.*s", (int)sizeof made.name - 1, model_gguf_show(text).text);
    *c = made;
    return 0;
}

size_t model_head_bytes(const struct model_config *c)
{
    return c->vocab * model_head_row_bytes(c);
}

size_t model_position_bytes(const struct model_config *c, bool kv_f16)
{
    return 2 * c->layers * c->kv_heads * c->head_dim * (kv_f16 ? sizeof(uint16_t) : sizeof(float));
}

size_t model_bytes_per_token(const struct model_config *c)
{
    const size_t row = model_number_bytes(c->embedding_type, c->embedding);
    size_t sum = model_head_bytes(c) + row + c->embedding * 4 + c->matrix_bytes;
    for (int i = 0; i < MODEL_TENSOR_FORMS; i++) {
        const struct model_tensor_form *f = &model_tensor_forms[i];
        const size_t elements = (size_t)(model_dim(c, f->ne0) * model_dim(c, f->ne1));
        if (i >= MODEL_MATRICES && model_tensor_there(c, f))
            sum += c->layers * elements * 4;
    }
    return sum;
}
