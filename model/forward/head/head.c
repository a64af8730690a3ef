/* SPDX-License-Identifier: MIT */
/* Logits of the last hidden state: all of them, or the largest and no others. head.h has the bound. */
#include "model/forward/private.h"

#include "kernels/act_quant/op.h"
#include "kernels/head4_gemv/op.h"
#include "kernels/layout.h"
#include "model/forward/load/number_rows.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const model_head_names[MODEL_HEADS] = {"full", "certified", "i8"};

enum {
    FULL_ROWS = 16, /* grain of the full product */
    TILE = 512,     /* rows of one plane, then of the other: the scales that both read stay in cache */
    RESCORED = 8,   /* grain of rows computed again */
    /* Tokens by both planes at once after one for which the coarse plane alone saved nothing. */
    PATIENCE = 64,
    TOP_SHARE = 16,
};

/* Which planes a pass over the copy reads. FINE adds to what COARSE has left. */
enum planes { COARSE = 1, FINE = 2, BOTH = 3 };

struct model_head_state {
    const struct model_head_copy *copy;
    int8_t *q;            /* [embedding] */
    float *scale, *wide;  /* [blocks] of act_quant, and what a q is worth */
    int32_t *sum, *bias;  /* [blocks] */
    float x_norm, x_off;  /* |x'| and |x - x'|, rounded up */
    float *coarse, *fine; /* [rows] sums of the planes */
    float *lower, *upper; /* [rows] */
    float *heap;          /* [vocab / TOP_SHARE] the k largest lower ends, smallest first */
    int32_t *id;          /* [vocab] whose logit is computed */
    float *logit;         /* [vocab] */
    size_t patience;      /* tokens until the coarse plane is tried alone again */
    struct model_pace reading[BOTH], rescoring; /* by planes less 1 */
    struct model_head_work work;
};

struct heading {
    struct model_state *s;
    float *logits;
    size_t tokens;
};

static void full_part(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct heading *h = ctx;
    const struct model_config *c = &h->s->w->config;
    for (size_t t = 0; t < h->tokens; t++)
        model_head_multiply(h->s, h->logits + t * c->vocab + first, t, first, end, thread);
}

static void full_head(struct model_state *s, float *logits, size_t tokens)
{
    struct heading h = {s, logits, tokens};
    model_run(s, MODEL_PART_HEAD, tokens, s->w->config.vocab, FULL_ROWS, full_part, &h);
}

/*
 * The input in int8, block by block, and how far that is from it. False when it is too large or not finite,
 * so that no interval would hold.
 */
static bool quantise_input(struct model_state *s, const float *x)
{
    struct model_head_state *h = s->head;
    const size_t blocks = s->w->config.embedding / HEAD4_BLOCK;
    double norm = 0, off = 0;
    MODEL_CALL(s, act_quant, h->q, h->scale, h->sum, x, blocks, HEAD4_BLOCK);
    for (size_t b = 0; b < blocks; b++) {
        h->wide[b] = 1 / h->scale[b];
        h->bias[b] = 15 * h->sum[b];
        for (size_t i = b * HEAD4_BLOCK; i < (b + 1) * HEAD4_BLOCK; i++) {
            const double close = (double)h->q[i] * (double)h->wide[b], d = (double)x[i] - close;
            norm += (double)x[i] * (double)x[i];
            off += d * d;
        }
    }
    /* The factor takes in this rounding and those of add_intervals. */
    h->x_off = (float)(sqrt(off) * (1 + 0x1p-18));
    h->x_norm = (float)((sqrt(norm) + sqrt(off)) * (1 + 0x1p-18));
    return norm < 0x1p80;
}

/*
 * From the planes' sums to intervals. 2^-22 of the value is more than its own roundings; 2^-90 is more than
 * products that underflow can lose.
 */
static void make_intervals(struct model_head_state *h, enum planes planes, size_t first, size_t end)
{
    const struct model_head_copy *c = h->copy;
    /* Compilers make vectors of the loop only when they see that nothing in it changes these. */
    const float *off = planes & FINE ? c->both_off : c->coarse_off, *norm = c->norm, *unit = c->half_unit;
    const float *coarse = h->coarse, *fine = h->fine, x_norm = h->x_norm, x_off = h->x_off;
    const bool both = planes & FINE;
    float *restrict lower = h->lower, *restrict upper = h->upper;
    for (size_t r = first; r < end; r++) {
        const float value = (16 * coarse[r] + (both ? fine[r] : 0)) * unit[r];
        const float far = off[r] * x_norm + norm[r] * x_off + (fabsf(value) * 0x1p-22f + 0x1p-90f);
        lower[r] = value - far;
        upper[r] = value + far;
    }
}

