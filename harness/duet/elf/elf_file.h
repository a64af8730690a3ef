/* SPDX-License-Identifier: MIT */
/*
 * How the checks of a module's file (elf_check.h) read it. What they read has been checked to be inside the
 * file: the ELF header first, then what it points to. A check that fails says so in err, and its callers
 * return.
 */
#pragma once

#include "kernels/support.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

enum { BENCH_ELF_WORD = 8 };

struct elf {
    const unsigned char *bytes;
    size_t size;
    const char *path;
    struct qk_error *err;
    Elf64_Ehdr head;
    unsigned char *taken; /* a bit per word of the file: see claim() */
    /*
     * Of the relocations: does one have a fixed TLS offset? Do the places of relative ones hold the addend
     * (filled) or 0 (empty)?
     */
    bool has_tpoff, filled, empty;
    size_t relative; /* how many relative ones .rela.dyn starts with */
    bool ascending;  /* are those in order? */
    /* What is being checked. */
    const char *kind;
    size_t index, at;
};

/* Messages from here on are about entry `index` of that kind, at that byte. */
static inline void look_at(struct elf *e, const char *kind, size_t index, size_t at)
{
    e->kind = kind;
    e->index = index;
    e->at = at;
}

static inline bool must(const struct elf *e, bool ok, const char *what, uint64_t found, const char *expected)
{
    if (!ok)
        qk_fail(e->err, QK_ERR_FORMAT, e->path,
                "'%.200s' is no kernel module: %s %zu at byte %zu has %s 0x%llx, expected %s", e->path,
                e->kind, e->index, e->at, what, (unsigned long long)found, expected);
    return ok;
}

static inline bool equal(const struct elf *e, const char *what, uint64_t found, uint64_t expected)
{
    char text[32];
    if (found == expected)
        return true;
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)expected);
    return must(e, false, what, found, text);
}

/* Are [at, at + size) inside [start, start + length)? Nothing overflows. */
static inline bool within(uint64_t at, uint64_t size, uint64_t start, uint64_t length)
{
    return at >= start && at - start <= length && size <= length - (at - start);
}

static inline bool power_of_two(uint64_t n)
{
    return n && !(n & (n - 1));
}

static inline bool all_zero(const struct elf *e, size_t from, size_t to)
{
    while (from < to && !e->bytes[from])
        from++;
    return from >= to;
}

static inline Elf64_Phdr segment(const struct elf *e, size_t i)
{
    Elf64_Phdr p;
    memcpy(&p, e->bytes + sizeof e->head + i * sizeof p, sizeof p);
    return p;
}

static inline Elf64_Shdr section(const struct elf *e, size_t i)
{
    Elf64_Shdr s;
    memcpy(&s, e->bytes + e->head.e_shoff + i * sizeof s, sizeof s);
    return s;
}

static inline uint64_t word_at(const struct elf *e, size_t at)
{
    uint64_t word;
    memcpy(&word, e->bytes + at, sizeof word);
    return word;
}

/* A table of strings has been checked to end with one. */
static inline const char *text_in(const struct elf *e, const Elf64_Shdr *table, uint64_t offset)
{
    return offset < table->sh_size ? (const char *)e->bytes + table->sh_offset + offset : "";
}

static inline const char *name_of(const struct elf *e, const Elf64_Shdr *s)
{
    const Elf64_Shdr names = section(e, e->head.e_shstrndx);
    return text_in(e, &names, s->sh_name);
}

/* An empty section counts as none, and is all zero. */
static inline bool find(const struct elf *e, const char *name, Elf64_Shdr *s)
{
    for (size_t i = 1; i < e->head.e_shnum; i++) {
        *s = section(e, i);
        if (s->sh_size && !strcmp(name_of(e, s), name))
            return true;
    }
    *s = (Elf64_Shdr){0};
    return false;
}

/* Does it have a place of its own in memory? .tbss does not. */
static inline bool mapped(const Elf64_Shdr *s)
{
    return s->sh_flags & SHF_ALLOC && s->sh_size && !(s->sh_flags & SHF_TLS && s->sh_type == SHT_NOBITS);
}

/* The mapped section that has these addresses and at least these flags. */
static inline bool holds(const struct elf *e, uint64_t address, uint64_t size, uint64_t flags, Elf64_Shdr *s)
{
    if (mapped(s) && within(address, size, s->sh_addr, s->sh_size) && (s->sh_flags & flags) == flags)
        return true; /* the one of the call before */
    for (size_t i = 1; i < e->head.e_shnum; i++) {
        *s = section(e, i);
        if (mapped(s) && within(address, size, s->sh_addr, s->sh_size) && (s->sh_flags & flags) == flags)
            return true;
    }
    return false;
}

/* What the loader follows once the file is mapped: dynamic section, symbols, relocations. */
bool bench_elf_dynamic(struct elf *e);
