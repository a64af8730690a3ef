/* SPDX-License-Identifier: MIT */
/*
 * The compiled code of each row is within the row's level. The object files are decoded, not run. So this
 * holds for levels that this CPU lacks, and for code that no call reaches.
 */
#include "harness/counters/step_private.h"

#include "harness/counters/config.h"
#include "harness/counters/tests/step_fixture.h"

#if QK_HAVE_ZYDIS && defined __x86_64__

#include <Zydis/Zydis.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INSTRUCTIONS = 1 << 16 }; /* of one object; instrumented ones are large */
static struct bench_step_site sites[INSTRUCTIONS];

/* Appends the instructions of a section, each executed once as it were. */
static size_t add_section(const unsigned char *code, size_t bytes, size_t count)
{
    ZydisDecoder decoder;
    ZydisDecodedInstruction found;
    assert_true(ZYAN_SUCCESS(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)));
    for (size_t at = 0; at < bytes; at += found.length) {
        assert_true(
            ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, ZYAN_NULL, code + at, bytes - at, &found)));
        assert_true(count < INSTRUCTIONS);
        sites[count] = (struct bench_step_site){.at = (uintptr_t)(code + at), .times = 1, .first = count + 1};
        count++;
    }
    return count;
}

static void classify_object(const struct qk_variant *v, struct bench_steps *steps)
{
    char path[500];
    struct stat st;
    size_t count = 0;
    snprintf(path, sizeof path, "%s/libvariant_%s_%s.a.p/%s_%s.c.o", VARIANT_OBJECTS, v->op_name, v->name,
             v->op_name, v->name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st))
        fail_msg("no object '%s'", path);
    const unsigned char *file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    assert_true(file != MAP_FAILED);
    close(fd);
    const Elf64_Ehdr *head = (const void *)file;
    const Elf64_Shdr *section = (const void *)(file + head->e_shoff);
    for (size_t s = 0; s < head->e_shnum; s++)
        if (section[s].sh_flags & SHF_EXECINSTR)
            count = add_section(file + section[s].sh_offset, section[s].sh_size, count);
    assert_true(count > 0);
    bench_steps_classify(sites, count, sites[0].at, steps);
    munmap((void *)file, (size_t)st.st_size);
}

UNIT_TEST(objects_are_within_their_levels)
{
    for (size_t i = 0; i < qk_table_builtin()->count; i++) {
        const struct qk_variant *v = &qk_table_builtin()->rows[i];
        struct bench_steps steps = {0};
        classify_object(v, &steps);
        const struct bench_step_beyond *beyond = &steps.beyond[v->isa];
        assert_true(steps.has_kinds);
        if (beyond->times)
            fail_msg("%s/%s: %llu instructions beyond level %s, the first of them %s (%s)", v->op_name,
                     v->name, (unsigned long long)beyond->times, v->isa_name, beyond->name, beyond->feature);
        /* Nor is the level higher than need be; what it needs does not have it all. */
        if (v->isa != QK_ISA_BASE && v->made == QK_BY_HAND && !steps.beyond[qk_isa_row(v->isa)->needs].times)
            fail_msg("%s/%s: nothing in it is of level %s", v->op_name, v->name, v->isa_name);
    }
}

UNIT_TESTS(step_levels, NULL, NULL)

#else

TEST_PART(step_levels)
{
    printf("1..0 # SKIP built without libzydis, or for another architecture\n");
    return 0;
}

#endif
