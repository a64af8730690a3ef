/* SPDX-License-Identifier: MIT */
#include "model/gguf/writer.h"

#include <string.h>

static void flush(struct model_gguf_writer *w)
{
    if (!w->sink)
        return;
    if (w->used)
        w->code = w->sink(w->ctx, w->buffer, w->used, w->err);
    w->used = 0;
}

unsigned char *model_gguf_write_room(struct model_gguf_writer *w, size_t want, size_t *n)
{
    if (w->capacity - w->used < want)
        flush(w);
    const size_t left = w->capacity - w->used;
    *n = want < left ? want : left;
    if (!w->code && !*n)
        w->code = qk_fail(w->err, QK_ERR_INTERNAL, NULL, "a GGUF file became larger than its %zu bytes",
                          w->capacity);
    if (w->code)
        return NULL;
    unsigned char *to = w->buffer + w->used;
    w->used += *n;
    w->written += *n;
    return to;
}

void model_gguf_write(struct model_gguf_writer *w, const void *bytes, size_t n)
{
    const unsigned char *from = bytes;
    while (n) {
        size_t part;
        unsigned char *to = model_gguf_write_room(w, n, &part);
        if (!to)
            return;
        memcpy(to, from, part);
        from += part;
        n -= part;
    }
}

static void write_little(struct model_gguf_writer *w, uint64_t value, size_t n)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    model_gguf_write(w, bytes, n);
}

void model_gguf_write_u32(struct model_gguf_writer *w, uint32_t value)
{
    write_little(w, value, 4);
}

void model_gguf_write_u64(struct model_gguf_writer *w, uint64_t value)
{
    write_little(w, value, 8);
}

void model_gguf_write_f32(struct model_gguf_writer *w, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    model_gguf_write_u32(w, bits);
}

void model_gguf_write_string(struct model_gguf_writer *w, const char *bytes, size_t n)
{
    model_gguf_write_u64(w, n);
    model_gguf_write(w, bytes, n);
}

void model_gguf_write_padding(struct model_gguf_writer *w, size_t alignment)
{
    static const unsigned char zeroes[32];
    size_t n = (size_t)(-w->written & (alignment - 1));
    for (; n > sizeof zeroes; n -= sizeof zeroes)
        model_gguf_write(w, zeroes, sizeof zeroes);
    model_gguf_write(w, zeroes, n);
}

void model_gguf_write_header(struct model_gguf_writer *w, uint64_t tensors, uint64_t entries)
{
    model_gguf_write(w, "GGUF", 4);
    model_gguf_write_u32(w, 3);
    model_gguf_write_u64(w, tensors);
    model_gguf_write_u64(w, entries);
}

void model_gguf_write_key(struct model_gguf_writer *w, const char *key, enum model_gguf_kind kind)
{
    model_gguf_write_string(w, key, strlen(key));
    model_gguf_write_u32(w, kind);
}

void model_gguf_write_array(struct model_gguf_writer *w, const char *key, enum model_gguf_kind element,
                            uint64_t count)
{
    model_gguf_write_key(w, key, MODEL_GGUF_ARRAY);
    model_gguf_write_u32(w, element);
    model_gguf_write_u64(w, count);
}

void model_gguf_write_tensor(struct model_gguf_writer *w, const char *name, uint32_t n_dims,
                             const uint64_t *dims, enum model_gguf_type type, uint64_t offset)
{
    model_gguf_write_string(w, name, strlen(name));
    model_gguf_write_u32(w, n_dims);
    for (uint32_t i = 0; i < n_dims; i++)
        model_gguf_write_u64(w, dims[i]);
    model_gguf_write_u32(w, type);
    model_gguf_write_u64(w, offset);
}

int model_gguf_writer_end(struct model_gguf_writer *w)
{
    flush(w);
    return w->code;
}
