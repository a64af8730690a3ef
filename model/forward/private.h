/* SPDX-License-Identifier: MIT */
/* What files of this folder share about the forward pass, and nobody else needs. */
#pragma once

#include "model/forward/forward.h"

#include <stdatomic.h>

/* The sizes that a tensor's dimensions may have, each named after what it is the size of. */
enum model_dim_of {
    MODEL_DIM_NONE,
    MODEL_DIM_EMBEDDING,
    MODEL_DIM_Q,
    MODEL_DIM_KV,
    MODEL_DIM_HEAD,
    MODEL_DIM_FEED_FORWARD
};
uint64_t model_dim(const struct model_config *c, enum model_dim_of dim);

/*
 * The tensors of a layer: first the matrices (enum model_matrix_of), then the norms (enum model_norm_of). ne1
 * of a vector is 1.
 */
enum { MODEL_TENSOR_FORMS = MODEL_MATRICES + MODEL_NORMS };
struct model_tensor_form {
    const char *name; /* after "blk.N." */
    enum model_gguf_type type;
    enum model_dim_of ne0, ne1;
    unsigned norms; /* which of MODEL_NORMS_* it belongs to; 0: all have it */
};
/* Has the model's architecture a tensor of this form? */
bool model_tensor_there(const struct model_config *c, const struct model_tensor_form *f);
extern const struct model_tensor_form model_tensor_forms[MODEL_TENSOR_FORMS];

/*
 * Finds the tensor, which must have exactly this type and shape. Where the type is one of matrices, all of
 * those will do. Otherwise QK_ERR_FORMAT names it, with its byte.
 */
int model_tensor_want(const struct model_gguf *g, const char *name, enum model_gguf_type type, uint64_t ne0,
                      uint64_t ne1, const struct model_gguf_tensor **to, struct qk_error *err);

/*
 * Columns of a scale of the matrix in memory; 0: without. I2_S has groups where the rule wants them, all with
 * a scale of 1.
 */
size_t model_scale_group(const struct model_config *c, const struct model_gguf_tensor *t);
/* Bytes of its scales in memory. They are fewer than those of its codes. */
size_t model_scale_bytes(const struct model_config *c, const struct model_gguf_tensor *t);

/*
 * Makes what *m has room for, by the threads of a pool or, with NULL, the caller alone. scales is room for
 * those of its groups. m->scales is NULL afterwards when one scale for all has taken their place, which the
 * rule must allow. QK_ERR_FORMAT names a code or a scale that is wrong.
 */
int model_fill(struct model_matrix *m, const struct model_gguf *g, const struct model_gguf_tensor *t,
               uint16_t *scales, enum model_rule rule, struct model_pool *pool, struct model_pace *pace,
               struct qk_error *err);

/* QK_ERR_UNAVAILABLE names a tensor that the forward pass would have to do something for. */
int model_refuse(const struct model_gguf *g, struct qk_error *err);

/*
 * Memory aligned to a cache line, or of 2 MiB or more in huge pages where the system has them: a stream, and
 * many tokens' rows, cross fewer page ends. NULL with *err filled on failure. Free with free(). model_alloc
 * zeroes count * size bytes. model_reserve takes pages only as they are written.
 */
void *model_alloc(size_t count, size_t size, const char *what, struct qk_error *err);
void *model_reserve(size_t bytes, const char *what, struct qk_error *err);

enum {
    MODEL_SUMS = 16384,
    MODEL_BLOCK = 32, /* columns of the smallest block of activations */
    MODEL_LEVELS = 4, /* blocks of 32, 64, 128 and 256 */
};

/* What rounds to infinity in f16, from here on. */
#define MODEL_F16_BEYOND 65520.0f

struct model_state {
    const struct model_weights *w;
    struct model_kernels kernels;
    struct model_options options;
    struct model_pool *pool;
    struct model_pace pace[2][MODEL_PARTS]; /* of one token, and of several */
    size_t position;
    size_t widest;    /* the largest of embedding, queries and feed_forward */
    size_t qkv_width; /* of queries, plus twice the kv width */
    size_t group;     /* heads that share a kv head */

    /* Keys, then values: [layer][kv head][position][head_dim], f16 or f32. */
    void *cache;
    atomic_size_t overflow; /* 1 + the first layer with a key or value that f16 cannot hold; 0: none */
    float *cosine, *sine;   /* [context][head_dim / 2] */

    /* Buffers for a batch of `batch` tokens. */
    float *x;       /* [batch][embedding]: the residual stream */
    float *input;   /* [batch][widest]: what the next product takes (outputs of norms) */
    float *qkv;     /* [batch][qkv_width]: three matrices one after the other, each [batch][rows] */
    float *rotated; /* [batch][q_width]: queries */
    float *mixed;   /* [batch][q_width]: attention's output */
    float *hidden;  /* [batch][feed_forward] */
    int8_t *q;      /* [batch][widest] */
    float *q_scale; /* [batch] */
    int32_t *q_sum; /* [batch] */
    /*
     * For matrices with scales: what a q of each block of 32, 64, 128 or 256 columns is worth, and the sum of
     * the q. [batch][widest / block] each. The rule Q8_0 fills the first, the other one the rest.
     */
    float *x_scale[MODEL_LEVELS];
    int32_t *block_sum[MODEL_LEVELS];

