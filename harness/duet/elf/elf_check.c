/* SPDX-License-Identifier: MIT */
#include "harness/duet/elf/elf_check.h"

#include "harness/duet/elf/elf_file.h"

#include <stdlib.h>

#ifdef __aarch64__
enum { MACHINE = EM_AARCH64 };
#else
enum { MACHINE = EM_X86_64 };
#endif
enum { PAGE = 4096, MOST_SEGMENTS = 64, MOST_SECTIONS = 512 };

static bool check_head(struct elf *e)
{
    static const unsigned char ident[EI_NIDENT] = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
    Elf64_Ehdr *h = &e->head;
    look_at(e, "ELF header", 0, 0);
    if (!must(e, e->size >= sizeof *h, "file size", e->size, "64 bytes or more"))
        return false;
    memcpy(h, e->bytes, sizeof *h);
    for (int i = 0; i < EI_NIDENT; i++)
        if ((i != EI_OSABI || h->e_ident[i] != ELFOSABI_GNU) &&
            !equal(e, i < 4 ? "magic" : "e_ident", h->e_ident[i], ident[i]))
            return false;
    return equal(e, "e_type", h->e_type, ET_DYN) && equal(e, "e_machine", h->e_machine, MACHINE) &&
           equal(e, "e_version", h->e_version, EV_CURRENT) && equal(e, "e_flags", h->e_flags, 0) &&
           equal(e, "e_ehsize", h->e_ehsize, sizeof *h) && equal(e, "e_phoff", h->e_phoff, sizeof *h) &&
           equal(e, "e_phentsize", h->e_phentsize, sizeof(Elf64_Phdr)) &&
           equal(e, "e_shentsize", h->e_shentsize, sizeof(Elf64_Shdr)) &&
           must(e, h->e_phnum && h->e_phnum <= MOST_SEGMENTS, "e_phnum", h->e_phnum, "1 to 64") &&
           must(e, h->e_shnum > 1 && h->e_shnum <= MOST_SECTIONS, "e_shnum", h->e_shnum, "2 to 512") &&
           must(e, within(sizeof *h, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr), 0, e->size), "e_phnum",
                h->e_phnum, "program headers inside the file") &&
           must(e, within(h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr), 0, e->size), "e_shoff",
                h->e_shoff, "section headers inside the file: it may be cut") &&
           must(e, h->e_shstrndx && h->e_shstrndx < h->e_shnum, "e_shstrndx", h->e_shstrndx, "a section");
}

/* What is known of sections by name: entries of that size, and the section that sh_link names. */
static bool check_known(struct elf *e, const Elf64_Shdr *s, const char *name)
{
    static const struct {
        const char *name;
        uint32_t type, entry;
        const char *link;
    } known[] = {
        {".dynsym", SHT_DYNSYM, sizeof(Elf64_Sym), ".dynstr"},
        {".dynstr", SHT_STRTAB, 0, ""},
        {".rela.dyn", SHT_RELA, sizeof(Elf64_Rela), ".dynsym"},
        {".rela.plt", SHT_RELA, sizeof(Elf64_Rela), ".dynsym"},
        {".relr.dyn", SHT_RELR, sizeof(Elf64_Xword), ""},
        {".dynamic", SHT_DYNAMIC, sizeof(Elf64_Dyn), ".dynstr"},
        {".gnu.hash", SHT_GNU_HASH, 0, ".dynsym"},
        {".hash", SHT_HASH, 4, ".dynsym"},
        {".gnu.version", SHT_GNU_versym, 2, ".dynsym"},
        {".gnu.version_r", SHT_GNU_verneed, 0, ".dynstr"},
        {".gnu.version_d", SHT_GNU_verdef, 0, ".dynstr"},
        {".init_array", SHT_INIT_ARRAY, 0, ""},
        {".fini_array", SHT_FINI_ARRAY, 0, ""},
    };
    const Elf64_Shdr link = section(e, s->sh_link);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(name, known[i].name))
            return equal(e, "sh_type", s->sh_type, known[i].type) &&
                   must(e, s->sh_flags & SHF_ALLOC, "sh_flags", s->sh_flags, "a section that is loaded") &&
                   (!known[i].entry || (equal(e, "sh_entsize", s->sh_entsize, known[i].entry) &&
                                        equal(e, "rest of sh_size", s->sh_size % known[i].entry, 0))) &&
                   must(e, !strcmp(name_of(e, &link), known[i].link) || !s->sh_size, "sh_link", s->sh_link,
                        *known[i].link ? known[i].link : "0");
    return true;
}

