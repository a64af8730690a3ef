/* SPDX-License-Identifier: MIT */
#include "kernels/support.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int qk_fail(struct qk_error *err, int code, const char *where, const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        vsnprintf(err->text, sizeof err->text, fmt, args);
        va_end(args);
        snprintf(err->where, sizeof err->where, "%s", where ? where : "");
    }
    return code;
}

bool qk_mul_size(size_t a, size_t b, size_t *r)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *r = product;
    return true;
}

bool qk_add_size(size_t a, size_t b, size_t *r)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *r = sum;
    return true;
}

bool qk_align_size(size_t n, size_t power_of_two, size_t *r)
{
    size_t sum;
    assert(power_of_two && !(power_of_two & (power_of_two - 1)));
    if (!qk_add_size(n, power_of_two - 1, &sum))
        return false;
    *r = sum & ~(power_of_two - 1);
    return true;
}

bool qk_has_word(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = strstr(list, word); at; at = strstr(at + n, word))
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
            return true;
    return false;
}

void qk_rng_seed(struct qk_rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        rng->s[i] = z ^ (z >> 31);
    }
}

static uint64_t rotate_left(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t qk_rng_next(struct qk_rng *rng)
{
    uint64_t *s = rng->s;
    const uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t qk_rng_below(struct qk_rng *rng, uint64_t bound)
{
    assert(bound >= 1);
    const uint64_t incomplete = (0 - bound) % bound; /* 2^64 mod bound */
    uint64_t x;
    do
        x = qk_rng_next(rng);
    while (x < incomplete);
    return x % bound;
}

float qk_rng_unit(struct qk_rng *rng)
{
    return (float)(qk_rng_next(rng) >> 40) * 0x1p-24f;
}

void qk_rng_bytes(struct qk_rng *rng, void *to, size_t n)
{
    unsigned char *p = to;
    for (; n >= 8; n -= 8, p += 8) {
        const uint64_t x = qk_rng_next(rng);
        memcpy(p, &x, 8);
    }
    if (n) {
        const uint64_t x = qk_rng_next(rng);
        memcpy(p, &x, n);
    }
}
