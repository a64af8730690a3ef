/* SPDX-License-Identifier: MIT */
/*
 * Ternary models: what a file says about its model, the weights in the layouts that kernels want, and the
 * forward pass of one sequence. Every matrix product, norm and activation goes through a row of a table of
 * kernels.
 *
 *     load/config.c  model_config_read    load/weights.c  model_weights_*
 *     state.c        model_state_*        forward.c       model_forward
 *
 * One forward pass serves all architectures. load/archs.def says how they differ. Sources: microsoft/BitNet
 * gpu/model.py and the published GGUF; ggml-org/llama.cpp src/models/ llama.cpp and qwen3.cpp.
 */
#pragma once

#include "model/forward/head/head.h"
#include "model/forward/kernel_set.h"
#include "model/forward/load/keys.h"
#include "model/forward/pool.h"
#include "model/forward/rope.h"
#include "model/gguf/gguf.h"

enum {
    MODEL_LAYERS_MAX = 512,
    MODEL_CONTEXT_MAX = 1 << 20,
    MODEL_THREADS_MAX = 256,
    MODEL_BATCH_MAX = 512, /* most tokens in one pass through the layers */
};

struct model_state;

/*
 * How activations are rounded for products of layers by int8 paths: with one scale per token, or by 32 with
 * an f16 scale each, as in Q8_0.
 */
enum model_rule { MODEL_RULE_INT8, MODEL_RULE_Q8_0 };

/* A row of load/archs.def. */
struct model_arch {
    const char *name;
    /* Turns `heads` heads of x[heads * 2 * half] by tabled angles. */
    void (*rotate)(const struct model_state *s, float *out, const float *x, const float *cosine,
                   const float *sine, size_t heads, size_t half);
    void (*activate)(const struct model_state *s, float *out, const float *gate, const float *up, size_t n);
    unsigned norms; /* MODEL_NORMS_*, a mask */
    enum model_rule rule;
};
enum { MODEL_NORMS_NONE = 0, MODEL_NORMS_SUB = 1, MODEL_NORMS_HEADS = 2 };
/* Row i of load/archs.def. NULL after the last. */
const struct model_arch *model_arch(size_t i);

struct model_config {
    const char *arch; /* graph->name */
    const struct model_arch *graph;
    char name[128];                                 /* general.name, cut; may be empty */
    enum model_gguf_type embedding_type, head_type; /* of load/tensor_ops.def */
    bool own_head;                                  /* output.weight; else the embedding is the head too */
    size_t vocab, context, embedding, layers, feed_forward, heads, kv_heads, head_dim;
    size_t q_width;      /* heads * head_dim, which need not be the embedding */
    size_t matrix_bytes; /* codes and scales that a token reads; exact when the weights are loaded */
    enum model_gguf_type matrix_type; /* of the first */
    float epsilon;                    /* of all norms */
    struct model_rope rope;
};

/*
 * A matrix of 2-bit codes, rows x columns (outputs x inputs): value = scale * scales[group] * (code - 1). The
 * owner's `layouts` says which copies are there.
 */
struct model_matrix {
    size_t rows, columns;
    size_t file_bytes;      /* of its codes, and of scales between them, in the file */
    float scale;            /* finite */
    size_t group;           /* columns of a scale; 0 without `scales` */
    const uint16_t *scales; /* f16, as q2_0x16_gemv has them, in the owner's copy; NULL: all are 1 */
    const uint8_t *i2s;     /* [rows * columns / 4] I2_S order, a view into the file; NULL when released */
    uint8_t *i2s16;         /* I2S16 order (kernels/layout.h), in the owner's copy; NULL when not asked for */
    uint8_t *qk256;         /* QK256 order, ceil(columns / 256) blocks a row, likewise */
};

enum model_matrix_of { MODEL_Q, MODEL_K, MODEL_V, MODEL_O, MODEL_GATE, MODEL_UP, MODEL_DOWN, MODEL_MATRICES };

/* Those that the architecture has not are NULL. */
enum model_norm_of {
    MODEL_ATTN_NORM,
    MODEL_ATTN_SUB_NORM, /* as wide as all heads */
    MODEL_FFN_NORM,
    MODEL_FFN_SUB_NORM, /* as wide as feed_forward */
    MODEL_Q_NORM,       /* as wide as a head, and the next */
    MODEL_K_NORM,
    MODEL_NORMS
};

struct model_layer {
    struct model_matrix matrix[MODEL_MATRICES];
    float *norm[MODEL_NORMS]; /* aligned copies */
};

struct model_weights {
    struct model_gguf gguf; /* owned */
    struct model_config config;
    struct model_layer *layer;         /* [config.layers] */
    const void *embedding;             /* [vocab * embedding] of config.embedding_type, row by row */
    const void *head;                  /* likewise of config.head_type; a tied one is `embedding` */
    void *embedding_copy;              /* owned; NULL while `head` is in the file */
    float *output_norm;                /* [embedding] */
    struct model_head_copy *head_copy; /* owned; NULL until model_head_copy_make */
    unsigned layouts;                  /* the MODEL_LAYOUT_* that are there */
    uint8_t *i2s16, *qk256;            /* owned copies of all matrices, one behind the other; NULL without */
    size_t i2s16_bytes, qk256_bytes;   /* of the copies; 0 without a copy */
    uint16_t *scales;                  /* owned, of all matrices that have them */
    size_t scale_bytes;
};

/*
 * Reads what the metadata says. Checks the range of each value, and checks values against each other and
 * against the tensors' shapes and types. load/keys.h says what each key does. In this order: part of a split
 * model, the architecture, keys, what is wrong with the file's data (g->fault), tensors.
 *
 *     QK_ERR_FORMAT       names key or tensor, found and expected, with its offset
 *     QK_ERR_UNAVAILABLE  the architecture is not in load/archs.def, or the file needs what is not done here;
 *                         the text says why
 */
