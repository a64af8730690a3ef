/* SPDX-License-Identifier: MIT */
#include "model/synth/vocab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

/* Bytes of the longest piece. */
#define LONGEST 12

/*
 * Letters that begin English words, and those that follow each letter from a to z, the more frequent ones
 * more often.
 */
static const char first[] = "tttttaaaooosssswwwcccbbbpphhfffmmddrreelliinngguvyjkq";
static const char *const follower[26] = {
    "nnnnttttrrrlllsssccdimbygpvk",
    "eeeeuuloarriyb",
    "oooeeehhhaaakktliurcy",
    "eeeeiiiaoosruydg",
    "rrrrnnnsssddaaatlcemvxpif",
    "ooooieeeartfu",
    "eeehhoirruaalsng",
    "eeeeeeaaaiiooturyn",
    "nnnnnttssssoooccllaedmrvgfkz",
    "uuooea",
    "eeeeiinsly",
    "eeeellliiiaayyoodtskfum",
    "eeeeaaaooiipmbuys",
    "ddddttttgggeeesscoiakyunlf",
    "nnnnrrrruummftlswodpvkcbi",
    "eeerrroolaaiptuhys",
    "u",
    "eeeeeaaaiiioootssdyntmkucgl",
    "ttttteeesssiiihhoouapckmlyw",
    "hhhhhhheeeiiiooooaarrsstuyl",
    "rrrrssnnttllpcgdmbiea",
    "eeeeeeiiaoy",
    "aaaiiihhheeeoonsrl",
    "ppttaiceu",
    "osseiatlmn",
    "eeaiozly",
};
static const char symbols[] = "!\"#$%&()*+,-./:;<=>?@[]_{|}~";

/* Where a piece is, by its bytes. */
struct index {
    uint32_t *slot; /* token or NONE; open addressing */
    size_t mask;
};

static bool is_printable(unsigned byte)
{
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
}

static bool is_letter(unsigned byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_digit(unsigned byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_symbol(unsigned byte)
{
    return byte && strchr(symbols, (int)byte);
}

static uint64_t hash(const struct model_synth_piece *p)
{
    uint64_t h = p->length;
    for (size_t i = 0; i < p->length; i++)
        h = (h ^ p->bytes[i]) * 0x100000001b3u;
    return h ^ (h >> 29);
}

/* The slot that holds the piece, or the free one where it belongs. */
static uint32_t *find(const struct model_synth_vocab *v, const struct index *index,
                      const struct model_synth_piece *p)
{
    size_t at = (size_t)hash(p) & index->mask;
    while (index->slot[at] != NONE && memcmp(&v->piece[index->slot[at]], p, sizeof *p) != 0)
        at = (at + 1) & index->mask;
    return &index->slot[at];
}

static bool is_token(const struct model_synth_vocab *v, const struct index *index,
                     const struct model_synth_piece *p)
{
    return *find(v, index, p) != NONE;
}

static struct model_synth_piece part(const struct model_synth_piece *p, size_t from, size_t to)
{
    struct model_synth_piece r = {.length = (unsigned char)(to - from)};
    memcpy(r.bytes, p->bytes + from, to - from);
    return r;
}

/*
 * A byte that may stand behind the piece, or -1. What the split rules of llama-bpe would take apart never
 * does.
 */
static int next_byte(const struct model_synth_piece *p, struct qk_rng *rng)
{
    const unsigned last = p->bytes[p->length - 1];
    if (is_letter(last)) {
        const char *of = follower[(last | 0x20) - 'a'];
        return of[qk_rng_below(rng, strlen(of))];
    }
    if (is_digit(last))
        return p->length < 3 ? '0' + (int)qk_rng_below(rng, 10) : -1;
    if (is_symbol(last)) /* few: there are many ways to combine them */
        return qk_rng_below(rng, 16) ? -1 : symbols[qk_rng_below(rng, sizeof symbols - 1)];
    if (last >= 0xc2 && last <= 0xdf && p->length == 1)
        return 0x80 + (int)qk_rng_below(rng, 64);
    if (last != ' ')
        return -1;
    const uint64_t kind = p->length == 1 ? qk_rng_below(rng, 8) : 0;
    return kind == 0   ? ' '
           : kind == 1 ? symbols[qk_rng_below(rng, sizeof symbols - 1)]
           : kind == 2 ? 'A' + (int)qk_rng_below(rng, 26)
                       : first[qk_rng_below(rng, sizeof first - 1)];
}

/*
 * A new token, made from a random one by a byte behind it or a space before it. Where the rest without the
 * byte at the other end is no token, that rest comes first: so that each part of a token is a token. False:
 * nothing came of this draw.
 */
static bool draw(const struct model_synth_vocab *v, size_t count, const struct index *index,
                 struct qk_rng *rng, struct model_synth_piece *to)
{
    const struct model_synth_piece *from = &v->piece[qk_rng_below(rng, count)];
    const bool word = is_letter(from->bytes[0]) || is_symbol(from->bytes[0]);
    const bool before = word && qk_rng_below(rng, 2);
    const int byte = before ? ' ' : next_byte(from, rng);
    if (byte < 0 || from->length == LONGEST)
        return false;
    struct model_synth_piece p = {.length = (unsigned char)(from->length + 1)};
    memcpy(p.bytes + before, from->bytes, from->length);
    p.bytes[before ? 0 : from->length] = (unsigned char)byte;
    if (is_token(v, index, &p))
        return false;
    for (;;) {
        const struct model_synth_piece rest = part(&p, !before, (size_t)p.length - before);
        if (is_token(v, index, &rest))
            break;
        p = rest;
    }
    *to = p;
    return true;
}

static void add(struct model_synth_vocab *v, size_t count, const struct index *index,
                const struct model_synth_piece *p)
{
    v->piece[count] = *p;
    *find(v, index, p) = (uint32_t)count;
    v->spare += p->length > 2 ? p->length - 2u : 0;
}

static void add_bytes(struct model_synth_vocab *v, const struct index *index)
{
    size_t count = 0;
    uint16_t other = 256;
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned byte = 0; byte < 256; byte++)
            if (is_printable(byte) == !pass) {
                v->stand_in[byte] = pass ? other++ : (uint16_t)byte;
                add(v, count++, index, &(struct model_synth_piece){1, {(unsigned char)byte}});
            }
}

int model_synth_vocab_make(struct model_synth_vocab *v, size_t count, size_t merges, struct qk_rng *rng,
                           struct qk_error *err)
{
    *v = (struct model_synth_vocab){.normal = count - MODEL_SYNTH_SPECIAL};
    size_t slots = 1024;
    while (slots < 2 * v->normal)
        slots *= 2;
    struct index index = {malloc(slots * sizeof *index.slot), slots - 1};
    v->piece = malloc(v->normal * sizeof *v->piece);
    if (!index.slot || !v->piece) {
        free(index.slot);
        model_synth_vocab_free(v);
        return qk_fail(err, QK_ERR_MEMORY, NULL, "no memory for a vocabulary of %zu tokens", count);
    }
    memset(index.slot, 0xff, slots * sizeof *index.slot);
    add_bytes(v, &index);
    for (size_t n = 256; n < v->normal;) {
        struct model_synth_piece p;
        if (draw(v, n, &index, rng, &p))
            add(v, n++, &index, &p);
    }
    free(index.slot);
    const size_t one_each = v->normal - 256;
    v->merges = merges < one_each + v->spare ? merges : one_each + v->spare;
    return 0;
}

void model_synth_vocab_free(struct model_synth_vocab *v)
{
    free(v->piece);
    *v = (struct model_synth_vocab){0};
}

/* Bytes from..to of the piece in their stand-ins, UTF-8; at most two bytes each. */
static size_t spell(const struct model_synth_vocab *v, const struct model_synth_piece *p, size_t from,
                    size_t to, char *text)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++) {
        const unsigned point = v->stand_in[p->bytes[i]];
        if (point >= 0x80)
            text[n++] = (char)(0xc0 | point >> 6);
        text[n++] = (char)(point < 0x80 ? point : 0x80 | (point & 0x3f));
    }
    return n;
}

