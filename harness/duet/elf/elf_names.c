/* SPDX-License-Identifier: MIT */
#include "harness/duet/elf/elf_names.h"

#include "harness/duet/elf/elf_file.h"

static struct elf elf_of(const unsigned char *bytes, size_t size)
{
    struct elf e = {.bytes = bytes, .size = size};
    memcpy(&e.head, bytes, sizeof e.head);
    return e;
}

/* The first note of GNU with that type in a section; its size, or 0. */
static size_t find_note(const struct elf *e, const Elf64_Shdr *s, uint32_t type, const unsigned char **found)
{
    Elf64_Nhdr note;
    for (size_t at = 0; s->sh_size - at >= sizeof note;) {
        memcpy(&note, e->bytes + s->sh_offset + at, sizeof note);
        const size_t left = s->sh_size - at - sizeof note;
        const size_t name = ((size_t)note.n_namesz + 3) / 4 * 4, bytes = ((size_t)note.n_descsz + 3) / 4 * 4;
        *found = e->bytes + s->sh_offset + at + sizeof note + name;
        if (name > left || bytes > left - name)
            return 0;
        if (note.n_type == type && note.n_namesz == sizeof "GNU" &&
            !memcmp(*found - name, "GNU", sizeof "GNU"))
            return note.n_descsz;
        at += sizeof note + name + bytes;
    }
    return 0;
}

void bench_elf_build_id(const unsigned char *bytes, size_t size, char *to, size_t room)
{
    const struct elf e = elf_of(bytes, size);
    *to = '\0';
    for (size_t i = 1; i < e.head.e_shnum && !*to; i++) {
        const Elf64_Shdr s = section(&e, i);
        const unsigned char *id;
        const size_t length = s.sh_type == SHT_NOTE ? find_note(&e, &s, NT_GNU_BUILD_ID, &id) : 0;
        for (size_t k = 0; k < length && 2 * length < room; k++)
            snprintf(to + 2 * k, 3, "%02x", id[k]);
    }
}

const char *bench_elf_name(const unsigned char *bytes, size_t size, int64_t tag, const char *start)
{
    const struct elf e = elf_of(bytes, size);
    Elf64_Shdr dynamic, strings;
    Elf64_Dyn d;
    find(&e, ".dynamic", &dynamic);
    find(&e, ".dynstr", &strings);
    for (size_t i = 0; i < dynamic.sh_size / sizeof d; i++) {
        memcpy(&d, bytes + dynamic.sh_offset + i * sizeof d, sizeof d);
        const char *const name = text_in(&e, &strings, d.d_un.d_val);
        if (d.d_tag == DT_NULL)
            break;
        if (d.d_tag == tag && !strncmp(name, start, strlen(start)))
            return name;
    }
    return NULL;
}

bool bench_elf_rename(unsigned char *bytes, size_t size, int64_t tag, const char *name, const char *as)
{
    char whole[256];
    if (strlen(name) <= BENCH_ELF_RENAMED ||
        (size_t)snprintf(whole, sizeof whole, "%s", name) >= sizeof whole)
        return false;
    const char *const found = bench_elf_name(bytes, size, tag, whole);
    if (!found || strcmp(found, whole) != 0)
        return false;
    memcpy(bytes + (found - (const char *)bytes), as, BENCH_ELF_RENAMED);
    return true;
}
