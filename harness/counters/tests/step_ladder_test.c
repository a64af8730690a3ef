/* SPDX-License-Identifier: MIT */
/*
 * The kinds of instructions prove which ISA ran. They also show what each phase of the ladder changed against
 * the one before, which this test states.
 */
#include "harness/counters/step.h"

#include "harness/counters/config.h"
#include "harness/counters/tests/step_fixture.h"
#include "kernels/table/table.h"

#include <stdlib.h>

static const struct qk_variant *named(const char *name)
{
    for (size_t i = 0; i < qk_table_builtin()->count; i++)
        if (qk_table_builtin()->rows[i].op == QK_OP_qk256_dequant &&
            strcmp(qk_table_builtin()->rows[i].name, name) == 0)
            return &qk_table_builtin()->rows[i];
    fail_msg("no variant %s", name);
    return NULL;
}

static struct bench_steps steps_of(const char *name)
{
    struct bench_steps steps;
    struct qk_error err;
    assert_works(bench_steps_smallest(named(name), STEP_TEST_SEED, NULL, &steps, &err), err);
    return steps;
}

UNIT_TEST(scalar_and_avx2_are_what_they_say)
{
    const struct bench_steps scalar = steps_of("scalar");
    assert_true(scalar.kinds[BENCH_STEP_SCALAR_FLOAT] >= 256);
    assert_int_equal(scalar.kinds[BENCH_STEP_V256] + scalar.kinds[BENCH_STEP_V512], 0);
    const struct bench_steps avx2 = steps_of("avx2_best");
    assert_true(avx2.kinds[BENCH_STEP_V256] >= 256 / 8);
    assert_int_equal(avx2.kinds[BENCH_STEP_V512], 0);
}

UNIT_TEST(avx512_is_what_it_says)
{
    const struct bench_steps avx512 = steps_of("avx512_best");
    assert_true(avx512.kinds[BENCH_STEP_V512] >= 256 / 16);
    assert_true(avx512.kinds[BENCH_STEP_V512] > avx512.kinds[BENCH_STEP_V256]);
}

/*
 * The ladder, step by step: how often each kind of instruction is executed for 256 elements, before and
 * after. The bounds hold for gcc 12 and clang 14, which spell some steps differently (clang writes a fixed
 * shuffle where gcc keeps the one by indices).
 */
static const struct {
    const char *before, *after;
    enum bench_step_kind kind, kind_too; /* counted together; twice the same: one */
    int64_t least, most;
} steps_of_ladder[] = {
#define ONE(kind) BENCH_STEP_##kind, BENCH_STEP_##kind
    /* Eight codes by one variable shift, multiplied eight wide. */
    {"scalar", "p1_unpack", ONE(FLOAT_MULTIPLY), 256 / 8 - 256, 256 / 8 - 256},
    {"scalar", "p1_unpack", ONE(VARIABLE_SHIFT), 256 / 8, 256 / 8},
    {"scalar", "p1_unpack", ONE(V256), 3 * 256 / 8, 256},
    {"scalar", "p1_unpack", ONE(STORE), -256, 256 / 8 - 256 + 16},
    /* A multiply becomes a fused multiply-add. */
    {"p1_unpack", "p2_fma", ONE(FLOAT_MULTIPLY), -256 / 8, -256 / 8},
    {"p1_unpack", "p2_fma", ONE(FMA), 256 / 8, 256 / 8},
    {"p1_unpack", "p2_fma", ONE(VARIABLE_SHIFT), 0, 0},
    {"p1_unpack", "p2_fma", ONE(INSERT), 0, 0},
    {"p1_unpack", "p2_fma", ONE(BRANCH), 0, 0},
    /* The same work in larger pieces. */
    {"p2_fma", "p2_unroll8", ONE(FMA), 0, 0},
    {"p2_fma", "p2_unroll8", ONE(VARIABLE_SHIFT), 0, 0},
    {"p2_fma", "p2_unroll8", ONE(INSERT), 0, 0},
    {"p2_fma", "p2_unroll8", ONE(V256), 0, 0},
    {"p2_fma", "p2_unroll8", ONE(PREFETCH), 0, 0},
    /* One hint per block; pairs of bytes handed out by shuffles of a 32-byte load. */
    {"p2_unroll8", "p3_prefetch", ONE(PREFETCH), 1, 1},
    {"p2_unroll8", "p3_prefetch", BENCH_STEP_PERMUTE, BENCH_STEP_SHUFFLE, 256 / 8, 3 * 256 / 8},
    {"p2_unroll8", "p3_prefetch", ONE(FMA), 0, 0},
    {"p2_unroll8", "p3_prefetch", ONE(INSERT), 0, 0},
    /* The table is read once into a register: no look-up in memory, no gathering of floats. */
    {"p3_prefetch", "p4_permute", ONE(PERMUTE), 256 / 8, 256 / 8},
    {"p3_prefetch", "p4_permute", ONE(LOAD), -512, -256 + 16},
    {"p3_prefetch", "p4_permute", ONE(INSERT), -512, -256 / 8 * 5},
    {"p3_prefetch", "p4_permute", ONE(SCALAR_FLOAT), -512, -64},
    {"p3_prefetch", "p4_permute", ONE(FMA), 0, 0},
    {"p3_prefetch", "p4_permute", ONE(PREFETCH), 0, 0},
#undef ONE
};

