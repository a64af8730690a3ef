/* SPDX-License-Identifier: MIT */
/* Which kinds single instructions are of. They are decoded, not run, so any CPU will do. */
#include "harness/counters/step_private.h"

#include "harness/counters/config.h"
#include "harness/counters/tests/step_fixture.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined __x86_64__

#define T(trait) (UINT64_C(1) << BENCH_STEP_##trait)

/* ROW(instruction, class, traits) */
#define ROWS                                                                                                 \
    ROW("mov (%rsi), %eax", OTHER, T(LOAD))                                                                  \
    ROW("lea 4(%rsi), %rsi", OTHER, 0)                                                                       \
    ROW("nopw (%rsi)", OTHER, 0)                                                                             \
    ROW("addl %eax, (%rdi)", OTHER, T(LOAD) | T(STORE))                                                      \
    ROW("push %rax", OTHER, T(STORE))                                                                        \
    ROW("pop %rax", OTHER, T(LOAD))                                                                          \
    ROW("rep stosb", OTHER, T(STORE))                                                                        \
    ROW("movsl", OTHER, T(LOAD) | T(STORE))                                                                  \
    ROW("imul %rax, %rcx", OTHER, 0)                                                                         \
    ROW("shlx %rax, %rcx, %rdx", OTHER, 0)                                                                   \
    ROW("kmovw %k1, %eax", OTHER, 0)                                                                         \
    ROW("vzeroupper", OTHER, 0)                                                                              \
    ROW("jne .", BRANCH, 0)                                                                                  \
    ROW("jmp .", BRANCH, 0)                                                                                  \
    ROW("jmp *(%rax)", BRANCH, T(LOAD))                                                                      \
    ROW("call .", BRANCH, T(STORE))                                                                          \
    ROW("ret", BRANCH, T(LOAD))                                                                              \
    ROW("prefetcht0 (%rsi)", PREFETCH, 0)                                                                    \
    ROW("prefetchnta (%rsi)", PREFETCH, 0)                                                                   \
    ROW("prefetchw (%rsi)", PREFETCH, 0)                                                                     \
    ROW("movss (%rdx), %xmm0", SCALAR_FLOAT, T(LOAD))                                                        \
    ROW("vmovss %xmm0, (%rdx)", SCALAR_FLOAT, T(STORE))                                                      \
    ROW("mulss (%rcx), %xmm0", SCALAR_FLOAT, T(LOAD) | T(FLOAT_MULTIPLY))                                    \
    ROW("vmulss (%rcx), %xmm0, %xmm1", SCALAR_FLOAT, T(LOAD) | T(FLOAT_MULTIPLY))                            \
    ROW("cvtsi2ss %eax, %xmm1", SCALAR_FLOAT, 0)                                                             \
    ROW("cvttsd2si %xmm1, %eax", SCALAR_FLOAT, 0)                                                            \
    ROW("vucomiss %xmm1, %xmm0", SCALAR_FLOAT, 0)                                                            \
    ROW("vfmadd231ss %xmm0, %xmm1, %xmm2", SCALAR_FLOAT, T(FMA))                                             \
    ROW("vfnmsub213sd (%rax), %xmm1, %xmm2", SCALAR_FLOAT, T(FMA) | T(LOAD))                                 \
    ROW("movups %xmm2, (%rdi)", V128, T(STORE))                                                              \
    ROW("vmovd %eax, %xmm0", V128, 0)                                                                        \
    ROW("vmovmskps %xmm0, %eax", V128, 0)                                                                    \
    ROW("pabsd %xmm0, %xmm1", V128, 0)                                                                       \
    ROW("vpmaxsd %xmm0, %xmm1, %xmm2", V128, 0)                                                              \
    ROW("vpdpwssd %xmm0, %xmm1, %xmm2", V128, T(DOT))                                                        \
    ROW("vbroadcastss (%rax), %xmm2", V128, T(LOAD) | T(BROADCAST))                                          \
    ROW("movddup (%rax), %xmm2", V128, T(LOAD) | T(BROADCAST))                                               \
    ROW("mulps %xmm0, %xmm2", V128, T(FLOAT_MULTIPLY))                                                       \
    ROW("pmaddwd %xmm2, %xmm2", V128, T(PAIR_MULTIPLY))                                                      \
    ROW("shufps $0, %xmm0, %xmm0", V128, T(SHUFFLE))                                                         \
    ROW("unpcklps %xmm0, %xmm1", V128, T(SHUFFLE))                                                           \
    ROW("pshufd $0, %xmm0, %xmm0", V128, T(SHUFFLE))                                                         \
    ROW("pshufb %xmm0, %xmm1", V128, T(PERMUTE))                                                             \
    ROW("pinsrw $1, (%rsi), %xmm2", V128, T(LOAD) | T(INSERT))                                               \
    ROW("vinsertps $16, (%rdi), %xmm1, %xmm2", V128, T(LOAD) | T(INSERT))                                    \
    ROW("vpextrq $1, %xmm2, %rax", V128, T(EXTRACT))                                                         \
    ROW("vinsertf128 $1, %xmm0, %ymm1, %ymm2", V256, T(INSERT))                                              \
    ROW("vextracti128 $1, %ymm0, %xmm1", V256, T(EXTRACT))                                                   \
    ROW("vpabsd %ymm0, %ymm1", V256, 0)                                                                      \
    ROW("vpermps %ymm0, %ymm1, %ymm2", V256, T(PERMUTE))                                                     \
    ROW("vpermilps %ymm0, %ymm1, %ymm2", V256, T(PERMUTE))                                                   \
    ROW("vpermilps $27, %ymm1, %ymm2", V256, T(SHUFFLE))                                                     \
    ROW("vpermq $0x44, %ymm1, %ymm2", V256, T(SHUFFLE))                                                      \
    ROW("vperm2i128 $1, %ymm0, %ymm1, %ymm2", V256, T(SHUFFLE))                                              \
    ROW("vpshufb (%rax), %ymm1, %ymm2", V256, T(PERMUTE) | T(LOAD))                                          \
    ROW("vfmadd213ps (%rax), %ymm1, %ymm2", V256, T(FMA) | T(LOAD))                                          \
    ROW("vfmaddsub132pd %ymm0, %ymm1, %ymm2", V256, T(FMA))                                                  \
    ROW("vmulpd %ymm0, %ymm1, %ymm2", V256, T(FLOAT_MULTIPLY))                                               \
    ROW("vpsrlvd %ymm0, %ymm1, %ymm2", V256, T(VARIABLE_SHIFT))                                              \
    ROW("vpsrld %xmm0, %ymm1, %ymm2", V256, 0)                                                               \
    ROW("vpslld $3, %ymm1, %ymm2", V256, 0)                                                                  \
    ROW("vpmaddubsw %ymm0, %ymm1, %ymm2", V256, T(PAIR_MULTIPLY))                                            \
    ROW("vpgatherdd %ymm0, (%rdi,%ymm1,4), %ymm2", V256, T(GATHER) | T(LOAD))                                \
    ROW("{vex} vpdpbusd %ymm0, %ymm1, %ymm2", V256, T(DOT))                                                  \
    ROW("vmovups %ymm0, (%rdi){%k1}", V256, T(STORE))                                                        \
    ROW("vmovntps %zmm0, (%rdi)", V512, T(STORE))                                                            \
    ROW("vmovups (%rdi), %zmm0{%k1}{z}", V512, T(LOAD))                                                      \
    ROW("vpmovdb %zmm0, (%rdi)", V512, T(STORE))                                                             \
    ROW("vpmovzxbd (%rdi), %zmm0", V512, T(LOAD))                                                            \
    ROW("vpbroadcastd (%rsi), %zmm1", V512, T(LOAD) | T(BROADCAST))                                          \
    ROW("vaddps (%rax){1to16}, %zmm1, %zmm2", V512, T(LOAD))                                                 \
    ROW("vpdpbusd %zmm0, %zmm1, %zmm2", V512, T(DOT))                                                        \
    ROW("vpdpbusds (%rax), %zmm1, %zmm2", V512, T(DOT) | T(LOAD))                                            \
    ROW("vfnmadd231ps %zmm0, %zmm1, %zmm2", V512, T(FMA))                                                    \
    ROW("vfmulcph %zmm0, %zmm1, %zmm2", V512, 0)                                                             \
    ROW("vpermt2b %zmm0, %zmm1, %zmm2", V512, T(PERMUTE))                                                    \
    ROW("vpermi2ps %zmm0, %zmm1, %zmm2", V512, T(PERMUTE))                                                   \
    ROW("vpermb %zmm0, %zmm1, %zmm2", V512, T(PERMUTE))                                                      \
    ROW("vshuff32x4 $1, %zmm0, %zmm1, %zmm2", V512, T(SHUFFLE))                                              \
    ROW("valignd $1, %zmm0, %zmm1, %zmm2", V512, T(SHUFFLE))                                                 \
    ROW("vprorvd %zmm0, %zmm1, %zmm2", V512, T(VARIABLE_SHIFT))                                              \
    ROW("vpsravw %zmm0, %zmm1, %zmm2", V512, T(VARIABLE_SHIFT))                                              \
    ROW("vpshldvd %zmm0, %zmm1, %zmm2", V512, T(VARIABLE_SHIFT))                                             \
    ROW("vpmultishiftqb %zmm0, %zmm1, %zmm2", V512, T(VARIABLE_SHIFT))                                       \
    ROW("vpscatterdd %zmm0, (%rdi,%zmm1,4){%k1}", V512, T(SCATTER) | T(STORE))                               \
    ROW("vgatherdps (%rdi,%zmm1,4), %zmm0{%k1}", V512, T(GATHER) | T(LOAD))