static bool check_section(struct elf *e, const Elf64_Shdr *s)
{
    const uint64_t align = s->sh_addralign;
    size_t loads = 0;
    if (!must(e, s->sh_link < e->head.e_shnum, "sh_link", s->sh_link, "a section") ||
        !must(e, !align || power_of_two(align), "sh_addralign", align, "a power of two") ||
        !must(e, !align || !(s->sh_addr % align), "sh_addr", s->sh_addr, "a multiple of its alignment"))
        return false;
    if (s->sh_type != SHT_NOBITS &&
        (!must(e, within(s->sh_offset, s->sh_size, 0, e->size), "sh_offset", s->sh_offset,
               "a section inside the file") ||
         !must(e, !s->sh_size || s->sh_offset >= sizeof e->head + e->head.e_phnum * sizeof(Elf64_Phdr),
               "sh_offset", s->sh_offset, "a place behind the program headers")))
        return false;
    if (s->sh_type == SHT_STRTAB && s->sh_size &&
        !must(e, !e->bytes[s->sh_offset] && !e->bytes[s->sh_offset + s->sh_size - 1], "strings", 1,
              "strings that begin and end with 0"))
        return false;
    for (size_t i = 0; i < e->head.e_phnum && mapped(s); i++) {
        const Elf64_Phdr p = segment(e, i);
        loads += p.p_type == PT_LOAD && within(s->sh_addr, s->sh_size, p.p_vaddr, p.p_memsz) &&
                 (s->sh_type == SHT_NOBITS || (within(s->sh_addr, s->sh_size, p.p_vaddr, p.p_filesz) &&
                                               s->sh_offset - p.p_offset == s->sh_addr - p.p_vaddr));
    }
    return !mapped(s) || must(e, loads == 1, "sh_addr", s->sh_addr, "a section inside one LOAD segment");
}

static bool check_sections(struct elf *e)
{
    const size_t table = e->head.e_shoff;
    const Elf64_Shdr names = section(e, e->head.e_shstrndx);
    size_t first = e->size;
    look_at(e, "section", 0, table);
    if (!must(e, all_zero(e, table, table + sizeof names), "a byte", 1, "zeros"))
        return false;
    look_at(e, "section", e->head.e_shstrndx, table + e->head.e_shstrndx * sizeof names);
    if (!equal(e, "sh_type", names.sh_type, SHT_STRTAB) || !check_section(e, &names) ||
        !must(e, !strcmp(name_of(e, &names), ".shstrtab"), "sh_name", names.sh_name, "'.shstrtab'"))
        return false;
    for (size_t i = 1; i < e->head.e_shnum; i++) {
        const Elf64_Shdr s = section(e, i);
        look_at(e, "section", i, table + i * sizeof s);
        if (!must(e, s.sh_name < names.sh_size && *name_of(e, &s), "sh_name", s.sh_name, "a name") ||
            !must(e, s.sh_type != SHT_NULL, "sh_type", s.sh_type, "a type") || !check_section(e, &s) ||
            !check_known(e, &s, name_of(e, &s)))
            return false;
        if (mapped(&s) && s.sh_type != SHT_NOBITS && s.sh_offset < first)
            first = s.sh_offset;
    }
    look_at(e, "program header", e->head.e_phnum, sizeof e->head + e->head.e_phnum * sizeof(Elf64_Phdr));
    return must(e, all_zero(e, e->at, first), "a byte", 1, "zeros between program headers and sections");
}

/* The sections that a segment is there for: what they span, and what the segment must say because of it. */
struct span {
    uint64_t start, offset, end, file_end, align;
    uint32_t flags;
    size_t count;
};

