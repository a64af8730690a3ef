/* SPDX-License-Identifier: MIT */
#include "model/synth/data.h"

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

void model_synth_write_f16(struct model_gguf_writer *w, struct model_synth_stream *s, uint64_t elements,
                           unsigned louder)
{
    const uint64_t exponents = 0x2000200020002000u + louder * 0x0400040004000400u;
    assert(elements % 4 == 0 && louder <= 15);
    for (uint64_t left = 2 * elements; left;) {
        size_t n;
        unsigned char *to = model_gguf_write_room(w, left, &n);
        if (!to)
            return;
        struct model_synth_stream local = *s; /* in a register: the bytes written could be the stream's own */
        for (size_t i = 0; i < n; i += 8)     /* sign, two bits of exponent, mantissa are random */
            put_word(to + i, (next(&local) & 0x8fff8fff8fff8fffu) + exponents);
        *s = local;
        left -= n;
    }
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

void model_synth_write_i2s(struct model_gguf_writer *w, struct model_synth_stream *s, uint64_t columns,
                           uint64_t rows, unsigned quieter, bool leave_codes)
{
    static const unsigned char tail[28];
    assert(columns && columns % 128 == 0);
    const uint64_t whole = root(((uint64_t)64 << 40) / (37 * columns)); /* in units of 2^-20 */
    const uint64_t scale = whole * (224 + (next(s) >> 58)) / 256;
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