struct reading {
    struct model_state *s;
    enum planes planes;
};

static void planes_part(void *ctx, size_t first, size_t end, size_t thread)
{
    const struct reading *p = ctx;
    struct model_head_state *h = p->s->head;
    const struct model_head_copy *c = h->copy;
    const size_t columns = p->s->w->config.embedding, blocks = columns / HEAD4_BLOCK;
    (void)thread;
    for (size_t r = first; r < end; r += TILE) {
        const size_t n = end - r < TILE ? end - r : TILE, codes = r * (columns / 2), scales = r * blocks;
        if (p->planes & COARSE)
            MODEL_CALL(p->s, head4_gemv, h->coarse + r, c->coarse + codes, c->scale + scales, h->q, h->bias,
                       h->wide, n, columns);
        if (p->planes & FINE)
            MODEL_CALL(p->s, head4_gemv, h->fine + r, c->fine + codes, c->scale + scales, h->q, h->bias,
                       h->wide, n, columns);
        make_intervals(h, p->planes, r, r + n);
    }
}

static void read_planes(struct model_state *s, enum planes planes)
{
    struct reading p = {s, planes};
    const size_t rows = s->head->copy->rows, columns = s->w->config.embedding;
    const size_t plane = rows * columns / 2,
                 rest = rows * (columns / HEAD4_BLOCK * sizeof(uint16_t) + 3 * sizeof(float));
    model_pool_run(s->pool, rows, TILE, &s->head->reading[planes - 1], planes_part, &p);
    s->head->work.bytes += (planes == BOTH ? 2 : 1) * plane + rest;
}

bool model_head_intervals(struct model_state *s, bool coarse, const float **lower, const float **upper)
{
    *lower = s->head->lower;
    *upper = s->head->upper;
    if (!quantise_input(s, s->input))
        return false;
    read_planes(s, coarse ? COARSE : BOTH);
    return true;
}

static void approximate(struct model_state *s, float *logits, size_t tokens)
{
    const struct model_config *c = &s->w->config;
    struct model_head_state *h = s->head;
    for (size_t t = 0; t < tokens; t++) {
        float *to = logits + t * c->vocab;
        h->work.tokens++;
        quantise_input(s, s->input + t * c->embedding); /* of what is not finite come NaN logits */
        read_planes(s, BOTH);
        for (size_t r = 0; r < c->vocab; r++)
            to[r] = (16 * h->coarse[r] + h->fine[r]) * h->copy->half_unit[r];
    }
}

void model_head(struct model_state *s, float *logits, size_t tokens)
{
    model_head_round(s, tokens);
    if (s->options.head == MODEL_HEAD_I8)
        approximate(s, logits, tokens);
    else
        full_head(s, logits, tokens);
}

static void sink(float *heap, size_t count, size_t at)
{
    const float moved = heap[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1] < heap[child])
            child++;
        if (!(heap[child] < moved))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

/* The k-th largest of x[n], k <= n. */
static float kth_largest(float *heap, size_t k, const float *x, size_t n)
{
    memcpy(heap, x, k * sizeof *heap);
    for (size_t i = k / 2; i-- > 0;)
        sink(heap, k, i);
    for (size_t i = k; i < n; i++)
        if (x[i] > heap[0]) {
            heap[0] = x[i];
            sink(heap, k, 0);
        }
    return heap[0];
}

/* Ids of rows that can be among the k largest, into h->id. */
static size_t candidates(struct model_head_state *h, size_t k, size_t vocab)
{
    const float reach = kth_largest(h->heap, k, h->lower, vocab);
    size_t n = 0;
    for (size_t r = 0; r < vocab; r++)
        if (h->upper[r] >= reach)
            h->id[n++] = (int32_t)r;
    return n;
}

static void rescore_part(void *ctx, size_t first, size_t end, size_t thread)
{
    struct model_state *s = ctx;
    for (size_t i = first; i < end; i++) {
        const size_t row = (size_t)s->head->id[i];
        model_head_multiply(s, s->head->logit + i, 0, row, row + 1, thread);
    }
}