static bool belongs(const struct elf *e, const Elf64_Phdr *p, const char *only, bool empty,
                    const Elf64_Shdr *s)
{
    if (p->p_type == PT_TLS)
        return s->sh_flags & SHF_TLS && s->sh_size;
    return (mapped(s) || (empty && s->sh_flags & SHF_ALLOC && !s->sh_size)) &&
           within(s->sh_addr, s->sh_size ? 1 : 0, p->p_vaddr, p->p_memsz) &&
           (p->p_type != PT_NOTE || s->sh_type == SHT_NOTE) && (!only || !strcmp(name_of(e, s), only));
}

static struct span span_of(const struct elf *e, const Elf64_Phdr *p, const char *only, bool empty)
{
    struct span a = {.flags = PF_R};
    for (size_t i = 1; i < e->head.e_shnum; i++) {
        const Elf64_Shdr s = section(e, i);
        if (!belongs(e, p, only, empty, &s))
            continue;
        if (!a.count++ || s.sh_addr < a.start) {
            a.start = s.sh_addr;
            a.offset = s.sh_offset;
        }
        if (s.sh_addr + s.sh_size > a.end)
            a.end = s.sh_addr + s.sh_size;
        if (s.sh_type != SHT_NOBITS && s.sh_addr + s.sh_size > a.file_end)
            a.file_end = s.sh_addr + s.sh_size;
        if (s.sh_addralign > a.align)
            a.align = s.sh_addralign;
        a.flags |= (s.sh_flags & SHF_WRITE ? PF_W : 0) | (s.sh_flags & SHF_EXECINSTR ? PF_X : 0);
    }
    if (a.file_end < a.start)
        a.file_end = a.start;
    return a;
}

static bool check_load(struct elf *e, const Elf64_Phdr *p, uint64_t from)
{
    /* Where an empty section stands at an edge, lld and gold count it. */
    const struct span a = span_of(e, p, NULL, false), b = span_of(e, p, NULL, true);
    const bool head = !p->p_offset; /* the first one maps the headers, too */
    return must(e, a.count, "sections", 0, "one or more") &&
           must(e, p->p_align >= PAGE && power_of_two(p->p_align), "p_align", p->p_align,
                "a power of two from 0x1000") &&
           equal(e, "p_offset, in its page,", p->p_offset % p->p_align, p->p_vaddr % p->p_align) &&
           must(e, p->p_vaddr >= from && p->p_vaddr + p->p_memsz >= p->p_vaddr, "p_vaddr", p->p_vaddr,
                "an address above the segment before") &&
           (head || (p->p_vaddr == b.start && p->p_offset == b.offset) ||
            (equal(e, "p_vaddr", p->p_vaddr, a.start) && equal(e, "p_offset", p->p_offset, a.offset))) &&
           (p->p_filesz == b.file_end - p->p_vaddr ||
            equal(e, "p_filesz", p->p_filesz, a.file_end - p->p_vaddr)) &&
           equal(e, "p_memsz", p->p_memsz, a.end - p->p_vaddr) && equal(e, "p_flags", p->p_flags, a.flags) &&
           must(e, (p->p_flags & (PF_W | PF_X)) != (PF_W | PF_X), "p_flags", p->p_flags,
                "not both writable and executable");
}

/* A segment that says where sections are. */
static bool check_pointer(struct elf *e, const Elf64_Phdr *p, const char *only)
{
    const struct span a = span_of(e, p, only, false);
    const bool tls = p->p_type == PT_TLS;
    const uint64_t size = a.end - a.start, rounded = tls && a.align ? (size + a.align - 1) & -a.align : size;
    return must(e, a.count, "sections", 0, only ? only : "one or more") &&
           equal(e, "p_vaddr", p->p_vaddr, a.start) && equal(e, "p_offset", p->p_offset, a.offset) &&
           equal(e, "p_filesz", p->p_filesz, a.file_end - a.start) &&
           (p->p_memsz == rounded || equal(e, "p_memsz", p->p_memsz, size)) &&
           equal(e, "p_flags", p->p_flags, tls ? PF_R : a.flags) && equal(e, "p_align", p->p_align, a.align);
}

