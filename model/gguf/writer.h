/* SPDX-License-Identifier: MIT */
/*
 * Writes GGUF version 3, little endian on every machine, front to back, through the caller's buffer. The
 * bytes go to a sink or, without one, stay in the buffer. Layout: gguf.h. The caller chooses counts, offsets
 * and order; nothing is checked here.
 *
 * Errors stick: after one, every call does nothing, and model_gguf_writer_end returns it.
 */
#pragma once

#include "model/gguf/gguf.h"

/* Takes the next n bytes of the file. Returns 0. A negative code, with *err filled, ends the writing. */
typedef int model_sink_fn(void *ctx, const void *bytes, size_t n, struct qk_error *err);

/* Set buffer, capacity, sink, ctx and err. Zero all else. */
struct model_gguf_writer {
    unsigned char *buffer; /* borrowed */
    size_t capacity, used;
    model_sink_fn *sink; /* NULL: the buffer takes all; a full buffer is QK_ERR_INTERNAL */
    void *ctx;
    struct qk_error *err;
    uint64_t written; /* bytes of the file so far */
    int code;
};

void model_gguf_write(struct model_gguf_writer *w, const void *bytes, size_t n);
void model_gguf_write_u32(struct model_gguf_writer *w, uint32_t value);
void model_gguf_write_u64(struct model_gguf_writer *w, uint64_t value);
void model_gguf_write_f32(struct model_gguf_writer *w, float value);
/* Length and bytes of a string. */
void model_gguf_write_string(struct model_gguf_writer *w, const char *bytes, size_t n);
/* Zeroes, up to a multiple of `alignment`. */
void model_gguf_write_padding(struct model_gguf_writer *w, size_t alignment);

/* Magic, version and counts. */
void model_gguf_write_header(struct model_gguf_writer *w, uint64_t tensors, uint64_t entries);
/* Key and kind of an entry. The caller writes its value next. */
void model_gguf_write_key(struct model_gguf_writer *w, const char *key, enum model_gguf_kind kind);
/* Key, element kind and count of an array. The caller writes its elements next. */
void model_gguf_write_array(struct model_gguf_writer *w, const char *key, enum model_gguf_kind element,
                            uint64_t count);
/* A tensor info. offset counts from the start of the data section. */
void model_gguf_write_tensor(struct model_gguf_writer *w, const char *name, uint32_t n_dims,
                             const uint64_t *dims, enum model_gguf_type type, uint64_t offset);

/*
 * Room for the next *n bytes of the file, 1 <= *n <= want. The caller fills it before its next call, so data
 * is made where it will lie. *n is `want` or a whole buffer. NULL after an error.
 */
unsigned char *model_gguf_write_room(struct model_gguf_writer *w, size_t want, size_t *n);

/* Hands the rest to the sink. Returns the first error, or 0. */
int model_gguf_writer_end(struct model_gguf_writer *w);
