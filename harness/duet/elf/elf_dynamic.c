/* SPDX-License-Identifier: MIT */
#include "harness/duet/elf/elf_file.h"

/* The types of relocation that the loader knows in a shared library. */
enum word { ZERO_OR_ADDEND, ZERO_OR_CODE, ANY_WORD };
struct reloc_type {
    uint32_t type;
    bool symbol, no_symbol, plain; /* must or must not have a symbol; no addend */
    bool in_dyn, in_plt;
    enum word word; /* what linkers leave in the place meanwhile */
};
#define DYN .in_dyn = true
#define PLT .in_plt = true
#ifdef __aarch64__
enum { RELATIVE = R_AARCH64_RELATIVE, IRELATIVE = R_AARCH64_IRELATIVE, TPOFF = R_AARCH64_TLS_TPREL };
static const struct reloc_type reloc_types[] = {
    {R_AARCH64_ABS64, .symbol = true, DYN, .word = ZERO_OR_CODE},
    {R_AARCH64_GLOB_DAT, .symbol = true, .plain = true, DYN},
    {R_AARCH64_JUMP_SLOT, .symbol = true, .plain = true, PLT, .word = ZERO_OR_CODE},
    {R_AARCH64_RELATIVE, .no_symbol = true, DYN},
    {R_AARCH64_TLS_DTPMOD, .plain = true, DYN},
    {R_AARCH64_TLS_DTPREL, .symbol = true, .plain = true, DYN, .word = ANY_WORD},
    {R_AARCH64_TLS_TPREL, DYN, .word = ANY_WORD},
    {R_AARCH64_TLSDESC, DYN, PLT, .word = ANY_WORD},
    {R_AARCH64_IRELATIVE, .no_symbol = true, DYN, PLT, .word = ZERO_OR_CODE},
};
#else
enum { RELATIVE = R_X86_64_RELATIVE, IRELATIVE = R_X86_64_IRELATIVE, TPOFF = R_X86_64_TPOFF64 };
static const struct reloc_type reloc_types[] = {
    {R_X86_64_64, .symbol = true, DYN, .word = ZERO_OR_CODE},
    {R_X86_64_GLOB_DAT, .symbol = true, .plain = true, DYN},
    {R_X86_64_JUMP_SLOT, .symbol = true, .plain = true, PLT, .word = ZERO_OR_CODE},
    {R_X86_64_RELATIVE, .no_symbol = true, DYN},
    {R_X86_64_DTPMOD64, .plain = true, DYN},
    {R_X86_64_DTPOFF64, .symbol = true, .plain = true, DYN, .word = ANY_WORD},
    {R_X86_64_TPOFF64, DYN, .word = ANY_WORD},
    {R_X86_64_TLSDESC, DYN, PLT, .word = ANY_WORD},
    {R_X86_64_IRELATIVE, .no_symbol = true, DYN, PLT, .word = ZERO_OR_CODE},
};
#endif

/*
 * What an entry of the dynamic section must say: something of the named section, a value, a string or flags.
 */