    /* Buffers of the threads. */
    int32_t *sums;   /* [threads][MODEL_SUMS] of integer products */
    float *results;  /* [threads][2][MODEL_SUMS] of one or two matrices, for who takes them at once */
    float *products; /* [threads][MODEL_SUMS] of products with scales */
    float *row;      /* [threads][row_room]: blocks of the widest row * 256 */
    size_t row_room;
    float *ones;    /* [blocks of the widest row] */
    float *turning; /* [threads][turning_room]: a group's heads, normed, and a key before and after rope */
    size_t turning_room;

    size_t last;     /* the last token's row of x */
    uint8_t *blocks; /* [batch][Q8_0 blocks of embedding]: the head's input; NULL unless it is so rounded */
    struct model_head_state *head; /* head/head.c; NULL with the full head */
};

/* Calls the state's kernel of that op. */
#define MODEL_CALL(s, op, ...) QK_CALL(op, (s)->kernels.of[QK_OP_##op]->fn, __VA_ARGS__)

void model_mark(const struct model_probe *probe, enum model_part part); /* probe may be NULL */

/* What rows of load/archs.def name. */
#define MODEL_ROTATE(op)                                                                                     \
    void model_rotate_##op(const struct model_state *s, float *out, const float *x, const float *cosine,     \
                           const float *sine, size_t heads, size_t half)
#define MODEL_ACTIVATE(op)                                                                                   \
    void model_activate_##op(const struct model_state *s, float *out, const float *gate, const float *up,    \
                             size_t n)
MODEL_ROTATE(rope);
MODEL_ROTATE(rope_pairs);
MODEL_ACTIVATE(relu2_mul);
MODEL_ACTIVATE(silu_mul);

/* Runs a job of the part for so many tokens. */
static inline void model_run(struct model_state *s, enum model_part job, size_t tokens, size_t items,
                             size_t grain, model_pool_part *part, void *ctx)
{
    model_pool_run(s->pool, items, grain, &s->pace[tokens > 1][job], part, ctx);
}

/*
 * Products of matrices with `tokens` rows of s->input, or on int8 paths of what model_quantise made of them,
 * by the state's kernels. The thread that has a row of the result in cache also does what follows on
 * it.
 */
void model_multiply_qkv(struct model_state *s, const struct model_layer *l, size_t tokens); /* to s->qkv */
/* To s->hidden: activated and multiplied with each other. */
void model_multiply_gate_up(struct model_state *s, const struct model_layer *l, size_t tokens);
/* Added to s->x. */
void model_multiply_add(struct model_state *s, enum model_part job, const struct model_matrix *m,
                        size_t tokens);
/* Quantises a token's row x[columns] for int8 paths. */
void model_quantise(struct model_state *s, const float *x, size_t columns, size_t token);
/* From s->qkv to s->mixed: rope, the cache, and attention over it. Marks its parts. */
void model_attend(struct model_state *s, size_t layer, size_t tokens, const struct model_probe *probe);
/* Writes logits[t][v] for `tokens` rows of s->input. */
void model_head(struct model_state *s, float *logits, size_t tokens);

/*
 * s->head and s->blocks, as the options have it. QK_ERR_ARG when the weights have no copy of the head that it
 * needs.
 */
int model_head_state_new(struct model_state *s, struct qk_error *err);
void model_head_state_free(struct model_head_state *h); /* NULL is fine */
/* The k largest logits of the first row of s->input, by a certified head. */
void model_head_top(struct model_state *s, size_t k, struct model_top *top);
/*
 * What it goes by: an interval for each logit of that row, by the coarse plane alone or by both. False when
 * there are none. Valid until the next call.
 */
bool model_head_intervals(struct model_state *s, bool coarse, const float **lower, const float **upper);
/*
 * Rounds `tokens` rows of s->input as the options say. Of Q8_0 the blocks are in s->blocks, too. Then
 * logits of the head's rows [first, end) for one of the tokens, by that thread.
 */
void model_head_round(struct model_state *s, size_t tokens);
void model_head_multiply(struct model_state *s, float *to, size_t token, size_t first, size_t end,
                         size_t thread);
size_t model_head_row_bytes(const struct model_config *c);
const char *model_head_name(const struct model_config *c); /* of its tensor */
/* Row `row` of the embedding or of the head in f32, which is exact, into to[embedding]. */
void model_embedding_row(const struct model_weights *w, size_t row, float *to);
void model_head_row(const struct model_weights *w, size_t row, float *to);
/* g of head/head.h: how far a logit of the full head may be from the exact one, as a part of |w| * |x|. */
double model_head_sum_error(const struct model_weights *w);