static int name_special(size_t i, char *name, size_t size)
{
    static const struct {
        size_t at;
        const char *name;
    } named[] = {{MODEL_SYNTH_BOS, "begin_of_text"},
                 {MODEL_SYNTH_EOS, "end_of_text"},
                 {6, "start_header_id"},
                 {7, "end_header_id"},
                 {9, "eot_id"}};
    size_t reserved = i;
    for (size_t k = 0; k < sizeof named / sizeof *named; k++) {
        if (named[k].at == i)
            return snprintf(name, size, "<|%s|>", named[k].name);
        reserved -= named[k].at < i;
    }
    return snprintf(name, size, "<|reserved_special_token_%zu|>", reserved);
}

void model_synth_vocab_write_tokens(const struct model_synth_vocab *v, struct model_gguf_writer *w)
{
    char text[48];
    for (size_t i = 0; i < v->normal; i++)
        model_gguf_write_string(w, text, spell(v, &v->piece[i], 0, v->piece[i].length, text));
    for (size_t i = 0; i < MODEL_SYNTH_SPECIAL; i++)
        model_gguf_write_string(w, text, (size_t)name_special(i, text, sizeof text));
}

void model_synth_vocab_write_merges(const struct model_synth_vocab *v, struct model_gguf_writer *w)
{
    const uint64_t wanted = v->merges - (v->normal - 256);
    uint64_t passed = 0, taken = 0; /* of the spare ways: pieces so far, and listed so far */
    for (size_t i = 256; i < v->normal; i++) {
        const struct model_synth_piece *p = &v->piece[i];
        const size_t cuts = p->length - 1u;
        passed += cuts - 1;
        const uint64_t due = v->spare ? passed * wanted / v->spare : 0;
        for (size_t k = 0, at = i % cuts; k <= due - taken; k++, at = (at + 1) % cuts) {
            char text[2 * MODEL_SYNTH_PIECE_MAX + 1];
            size_t n = spell(v, p, 0, at + 1, text);
            text[n++] = ' ';
            n += spell(v, p, at + 1, p->length, text + n);
            model_gguf_write_string(w, text, n);
        }
        taken = due;
    }
}