enum rule { ADDRESS, INSIDE, SIZE, COUNT, ENTRIES, VALUE, NAME, FOLDERS, FLAGS };
static const struct tag {
    Elf64_Sxword tag;
    enum rule rule;
    const char *section; /* with it the entry must be there, without it must not */
    uint64_t value;      /* for FLAGS those that may be */
} tags[] = {
    {DT_NEEDED, NAME, NULL, 0},
    {DT_SONAME, NAME, NULL, 0},
    {DT_RPATH, FOLDERS, NULL, 0},
    {DT_RUNPATH, FOLDERS, NULL, 0},
    {DT_HASH, ADDRESS, ".hash", 0},
    {DT_GNU_HASH, ADDRESS, ".gnu.hash", 0},
    {DT_STRTAB, ADDRESS, ".dynstr", 0},
    {DT_STRSZ, SIZE, ".dynstr", 0},
    {DT_SYMTAB, ADDRESS, ".dynsym", 0},
    {DT_SYMENT, VALUE, ".dynsym", sizeof(Elf64_Sym)},
    {DT_RELA, ADDRESS, ".rela.dyn", 0},
    {DT_RELASZ, SIZE, ".rela.dyn", 0},
    {DT_RELAENT, VALUE, ".rela.dyn", sizeof(Elf64_Rela)},
    {DT_RELACOUNT, ENTRIES, NULL, 0},
    {DT_RELR, ADDRESS, ".relr.dyn", 0},
    {DT_RELRSZ, SIZE, ".relr.dyn", 0},
    {DT_RELRENT, VALUE, ".relr.dyn", sizeof(Elf64_Xword)},
    {DT_JMPREL, ADDRESS, ".rela.plt", 0},
    {DT_PLTRELSZ, SIZE, ".rela.plt", 0},
    {DT_PLTREL, VALUE, ".rela.plt", DT_RELA},
    {DT_PLTGOT, ADDRESS, NULL, 0},
    {DT_TLSDESC_PLT, INSIDE, NULL, SHF_EXECINSTR},
    {DT_TLSDESC_GOT, INSIDE, NULL, SHF_WRITE},
    {DT_INIT, ADDRESS, ".init", 0},
    {DT_FINI, ADDRESS, ".fini", 0},
    {DT_INIT_ARRAY, ADDRESS, ".init_array", 0},
    {DT_INIT_ARRAYSZ, SIZE, ".init_array", 0},
    {DT_FINI_ARRAY, ADDRESS, ".fini_array", 0},
    {DT_FINI_ARRAYSZ, SIZE, ".fini_array", 0},
    {DT_VERSYM, ADDRESS, ".gnu.version", 0},
    {DT_VERNEED, ADDRESS, ".gnu.version_r", 0},
    {DT_VERNEEDNUM, COUNT, ".gnu.version_r", 0},
    {DT_VERDEF, ADDRESS, ".gnu.version_d", 0},
    {DT_VERDEFNUM, COUNT, ".gnu.version_d", 0},
    {DT_BIND_NOW, VALUE, NULL, 0},
    {DT_SYMBOLIC, VALUE, NULL, 0},
    {DT_FLAGS, FLAGS, NULL, DF_ORIGIN | DF_SYMBOLIC | DF_BIND_NOW | DF_STATIC_TLS},
    {DT_FLAGS_1, FLAGS, NULL, DF_1_NOW | DF_1_NODELETE | DF_1_ORIGIN},
#ifdef __aarch64__
    {DT_AARCH64_BTI_PLT, VALUE, NULL, 0},
    {DT_AARCH64_PAC_PLT, VALUE, NULL, 0},
    {DT_AARCH64_VARIANT_PCS, VALUE, NULL, 0},
#endif
};
enum { TAGS = sizeof tags / sizeof *tags };

/*
 * Linkers store a string once that another ends with, but not these names, and they share none with symbols.
 */
static bool own_string(const struct elf *e, uint64_t offset)
{
    Elf64_Shdr strings, symbols;
    Elf64_Sym y;
    find(e, ".dynstr", &strings);
    find(e, ".dynsym", &symbols);
    bool own = offset && offset < strings.sh_size && !text_in(e, &strings, offset)[-1];
    for (size_t i = 1; own && i < symbols.sh_size / sizeof y; i++) {
        memcpy(&y, e->bytes + symbols.sh_offset + i * sizeof y, sizeof y);
        own = y.st_name != offset || y.st_shndx == SHN_ABS; /* a version */
    }
    return own;
}

static bool check_string(struct elf *e, uint64_t offset, bool folders)
{
    Elf64_Shdr strings;
    find(e, ".dynstr", &strings);
    const char *text = text_in(e, &strings, offset);
    return must(e, own_string(e, offset) && *text, "d_val", offset,
                "a string in .dynstr that names no symbol") &&
           must(e, !folders || strchr("/.$", *text), "d_val", offset,
                "a search path that starts with '/', '.' or '$'");
}

