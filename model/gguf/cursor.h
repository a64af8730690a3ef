/* SPDX-License-Identifier: MIT */
/*
 * The only way in which the parser reads: a position in the bytes of a model_gguf that never passes their
 * end. Internal to model/. Every function that can fail returns 0, or QK_ERR_FORMAT with the byte offset.
 */
#pragma once

#include "model/gguf/gguf.h"

struct model_gguf_cursor {
    const struct model_gguf *g; /* bytes, size and name are set */
    size_t at;                  /* <= g->size */
    struct qk_error *err;       /* may be NULL */
};

/* The longest string accepted. llama.cpp has the same limit. */
#define MODEL_GGUF_MAX_STRING ((uint64_t)1 << 30)

/* Steps over `need` bytes and sets *to to where they begin. `what` names them in the message. */
int model_gguf_take(struct model_gguf_cursor *c, uint64_t need, const char *what, const unsigned char **to);
int model_gguf_take_u32(struct model_gguf_cursor *c, const char *what, uint32_t *to);
int model_gguf_take_u64(struct model_gguf_cursor *c, const char *what, uint64_t *to);
int model_gguf_take_string(struct model_gguf_cursor *c, const char *what, struct model_gguf_string *to);

size_t model_gguf_left(const struct model_gguf_cursor *c);

/* The value of a little-endian integer of 1..8 bytes. */
uint64_t model_gguf_decode(const unsigned char *bytes, size_t size);

/* Bytes of one value of this kind. 0 for strings, arrays and unknown kinds. */
size_t model_gguf_kind_size(uint32_t kind);

/*
 * A string of the file, made fit for a message: \xNN stands for what is not printable ASCII, and it is cut
 * after 64 bytes.
 */
struct model_gguf_shown {
    char text[64 * 4 + 4];
};
struct model_gguf_shown model_gguf_show(struct model_gguf_string string);

/*
 * Sorts the tensors by name, or the entries when `tensors` is false. QK_ERR_FORMAT when a name is there
 * twice.
 */
int model_gguf_index(const struct model_gguf *g, bool tensors, struct qk_error *err);