/* Read-only after relocation: the start of a writable segment, and what linkers put there. */
static bool check_relro(struct elf *e, const Elf64_Phdr *p, bool has_phdr)
{
    const struct span a = span_of(e, p, NULL, false);
    const uint64_t end = p->p_vaddr + p->p_memsz;
    bool load = false;
    for (size_t i = 0; i < e->head.e_phnum; i++) {
        const Elf64_Phdr l = segment(e, i);
        load |=
            l.p_type == PT_LOAD && l.p_flags & PF_W && l.p_vaddr == p->p_vaddr && l.p_offset == p->p_offset;
    }
    if (!must(e, load, "p_vaddr", p->p_vaddr, "the start of a writable LOAD segment") ||
        !must(e, !(end % PAGE), "end", end, "a multiple of the page") ||
        !must(e, p->p_filesz == p->p_memsz || (has_phdr && p->p_filesz == a.file_end - a.start), "p_filesz",
              p->p_filesz, "p_memsz, or the size of the sections in the file"))
        return false;
    for (size_t i = 1; i < e->head.e_shnum; i++) {
        static const char inside[] = " .dynamic .init_array .fini_array .data.rel.ro .got ",
                          outside[] = " .data .bss ";
        const Elf64_Shdr s = section(e, i);
        char word[20];
        if (!mapped(&s) || !(s.sh_flags & SHF_WRITE) ||
            (size_t)snprintf(word, sizeof word, " %s ", name_of(e, &s)) >= sizeof word)
            continue;
        if (!must(e, !strstr(inside, word) || within(s.sh_addr, s.sh_size, p->p_vaddr, p->p_memsz), "end",
                  end, "an end behind the sections it is for") ||
            !must(e, !strstr(outside, word) || s.sh_addr >= end || s.sh_addr < p->p_vaddr, "end", end,
                  "an end before .data and .bss"))
            return false;
    }
    return p->p_flags == (PF_R | PF_W)
               ? equal(e, "p_align", p->p_align, a.align) /* gold */
               : equal(e, "p_flags", p->p_flags, PF_R) && equal(e, "p_align", p->p_align, 1);
}

/* Segments that no section explains: the program headers themselves, and how the stack is to be mapped. */
static bool check_bare(struct elf *e, const Elf64_Phdr *p, bool has_phdr)
{
    const bool stack = p->p_type == PT_GNU_STACK;
    const uint64_t at = stack ? 0 : sizeof e->head, count = stack ? 0 : e->head.e_phnum;
    uint64_t size = count * sizeof *p;
    for (int unused = 0; unused < 4 && !stack && p->p_filesz > size; unused++)
        size += sizeof *p; /* lld leaves room for one that it drops at the end */
    return equal(e, "p_offset", p->p_offset, at) && equal(e, "p_vaddr", p->p_vaddr, at) &&
           equal(e, "p_filesz", p->p_filesz, size) && equal(e, "p_memsz", p->p_memsz, size) &&
           equal(e, "p_flags", p->p_flags, stack ? PF_R | PF_W : PF_R) &&
           /* GNU ld says 16 or, long ago, 8. Linkers that write a PHDR in libraries say 16, 1 or 0. */
           (stack ? must(e, p->p_align == 16 || (has_phdr ? p->p_align < 2 : p->p_align == 8), "p_align",
                         p->p_align, "0x10")
                  : equal(e, "p_align", p->p_align, BENCH_ELF_WORD));
}