static int64_t change(const struct bench_steps *before, const struct bench_steps *after, int kind)
{
    return (int64_t)after->kinds[kind] - (int64_t)before->kinds[kind];
}

static void state_change(const char *from, const struct bench_steps *before, const char *to,
                         const struct bench_steps *after)
{
    printf("# %s against %s: instructions %+lld", to, from,
           (long long)after->instructions - (long long)before->instructions);
    for (int k = 0; k < BENCH_STEP_KINDS; k++)
        if (change(before, after, k))
            printf(", %s %+lld", bench_step_kind_name(k), (long long)change(before, after, k));
    printf("\n");
}

UNIT_TEST(neighbours_differ_by_their_step)
{
    const char *stated = "";
    int wrong = 0;
    for (size_t i = 0; i < sizeof steps_of_ladder / sizeof *steps_of_ladder; i++) {
        const char *from = steps_of_ladder[i].before, *to = steps_of_ladder[i].after;
        const int kind = steps_of_ladder[i].kind, too = steps_of_ladder[i].kind_too;
        const struct bench_steps before = steps_of(from), after = steps_of(to);
        if (strcmp(stated, to) != 0)
            state_change(from, &before, to, &after);
        stated = to;
        const int64_t found =
            change(&before, &after, kind) + (too == kind ? 0 : change(&before, &after, too));
        if (found >= steps_of_ladder[i].least && found <= steps_of_ladder[i].most)
            continue;
        wrong++;
        printf("# %s against %s: %s %+lld, expected %+lld to %+lld\n", to, from, bench_step_kind_name(kind),
               (long long)found, (long long)steps_of_ladder[i].least, (long long)steps_of_ladder[i].most);
    }
    assert_int_equal(wrong, 0);
}

/* What is left of memory in phase 4: codes, table, scale, constants, the return address. */
UNIT_TEST(the_permute_reads_no_table)
{
    const struct bench_steps p4 = steps_of("p4_permute");
    assert_in_range(p4.kinds[BENCH_STEP_LOAD], 3, 24);
    assert_int_equal(
        p4.kinds[BENCH_STEP_SCALAR_FLOAT] + p4.kinds[BENCH_STEP_INSERT] + p4.kinds[BENCH_STEP_GATHER], 0);
}

TEST_PART(step_ladder)
{
    struct qk_cpu cpu;
    if (!QK_HAVE_ZYDIS) {
        printf("1..0 # SKIP built without libzydis\n");
        return 0;
    }
    if (!step_test_can())
        return 0;
#ifdef INSTRUMENTED
    printf("1..0 # SKIP instrumented build: its kernels have instructions that their source has not\n");
    return 0;
#endif
    if (qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), NULL))
        return 1;
    if (!cpu.present[QK_ISA_AVX2]) {
        printf("1..0 # SKIP %s\n", cpu.why[QK_ISA_AVX2]);
        return 0;
    }
    if (!cpu.present[QK_ISA_AVX512]) {
        printf("# avx512_is_what_it_says left out: %s\n", cpu.why[QK_ISA_AVX512]);
        unit_tests[avx512_is_what_it_says_place] = (struct CMUnitTest){.name = NULL};
    }
    return unit_tests_run(argv[0], NULL, NULL);
}
