/* SPDX-License-Identifier: MIT */
/*
 * Sets of CPUs beyond the first 1024. The linker wraps the system's calls, to play a system that names 2048
 * CPUs and refuses to pin to most of them.
 */
#include "harness/machine/pinning.h"

#include "kernels/tests/cmocka_parts.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

static struct {
    bool on;
    int count;        /* CPUs 0 to count - 1 are allowed */
    int first, last;  /* these can be pinned to */
    int pinned, here; /* to what it was; where the thread is; -1 */
    int number;       /* what a refusal says */
    bool blind;       /* nothing tells which ones are allowed */
} fake;

int __real_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
    if (!fake.on)
        return __real_sched_getaffinity(pid, size, set);
    if (fake.blind || size * 8 < (size_t)fake.count) {
        errno = fake.blind ? ENOSYS : EINVAL;
        return -1;
    }
    CPU_ZERO_S(size, set);
    for (size_t i = 0; i < (size_t)fake.count; i++)
        CPU_SET_S(i, size, set);
    return 0;
}

int __real_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set);
int __wrap_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set);
int __wrap_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
    if (!fake.on)
        return __real_sched_setaffinity(pid, size, set);
    for (int i = fake.first; i <= fake.last; i++)
        if (CPU_ISSET_S((size_t)i, size, set)) {
            fake.pinned = fake.here = i;
            return 0;
        }
    errno = fake.number;
    return -1;
}

int __real_sched_getcpu(void);
int __wrap_sched_getcpu(void);
int __wrap_sched_getcpu(void)
{
    return fake.on ? fake.here : __real_sched_getcpu();
}

UNIT_TEST(large_sets_are_listed)
{
    struct bench_cpus set = {{0}};
    char text[64], small[12];
    assert_string_equal(bench_cpus_list(&set, text, sizeof text), "");
    for (int i = 0; i < 4; i++)
        set.bits[0] |= 1UL << i;
    set.bits[0] |= 1UL << 8;
    set.bits[2048 / 64] |= 1;
    assert_string_equal(bench_cpus_list(&set, text, sizeof text), "0-3,8,2048");
    assert_string_equal(bench_cpus_list(&set, small, sizeof small), "0-3,8...");
    assert_int_equal(bench_cpus_count(&set), 6);
    assert_true(bench_cpus_has(&set, 2048) && !bench_cpus_has(&set, 2047) && !bench_cpus_has(&set, -1));
    memset(&set, 0xff, sizeof set);
    assert_string_equal(bench_cpus_list(&set, text, sizeof text), "0-65535");
    assert_false(bench_cpus_has(&set, BENCH_CPUS_MAX) || bench_cpus_use_one(BENCH_CPUS_MAX));
}

UNIT_TEST(the_last_that_can_be_had_is_taken)
{
    struct qk_error err;
    fake.on = true;
    fake.count = 2048;
    fake.first = 1500, fake.last = 1600, fake.number = EINVAL;
    assert_int_equal(bench_pin(-1, &err), 1600);
    assert_int_equal(bench_pin(1555, &err), 1555);
    assert_int_equal(fake.pinned, 1555);
    assert_int_equal(bench_pin(3, &err), QK_ERR_IO);
    assert_says(err.text, "refuses to pin this thread to CPU 3");
    assert_says(err.text, "0-2047");
    assert_int_equal(bench_pin(2048, &err), QK_ERR_IO);
    assert_says(err.text, "expected one of: 0-2047");
    fake.on = false;
}

UNIT_TEST(refusal_has_a_reason)
{
    struct qk_error err;
    fake.on = true;
    fake.count = 2;
    fake.first = 9, fake.last = 8, fake.number = EPERM;
    assert_int_equal(bench_pin(-1, &err), QK_ERR_IO);
    assert_non_null(strstr(err.text, strerror(EPERM)));
    fake.count = 1; /* where else should it run? */
    assert_int_equal(bench_pin(-1, &err), 0);
    fake.blind = true;
    assert_int_equal(bench_pin(-1, &err), QK_ERR_IO);
    assert_non_null(strstr(err.text, strerror(ENOSYS)));
    fake.on = fake.blind = false;
}

UNIT_TEST(a_cpu_that_vanishes_is_told)
{
    struct qk_error err;
    fake.on = true;
    fake.count = 8;
    fake.first = 0, fake.last = 7, fake.number = EINVAL;
    assert_int_equal(bench_pin(5, &err), 5);
    assert_int_equal(bench_pin_again(5, &err), 0);
    fake.here = 2; /* moved, but it may come back */
    assert_int_equal(bench_pin_again(5, &err), 0);
    assert_int_equal(fake.here, 5);
    fake.here = 2;
    fake.count = 4;
    assert_int_equal(bench_pin_again(5, &err), QK_ERR_IO);
    assert_says(err.text, "CPU 5 was taken away");
    fake.on = false;
}

UNIT_TEST(this_machine_pins)
{
    struct bench_cpus allowed;
    struct qk_error err;
    assert_int_equal(bench_cpus_allowed(&allowed, &err), 0);
    assert_true(bench_cpus_count(&allowed) > 0);
    const int cpu = bench_pin(-1, &err);
    assert_true(cpu >= 0 && bench_cpus_has(&allowed, cpu));
    assert_true(bench_cpus_use(&allowed));
}

UNIT_TESTS(pinning, NULL, NULL)