static bool check_entry_of(struct elf *e, const struct tag *t, uint64_t value)
{
    Elf64_Shdr s = {0};
    if (t->tag == DT_PLTGOT && !find(e, ".got.plt", &s))
        find(e, ".got", &s);
    if (t->section && !must(e, find(e, t->section, &s), "d_tag", (uint64_t)t->tag, "a section for it"))
        return false;
    switch (t->rule) {
    case ADDRESS:
        return equal(e, "d_ptr", value, s.sh_addr);
    case INSIDE:
        return must(e, holds(e, value, BENCH_ELF_WORD, t->value, &s), "d_ptr", value,
                    "a place for TLS descriptors");
    case SIZE:
        return equal(e, "d_val", value, s.sh_size);
    case COUNT:
        return equal(e, "d_val", value, s.sh_info);
    case ENTRIES:
        return equal(e, "DT_RELACOUNT", value, e->relative) &&
               must(e, e->ascending, "DT_RELACOUNT", value, "relative relocations in ascending order");
    case VALUE:
        return equal(e, "d_val", value, t->value);
    case FLAGS:
        return equal(e, "flags not for a kernel module", value & ~t->value, 0) &&
               must(e, !(t->tag == DT_FLAGS && value & DF_STATIC_TLS) || e->has_tpoff, "d_val", value,
                    "no DF_STATIC_TLS without such relocations");
    default:
        return check_string(e, value, t->rule == FOLDERS);
    }
}

static bool check_dynamic(struct elf *e)
{
    Elf64_Shdr dynamic, s;
    Elf64_Dyn d = {.d_tag = DT_NULL};
    uint64_t value[TAGS] = {0}, flags = 0, flags_1 = 0, old = 0;
    unsigned seen[TAGS] = {0};
    look_at(e, "ELF header", 0, 0);
    if (!must(e, find(e, ".dynamic", &dynamic), "dynamic sections", 0, "one"))
        return false;
    const size_t count = dynamic.sh_size / sizeof d;
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        look_at(e, "dynamic entry", i, dynamic.sh_offset + i * sizeof d);
        memcpy(&d, e->bytes + e->at, sizeof d);
        if (d.d_tag == DT_NULL)
            break;
        while (k < TAGS && tags[k].tag != d.d_tag)
            k++;
        if (!must(e, k < TAGS, "d_tag", (uint64_t)d.d_tag, "a tag that kernel modules have") ||
            !must(e, !seen[k]++ || d.d_tag == DT_NEEDED, "d_tag", (uint64_t)d.d_tag, "one entry with it") ||
            !check_entry_of(e, &tags[k], d.d_un.d_val))
            return false;
        value[k] = d.d_un.d_val;
    }
    /*
     * An installer that removes a search path moves the entries up, and may leave the path's place in
     * .dynstr.
     */
    const size_t rest = e->at + sizeof d + offsetof(Elf64_Dyn, d_un),
                 end = dynamic.sh_offset + dynamic.sh_size;
    if (!must(e, d.d_tag == DT_NULL, "d_tag", (uint64_t)d.d_tag, "DT_NULL at the end") ||
        !must(e, all_zero(e, e->at, rest < end ? rest : end), "a byte", 1, "zeros from DT_NULL on") ||
        !must(e,
              rest >= end || ((!word_at(e, rest) || own_string(e, word_at(e, rest))) &&
                              all_zero(e, rest + BENCH_ELF_WORD, end)),
              "a byte", 1, "zeros behind DT_NULL"))
        return false;
    for (size_t k = 0; k < TAGS; k++) {
        look_at(e, "dynamic section: tag", (size_t)tags[k].tag, dynamic.sh_offset);
        if (tags[k].section && find(e, tags[k].section, &s) &&
            !must(e, seen[k], "entries", 0, tags[k].section))
            return false;
        flags |= tags[k].tag == DT_FLAGS ? value[k] : 0;
        flags_1 |= tags[k].tag == DT_FLAGS_1 ? value[k] : 0;
        old |= !seen[k]                     ? 0
               : tags[k].tag == DT_BIND_NOW ? DF_BIND_NOW
               : tags[k].tag == DT_SYMBOLIC ? DF_SYMBOLIC
                                            : 0;
    }
    return must(e, !((flags | old) & DF_BIND_NOW) == !(flags_1 & DF_1_NOW), "DF_1_NOW", flags_1 & DF_1_NOW,
                "the same as DF_BIND_NOW") &&
           must(e, !(flags & DF_ORIGIN) == !(flags_1 & DF_1_ORIGIN), "DF_1_ORIGIN", flags_1 & DF_1_ORIGIN,
                "the same as DF_ORIGIN") &&
           must(e, !(old & DF_SYMBOLIC) || flags & DF_SYMBOLIC, "DF_SYMBOLIC", 0, "the same as DT_SYMBOLIC");
}