/* Every instruction starts at a multiple of 16 bytes. */
enum { STRIDE = 16 };
extern const unsigned char step_kinds_code[];
#define ROW(text, class, traits) ".balign 16\n" text "\n"
__asm__(".pushsection .rodata\n.balign 16\n.globl step_kinds_code\nstep_kinds_code:\n" ROWS
        ".balign 16\n.popsection");
#undef ROW

static const struct {
    const char *text;
    int class;
    uint64_t traits;
} rows[] = {
#define ROW(text, class, traits) {text, BENCH_STEP_##class, traits},
    ROWS
#undef ROW
};

static struct bench_steps classify(const void *code, uint64_t times)
{
    const struct bench_step_site site = {(uintptr_t)code, times};
    struct bench_steps steps = {.instructions = times};
    bench_steps_classify(&site, 1, &steps);
    return steps;
}

UNIT_TEST(instructions_are_of_their_kinds)
{
    int wrong = 0;
    uint64_t seen = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct bench_steps steps = classify(step_kinds_code + STRIDE * i, 3);
        assert_true(steps.has_kinds);
        for (int k = 0; k < BENCH_STEP_KINDS; k++) {
            const bool expected =
                k < BENCH_STEP_CLASSES ? k == rows[i].class : (rows[i].traits >> k & 1) != 0;
            if (expected)
                seen |= UINT64_C(1) << k;
            if (steps.kinds[k] == (expected ? 3u : 0u))
                continue;
            wrong++;
            printf("# %s: %s counted %llu times, expected %d\n", rows[i].text, bench_step_kind_name(k),
                   (unsigned long long)steps.kinds[k], expected ? 3 : 0);
        }
    }
    assert_int_equal(wrong, 0);
    assert_true(seen == (UINT64_C(1) << BENCH_STEP_KINDS) - 1); /* every kind has been met */
}

