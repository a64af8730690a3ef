/* SPDX-License-Identifier: MIT */
#include "harness/records/tests/fixture.h"

#include "harness/ceilings/team.h"
#include "harness/machine/pinning.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

enum { SEEN_MAX = 64, COUNT = 3 };

/* The calls that a job made, in order. */
static struct {
    char *to;
    const char *from;
    size_t bytes;
    uint64_t passes;
    int cpu;
} seen[SEEN_MAX];
static atomic_int calls;

static void note(char *to, const char *from, size_t bytes, uint64_t passes)
{
    const int i = atomic_fetch_add(&calls, 1);
    seen[i].to = to;
    seen[i].from = from;
    seen[i].bytes = bytes;
    seen[i].passes = passes;
    seen[i].cpu = sched_getcpu();
    memset(to, 7, bytes);
}

static int some_cpu(void)
{
    struct bench_cpus allowed;
    int cpu = 0;
    assert_int_equal(bench_cpus_allowed(&allowed, NULL), 0);
    while (cpu < BENCH_CPUS_MAX && !bench_cpus_has(&allowed, cpu))
        cpu++;
    return cpu;
}

static const size_t sizes[] = {[BENCH_NEAR] = 5000,
                               [BENCH_ALONE] = 33 << 20,
                               [BENCH_SHARED] = 1 << 20}; /* ALONE: large enough for huge pages */

/* Several threads may share a CPU; the barrier must not hang then. */
static struct bench_team *make(void)
{
    struct bench_team *team;
    struct qk_error err;
    const int cpu = some_cpu(), cpus[COUNT] = {cpu, cpu, cpu};
    if (bench_team_make(&team, cpus, COUNT, sizes, &err))
        fail_msg("%s", err.text);
    return team;
}

UNIT_TEST(each_thread_runs_its_part_in_its_memory)
{
    struct bench_team *team = make();
    const struct bench_team_job job = {.run = note,
                                       .threads = COUNT,
                                       .memory = BENCH_SHARED,
                                       .warm = {.bytes = 64, .passes = 2},
                                       .timed = {.to = 128, .from = 192, .bytes = 256, .passes = 5},
                                       .repetitions = 2,
                                       .stride = 512};
    double ns[] = {-1, -1, -1};
    char *memory[2 * COUNT] = {NULL};
    atomic_store(&calls, 0);
    bench_team_run(team, &job, ns);
    assert_true(ns[0] >= 0 && ns[1] >= 0 && ns[2] == -1);
    assert_int_equal(atomic_load(&calls), 3 * COUNT);
    int timed = 0, further = 0;
    for (int i = 0; i < 3 * COUNT; i++) {
        assert_int_equal(seen[i].cpu, some_cpu());
        if (seen[i].passes != 5)
            continue;
        assert_int_equal(seen[i].bytes, 256);
        assert_ptr_equal(seen[i].from, seen[i].to + 64);
        for (int k = 0; k < timed; k++) {
            assert_ptr_not_equal(memory[k], seen[i].to);
            further += memory[k] + 512 == seen[i].to;
        }
        memory[timed++] = seen[i].to;
    }
    assert_int_equal(timed, 2 * COUNT);
    assert_int_equal(further, COUNT);
    bench_team_free(team);
}

/* No clock may start before everybody's warm-up, or the repetition before, is over. */
UNIT_TEST(all_start_a_repetition_together)
{
    enum { REPETITIONS = 4 };
    struct bench_team *team = make();
    const struct bench_team_job job = {.run = note,
                                       .threads = COUNT,
                                       .memory = BENCH_NEAR,
                                       .warm = {.bytes = 64, .passes = 1},
                                       .timed = {.bytes = 64, .passes = 2},
                                       .repetitions = REPETITIONS,
                                       .stride = 64};
    double ns[REPETITIONS];
    for (int round = 0; round < 20; round++) {
        atomic_store(&calls, 0);
        bench_team_run(team, &job, ns);
        for (int i = 0; i < (REPETITIONS + 1) * COUNT; i++) {
            assert_int_equal(seen[i].passes, i < COUNT ? 1 : 2);
            assert_int_equal((uintptr_t)seen[i].to % 4096, i < COUNT ? 0 : (i / COUNT - 1) * 64);
        }
    }
    bench_team_free(team);
}

UNIT_TEST(one_thread_has_memory_of_its_own)
{
    struct bench_team *team = make();
    const struct bench_team_job alone = {.run = note,
                                         .threads = 1,
                                         .memory = BENCH_ALONE,
                                         .timed = {.bytes = 3 << 20, .passes = 1},
                                         .repetitions = 1};
    const struct bench_team_job near = {.run = note,
                                        .threads = 1,
                                        .memory = BENCH_NEAR,
                                        .timed = {.bytes = 4096, .passes = 1},
                                        .repetitions = 1};
    double ns;
    atomic_store(&calls, 0);
    bench_team_run(team, &alone, &ns);
    bench_team_run(team, &near, &ns);
    bench_team_run(team, &alone, &ns);
    assert_int_equal(atomic_load(&calls), 3);
    assert_ptr_equal(seen[0].to, seen[2].to);
    assert_int_equal((uintptr_t)seen[0].to % (2 << 20), 0);
    assert_int_equal((uintptr_t)seen[1].to % 4096, 0);
    const double huge = bench_team_huge(team);
    assert_true(!(huge < 0) && !(huge > 1));
    bench_team_free(team);
}

UNIT_TEST(a_cpu_that_is_not_there_is_named)
{
    struct bench_team *team;
    struct qk_error err;
    const int cpus[] = {some_cpu(), BENCH_CPUS_MAX - 1};
    assert_int_equal(bench_team_make(&team, cpus, 2, sizes, &err), QK_ERR_INTERNAL);
    assert_says(err.text, "CPU 65535");
    assert_null(team);
    bench_team_free(NULL);
}

/* More than any address space: refused, and nothing is left running or mapped (the sanitizers would tell). */
UNIT_TEST(memory_that_is_refused_is_told)
{
    struct bench_team *team;
    struct qk_error err;
    const int cpu = some_cpu();
    const size_t large[] = {[BENCH_NEAR] = 4096, [BENCH_ALONE] = 0, [BENCH_SHARED] = (size_t)1 << 60};
    assert_int_equal(bench_team_make(&team, &cpu, 1, large, &err), QK_ERR_MEMORY);
    assert_null(team);
}

UNIT_TESTS(team, NULL, NULL)