/*
 * The coarse plane first. Where too many rows are left for it, the fine one, too, and both at once for the
 * next tokens: a plane by itself then reads the scales once more. "Too many" is what costs more bytes than
 * the fine plane.
 */
static size_t narrow(struct model_state *s, size_t k)
{
    struct model_head_state *h = s->head;
    const size_t vocab = s->w->config.vocab;
    const size_t fine_bytes = h->copy->rows * (s->w->config.embedding / 2);
    if (h->patience) {
        h->patience--;
        read_planes(s, BOTH);
        return candidates(h, k, vocab);
    }
    read_planes(s, COARSE);
    size_t n = candidates(h, k, vocab);
    if (n * model_head_row_bytes(&s->w->config) <= fine_bytes) {
        h->work.coarse++;
        return n;
    }
    read_planes(s, FINE);
    h->patience = PATIENCE;
    return candidates(h, k, vocab);
}

void model_head_top(struct model_state *s, size_t k, struct model_top *top)
{
    struct model_head_state *h = s->head;
    const size_t vocab = s->w->config.vocab;
    model_head_round(s, 1);
    size_t n = quantise_input(s, s->input) ? narrow(s, k) : vocab;
    h->work.tokens++;
    if (n > vocab / 2) {
        n = vocab;
        for (size_t r = 0; r < vocab; r++)
            h->id[r] = (int32_t)r;
        full_head(s, h->logit, 1);
        h->work.full++;
    } else {
        model_pool_run(s->pool, n, RESCORED, &h->rescoring, rescore_part, s);
    }
    h->work.rescored += n;
    h->work.bytes += n * model_head_row_bytes(&s->w->config);
    *top = (struct model_top){n, h->id, h->logit};
}

size_t model_top_most(const struct model_state *s)
{
    return s->options.head == MODEL_HEAD_CERTIFIED ? s->w->config.vocab / TOP_SHARE : 0;
}

const struct model_head_work *model_head_work(const struct model_state *s)
{
    static const struct model_head_work none;
    return s->head ? &s->head->work : &none;
}

static void *take(size_t count, size_t size, struct qk_error *err, int *code)
{
    void *p = *code ? NULL : calloc(count, size);
    if (!p && !*code)
        *code =
            qk_fail(err, QK_ERR_MEMORY, "buffers of the head", "no memory for %zu x %zu bytes", count, size);
    return p;
}

int model_head_state_new(struct model_state *s, struct qk_error *err)
{
    const struct model_config *c = &s->w->config;
    const size_t blocks = c->embedding / HEAD4_BLOCK;
    int code = 0;
    if (s->options.head_input == MODEL_INPUT_Q8_0 &&
        !(s->blocks = model_alloc(s->options.batch, model_q8_0_bytes(c->embedding), "the head's input", err)))
        return QK_ERR_MEMORY;
    if (s->options.head == MODEL_HEAD_FULL)
        return 0;
    if (!s->w->head_copy)
        return qk_fail(err, QK_ERR_ARG, "head", "the weights have no compact copy, which the %s head reads",
                       model_head_names[s->options.head]);
    struct model_head_state *h = s->head = calloc(1, sizeof *h);
    if (!h)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for the state of the head");
    h->copy = s->w->head_copy;
    h->q = take(c->embedding, sizeof *h->q, err, &code);
    h->scale = take(blocks, sizeof *h->scale, err, &code);
    h->wide = take(blocks, sizeof *h->wide, err, &code);
    h->sum = take(blocks, sizeof *h->sum, err, &code);
    h->bias = take(blocks, sizeof *h->bias, err, &code);
    h->coarse = take(h->copy->rows, sizeof *h->coarse, err, &code);
    h->fine = take(h->copy->rows, sizeof *h->fine, err, &code);
    h->lower = take(h->copy->rows, sizeof *h->lower, err, &code);
    h->upper = take(h->copy->rows, sizeof *h->upper, err, &code);
    h->heap = take(c->vocab / TOP_SHARE + 1, sizeof *h->heap, err, &code);
    h->id = take(c->vocab, sizeof *h->id, err, &code);
    h->logit = take(c->vocab, sizeof *h->logit, err, &code);
    return code;
}

void model_head_state_free(struct model_head_state *h)
{
    if (!h)
        return;
    void *const all[] = {h->q,    h->scale, h->wide,  h->sum,  h->bias, h->coarse,
                         h->fine, h->lower, h->upper, h->heap, h->id,   h->logit};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free(h);
}
