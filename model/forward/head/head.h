/* SPDX-License-Identifier: MIT */
/*
 * The output head: how logits are made of the last hidden state. A head of 128256 x 2560 in f16 is more than
 * half of the bytes that a generated token reads.
 *
 *   full       every row of the file's matrix
 *   certified  the rows that can be among the k largest, and no others. A compact copy of the head gives an
 *              interval for each logit. A row whose upper end reaches the k-th largest lower end is computed
 *              from the file's matrix, by the same kernel, so its logit has the bits of the full head
 *   i8         the copy's approximate logits. They are not exact
 *
 * The copy has two planes of 4 bits in HEAD4 order (kernels/layout.h): w is about unit * scale * (16 coarse +
 * fine - 127.5). With the coarse plane alone it is unit * scale * 16 (coarse - 7.5).
 *
 * The interval holds whatever the activation x is. Let x' be x in int8, w' a row of the copy, and `exact` the
 * real number sum of w * x. Then
 *
 *     |exact - sum of w' * x'| <= |w - w'| * |x'| + |w| * |x - x'|           (norms; Cauchy and Schwarz)
 *     |full - exact|           <= g * |w| * |x|                              (rows/sums.h or cases/dot.h)
 *     |approximate - sum of w' * x'| <= h * (|coarse part| + |fine part|) * |x'|
 *
 * with h = k u / (1 - k u), k = blocks + 2, u = 2^-24 for the f32 sum of the blocks. The row's norms are
 * worked out once at load, those of x for each token, all rounded up.
 */
#pragma once

#include "model/forward/pool.h"

struct model_config;
struct model_weights;
struct model_state;
struct model_probe;

enum model_head { MODEL_HEAD_FULL, MODEL_HEAD_CERTIFIED, MODEL_HEAD_I8, MODEL_HEADS };
extern const char *const model_head_names[MODEL_HEADS]; /* "full", "certified", "i8" */

/* What the head multiplies: the last hidden state, or that rounded to f16 or to Q8_0 blocks first. */
enum model_head_input { MODEL_INPUT_F32, MODEL_INPUT_F16, MODEL_INPUT_Q8_0, MODEL_INPUTS };
extern const char *const model_input_names[MODEL_INPUTS + 1]; /* "f32", "f16", "q8_0", NULL */

/*
 * What a head of that type is given when nobody says: f32. Q2_0 is given Q8_0 blocks if the layers' products
 * round activations too, because its op takes those.
 */
enum model_head_input model_head_input_usual(const struct model_config *c, bool int8);

/* All arrays are [rows], of planes and scales so many rows. Scales and numbers of the padding are zero. */
struct model_head_copy {
    size_t rows;            /* the vocabulary, up to a multiple of 16 */
    uint8_t *coarse, *fine; /* HEAD4 planes */
    uint16_t *scale;
    float *half_unit;             /* half of `unit`, a power of two: head4_gemv counts in halves */
    float *norm;                  /* |w| */
    float *coarse_off, *both_off; /* what stands beside |x'| above, by the coarse plane and by both */
    uint8_t *memory;              /* owned: holds all of them */
    size_t bytes;                 /* of all */
};

/*
 * Makes w->head_copy of a head in F32, F16 or BF16, with threads as those that will read it. Other types
 * are QK_ERR_UNAVAILABLE: they are no larger than the copy, or hardly. So is a head with a weight that is
 * not finite, or with a row so large that logits could overflow: that names the row. Only the full head
 * shows what comes of that. QK_ERR_MEMORY, QK_ERR_INTERNAL.
 */
int model_head_copy_make(struct model_weights *w, size_t threads, const struct model_pool_calls *calls,
                         struct qk_error *err);
void model_head_copy_free(struct model_head_copy *copy); /* NULL is fine */

/* Logits of some tokens, by ascending id: the k largest and whoever else had to be computed. */
struct model_top {
    size_t count;
    const int32_t *id;
    const float *logit; /* as the full head has them */
};

/*
 * As model_forward, with the k largest logits of the last token, k from 1 to model_top_most, and those equal
 * to the k-th. Valid until the next call. A token for which no interval can be had (an activation that is not
 * finite) gets all logits.
 */
int model_forward_top(struct model_state *s, const int32_t *tokens, size_t count, size_t k,
                      struct model_top *top, const struct model_probe *probe, struct qk_error *err);
/* A sixteenth of the vocabulary; 0 when the state's head is not the certified one. */
size_t model_top_most(const struct model_state *s);

/* What the certified head of a state has done so far. */
struct model_head_work {
    uint64_t tokens;
    uint64_t rescored; /* rows computed from the file's matrix */
    uint64_t coarse;   /* tokens for which the coarse plane was enough */
    uint64_t full;     /* tokens that took the full head after all */
    uint64_t bytes;    /* read, of the copy and of the file's matrix */
};
const struct model_head_work *model_head_work(const struct model_state *s);