UNIT_TEST(sites_add_up_and_free_places_are_passed_over)
{
    struct bench_step_site sites[] = {
        {0, 0}, {(uintptr_t)step_kinds_code, 5}, {0, 0}, {(uintptr_t)step_kinds_code + STRIDE, 2}};
    struct bench_steps steps = {.instructions = 7};
    bench_steps_classify(sites, sizeof sites / sizeof *sites, &steps);
    assert_true(steps.has_kinds);
    assert_int_equal(steps.kinds[BENCH_STEP_OTHER], 7);
    assert_int_equal(steps.kinds[BENCH_STEP_LOAD], 5);
}

UNIT_TEST(instructions_are_of_their_levels)
{
    static const struct {
        const char *text;
        enum qk_isa level;
    } known[] = {
        {"imul %rax, %rcx", QK_ISA_BASE},
        {"mulps %xmm0, %xmm2", QK_ISA_BASE},
        {"vmulss (%rcx), %xmm0, %xmm1", QK_ISA_BASE}, /* what any scalar code becomes */
        {"vmovmskps %xmm0, %eax", QK_ISA_BASE},
        {"vzeroupper", QK_ISA_BASE},
        {"shlx %rax, %rcx, %rdx", QK_ISA_AVX2},
        {"vfmadd231ss %xmm0, %xmm1, %xmm2", QK_ISA_AVX2},
        {"vmulpd %ymm0, %ymm1, %ymm2", QK_ISA_AVX2},
        {"vpermps %ymm0, %ymm1, %ymm2", QK_ISA_AVX2},
        {"{vex} vpdpbusd %ymm0, %ymm1, %ymm2", QK_ISA_AVXVNNI},
        {"vpdpwssd %xmm0, %xmm1, %xmm2", QK_ISA_AVX512}, /* EVEX, unless told otherwise */
        {"vmovups %ymm0, (%rdi){%k1}", QK_ISA_AVX512},
        {"kmovw %k1, %eax", QK_ISA_AVX512},
        {"vpermb %zmm0, %zmm1, %zmm2", QK_ISA_AVX512},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        size_t i = 0;
        while (strcmp(rows[i].text, known[k].text) != 0)
            assert_true(++i < sizeof rows / sizeof *rows);
        const struct bench_steps steps = classify(step_kinds_code + STRIDE * i, 3);
        for (int level = 0; level < QK_ISA_COUNT; level++)
            if (steps.levels[level] != (level == (int)known[k].level ? 3u : 0u))
                fail_msg("%s: %llu times of level %s", known[k].text, (unsigned long long)steps.levels[level],
                         qk_isa_row(level)->name);
    }
}