static bool check_segments(struct elf *e)
{
    static const struct {
        uint32_t type;
        const char *section;
        bool paired; /* one is not there without the other */
    } known[] = {
        {PT_LOAD, NULL, false},
        {PT_NOTE, NULL, false},
        {PT_TLS, NULL, false},
        {PT_PHDR, NULL, false},
        {PT_GNU_STACK, NULL, false},
        {PT_GNU_RELRO, NULL, false},
        {PT_INTERP, ".interp", true},
        {PT_DYNAMIC, ".dynamic", true},
        {PT_GNU_EH_FRAME, ".eh_frame_hdr", true},
        {PT_GNU_PROPERTY, ".note.gnu.property", false},
    };
    enum { KNOWN = sizeof known / sizeof *known, NOTE = 1, TLS = 2, PHDR = 3 };
    unsigned seen[KNOWN] = {0};
    uint64_t from = 0;
    size_t noted = 0;
    for (size_t i = 0; i < e->head.e_phnum; i++) {
        const Elf64_Phdr p = segment(e, i);
        size_t k = 0;
        look_at(e, "program header", i, sizeof e->head + i * sizeof p);
        if (all_zero(e, e->at, e->at + sizeof p))
            continue; /* one that the linker did not need */
        while (k < KNOWN && known[k].type != p.p_type)
            k++;
        if (!must(e, k < KNOWN, "p_type", p.p_type, "a type of segment that libraries have") ||
            !must(e, !seen[k]++ || k <= NOTE, "p_type", p.p_type, "one segment of this type") ||
            !must(e, within(p.p_offset, p.p_filesz, 0, e->size), "p_offset", p.p_offset,
                  "a segment inside the file") ||
            !must(e, p.p_filesz <= p.p_memsz, "p_filesz", p.p_filesz, "at most p_memsz") ||
            !equal(e, "p_paddr", p.p_paddr, p.p_vaddr))
            return false;
        if (!(p.p_type == PT_LOAD                               ? check_load(e, &p, from)
              : p.p_type == PT_GNU_RELRO                        ? check_relro(e, &p, seen[PHDR])
              : p.p_type == PT_PHDR || p.p_type == PT_GNU_STACK ? check_bare(e, &p, seen[PHDR])
                                                                : check_pointer(e, &p, known[k].section)))
            return false;
        if (p.p_type == PT_LOAD)
            from = p.p_vaddr + p.p_memsz;
        if (p.p_type == PT_NOTE)
            noted += span_of(e, &p, NULL, false).count;
    }
    size_t notes = 0, tls = 0;
    for (size_t i = 1; i < e->head.e_shnum; i++) {
        const Elf64_Shdr s = section(e, i);
        notes += mapped(&s) && s.sh_type == SHT_NOTE;
        tls += s.sh_flags & SHF_TLS && s.sh_size;
    }
    Elf64_Shdr s;
    look_at(e, "ELF header", 0, 0);
    for (size_t k = 0; k < KNOWN; k++)
        if (known[k].paired &&
            !must(e, seen[k] == find(e, known[k].section, &s), "segments", seen[k], known[k].section))
            return false;
    return equal(e, "sections in NOTE segments", noted, notes) &&
           must(e, seen[TLS] == !!tls, "TLS segments", seen[TLS], "one for the TLS sections");
}

static bool check_entry(struct elf *e)
{
    const uint64_t entry = e->head.e_entry;
    Elf64_Shdr text, symbols, code = {0};
    Elf64_Sym y;
    find(e, ".text", &text);
    find(e, ".dynsym", &symbols);
    look_at(e, "ELF header", 0, 0);
    bool ok = !entry || entry == text.sh_addr;
    for (size_t i = 0; !ok && i < symbols.sh_size / sizeof y; i++) {
        memcpy(&y, e->bytes + symbols.sh_offset + i * sizeof y, sizeof y);
        ok = y.st_value == entry && holds(e, entry, 1, SHF_EXECINSTR, &code);
    }
    return must(e, ok, "e_entry", entry, "0, the start of .text or an exported function");
}

int bench_elf_check(const unsigned char *bytes, size_t size, const char *path, struct qk_error *err)
{
    struct elf e = {.bytes = bytes, .size = size, .path = path, .err = err, .ascending = true};
    e.taken = calloc(size / BENCH_ELF_WORD / 8 + 1, 1);
    if (!e.taken)
        return qk_fail(err, QK_ERR_MEMORY, path, "no memory to check '%.200s'", path);
    const bool ok = check_head(&e) && check_sections(&e) && check_segments(&e) && check_entry(&e) &&
                    bench_elf_dynamic(&e);
    free(e.taken);
    return ok ? 0 : QK_ERR_FORMAT;
}
