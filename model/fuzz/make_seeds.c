/* SPDX-License-Identifier: MIT */
/* make_seeds FOLDER: writes the seeds of the fuzz corpus. README.md says what each of them is for. */
#include <stdio.h>
#include <stdlib.h>

#include "model/gguf/tests/gguf_builder.h"

static void minimal(struct model_build *b)
{
    model_build_header(b, 0, 0);
}

static void every_kind(struct model_build *b)
{
    struct model_build entries = {0};
    const unsigned count = model_build_every_kind(&entries);
    model_build_header(b, 0, count);
    model_build_bytes(b, entries.bytes, entries.size);
    free(entries.bytes);
}

static void i2s(struct model_build *b)
{
    model_build_header(b, 1, 1);
    model_build_key(b, "general.alignment", MODEL_GGUF_U32);
    model_build_u32(b, 64);
    model_build_tensor(b, "t", 2, (uint64_t[4]){384, 2}, MODEL_GGUF_TYPE_I2_S, 0);
    model_build_pad(b, 64);
    model_build_i2s(b, 768, 0x24, 0.25f);
}

static void every_type(struct model_build *b)
{
    static const uint32_t types[] = {MODEL_GGUF_TYPE_F32,   MODEL_GGUF_TYPE_F16,  MODEL_GGUF_TYPE_BF16,
                                     MODEL_GGUF_TYPE_Q8_0,  MODEL_GGUF_TYPE_Q6_K, MODEL_GGUF_TYPE_TQ1_0,
                                     MODEL_GGUF_TYPE_TQ2_0, MODEL_GGUF_TYPE_Q2_0, MODEL_GGUF_TYPE_PQ2_0,
                                     MODEL_GGUF_TYPE_I2_S};
    static const uint64_t padded[] = {1024, 512, 512, 288, 224, 64, 96, 96, 96, 96};
    enum { TYPES = sizeof types / sizeof *types };
    uint64_t offset = 0;
    model_build_header(b, TYPES, 0);
    for (unsigned i = 0; i < TYPES; offset += padded[i++])
        model_build_tensor(b, (const char[2]){(char)('a' + i), 0}, 1, (uint64_t[4]){256}, types[i], offset);
    model_build_pad(b, 32);
    model_build_fill(b, 0x3f, (size_t)offset - 96);
    model_build_i2s(b, 256, 0x55, 1.0f);
}

/* Type 42 as 128 weights a scale, which the offset behind it shows. */
static void old_q2_0(struct model_build *b)
{
    model_build_header(b, 2, 0);
    model_build_tensor(b, "a", 2, (uint64_t[4]){128, 8}, 42, 0);
    model_build_tensor(b, "b", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32, 288);
    model_build_pad(b, 32);
    for (int block = 0; block < 8; block++) {
        model_build_bytes(b, "\x00\x38", 2);
        model_build_fill(b, 0x86, 32);
    }
    model_build_pad(b, 32);
    model_build_f32(b, 1);
}

static void huge_counts(struct model_build *b)
{
    model_build_header(b, UINT64_MAX / 33 + 1, UINT64_MAX / 14 + 1);
    model_build_fill(b, 0, 64);
}

static void huge_string(struct model_build *b)
{
    model_build_header(b, 0, 1);
    model_build_key(b, "k", MODEL_GGUF_STRING);
    model_build_u64(b, (uint64_t)0 - 8);
}

static void nested_array(struct model_build *b)
{
    model_build_header(b, 0, 1);
    for (int depth = 0; depth < 50; depth++) {
        if (depth == 0)
            model_build_key(b, "k", MODEL_GGUF_ARRAY);
        model_build_u32(b, MODEL_GGUF_ARRAY);
        model_build_u64(b, 1);
    }
}

static void size_overflow(struct model_build *b)
{
    model_build_header(b, 2, 0);
    model_build_tensor(b, "a", 1, (uint64_t[4]){(uint64_t)1 << 61}, MODEL_GGUF_TYPE_F32, 0);
    model_build_tensor(b, "b", 1, (uint64_t[4]){(uint64_t)1 << 61}, MODEL_GGUF_TYPE_F32, (uint64_t)1 << 63);
    model_build_pad(b, 32);
}

static void duplicate_names(struct model_build *b)
{
    model_build_header(b, 2, 0);
    model_build_tensor(b, "a", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32, 0);
    model_build_tensor(b, "a", 1, (uint64_t[4]){1}, MODEL_GGUF_TYPE_F32, 32);
    model_build_pad(b, 32);
    model_build_fill(b, 0, 36);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*build)(struct model_build *b);
    } seeds[] = {
        {"valid-minimal", minimal},
        {"valid-every-kind", every_kind},
        {"valid-every-type", every_type},
        {"valid-i2s", i2s},
        {"valid-small", model_build_small},
        {"valid-old-q2_0", old_q2_0},
        {"bad-huge-counts", huge_counts},
        {"bad-huge-string", huge_string},
        {"bad-nested-array", nested_array},
        {"bad-size-overflow", size_overflow},
        {"bad-duplicate-names", duplicate_names},
    };
    if (argc != 2) {
        fprintf(stderr, "usage: make_seeds FOLDER\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        struct model_build b = {0};
        char path[4096];
        seeds[i].build(&b);
        snprintf(path, sizeof path, "%s/%s", argv[1], seeds[i].name);
        FILE *file = fopen(path, "wb");
        const bool written = file && fwrite(b.bytes, 1, b.size, file) == b.size;
        free(b.bytes);
        if (!file || fclose(file) != 0 || !written) {
            perror(path);
            return 1;
        }
    }
    return 0;
}