/* The page after the code may be missing, or hold the rest of an instruction. */
UNIT_TEST(code_at_the_end_of_a_page)
{
    static const unsigned char ret = 0xc3, prefetch[] = {0x0f, 0x18, 0x0e},
                               not_one[] = {0x06}; /* push es: no longer */
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(map != MAP_FAILED);
    memcpy(map + page - 2, prefetch, sizeof prefetch);
    struct bench_steps steps = classify(map + page - 2, 1);
    assert_true(steps.has_kinds);
    assert_int_equal(steps.kinds[BENCH_STEP_PREFETCH], 1);
    memcpy(map + page - 1, not_one, sizeof not_one);
    steps = classify(map + page - 1, 1);
    assert_false(steps.has_kinds);
    assert_non_null(strstr(steps.why_no_kinds, "cannot decode"));
    const struct bench_step_site both[] = {{(uintptr_t)step_kinds_code, 1}, {(uintptr_t)map + page - 1, 1}};
    bench_steps_classify(both, 2, &steps);
    for (int k = 0; k < BENCH_STEP_KINDS; k++) /* all or nothing */
        assert_int_equal(steps.kinds[k], 0);
    for (int level = 0; level < QK_ISA_COUNT; level++)
        assert_int_equal(steps.levels[level], 0);
    map[page - 1] = ret;
    assert_int_equal(mprotect(map + page, page, PROT_NONE), 0);
    steps = classify(map + page - 1, 1);
    assert_true(steps.has_kinds);
    assert_int_equal(steps.kinds[BENCH_STEP_BRANCH], 1);
    munmap(map, 2 * page);
}

#endif

UNIT_TEST(kinds_have_different_names)
{
    for (int k = 0; k < BENCH_STEP_KINDS; k++)
        for (int other = 0; other < k; other++)
            assert_string_not_equal(bench_step_kind_name(k), bench_step_kind_name(other));
    assert_null(bench_step_kind_name(-1));
    assert_null(bench_step_kind_name(BENCH_STEP_KINDS));
}

TEST_PART(step_kinds)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_have_different_names),
#if defined __x86_64__
        cmocka_unit_test(instructions_are_of_their_kinds),
        cmocka_unit_test(instructions_are_of_their_levels),
        cmocka_unit_test(sites_add_up_and_free_places_are_passed_over),
        cmocka_unit_test(code_at_the_end_of_a_page),
#endif
    };
    if (!QK_HAVE_ZYDIS) {
        struct bench_steps found = {.has_kinds = true};
        bench_steps_classify(NULL, 0, &found);
        printf("1..0 # SKIP %s\n", found.why_no_kinds);
        return found.has_kinds;
    }
    return cmocka_run_group_tests_name("harness/step_kinds", tests, NULL, NULL);
}