int model_config_read(struct model_config *c, const struct model_gguf *g, struct qk_error *err);
/* Bytes of weights that one generated token reads: codes, norms, its embedding and the head. */
size_t model_bytes_per_token(const struct model_config *c);
/* Those of them that are the head's. */
size_t model_head_bytes(const struct model_config *c);
/* Bytes of the keys and values of one position: what a later token reads of it. */
size_t model_position_bytes(const struct model_config *c, bool kv_f16);

/*
 * Takes over *g and makes the layouts asked for, a mask of MODEL_LAYOUT_*. On success *g is zeroed. On
 * failure *g is unchanged and *w is all zero.
 *
 * Without MODEL_LAYOUT_I2S each matrix's pages are given back as soon as it is repacked: see
 * model_gguf_give_back.
 *
 * Every code is checked: QK_ERR_FORMAT names tensor and byte of a code 3. It also names a norm's weight that
 * is not finite.
 */
int model_weights_load(struct model_weights *w, struct model_gguf *g, unsigned layouts, struct qk_error *err);
/*
 * The same by the threads of a pool. Each first writes what a pool of as many threads will mostly read. So
 * with pinned threads the interleaved copies lie near their readers. NULL: by the caller alone.
 */
int model_weights_load_by(struct model_weights *w, struct model_gguf *g, unsigned layouts,
                          struct model_pool *pool, struct qk_error *err);
/*
 * Copies the head to huge pages, for those who read all of it for every token. On a virtual machine with
 * Zen 3 that took 7 to 9 % less time than pages of the file. Each thread of the pool writes what it will
 * mostly read; the pool may be NULL. Does nothing when the head is in memory already. After QK_ERR_MEMORY the
 * weights are as before.
 */
int model_weights_copy_head(struct model_weights *w, struct model_pool *pool, struct qk_error *err);
/* Frees *w. An all-zero *w is fine. */
void model_weights_free(struct model_weights *w);

/*
 * The parts of a token's time, in the order of the pass. Sampling is the caller's. The thread that has the
 * result of a product in cache also does what follows on it: it adds to the residual stream, or computes the
 * activation. That belongs to the product's part. A norm's row is quantised in the norms' part. The rope of a
 * single token belongs to attention.
 */
enum model_part {
    MODEL_PART_EMBEDDING,
    MODEL_PART_NORMS,
    MODEL_PART_ACT_QUANT, /* always part of NORMS: never marked */
    MODEL_PART_QKV,
    MODEL_PART_ROPE, /* of several tokens; also puts their keys and values into the cache */
    MODEL_PART_ATTENTION,
    MODEL_PART_OUTPUT,
    MODEL_PART_GATE_UP,
    MODEL_PART_ACTIVATION, /* always part of GATE_UP: never marked */
    MODEL_PART_DOWN,
    MODEL_PART_HEAD,
    MODEL_PARTS
};

/*
 * model_forward calls mark(ctx, part) when a part has just ended. The time since the last call belongs to
 * that part.
 */
struct model_probe {
    void (*mark)(void *ctx, enum model_part part);
    void *ctx;
};

struct model_options {
    size_t threads; /* 1 .. MODEL_THREADS_MAX; results do not depend on it */
    /*
     * Threads that can run at the same time, such as the CPUs that they may use. No more are made, as others
     * could but take their CPU away. 0: as many as `threads`.
     */
    size_t at_once;
    size_t context; /* positions; 0: the model's; at most that. Memory for all is taken with the first */
    size_t batch;   /* tokens a pass; 0: MODEL_BATCH_MAX */
    bool kv_f16;    /* cache in f16, else f32 */
    enum model_head_input head_input;     /* any of them suits any head */
    enum model_head head;                 /* all but the full one need w->head_copy */
    const struct model_pool_calls *calls; /* of its threads; NULL: none */
};

/* A state (struct model_state) is one sequence: its cache, its buffers, and the kernels it runs with. */

/*
 * *w must outlive the state and hold the layout that kernels->path needs. After this call nothing more is
 * allocated. QK_ERR_ARG when the layout is missing, or when threads, context or batch are out of range.
 * QK_ERR_MEMORY. Free with model_state_free (NULL is fine).
 */
int model_state_new(struct model_state **s, const struct model_weights *w,
                    const struct model_kernels *kernels, const struct model_options *options,
                    struct qk_error *err);
void model_state_free(struct model_state *s);

/* The number of positions taken so far. The next token gets this position. */
size_t model_position(const struct model_state *s);
/* Forgets all positions from `position` on, position <= model_position. */
void model_rewind(struct model_state *s, size_t position);

enum model_logits { MODEL_LOGITS_NONE, MODEL_LOGITS_LAST, MODEL_LOGITS_ALL };

/*
 * Feeds tokens[count] as they are, at the next positions; count >= 1. Writes logits: [vocab] of the last
 * token, or [count * vocab] of all tokens, or none when `logits` is NULL. With MODEL_HEAD_I8 they are
 * approximate. probe may be NULL. QK_ERR_ARG, with nothing changed, for a token that is negative or >= vocab,
 * and for more positions than the context has. QK_ERR_FORMAT names the layer whose keys or values are too
 * large for a cache of f16; the positions are as before, and the logits mean nothing.
 */
int model_forward(struct model_state *s, const int32_t *tokens, size_t count, float *logits,
                  enum model_logits which, const struct model_probe *probe, struct qk_error *err);
