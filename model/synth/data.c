/* SPDX-License-Identifier: MIT */
#include "model/synth/data.h"

#include "kernels/f16.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

static uint64_t next(struct model_synth_stream *s)
{
    uint64_t z = s->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void model_synth_stream_seed(struct model_synth_stream *s, uint64_t seed, uint64_t number)
{
    struct qk_rng rng;
    qk_rng_seed(&rng, seed);
    /* streams that begin at random places of a cycle of 2^64 words do not meet */
    s->state = qk_rng_next(&rng) ^ number;
    s->state = next(s);
}

void model_synth_write_norm(struct model_gguf_writer *w, struct model_synth_stream *s, uint64_t elements)
{
    for (uint64_t i = 0; i < elements; i++)
        model_gguf_write_f32(w, (float)(3072 + (next(s) >> 53)) * 0x1p-12f);
}

static void put_word(unsigned char *to, uint64_t word)
{
    word = htole64(word);
    memcpy(to, &word, sizeof word);
}

/* Words of random bits under a mask, plus a base. */
static void write_words(struct model_gguf_writer *w, struct model_synth_stream *s, uint64_t bytes,
                        uint64_t mask, uint64_t base)
{
    for (uint64_t left = bytes; left;) {
        size_t n;
        unsigned char *to = model_gguf_write_room(w, left, &n);
        if (!to)
            return;
        struct model_synth_stream local = *s; /* in a register: the bytes written could be the stream's own */
        for (size_t i = 0; i < n; i += 8)
            put_word(to + i, (next(&local) & mask) + base);
        *s = local;
        left -= n;
    }
}

static void put_half(unsigned char *to, uint16_t half)
{
    to[0] = (unsigned char)half;
    to[1] = (unsigned char)(half >> 8);
}

/*
 * Sixteen bytes, 64 codes: each bit of `zero` is set with probability 27/64 = 0.011011b, worked out from its
 * last digit on.
 */
static void put_codes(unsigned char *to, struct model_synth_stream *s)
{
    const uint64_t even = 0x5555555555555555u;
    uint64_t zero = next(s);
    zero |= next(s);
    zero &= next(s);
    zero |= next(s);
    zero |= next(s);
    zero &= next(s);
    const uint64_t plus = next(s) & ~zero;
    put_word(to, (zero & even) | (plus & even) << 1);
    put_word(to + 8, (zero >> 1 & even) | (plus & ~even));
}

/* The largest r with r * r <= x. */
static uint32_t root(uint64_t x)
{
    uint64_t r = 0;
    for (uint64_t bit = (uint64_t)1 << 31; bit; bit >>= 1)
        if ((r | bit) * (r | bit) <= x)
            r |= bit;
    return (uint32_t)r;
}

/* What makes activations of root mean square 1 results of about 1, in units of 2^-20. */
static uint64_t scale_of(uint64_t columns)
{
    return root(((uint64_t)64 << 40) / (37 * columns));
}

void model_synth_write_i2s(struct model_gguf_writer *w, struct model_synth_stream *s, uint64_t columns,
                           uint64_t rows, unsigned quieter, bool leave_codes)
{
    static const unsigned char tail[28];
    assert(columns && columns % 128 == 0);
    const uint64_t scale = scale_of(columns) * (224 + (next(s) >> 58)) / 256;
    for (uint64_t left = columns * rows / 4; left;) {
        size_t n;
        unsigned char *to = model_gguf_write_room(w, left, &n);
        if (!to)
            return;
        struct model_synth_stream local = *s;
        for (size_t i = 0; i < n && !leave_codes; i += 16)
            put_codes(to + i, &local);
        *s = local;
        left -= n;
    }
    model_gguf_write_f32(w, (float)scale * 0x1p-20f / (float)(1u << quieter));
    model_gguf_write(w, tail, sizeof tail);
}

/* A block of a type with scales: 128 columns of codes are 32 bytes at most. */
struct block {
    unsigned char bytes[72];
    size_t columns, size, scale_at, codes_at;
};

static struct block block_of(enum model_gguf_type type)
{
    return type == MODEL_GGUF_TYPE_TQ1_0   ? (struct block){.columns = 256, .size = 54, .scale_at = 52}
           : type == MODEL_GGUF_TYPE_TQ2_0 ? (struct block){.columns = 256, .size = 66, .scale_at = 64}
           : type == MODEL_GGUF_TYPE_Q2_0  ? (struct block){.columns = 64, .size = 18, .codes_at = 2}
                                           : (struct block){.columns = 128, .size = 34, .codes_at = 2};
}

/* 256 codes to digits of fractions of 256: five to a byte, four in the last bytes. */
static void put_digits(unsigned char *to, const unsigned char *codes)
{
    static const struct {
        int bytes, digits;
    } parts[] = {{32, 5}, {16, 5}, {4, 4}};
    int first = 0;
    for (int p = 0; p < 3; p++) {
        for (int i = 0; i < parts[p].bytes; i++) {
            unsigned number = 0;
            for (int n = 0; n < 5; n++) {
                const int at = first + n * parts[p].bytes + i;
                number = 3 * number + (n < parts[p].digits ? codes[at / 4] >> 2 * (at % 4) & 3u : 0);
            }
            *to++ = (unsigned char)((256 * number + 242) / 243);
        }
        first += parts[p].bytes * parts[p].digits;
    }
}

static void put_block(struct block *b, struct model_synth_stream *s, float scale)
{
    unsigned char codes[64];
    unsigned char *to = b->size == 54 ? codes : b->bytes + b->codes_at;
    for (size_t i = 0; i < b->columns / 4; i += 16)
        put_codes(to + i, s);
    if (to == codes)
        put_digits(b->bytes, codes);
    put_half(b->bytes + b->scale_at, qk_f32_to_f16(scale));
}

static void leave_room(struct model_gguf_writer *w, uint64_t bytes)
{
    for (size_t n; bytes && model_gguf_write_room(w, bytes, &n); bytes -= n)
        ;
}

void model_synth_write_groups(struct model_gguf_writer *w, struct model_synth_stream *s,
                              enum model_gguf_type type, uint64_t columns, uint64_t rows, unsigned quieter,
                              bool leave)
{
    struct block b = block_of(type);
    const uint64_t whole = scale_of(columns), blocks = columns * rows / b.columns;
    const bool even = type == MODEL_GGUF_TYPE_TQ1_0 || type == MODEL_GGUF_TYPE_TQ2_0;
    uint64_t scale = whole * (224 + (next(s) >> 58)) / 256;
    if (leave) {
        leave_room(w, blocks * b.size);
        return;
    }
    for (uint64_t i = 0; i < blocks; i++) {
        scale = even ? scale : whole * (224 + (next(s) >> 58)) / 256;
        put_block(&b, s, (float)scale * 0x1p-20f / (float)(1u << quieter));
        model_gguf_write(w, b.bytes, b.size);
    }
}

/* Values times a scale of 2^-14 to 2^-10: up to 2^-3. */
static void put_q8_0(unsigned char *to, struct model_synth_stream *s, float louder)
{
    const uint64_t word = next(s);
    const float scale = (float)(1024 + (word & 1023)) * (float)(1u << (word >> 62)) * 0x1p-24f;
    put_half(to, qk_f32_to_f16(scale * louder));
    for (int i = 0; i < 32; i += 8)
        put_word(to + 2 + i, next(s));
    for (int i = 2; i < 34; i++)
        to[i] = to[i] == 0x80 ? 0x81 : to[i]; /* the quantiser has no -128 */
}

static void put_q6_k(unsigned char *to, struct model_synth_stream *s, float louder)
{
    for (int i = 0; i < 208; i += 8)
        put_word(to + i, next(s));
    put_half(to + 208, qk_f32_to_f16((float)(256 + (next(s) & 255)) * 0x1p-24f * louder));
}

static void write_blocks(struct model_gguf_writer *w, struct model_synth_stream *s, enum model_gguf_type type,
                         uint64_t elements, float louder)
{
    unsigned char block[210];
    const bool q8_0 = type == MODEL_GGUF_TYPE_Q8_0;
    for (uint64_t left = elements; left; left -= q8_0 ? 32 : 256) {
        if (q8_0)
            put_q8_0(block, s, louder);
        else
            put_q6_k(block, s, louder);
        model_gguf_write(w, block, q8_0 ? 34 : 210);
    }
}

/* Codes and scales between 2^-6 and 2^-4. */
static void write_codes(struct model_gguf_writer *w, struct model_synth_stream *s, enum model_gguf_type type,
                        uint64_t elements, float louder)
{
    struct block b = block_of(type);
    for (uint64_t left = elements; left; left -= b.columns) {
        const uint64_t word = next(s);
        put_block(&b, s, (float)(1024 + (word & 1023)) * (float)(1u << (word >> 63)) * 0x1p-16f * louder);
        model_gguf_write(w, b.bytes, b.size);
    }
}

void model_synth_write_numbers(struct model_gguf_writer *w, struct model_synth_stream *s,
                               enum model_gguf_type type, uint64_t elements, unsigned louder)
{
    const float times = (float)(1u << louder);
    assert(elements % 4 == 0 && louder <= 8);
    /* Of floats sign, two bits of exponent and mantissa are random. */
    if (type == MODEL_GGUF_TYPE_F16)
        write_words(w, s, 2 * elements, 0x8fff8fff8fff8fffu,
                    0x2000200020002000u + louder * 0x0400040004000400u);
    else if (type == MODEL_GGUF_TYPE_BF16)
        write_words(w, s, 2 * elements, 0x81ff81ff81ff81ffu,
                    0x3c003c003c003c00u + louder * 0x0080008000800080u);
    else if (type == MODEL_GGUF_TYPE_F32)
        write_words(w, s, 4 * elements, 0x81ffffff81ffffffu,
                    0x3c0000003c000000u + louder * 0x0080000000800000u);
    else if (type == MODEL_GGUF_TYPE_Q8_0 || type == MODEL_GGUF_TYPE_Q6_K)
        write_blocks(w, s, type, elements, times);
    else
        write_codes(w, s, type, elements, times);
}
