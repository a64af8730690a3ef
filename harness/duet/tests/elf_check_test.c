/* SPDX-License-Identifier: MIT */
/*
 * A module's file passes as the linker made it. It is refused when it is cut, or has a bit flipped where the
 * loader looks.
 */
#include "harness/duet/elf/elf_check.h"

#include "harness/machine/tests/scratch.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An instrumented build's kernels are large, and each of many checks reads all of them. */
#ifdef INSTRUMENTED
#define MODULE FAKE_SO
enum { STEP = 31 };
#else
#define MODULE KERNELS
enum { STEP = 7 };
#endif

static struct qk_error err;
static unsigned char *bytes;
static size_t size;
static Elf64_Ehdr head;

static void read_file(const char *path)
{
    free(bytes);
    bytes = (unsigned char *)bench_test_get(path, &size);
    assert_non_null(bytes);
    memcpy(&head, bytes, sizeof head);
}

UNIT_FIXTURE(set_up)
{
    read_file(MODULE);
    return 0;
}

UNIT_FIXTURE(tear_down)
{
    free(bytes);
    return 0;
}

static int check(void)
{
    return bench_elf_check(bytes, size, "module.so", &err);
}

static Elf64_Shdr section(const char *name)
{
    Elf64_Shdr s, names;
    memcpy(&names, bytes + head.e_shoff + head.e_shstrndx * sizeof names, sizeof names);
    for (size_t i = 0; i < head.e_shnum; i++) {
        memcpy(&s, bytes + head.e_shoff + i * sizeof s, sizeof s);
        if (!strcmp((const char *)bytes + names.sh_offset + s.sh_name, name))
            return s;
    }
    fail_msg("no section %s", name);
    return s;
}

/* Program header i, and the first of a type. */
static Elf64_Phdr segment(size_t i)
{
    Elf64_Phdr p;
    memcpy(&p, bytes + sizeof head + i * sizeof p, sizeof p);
    return p;
}

static size_t segment_of(uint32_t type)
{
    for (size_t i = 0; i < head.e_phnum; i++)
        if (segment(i).p_type == type)
            return i;
    return SIZE_MAX;
}

static bool flip_passes(size_t at, unsigned bit)
{
    const unsigned char mask = (unsigned char)(1u << bit);
    bytes[at] ^= mask;
    const int code = check();
    bytes[at] ^= mask;
    if (code) {
        assert_int_equal(code, QK_ERR_FORMAT);
        assert_says(err.text, "'module.so' is no kernel module: ");
    }
    return !code;
}

UNIT_TEST(what_the_linker_made_passes)
{
    static const char *const made[] = {KERNELS, FAKE_SO, FAKE_ABI_SO, NO_MODULE};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        read_file(made[i]);
        if (check())
            fail_msg("%s: %s", made[i], err.text);
    }
    read_file(MODULE);
}

UNIT_TEST(a_cut_file_is_refused)
{
    for (size_t i = 0; i < 200; i++) {
        const size_t length = size / 200 * i + i % 64; /* not only at even places */
        unsigned char *cut = malloc(length + 1);       /* of its own, for the sanitizers */
        assert_non_null(cut);
        memcpy(cut, bytes, length);
        if (!bench_elf_check(cut, length, "module.so", &err))
            fail_msg("cut to %zu of %zu bytes it passes", length, size);
        free(cut);
    }
    size--;
    assert_int_equal(check(), QK_ERR_FORMAT);
    size++;
}

UNIT_TEST(each_bit_of_the_headers_counts)
{
    /*
     * Linkers do not agree on how the stack's segment is aligned, and the loader does not look at it. Only a
     * linker that writes no PHDR, GNU ld, is known by that.
     */
    const size_t stack =
        sizeof head + segment_of(PT_GNU_STACK) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_align);
    const bool known = segment_of(PT_PHDR) == SIZE_MAX;
    for (size_t at = 0; at < sizeof head + head.e_phnum * sizeof(Elf64_Phdr); at++)
        for (unsigned bit = 0; bit < 8; bit++)
            if (flip_passes(at, bit) && (known || at != stack))
                fail_msg("bit %u of byte %zu may be flipped", bit, at);
}

/* Flips every STEPth bit of a section. How many pass, by byte of the entry? */
static size_t passing(const char *name, size_t step, size_t counts[24], size_t *flips)
{
    const Elf64_Shdr s = section(name);
    size_t sum = 0;
    *flips = 0;
    memset(counts, 0, 24 * sizeof *counts);
    for (size_t i = 0; i < s.sh_size * 8; i += step, ++*flips)
        if (flip_passes(s.sh_offset + i / 8, i % 8)) {
            counts[i / 8 % s.sh_entsize]++;
            sum++;
        }
    return sum;
}

UNIT_TEST(hardly_a_bit_of_the_dynamic_section_is_free)
{
    size_t counts[24], flips;
    /* A flag that changes nothing here, or what an installer may leave behind the last entry. */
    const size_t free_bits = passing(".dynamic", 1, counts, &flips);
    printf("# .dynamic: %zu of %zu flips pass\n", free_bits, flips);
    assert_in_range(free_bits, 0, 4);
}

