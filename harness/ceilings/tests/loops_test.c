/* SPDX-License-Identifier: MIT */
/* The bandwidth loops touch every byte they are given, as often as they are told, and no other byte. */
#include "harness/records/tests/fixture.h"

#include "harness/ceilings/loops.h"
#include "kernels/support.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, PAGES = 3, UNITS_MAX = 7 };

static struct qk_cpu cpu;
static char *area;  /* PAGES pages between two that may not be touched */
static char *spare; /* the same */

static char *map_guarded(void)
{
    char *p = mmap(NULL, (PAGES + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    assert_int_equal(mprotect(p + PAGE, PAGES * PAGE, PROT_READ | PROT_WRITE), 0);
    return p + PAGE;
}

UNIT_FIXTURE(set_up)
{
    area = map_guarded();
    spare = map_guarded();
    return qk_cpu_detect(&cpu, NULL, NULL);
}

UNIT_FIXTURE(tear_down)
{
    return munmap(area - PAGE, (PAGES + 2) * PAGE) | munmap(spare - PAGE, (PAGES + 2) * PAGE);
}

/* The i-th loop if it is a bandwidth of that kind that can run here. */
static const struct bench_ceiling_loop *usable(size_t i, enum bench_ceiling_kind kind)
{
    const struct bench_ceiling_loop *loop = &bench_ceiling_loops[i];
    return loop->kind == kind && !bench_ceiling_loop_missing(loop, &cpu) ? loop : NULL;
}

static size_t vector_bytes(const struct bench_ceiling_loop *loop)
{
    return loop->registers[0] == 'x' ? 16 : loop->registers[0] == 'y' ? 32 : 64;
}

static void check_filled(const struct bench_ceiling_loop *loop, size_t offset, size_t bytes)
{
    memset(area, 1, PAGES * PAGE);
    loop->run(area + offset, NULL, bytes, 2);
    for (size_t i = 0; i < PAGES * PAGE; i++) {
        const bool inside = i >= offset && i < offset + bytes;
        if (area[i] != (inside ? (char)0xa5 : 1))
            fail_msg("%s %s, %zu bytes at %zu: byte %zu is %d", loop->instruction, loop->registers, bytes,
                     offset, i, area[i]);
    }
}

UNIT_TEST(writes_fill_every_byte_and_no_other)
{
    static const enum bench_ceiling_kind kinds[] = {BENCH_CEILING_write, BENCH_CEILING_nt_write};
    for (size_t i = 0; i < bench_ceiling_loop_count; i++)
        for (int k = 0; k < 2; k++)
            for (size_t units = 1; usable(i, kinds[k]) && units <= UNITS_MAX; units++) {
                const size_t bytes = units * BENCH_LOOP_UNIT;
                check_filled(&bench_ceiling_loops[i], 0, bytes);
                check_filled(&bench_ceiling_loops[i], 192, bytes);
                check_filled(&bench_ceiling_loops[i], PAGES * PAGE - bytes, bytes);
            }
}

UNIT_TEST(copies_copy)
{
    struct qk_rng rng;
    char before[PAGES * PAGE];
    qk_rng_seed(&rng, 1);
    for (size_t i = 0; i < bench_ceiling_loop_count; i++)
        for (size_t units = 1; usable(i, BENCH_CEILING_copy) && units <= UNITS_MAX; units++) {
            const size_t bytes = units * BENCH_LOOP_UNIT, at = PAGES * PAGE - bytes;
            qk_rng_bytes(&rng, spare, PAGES * PAGE);
            memcpy(before, spare, sizeof before);
            memset(area, 1, PAGES * PAGE);
            bench_ceiling_loops[i].run(area + at, spare + at, bytes, 1);
            assert_memory_equal(area + at, before + at, bytes);
            assert_memory_equal(spare, before, sizeof before);
            for (size_t k = 0; k < at; k++)
                assert_int_equal(area[k], 1);
        }
}

/*
 * A copy of a unit onto the one before it moves the data on by one unit a pass, which makes passes visible.
 */
UNIT_TEST(copies_go_over_it_as_often_as_told)
{
    for (size_t i = 0; i < bench_ceiling_loop_count; i++)
        for (uint64_t passes = 1; usable(i, BENCH_CEILING_copy) && passes <= 4; passes++) {
            for (size_t k = 0; k < 8; k++)
                memset(area + k * BENCH_LOOP_UNIT, (int)k, BENCH_LOOP_UNIT);
            bench_ceiling_loops[i].run(area, area + BENCH_LOOP_UNIT, (size_t)UNITS_MAX * BENCH_LOOP_UNIT,
                                       passes);
            assert_int_equal(area[0], passes);
            assert_int_equal(area[BENCH_LOOP_UNIT - 1], passes);
        }
}

static sigjmp_buf back;
static char *volatile fault;

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    fault = info->si_addr;
    siglongjmp(back, 1);
}

/* Where the loop first touches what it may not; NULL when it does not. */
static char *first_fault(const struct bench_ceiling_loop *loop, char *from, size_t bytes)
{
    fault = NULL;
    if (sigsetjmp(back, 1) == 0)
        loop->run(NULL, from, bytes, 1);
    return fault;
}

/*
 * The buffer is moved over the end of the pages vector by vector: each time the vector that lies first behind
 * it must be the first to fault, and at its own address. So every vector of the buffer is loaded, and from
 * its place.
 */
UNIT_TEST(reads_touch_every_vector)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, old[2];
    char *const end = area + PAGES * PAGE;
    assert_int_equal(sigaction(SIGSEGV, &action, &old[0]), 0);
    assert_int_equal(sigaction(SIGBUS, &action, &old[1]), 0);
    for (size_t i = 0; i < bench_ceiling_loop_count; i++)
        for (size_t units = 1; bench_ceiling_reads(bench_ceiling_loops[i].kind) &&
                               usable(i, bench_ceiling_loops[i].kind) && units <= 3;
             units++) {
            const struct bench_ceiling_loop *loop = &bench_ceiling_loops[i];
            const size_t bytes = units * BENCH_LOOP_UNIT, width = vector_bytes(loop);
            assert_null(first_fault(loop, end - bytes, bytes));
            for (size_t before = 0; before < bytes; before += width)
                if (first_fault(loop, end - before, bytes) != end)
                    fail_msg("%s %s: the vector at byte %zu of %zu is not read", loop->instruction,
                             loop->registers, before, bytes);
        }
    sigaction(SIGSEGV, &old[0], NULL);
    sigaction(SIGBUS, &old[1], NULL);
}

