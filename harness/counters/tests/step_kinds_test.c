/* SPDX-License-Identifier: MIT */
/* The kinds of single instructions. They are decoded, not run, so any CPU will do. */
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
    ROW("vgatherdps (%rdi,%zmm1,4), %zmm0{%k1}", V512, T(GATHER) | T(LOAD))                                  \
    ROW("ldtilecfg (%rdi)", TILE, T(LOAD))                                                                   \
    ROW("tileloadd (%rdi,%rsi), %tmm6", TILE, T(LOAD))                                                       \
    ROW("tilestored %tmm0, (%rdi,%rsi)", TILE, T(STORE))                                                     \
    ROW("tdpbsud %tmm6, %tmm4, %tmm0", TILE, T(DOT))                                                         \
    ROW("tilerelease", TILE, 0)

/*
 * LEVEL(instruction, for which level it is counted, which levels have it, of which instruction set it is)
 * tzcnt and endbr64 run on older CPUs, as bsf and nop; prefetchw is a nop there.
 */
#define LEVELS                                                                                               \
    LEVEL("imul %rax, %rcx", BASE, ALL, "")                                                                  \
    LEVEL("mulps %xmm0, %xmm2", BASE, ALL, "")                                                               \
    LEVEL("pmaddwd %xmm2, %xmm2", BASE, ALL, "")                                                             \
    LEVEL("prefetchw (%rsi)", BASE, ALL, "")                                                                 \
    LEVEL("nopw (%rsi)", BASE, ALL, "")                                                                      \
    LEVEL("endbr64", BASE, ALL, "")                                                                          \
    LEVEL("tzcnt %eax, %ecx", BASE, ALL, "")                                                                 \
    LEVEL("lzcnt %eax, %ecx", NONE, NONE, "LZCNT")                                                           \
    LEVEL("andn %eax, %ecx, %edx", NONE, NONE, "BMI1")                                                       \
    LEVEL("movbe (%rsi), %eax", NONE, NONE, "MOVBE")                                                         \
    LEVEL("cmpxchg16b (%rsi)", NONE, NONE, "CMPXCHG16B")                                                     \
    LEVEL("aesenc %xmm0, %xmm1", NONE, NONE, "AES")                                                          \
    LEVEL("movddup (%rax), %xmm2", AVX2, WIDE, "SSE3")                                                       \
    LEVEL("pabsd %xmm0, %xmm1", AVX2, WIDE, "SSSE3")                                                         \
    LEVEL("pmulld %xmm0, %xmm1", AVX2, WIDE, "SSE4")                                                         \
    LEVEL("crc32l %eax, %ecx", AVX2, WIDE, "SSE42")                                                          \
    LEVEL("popcnt %eax, %ecx", AVX2, WIDE, "POPCNT")                                                         \
    LEVEL("vmulss (%rcx), %xmm0, %xmm1", BASE, WIDE, "AVX")                                                  \
    LEVEL("vmovmskps %xmm0, %eax", BASE, WIDE, "AVX")                                                        \
    LEVEL("vpmaxsd %xmm0, %xmm1, %xmm2", BASE, WIDE, "AVX")                                                  \
    LEVEL("vzeroupper", BASE, WIDE, "AVX")                                                                   \
    LEVEL("vmulpd %ymm0, %ymm1, %ymm2", AVX2, WIDE, "AVX")                                                   \
    LEVEL("vpermps %ymm0, %ymm1, %ymm2", AVX2, WIDE, "AVX2")                                                 \
    LEVEL("vpgatherdd %ymm0, (%rdi,%ymm1,4), %ymm2", AVX2, WIDE, "AVX2GATHER")                               \
    LEVEL("vcvtph2ps (%rdi), %ymm2", AVX2, WIDE, "F16C")                                                     \
    LEVEL("shlx %rax, %rcx, %rdx", AVX2, WIDE, "BMI2")                                                       \
    LEVEL("vfmadd231ss %xmm0, %xmm1, %xmm2", AVX2, WIDE, "FMA")                                              \
    LEVEL("vfmaddpd %xmm0, %xmm1, %xmm2, %xmm3", NONE, NONE, "FMA4")                                         \
    LEVEL("{vex} vpdpbusd %ymm0, %ymm1, %ymm2", AVXVNNI, VNNI, "AVX_VNNI")                                   \
    LEVEL("vpdpwssd %xmm0, %xmm1, %xmm2", AVX512, V512, "AVX512_VNNI_128")                                   \
    LEVEL("vmovups %ymm0, (%rdi){%k1}", AVX512, V512, "AVX512F_256")                                         \
    LEVEL("kmovw %k1, %eax", AVX512, V512, "AVX512F_KOP")                                                    \
    LEVEL("kmovq %k1, %rax", AVX512, V512, "AVX512BW_KOP")                                                   \
    LEVEL("vcvtqq2ps %zmm1, %ymm2", AVX512, V512, "AVX512DQ_512")                                            \
    LEVEL("vmovd %eax, %xmm31", AVX512, V512, "AVX512F_128N")                                                \
    LEVEL("vpermb %zmm0, %zmm1, %zmm2", AVX512, V512, "AVX512_VBMI_512")                                     \
    LEVEL("vpconflictd %zmm0, %zmm1", NONE, NONE, "AVX512CD_512")                                            \
    LEVEL("vfmulcph %zmm0, %zmm1, %zmm2", NONE, NONE, "AVX512_FP16_512")                                     \
    LEVEL("vpshldvd %zmm0, %zmm1, %zmm2", NONE, NONE, "AVX512_VBMI2_512")                                    \
    LEVEL("vpopcntd %ymm0, %ymm1", NONE, NONE, "AVX512_VPOPCNTDQ_256")                                       \
    LEVEL("vpmadd52luq %zmm0, %zmm1, %zmm2", NONE, NONE, "AVX512_IFMA_512")                                  \
    LEVEL("vdpbf16ps %xmm0, %xmm1, %xmm2", NONE, NONE, "AVX512_BF16_128")                                    \
    LEVEL("vgf2p8mulb %ymm0, %ymm1, %ymm2", AMX, TILES, "AVX_GFNI")                                          \
    LEVEL("vgf2p8affineqb $0, %zmm0, %zmm1, %zmm2", AMX, TILES, "AVX512_GFNI_512")                           \
    LEVEL("tileloadd (%rdi,%rsi), %tmm6", AMX, TILES, "AMX_TILE")                                            \
    LEVEL("tdpbsud %tmm6, %tmm4, %tmm0", AMX, TILES, "AMX_INT8")                                             \
    LEVEL("tdpbf16ps %tmm6, %tmm4, %tmm0", NONE, NONE, "AMX_BF16")                                           \
    LEVEL("vaesenc %ymm0, %ymm1, %ymm2", NONE, NONE, "VAES")