static bool check_symbols(struct elf *e)
{
    Elf64_Shdr symbols, strings;
    find(e, ".dynsym", &symbols);
    find(e, ".dynstr", &strings);
    look_at(e, "dynamic symbol", 0, symbols.sh_offset);
    if (!must(e, symbols.sh_size && strings.sh_size, "symbols", 0, "a .dynsym with a .dynstr") ||
        !must(e, all_zero(e, e->at, e->at + sizeof(Elf64_Sym)), "a byte", 1, "zeros"))
        return false;
    for (size_t i = 1; i < symbols.sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym y;
        look_at(e, "dynamic symbol", i, symbols.sh_offset + i * sizeof y);
        memcpy(&y, e->bytes + e->at, sizeof y);
        const unsigned type = ELF64_ST_TYPE(y.st_info), bind = ELF64_ST_BIND(y.st_info);
        const bool placed = y.st_shndx && y.st_shndx < e->head.e_shnum && type != STT_TLS;
        const Elf64_Shdr s = placed ? section(e, y.st_shndx) : (Elf64_Shdr){0};
        if (!must(e, *text_in(e, &strings, y.st_name) || type == STT_SECTION, "st_name", y.st_name,
                  "a name in .dynstr") ||
            !must(e, type <= STT_TLS || type == STT_GNU_IFUNC, "type", type, "a type of symbol") ||
            !must(e, bind <= STB_WEAK || bind == STB_GNU_UNIQUE, "binding", bind, "a binding") ||
            !must(e, y.st_shndx < e->head.e_shnum || y.st_shndx == SHN_ABS, "st_shndx", y.st_shndx,
                  "a section") ||
            !must(e, y.st_shndx || !y.st_value, "st_value", y.st_value, "0, as it is not defined here") ||
            !must(e, !placed || type == STT_NOTYPE || within(y.st_value, y.st_size, s.sh_addr, s.sh_size),
                  "st_value", y.st_value, "a place inside its section"))
            return false;
    }
    return true;
}

static uint64_t value_of(const struct elf *e, const Elf64_Shdr *symbols, uint32_t symbol)
{
    return symbols->sh_size
               ? word_at(e, symbols->sh_offset + symbol * sizeof(Elf64_Sym) + offsetof(Elf64_Sym, st_value))
               : 0;
}

/*
 * Is this the first to claim that word of the file? Places of relocations are claimed, and of a symbol's
 * entry the first word for its place in .got, the second for that in .got.plt.
 */
static bool claim(struct elf *e, size_t at)
{
    unsigned char *byte = &e->taken[at / BENCH_ELF_WORD / 8],
                  bit = (unsigned char)(1 << at / BENCH_ELF_WORD % 8);
    const bool first = !(*byte & bit);
    *byte |= bit;
    return first;
}

/* A word that the loader writes. */
static bool check_place(struct elf *e, uint64_t place, Elf64_Shdr *s, size_t *at)
{
    if (!must(e, !(place % BENCH_ELF_WORD), "r_offset", place, "a multiple of 8") ||
        !must(e, holds(e, place, BENCH_ELF_WORD, SHF_WRITE, s) && s->sh_type != SHT_NOBITS, "r_offset", place,
              "a place in a writable section"))
        return false;
    *at = s->sh_offset + (place - s->sh_addr);
    return must(e, claim(e, *at), "r_offset", place, "a place without another relocation");
}