UNIT_TEST(peaks_run_and_return)
{
    for (size_t i = 0; i < bench_ceiling_loop_count; i++)
        if (!bench_ceiling_is_bandwidth(bench_ceiling_loops[i].kind) &&
            !bench_ceiling_loop_missing(&bench_ceiling_loops[i], &cpu))
            bench_ceiling_loops[i].run(NULL, NULL, 0, 3);
}

UNIT_TEST(what_cannot_run_says_why)
{
    struct qk_cpu none;
    size_t bandwidths = 0;
    assert_int_equal(qk_cpu_detect(&none, "avx2,avx512,avxvnni", NULL), 0);
    for (size_t i = 0; i < bench_ceiling_loop_count; i++) {
        const struct bench_ceiling_loop *loop = &bench_ceiling_loops[i];
        const char *why = bench_ceiling_loop_missing(loop, &none);
        bandwidths += bench_ceiling_is_bandwidth(loop->kind);
        assert_true((loop->ops == 0) == bench_ceiling_is_bandwidth(loop->kind));
#if defined(__x86_64__)
        assert_true((why == NULL) == (loop->isa == QK_ISA_BASE));
#else
        assert_says(why, "architecture");
#endif
        assert_true(!why || *why);
    }
    assert_int_equal(bandwidths, 18);
}

UNIT_TESTS(loops, set_up, tear_down)