/* Every instruction starts at a multiple of 16 bytes. */
enum { STRIDE = 16 };
extern const unsigned char step_kinds_code[], step_levels_code[];
#define ROW(text, class, traits) ".balign 16\n" text "\n"
__asm__(".pushsection .rodata\n.balign 16\n.globl step_kinds_code\nstep_kinds_code:\n" ROWS
        ".balign 16\n.popsection");
#undef ROW
#define LEVEL(text, level, has, set) ".balign 16\n" text "\n"
__asm__(".pushsection .rodata\n.balign 16\n.globl step_levels_code\nstep_levels_code:\n" LEVELS
        ".balign 16\n.popsection");
#undef LEVEL

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
    const struct bench_step_site site = {.at = (uintptr_t)code, .times = times};
    struct bench_steps steps = {.instructions = times};
    bench_steps_classify(&site, 1, site.at, &steps);
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
    const struct bench_step_site sites[] = {{.at = 0},
                                            {.at = (uintptr_t)step_kinds_code, .times = 5},
                                            {.at = 0},
                                            {.at = (uintptr_t)step_kinds_code + STRIDE, .times = 2}};
    struct bench_steps steps = {.instructions = 7};
    bench_steps_classify(sites, sizeof sites / sizeof *sites, sites[1].at, &steps);
    assert_true(steps.has_kinds);
    assert_int_equal(steps.kinds[BENCH_STEP_OTHER], 7);
    assert_int_equal(steps.kinds[BENCH_STEP_LOAD], 5);
}

UNIT_TEST(instructions_are_of_their_levels)
{
    enum { NONE = 0, ALL = ~0, V2 = 1 << QK_ISA_AVX2, VNNI = 1 << QK_ISA_AVXVNNI };
    enum { TILES = 1 << QK_ISA_AMX, V512 = 1 << QK_ISA_AVX512 | TILES, WIDE = V2 | VNNI | V512 };
    enum { OF_NONE = QK_ISA_COUNT, OF_BASE = QK_ISA_BASE, OF_AVX2 = QK_ISA_AVX2 };
    enum { OF_AVXVNNI = QK_ISA_AVXVNNI, OF_AVX512 = QK_ISA_AVX512, OF_AMX = QK_ISA_AMX };
    static const struct {
        const char *text, *set;
        int level, has;
    } known[] = {
#define LEVEL(text, level, has, set) {text, set, OF_##level, has},
        LEVELS
#undef LEVEL
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        const struct bench_steps steps = classify(step_levels_code + STRIDE * k, 3);
        assert_true(steps.has_kinds);
        for (int level = 0; level < QK_ISA_COUNT; level++) {
            const struct bench_step_beyond *beyond = &steps.beyond[level];
            const bool has = known[k].has >> level & 1;
            if (!qk_isa_of_here((enum qk_isa)level))
                continue;
            if (steps.levels[level] != (level == known[k].level ? 3u : 0u))
                fail_msg("%s: %llu times of level %s", known[k].text, (unsigned long long)steps.levels[level],
                         qk_isa_row((enum qk_isa)level)->name);
            if (beyond->times != (has ? 0u : 3u) || strcmp(beyond->feature, has ? "" : known[k].set) != 0)
                fail_msg("%s: %llu times beyond level %s, '%s'", known[k].text,
                         (unsigned long long)beyond->times, qk_isa_row((enum qk_isa)level)->name,
                         beyond->feature);
        }
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
    assert_says(steps.why_no_kinds, "cannot decode");
    const struct bench_step_site both[] = {{.at = (uintptr_t)step_kinds_code, .times = 1, .first = 1},
                                           {.at = (uintptr_t)map + page - 1, .times = 1, .first = 2}};
    bench_steps_classify(both, 2, both[0].at, &steps);
    for (int k = 0; k < BENCH_STEP_KINDS; k++) /* all or nothing */
        assert_int_equal(steps.kinds[k], 0);
    /* What nobody knows is beyond every level. */
    assert_int_equal(steps.levels[QK_ISA_BASE], 1);
    for (int level = 0; level < QK_ISA_COUNT; level++) {
        assert_int_equal(steps.beyond[level].times, 1);
        assert_string_equal(steps.beyond[level].feature, "unknown to libzydis");
    }
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
    if (!QK_HAVE_ZYDIS) {
        struct bench_steps found = {.has_kinds = true};
        bench_steps_classify(NULL, 0, 0, &found);
        printf("1..0 # SKIP %s\n", found.why_no_kinds);
        return found.has_kinds;
    }
    return unit_tests_run(argv[0], NULL, NULL);
}
