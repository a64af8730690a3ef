/* SPDX-License-Identifier: MIT */
#include "model/tokenizer/private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

int32_t model_tokenizer_bos(const struct model_tokenizer *t)
{
    return t->bos;
}

bool model_tokenizer_stops(const struct model_tokenizer *t, int32_t id)
{
    for (size_t i = 0; i < t->stops; i++)
        if (t->stop[i] == id)
            return true;
    return false;
}

const char *model_tokenizer_pre(const struct model_tokenizer *t, bool *said)
{
    *said = t->pre_said;
    return t->pre->name;
}

struct model_gguf_string model_tokenizer_text(const struct model_tokenizer *t, int32_t id)
{
    if (id < 0 || (size_t)id >= t->count)
        return (struct model_gguf_string){NULL, 0};
    return (struct model_gguf_string){t->text + t->token[id].at, t->token[id].size};
}

static int reserve(struct model_ids *ids, size_t more, struct qk_error *err)
{
    size_t wanted, bytes;
    if (!qk_add_size(ids->count, more, &wanted) || !qk_mul_size(wanted, 2 * sizeof *ids->id, &bytes))
        return qk_fail(err, QK_ERR_MEMORY, NULL, "%zu tokens overflow", ids->count);
    if (wanted <= ids->capacity)
        return 0;
    int32_t *grown = realloc(ids->id, bytes);
    if (!grown)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu tokens", 2 * wanted);
    ids->id = grown;
    ids->capacity = 2 * wanted;
    return 0;
}

int model_ids_append(struct model_ids *ids, int32_t id, struct qk_error *err)
{
    const int code = reserve(ids, 1, err);
    if (!code)
        ids->id[ids->count++] = id;
    return code;
}

void model_ids_free(struct model_ids *ids)
{
    free(ids->id);
    *ids = (struct model_ids){0};
}

const struct model_merge *model_tokenizer_merge(const struct model_tokenizer *t, int32_t left, int32_t right)
{
    const uint64_t pair = (uint64_t)left << 32 | (uint32_t)right;
    size_t low = 0, high = t->merges;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (t->merge[middle].pair < pair)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->merges && t->merge[low].pair == pair ? &t->merge[low] : NULL;
}

/*
 * A piece being merged: its parts as a list, and the merges possible as a heap, lowest rank and then leftmost
 * on top. A merge whose parts have changed since is recognised by its pair and left out. So a piece of n
 * bytes takes O(n log n).
 */
struct part {
    int32_t id; /* -1: merged into the one before */
    uint32_t before, next;
};

struct candidate {
    uint32_t rank, left;
    uint64_t pair;
    int32_t result;
};

struct piece {
    struct part *part;
    struct candidate *heap;
    size_t parts, candidates, room; /* room: parts that there is memory for; twice as many candidates */
};

static bool sooner(const struct candidate *a, const struct candidate *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->left < b->left;
}

static void push(struct piece *p, const struct candidate *c)
{
    size_t at = p->candidates++;
    for (; at && sooner(c, &p->heap[(at - 1) / 2]); at = (at - 1) / 2)
        p->heap[at] = p->heap[(at - 1) / 2];
    p->heap[at] = *c;
}

static struct candidate pop(struct piece *p)
{
    const struct candidate top = p->heap[0], last = p->heap[--p->candidates];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < p->candidates; at = child) {
        if (child + 1 < p->candidates && sooner(&p->heap[child + 1], &p->heap[child]))
            child++;
        if (!sooner(&p->heap[child], &last))
            break;
        p->heap[at] = p->heap[child];
    }
    p->heap[at] = last;
    return top;
}

static void consider(const struct model_tokenizer *t, struct piece *p, uint32_t left)
{
    const uint32_t right = p->part[left].next;
    if (right >= p->parts)
        return;
    const struct model_merge *m = model_tokenizer_merge(t, p->part[left].id, p->part[right].id);
    if (m)
        push(p, &(struct candidate){m->rank, left, m->pair, m->result});
}

static int make_room(struct piece *p, size_t size, struct qk_error *err)
{
    size_t bytes;
    if (size <= p->room)
        return 0;
    /*
     * A part is pushed as a left neighbour once at the start and, of each merge, at most two are pushed
     * again.
     */
    if (size > UINT32_MAX / 4 || !qk_mul_size(size, 3 * sizeof *p->heap, &bytes))
        return qk_fail(err, QK_ERR_MEMORY, NULL, "a piece of %zu bytes without a place to split it", size);
    struct part *part = realloc(p->part, size * sizeof *part);
    if (part)
        p->part = part;
    struct candidate *heap = realloc(p->heap, bytes);
    if (heap)
        p->heap = heap;
    if (!part || !heap)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a piece of %zu bytes", size);
    p->room = size;
    return 0;
}

