/* SPDX-License-Identifier: MIT */
/*
 * Writes GGUF bytes, right or wrong. Nothing is checked; the caller chooses every count and offset. For tests
 * and fuzz seeds only: it aborts when memory runs out.
 */
#pragma once

#include "model/gguf/gguf.h"

struct model_build {
    unsigned char *bytes; /* owned; free() it */
    size_t size, capacity;
};

void model_build_bytes(struct model_build *b, const void *bytes, size_t size);
void model_build_fill(struct model_build *b, unsigned char byte, size_t count);
void model_build_u32(struct model_build *b, uint32_t value);
void model_build_u64(struct model_build *b, uint64_t value);
void model_build_f32(struct model_build *b, float value);
/* The length and bytes of a C string. */
void model_build_string(struct model_build *b, const char *string);

/* The 24 bytes of a header, version 3. */
void model_build_header(struct model_build *b, uint64_t tensors, uint64_t entries);
/* Key and kind of an entry. The caller writes its value next. */
void model_build_key(struct model_build *b, const char *key, uint32_t kind);
/* Element kind and count of an array. The caller writes its elements next. */
void model_build_array(struct model_build *b, const char *key, uint32_t element, uint64_t count);
/* A tensor info of n_dims dimensions: dims[i], or 1 where i >= 4. */
void model_build_tensor(struct model_build *b, const char *name, uint32_t n_dims, const uint64_t dims[4],
                        uint32_t type, uint64_t offset);
void model_build_pad(struct model_build *b, size_t alignment);

/* One entry of every kind, and an array of every kind except array. Returns the number of entries. */
unsigned model_build_every_kind(struct model_build *b);
/* As strings, in order of the 256 bytes: what stands for each of them in byte-level BPE. */
void model_build_stand_ins(struct model_build *b);
/*
 * A file without tensors. Its tokenizer splits as `pre` says. It has the 256 bytes, seven longer tokens,
 * their merges, four user-defined tokens, and four control tokens.
 */
void model_build_vocabulary(struct model_build *b, const char *pre);
/* elements / 4 bytes of the code byte, then the scale, then 28 bytes 0xee. */
void model_build_i2s(struct model_build *b, uint64_t elements, unsigned char codes, float scale);
/*
 * A whole file: a u32, a string and a string array; an F32, an I2_S and an F16 tensor. It ends with its last
 * tensor's data.
 */
void model_build_small(struct model_build *b);
