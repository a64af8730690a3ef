/* SPDX-License-Identifier: MIT */
/* Finds tokens by their names and by their bytes. */
#include "model/tokenizer/private.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static struct model_gguf_string name_of(const struct model_tokenizer *t, int32_t id)
{
    return (struct model_gguf_string){t->text + t->token[id].at, t->token[id].size};
}

static int by_name(const void *a, const void *b, void *tokenizer)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    const struct model_gguf_string p = name_of(tokenizer, x), q = name_of(tokenizer, y);
    const int order = memcmp(p.bytes, q.bytes, p.length < q.length ? p.length : q.length);
    if (order || p.length != q.length)
        return order ? order : (p.length > q.length) - (p.length < q.length);
    return (x > y) - (x < y);
}

void model_names_sort(const struct model_tokenizer *t, struct model_names *names)
{
    qsort_r(names->id, names->count, sizeof *names->id, by_name, (void *)t);
    for (size_t i = 0; i < names->count; i++)
        names->first[(unsigned char)*name_of(t, names->id[i]).bytes] = true;
}

/*
 * Of the names from `low` to `high`, which all begin with the same `depth` bytes, the first whose next byte
 * is not below `byte`. A name that ends there comes before all others.
 */
static size_t bound(const struct model_tokenizer *t, const struct model_names *names, size_t low, size_t high,
                    size_t depth, unsigned byte)
{
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct model_gguf_string name = name_of(t, names->id[middle]);
        if (name.length == depth || (unsigned char)name.bytes[depth] < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t model_names_at(const struct model_tokenizer *t, const struct model_names *names, const char *text,
                       size_t left)
{
    size_t low = 0, high = names->count;
    int32_t found = -1;
    if (!left || !names->first[(unsigned char)*text])
        return -1;
    for (size_t depth = 0; depth < left && low < high; depth++) {
        const unsigned byte = (unsigned char)text[depth];
        low = bound(t, names, low, high, depth, byte);
        high = bound(t, names, low, high, depth, byte + 1);
        if (low < high && name_of(t, names->id[low]).length == depth + 1)
            found = names->id[low]; /* the lowest id of them */
    }
    return found;
}

int32_t model_tokenizer_named(const struct model_tokenizer *t, const char *name)
{
    const size_t size = strlen(name);
    const int32_t id = model_names_at(t, &t->control, name, size);
    return id >= 0 && t->token[id].size == size ? id : -1;
}

bool model_name_stops(const char *name, size_t size)
{
    static const char *const known[] = {"<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|endoftext|>",
                                        "<|im_end|>"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (size == strlen(known[i]) && !memcmp(name, known[i], size))
            return true;
    return false;
}

int model_token_compare(const struct model_tokenizer *t, int32_t id, const char *bytes, size_t size)
{
    const struct model_token *token = &t->token[id];
    if (token->size != size)
        return token->size < size ? -1 : 1;
    return memcmp(t->text + token->at, bytes, size);
}

/* The first that is not before these bytes is, among equals, the one of the lowest id. */
int32_t model_tokenizer_spelled(const struct model_tokenizer *t, const char *bytes, size_t size)
{
    const uint64_t hash = XXH3_64bits(bytes, size);
    size_t low = t->bucket[hash >> MODEL_BUCKET_SHIFT], high = t->bucket[(hash >> MODEL_BUCKET_SHIFT) + 1];
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct model_spelling *s = &t->spelling[middle];
        if (s->hash < hash || (s->hash == hash && model_token_compare(t, s->id, bytes, size) < 0))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == t->spellings || t->spelling[low].hash != hash ||
        model_token_compare(t, t->spelling[low].id, bytes, size) != 0)
        return -1;
    return t->spelling[low].id;
}