static bool check_reloc(struct elf *e, const Elf64_Rela *r, bool plt, const Elf64_Shdr *symbols,
                        Elf64_Shdr *place, Elf64_Shdr *target)
{
    enum { KNOWN = sizeof reloc_types / sizeof *reloc_types };
    const uint32_t type = ELF64_R_TYPE(r->r_info), symbol = ELF64_R_SYM(r->r_info);
    const uint64_t addend = (uint64_t)r->r_addend;
    size_t k = 0, at = 0;
    while (k < KNOWN && reloc_types[k].type != type)
        k++;
    if (!must(e, k < KNOWN && (plt ? reloc_types[k].in_plt : reloc_types[k].in_dyn), "type", type,
              "a type that belongs there"))
        return false;
    const struct reloc_type *t = &reloc_types[k];
    if (!must(e,
              symbol < symbols->sh_size / sizeof(Elf64_Sym) && (!symbol || !t->no_symbol) &&
                  (symbol || !t->symbol),
              "symbol", symbol, t->no_symbol ? "0" : "a symbol") ||
        !must(e, t->plain ? !addend : addend + (1u << 31) <= UINT32_MAX, "r_addend", addend,
              t->plain ? "0" : "an offset of 32 bits") ||
        !must(e, !t->no_symbol || holds(e, addend, 0, type == IRELATIVE ? SHF_EXECINSTR : 0, target),
              "r_addend", addend, "an address in a section") ||
        !must(e,
              !t->plain || !t->symbol ||
                  claim(e, symbols->sh_offset + symbol * sizeof(Elf64_Sym) + (plt ? BENCH_ELF_WORD : 0)),
              "symbol", symbol, "one that no other relocation of this kind has") ||
        !check_place(e, r->r_offset, place, &at))
        return false;
    const uint64_t word = word_at(e, at);
    Elf64_Shdr code = {0};
    if (t->plain &&
        !must(e, !strncmp(name_of(e, place), ".got", 4), "r_offset", r->r_offset, "a place in .got"))
        return false;
    e->has_tpoff |= type == TPOFF;
    /* Linkers fill in all addends of relative relocations, or none. */
    if (type == RELATIVE && addend) {
        e->filled |= word == addend;
        e->empty |= !word;
    }
    return must(e, !e->filled || !e->empty, "a place that holds", word,
                "the addend, as others, or 0, as others") &&
           must(e,
                !word || word == addend + value_of(e, symbols, symbol) || t->word == ANY_WORD ||
                    (t->word == ZERO_OR_CODE && holds(e, word, 1, SHF_EXECINSTR, &code)),
                "a place that holds", word, "0 or the addend");
}

static bool check_relocs(struct elf *e, const char *name)
{
    Elf64_Shdr table, symbols, place = {0}, target = {0};
    Elf64_Rela r;
    uint64_t last = 0;
    find(e, name, &table);
    find(e, ".dynsym", &symbols);
    for (size_t i = 0; i < table.sh_size / sizeof r; i++) {
        look_at(e, name, i, table.sh_offset + i * sizeof r);
        memcpy(&r, e->bytes + e->at, sizeof r);
        if (!check_reloc(e, &r, !strcmp(name, ".rela.plt"), &symbols, &place, &target))
            return false;
        if (i == e->relative && ELF64_R_TYPE(r.r_info) == RELATIVE) {
            e->relative++;
            e->ascending &= r.r_offset >= last;
            last = r.r_offset;
        }
    }
    return true;
}

/*
 * Packed relative relocations: an even word is a place, an odd one a bit for each of the 63 words that
 * follow.
 */
static bool check_packed(struct elf *e)
{
    Elf64_Shdr table, place = {0}, target = {0};
    uint64_t next = 0;
    find(e, ".relr.dyn", &table);
    for (size_t i = 0; i < table.sh_size / BENCH_ELF_WORD; i++) {
        const uint64_t word = word_at(e, table.sh_offset + i * BENCH_ELF_WORD);
        const bool odd = word & 1;
        look_at(e, ".relr.dyn", i, table.sh_offset + i * BENCH_ELF_WORD);
        for (unsigned k = odd ? 1 : 0; k < (odd ? 64 : 1); k++) {
            size_t at = 0;
            if (odd && !(word >> k & 1))
                continue;
            if (!check_place(e, odd ? next + (k - 1) * BENCH_ELF_WORD : word, &place, &at) ||
                !must(e, holds(e, word_at(e, at), 0, 0, &target), "a place that holds", word_at(e, at),
                      "an address in a section"))
                return false;
        }
        next = odd ? next + 63 * BENCH_ELF_WORD : word + BENCH_ELF_WORD;
    }
    return true;
}

bool bench_elf_dynamic(struct elf *e)
{
    return check_symbols(e) && check_relocs(e, ".rela.dyn") && check_relocs(e, ".rela.plt") &&
           check_packed(e) && check_dynamic(e);
}