UNIT_TEST(hardly_a_bit_of_a_relocation_is_free)
{
    size_t counts[24], flips, addends = 0;
    const size_t free_bits = passing(".rela.dyn", STEP, counts, &flips);
    for (size_t i = offsetof(Elf64_Rela, r_addend); i < sizeof(Elf64_Rela); i++)
        addends += counts[i];
    /*
     * Another place in .got, or another symbol. Some linkers do not fill in addends, so that they may change.
     */
    printf("# .rela.dyn: %zu of %zu flips pass, %zu of them in addends\n", free_bits, flips, addends);
    assert_in_range(free_bits - addends, 0, flips / 1000 + 4);
}

UNIT_TEST(each_pointer_of_the_table_counts)
{
#ifdef INSTRUMENTED
    skip(); /* the fake's table may be written to */
#endif
    const Elf64_Shdr s = section(".rela.dyn"), table = section(".data.rel.ro");
    size_t pointers = 0;
    for (size_t i = 0; i < s.sh_size / sizeof(Elf64_Rela); i++) {
        Elf64_Rela r;
        memcpy(&r, bytes + s.sh_offset + i * sizeof r, sizeof r);
        if (ELF64_R_SYM(r.r_info) || r.r_offset - table.sh_addr >= table.sh_size)
            continue;
        const size_t at = table.sh_offset + (r.r_offset - table.sh_addr);
        if (flip_passes(at + i % 8, i / 8 % 8))
            fail_msg("a bit of the pointer at byte %zu may be flipped", at);
        pointers++;
    }
    assert_true(pointers > 5);
}

/* Writes other bytes at a place; the check must say why it refuses them. */
static void refused(size_t at, const void *with, size_t length, const char *text)
{
    unsigned char before[64];
    assert_true(length <= sizeof before);
    memcpy(before, bytes + at, length);
    memcpy(bytes + at, with, length);
    assert_int_equal(check(), QK_ERR_FORMAT);
    assert_says(err.text, text);
    assert_string_equal(err.where, "module.so");
    memcpy(bytes + at, before, length);
}

UNIT_TEST(the_reason_is_said)
{
    const Elf64_Shdr dynamic = section(".dynamic"), relocs = section(".rela.dyn"),
                     symbols = section(".dynsym");
    const size_t stack = sizeof head + segment_of(PT_GNU_STACK) * sizeof(Elf64_Phdr);
    const uint16_t machine = 8, many = 60000;
    const uint64_t far = UINT64_MAX - 7, two = 2, inside = relocs.sh_addr;
    const unsigned char gone[sizeof(Elf64_Phdr)] = {0};
    const uint32_t all = 7, no_type = 0x7fffffff;
    refused(0,
            "\x7f"
            "ELG",
            4, "has magic 0x47, expected 0x46");
    refused(offsetof(Elf64_Ehdr, e_machine), &machine, sizeof machine, "e_machine 0x8");
    refused(offsetof(Elf64_Ehdr, e_shnum), &many, sizeof many, "e_shnum 0xea60, expected 2 to 512");
    refused(offsetof(Elf64_Ehdr, e_shoff), &far, sizeof far,
            "e_shoff 0xfffffffffffffff8, expected section headers inside the file: it may be cut");
    refused(offsetof(Elf64_Ehdr, e_entry), &two, sizeof two, "e_entry 0x2, expected 0, the start of .text");
    refused(stack + offsetof(Elf64_Phdr, p_flags), &all, sizeof all, "p_flags 0x7, expected 0x6");
    refused(stack, &no_type, sizeof no_type, "p_type 0x7fffffff, expected a type of segment");
    refused(sizeof head + segment_of(PT_DYNAMIC) * sizeof gone, gone, sizeof gone,
            "segments 0x0, expected .dynamic");
    refused(dynamic.sh_offset, &no_type, sizeof no_type, "d_tag 0x7fffffff, expected a tag");
    refused(relocs.sh_offset, &far, sizeof far, "expected a place in a writable section");
    refused(relocs.sh_offset, &inside, sizeof inside, "expected a place in a writable section");
    refused(relocs.sh_offset + offsetof(Elf64_Rela, r_info), &no_type, 4, "type 0x7fffffff, expected a type");
    refused(relocs.sh_offset + offsetof(Elf64_Rela, r_addend), &far, sizeof far,
            "expected an address in a section");
    refused(symbols.sh_offset + sizeof(Elf64_Sym), &no_type, 4, "st_name 0x7fffffff, expected a name");
}

UNIT_TEST(what_is_no_elf_file_is_refused)
{
    unsigned char zeros[4096] = {0};
    assert_int_equal(bench_elf_check(zeros, 0, "empty.so", &err), QK_ERR_FORMAT);
    assert_string_equal(err.text, "'empty.so' is no kernel module: ELF header 0 at byte 0 has file size 0x0, "
                                  "expected 64 bytes or more");
    assert_int_equal(bench_elf_check(zeros, sizeof zeros, "zeros.so", &err), QK_ERR_FORMAT);
    assert_int_equal(bench_elf_check(bytes, 64, "head.so", NULL), QK_ERR_FORMAT);
}

UNIT_TESTS(elf_check, set_up, tear_down)
