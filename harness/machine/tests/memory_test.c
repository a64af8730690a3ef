/* SPDX-License-Identifier: MIT */
/* How much memory may be taken: on made-up machines, and under real limits in a child. */
#include "harness/machine/memory.h"

#include "harness/machine/tests/scratch.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(const char *name, const char *text)
{
    bench_test_put(bench_test_path(name), text, strlen(text));
}

static void expect(double mib, const char *limit)
{
    struct bench_memory_free m;
    bench_memory_read(bench_test_dir, &m);
    if (m.free != mib * 0x1p20 || strcmp(m.limit, limit) != 0)
        fail_msg("%.3f MiB free by '%s', expected %.3f by '%s'", m.free / 0x1p20, m.limit, mib, limit);
    assert_true(m.room == 0.9 * m.free);
}

static int new_machine(void **state)
{
    bench_test_dir_remove(state);
    return bench_test_dir_make(state);
}

UNIT_TEST_WITH(the_least_of_all_counts, new_machine, NULL)
{
    expect(INFINITY, "");
    put("proc/meminfo", "MemTotal: 9999999 kB\nMemFree: 1 kB\nMemAvailable:    1048576 kB\n");
    expect(1024, "MemAvailable of /proc/meminfo");
    put("proc/self/cgroup", "0::/a/b\n");
    put("sys/fs/cgroup/a/b/memory.max", "max\n");
    put("sys/fs/cgroup/a/b/memory.current", "1048576\n");
    expect(1024, "MemAvailable of /proc/meminfo");
    put("sys/fs/cgroup/a/memory.max", "536870912\n"); /* the parent's binds the child */
    put("sys/fs/cgroup/a/memory.current", "268435456\n");
    expect(256, "memory.max of /sys/fs/cgroup/a");
    put("sys/fs/cgroup/a/memory.stat", "anon 4\ninactive_file 1048576\nactive_file 2097152\n");
    expect(259, "memory.max of /sys/fs/cgroup/a"); /* cached files give way */
    put("sys/fs/cgroup/a/b/memory.high", "104857600\n");
    expect(99, "memory.high of /sys/fs/cgroup/a/b");
    put("sys/fs/cgroup/a/b/memory.current", "209715200\n"); /* above its limit already */
    expect(0, "memory.high of /sys/fs/cgroup/a/b");
}

UNIT_TEST_WITH(version_1_and_both, new_machine, NULL)
{
    put("proc/meminfo", "MemAvailable: 1048576 kB\n");
    put("proc/self/cgroup", "12:cpuset:/x\n5:memory:/docker/0123\n0::/system\n");
    put("sys/fs/cgroup/memory/docker/0123/memory.limit_in_bytes", "9223372036854771712\n");
    put("sys/fs/cgroup/memory/docker/0123/memory.usage_in_bytes", "1048576\n");
    expect(1024, "MemAvailable of /proc/meminfo");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "209715200\n"); /* seen from inside a container */
    put("sys/fs/cgroup/memory/memory.usage_in_bytes", "104857600\n");
    expect(100, "memory.limit_in_bytes of /sys/fs/cgroup/memory");
    put("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 1048576\n");
    expect(101, "memory.limit_in_bytes of /sys/fs/cgroup/memory");
    put("sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", "157286400\n");
    put("sys/fs/cgroup/memory/memory.memsw.usage_in_bytes", "104857600\n");
    expect(51, "memory.memsw.limit_in_bytes of /sys/fs/cgroup/memory");
    put("sys/fs/cgroup/unified/system/memory.max", "20971520\n");
    put("sys/fs/cgroup/unified/system/memory.current", "10485760\n");
    expect(10, "memory.max of /sys/fs/cgroup/unified/system");
}

/* Files that are empty, huge or no text say nothing. */
UNIT_TEST_WITH(odd_files, new_machine, NULL)
{
    char path[4000] = "0::";
    memset(path + 3, 'x', sizeof path - 5);
    path[3] = '/';
    put("proc/self/cgroup", path);
    put("proc/meminfo", "");
    expect(INFINITY, "");
    static const char binary[] = "MemAvailable: \0\377\377 kB\n";
    bench_test_put(bench_test_path("proc/meminfo"), binary, sizeof binary - 1);
    expect(INFINITY, "");
    put("proc/meminfo",
        "MemAvailable: -4 kB\nMemAvailable: inf kB\nMemAvailable: 7 pages\nMemAvailable: 2048 kB\n");
    expect(2, "MemAvailable of /proc/meminfo");
    static const char *const odd[] = {"", "nan", "-1", "1e999", "\377\376", "\n\n", "max"};
    put("proc/self/cgroup", "0::/\nrubbish\n:::\n0::\n");
    put("sys/fs/cgroup/memory.current", "0\n");
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        put("sys/fs/cgroup/memory.max", odd[i]);
        expect(2, "MemAvailable of /proc/meminfo");
    }
}

static int checked_under(int which, rlim_t bytes, size_t wanted)
{
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {bytes, bytes};
        struct qk_error err = {.text = ""};
        if (which >= 0 && setrlimit((__rlimit_resource_t)which, &limit))
            _exit(9);
        const int code = bench_memory_check(wanted, "it", &err);
        _exit(code == QK_ERR_MEMORY ? (strstr(err.text, "ulimit") ? 2 : 1) : code ? 8 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

UNIT_TEST(real_limits)
{
    assert_int_equal(checked_under(-1, 0, 0), 0);
    assert_int_equal(checked_under(-1, 0, SIZE_MAX), 1);
#if !defined(__SANITIZE_ADDRESS__) /* which takes more than these limits for itself */
    assert_int_equal(checked_under(RLIMIT_DATA, (rlim_t)1 << 20, 4 << 20), 2);
    assert_int_equal(checked_under(RLIMIT_AS, (rlim_t)64 << 20, 64 << 20), 2);
#endif
}

UNIT_TEST(what_is_resident)
{
    enum { BYTES = 64 << 20 };
    const struct bench_memory_resident before = bench_memory_resident();
    char *const room = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(room != MAP_FAILED);
    memset(room, 1, BYTES);
    const struct bench_memory_resident taken = bench_memory_resident();
    munmap(room, BYTES);
    const struct bench_memory_resident given = bench_memory_resident();
    /* The kernel counts each CPU's pages apart for a while. */
    assert_true(taken.now > before.now + 0.9 * BYTES);
    assert_true(taken.peak > taken.now - 0.1 * BYTES);
    assert_true(given.now < taken.now - 0.9 * BYTES);
    assert_true(given.peak > taken.now - 0.1 * BYTES);
    if (!bench_memory_forget_peak()) {
        print_message("the system does not let a process forget its peak\n");
        skip();
    }
    assert_true(bench_memory_resident().peak < taken.now - 0.9 * BYTES);
}

UNIT_TESTS(memory, bench_test_dir_make, bench_test_dir_remove)