static int merge_piece(const struct model_tokenizer *t, struct piece *p, const char *bytes, size_t size,
                       struct model_ids *ids, struct qk_error *err)
{
    int code = make_room(p, size, err);
    if (!code)
        code = reserve(ids, size, err);
    if (code)
        return code;
    p->parts = size;
    p->candidates = 0;
    for (size_t i = 0; i < size; i++)
        p->part[i] =
            (struct part){t->byte[(unsigned char)bytes[i]], (uint32_t)(i ? i - 1 : size), (uint32_t)i + 1};
    for (size_t i = 0; i + 1 < size; i++)
        consider(t, p, (uint32_t)i);
    while (p->candidates) {
        const struct candidate c = pop(p);
        struct part *left = &p->part[c.left];
        const uint32_t right = left->next;
        if (left->id < 0 || right >= size ||
            ((uint64_t)left->id << 32 | (uint32_t)p->part[right].id) != c.pair)
            continue;
        left->id = c.result;
        left->next = p->part[right].next;
        p->part[right].id = -1;
        if (left->next < size)
            p->part[left->next].before = c.left;
        consider(t, p, c.left);
        if (left->before < size)
            consider(t, p, left->before);
    }
    for (size_t i = 0; i < size; i = p->part[i].next)
        ids->id[ids->count++] = p->part[i].id;
    return 0;
}

/* Text between tokens that are found by name. */
static int encode_pieces(const struct model_tokenizer *t, const char *text, size_t size, struct piece *p,
                         struct model_ids *ids, struct qk_error *err)
{
    struct model_walk walk = {.text = text, .size = size};
    size_t piece;
    int code;
    while ((code = model_walk_next(t->splitter, &walk, &piece, err)) > 0) {
        const char *bytes = text + walk.at - piece;
        const int32_t whole = t->pre->whole ? model_tokenizer_spelled(t, bytes, piece) : -1;
        code = whole >= 0 ? model_ids_append(ids, whole, err) : merge_piece(t, p, bytes, piece, ids, err);
        if (code)
            break;
    }
    model_walk_end(&walk);
    return code;
}

/* Text without control tokens. */
static int encode_plain(const struct model_tokenizer *t, const char *text, size_t size, struct piece *p,
                        struct model_ids *ids, struct qk_error *err)
{
    size_t begin = 0;
    int code = 0;
    for (size_t at = 0; at < size && t->plain.count && !code;) {
        const int32_t id = model_names_at(t, &t->plain, text + at, size - at);
        if (id < 0) {
            at++;
            continue;
        }
        code = encode_pieces(t, text + begin, at - begin, p, ids, err);
        if (!code)
            code = model_ids_append(ids, id, err);
        begin = at += t->token[id].size;
    }
    return code ? code : encode_pieces(t, text + begin, size - begin, p, ids, err);
}

/* text[..] holds all parts. Control tokens are looked for inside the special ones. */
static int encode_joined(const struct model_tokenizer *t, const char *text, const struct model_text *parts,
                         size_t count, struct piece *p, struct model_ids *ids, struct qk_error *err)
{
    size_t plain = 0, at = 0, end = 0;
    int code = 0;
    for (size_t i = 0; i < count && !code; i++) {
        end += parts[i].size;
        for (at = parts[i].special ? at : end; at < end && !code;) {
            const int32_t id = model_names_at(t, &t->control, text + at, end - at);
            if (id < 0) {
                at++;
                continue;
            }
            code = encode_plain(t, text + plain, at - plain, p, ids, err);
            if (!code)
                code = model_ids_append(ids, id, err);
            plain = at += t->token[id].size;
        }
    }
    return code ? code : encode_plain(t, text + plain, end - plain, p, ids, err);
}

static int join(const struct model_text *parts, size_t count, char **to, struct qk_error *err)
{
    size_t size = 0, at = 0;
    bool fits = true;
    for (size_t i = 0; i < count; i++)
        fits = fits && qk_add_size(size, parts[i].size, &size);
    *to = fits ? malloc(size + 1) : NULL;
    if (!*to)
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for %zu bytes of text", size);
    for (size_t i = 0; i < count; at += parts[i++].size)
        if (parts[i].size)
            memcpy(*to + at, parts[i].bytes, parts[i].size);
    return 0;
}

int model_tokenizer_encode_parts(const struct model_tokenizer *t, const struct model_text *parts,
                                 size_t count, struct model_ids *ids, struct qk_error *err)
{
    struct piece p = {0};
    const size_t before = ids->count;
    char *joined = NULL;
    int code = count == 1 ? 0 : join(parts, count, &joined, err);
    if (!code)
        code = encode_joined(t, joined ? joined : parts->bytes, parts, count, &p, ids, err);
    free(joined);
    free(p.part);
    free(p.heap);
    if (code)
        ids->count = before;
    return code;
}

int model_tokenizer_encode(const struct model_tokenizer *t, const char *text, size_t size, bool special,
                           struct model_ids *ids, struct qk_error *err)
{
    return model_tokenizer_encode_parts(t, &(struct model_text){text, size, special}, 1, ids, err);
}
