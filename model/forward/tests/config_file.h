/* SPDX-License-Identifier: MIT */
/* A model file as data, for tests that make one thing in it wrong at a time. */
#pragma once

#include "model/gguf/tests/gguf_builder.h"

enum { EMBEDDING = 128, KV = 64, FEED_FORWARD = 256, VOCAB = 8, HEADS = 2, KV_HEADS = 1, LAYERS = 2 };

struct entry {
    const char *key;
    uint32_t kind;
    uint32_t number;
    float real;
    const char *text;
};

struct tensor {
    char name[64];
    uint32_t type;
    uint64_t ne0, ne1, ne2;
};

struct file {
    struct entry entry[16];
    size_t entries;
    struct tensor tensor[40];
    size_t tensors;
    size_t bad_code;   /* index of an I2_S tensor whose codes are all 3; SIZE_MAX for none */
    size_t bad_scale;  /* whose scale is not a number */
    size_t bad_norm;   /* index of an F32 tensor whose last element is infinite */
    size_t vocabulary; /* entries of tokenizer.ggml.tokens; 0: no such key */
};

/* One that runs, of architecture bitnet-25. */
struct file config_file_good(void);
/* Another tensor behind the others; there must be room. */
void config_file_add(struct file *f, const char *name, uint32_t type, uint64_t ne0, uint64_t ne1);
/* Bytes of the tensor's data. */
size_t config_file_bytes(const struct tensor *t);
/* The file itself. The caller frees its bytes. */
struct model_build config_file_build(const struct file *f);
