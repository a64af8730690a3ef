/* SPDX-License-Identifier: MIT */
/* Every verdict about memory, kernel settings, counters and the timer, on made-up machines. */
#include "harness/doctor/tests/doctor_machine.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define CPUINFO                                                                                              \
    "processor\t: 1\nvendor_id\t: GenuineIntel\nflags\t\t: fpu tsc avx2 constant_tsc nonstop_tsc\n"

UNIT_TEST(system_settings)
{
    new_machine();
    put("/sys/devices/system/node/online", "0\n");
    expect_ok("numa", "1 node");
    put("/sys/devices/system/node/online", "0-1\n");
    expect_ok("numa", "2 nodes");
    put("/proc/sys/kernel/numa_balancing", "1\n");
    expect_warn("numa", "moves", "sysctl kernel.numa_balancing=0");
    put("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    expect_ok("huge_pages", "madvise");
    put("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
    expect_warn("huge_pages", "always", "echo madvise");
    put("/sys/kernel/mm/transparent_hugepage/enabled", "always\n");
    expect_ok("huge_pages", "not known");
    put("/proc/sys/kernel/randomize_va_space", "2\n");
    expect_ok("aslr", "on (2)");
    facts.fixed_layout = true;
    expect_warn("aslr", "this process", "setarch");
    facts.fixed_layout = false;
    put("/proc/sys/kernel/randomize_va_space", "0\n");
    expect_warn("aslr", "off", "randomize_va_space=2");
    expect_ok("vm", "not known");
    strcpy(facts.env.virtualised, "no");
    expect_ok("vm", "no");
    make_virtual();
    expect_warn("vm", "KVMKVMKVM", NULL);
}

UNIT_TEST(counters)
{
    new_machine();
    put("/proc/sys/kernel/perf_event_paranoid", "2\n");
    expect_ok("perf_event_paranoid", "2:");
    put("/proc/sys/kernel/perf_event_paranoid", "-1\n");
    expect_ok("perf_event_paranoid", "-1:");
    put("/proc/sys/kernel/perf_event_paranoid", "3\n");
    expect_warn("perf_event_paranoid", "3:", "perf_event_paranoid=2");
    strcpy(facts.pmu_cpuid, "cpuid: six");
    expect_warn("pmu", "not tried; cpuid: six", NULL);
    facts.pmu_errno = ENOENT;
    expect_warn("pmu", "No such file or directory: the kernel found no counters; cpuid: six", NULL);
    make_virtual();
    expect_warn("pmu", "the hypervisor", "pmu=on");
    static const char *const hypervisors[][2] = {{"VMwareVMware", "vpmc.enable"},
                                                 {"XenVMMXenVMM", "vpmu=on"},
                                                 {"Microsoft Hv", "-Perfmon"},
                                                 {"bhyve bhyve ", "none to give"},
                                                 {"yes, unnamed", "ask who runs"}};
    for (size_t i = 0; i < sizeof hypervisors / sizeof *hypervisors; i++) {
        snprintf(facts.env.virtualised, sizeof facts.env.virtualised, "%s", hypervisors[i][0]);
        expect_warn("pmu", "the hypervisor", hypervisors[i][1]);
    }
    make_virtual();
    put("/sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
    expect_warn("pmu", "the hypervisor", ".metal");
    put("/sys/class/dmi/id/sys_vendor", "QEMU\n");
    facts.pmu_errno = EACCES;
    expect_warn("pmu", "Permission denied: forbidden by perf_event_paranoid", "--cap-add PERFMON");
    facts.pmu_errno = EPERM;
    expect_warn("pmu", "seccomp", "perf_event_paranoid=2");
    facts.pmu_errno = ENOSYS;
    expect_warn("pmu", "does not have the call", NULL);
    facts.pmu_errno = EINVAL;
    expect_warn("pmu", "Invalid argument", "pmu=on");
    facts.pmu_errno = 0;
    expect_warn("pmu", "not to be trusted", "pmu=on"); /* opened, and nothing could be read */
    expect_ok("perf_event_paranoid", "3:");
    facts.pmu_expected = 660000;
    facts.pmu_counted = 660012;
    expect_ok("pmu", "counts: 660012");
    facts.pmu_counted = 0;
    expect_warn("pmu", "0 instructions in a loop of 660000", "pmu=on");
}

UNIT_TEST(timer)
{
    const char *const folder = "/sys/devices/system/clocksource/clocksource0/";
    char current[120], available[120];
    snprintf(current, sizeof current, "%scurrent_clocksource", folder);
    snprintf(available, sizeof available, "%savailable_clocksource", folder);
    new_machine();
    put("/proc/cpuinfo", CPUINFO);
    put(current, "tsc\n");
    read_machine();
    facts.timer_ns = 36;
    facts.timer_step_ns = 20;
    expect_ok("timer", "tsc: a read takes 36 ns, the smallest step seen is 20 ns; constant_tsc; nonstop_tsc");
    strcpy(facts.env.cpu_flags, "tsc constant_tsc"); /* stops in sleep */
    expect_warn("timer", "tsc", "tsc=reliable");
    put(current, "hpet\n");
    expect_ok("timer", "hpet");
    facts.timer_ns = 900;
    put(available, "hpet acpi_pm\n");
    expect_warn("timer", "900 ns", "tsc=reliable");
    put(available, "hpet tsc acpi_pm\n");
    expect_warn("timer", "900 ns", "echo tsc > /sys");
    facts.timer_ns = 36;
    facts.timer_step_ns = 400;
    expect_warn("timer", "400 ns", "echo tsc");
    facts.timer_step_ns = 4000;
    expect("timer", BENCH_HEALTH_BAD, "4000 ns", "echo tsc");
    assert_string_equal(bench_doctor_fatal(&doctor)->name, "timer");
    facts.timer_step_ns = 20;
    facts.dropped = (struct bench_dropped){3, "the clock went back"};
    expect_warn("timer", "3 blocks of the noise do not count: the clock went back", "echo tsc");
    facts.clock_useless = true;
    assert_true(finding("timer")->fatal);
    facts.clock_useless = false;
    facts.timer_step_ns = INFINITY; /* it never moved */
    assert_true(finding("timer")->fatal);
}

UNIT_TEST(memory)
{
    new_machine();
    assert_int_equal(facts.dram_bytes, 256u << 20);
    put("/proc/meminfo", "MemTotal: 9 kB\nMemAvailable:     524288 kB\n");
    expect_ok("memory", "512 MiB free");
    put("/proc/meminfo", "MemTotal: 9 kB\nMemAvailable:     524287 kB\n");
    expect_warn("memory", "512 MiB free, the DRAM set is 256 MiB", "ps -eo rss");
    put("/proc/meminfo", "MemAvailable:     100000 kB\n");
    expect("memory", BENCH_HEALTH_BAD, "98 MiB", "--memory");
    put("/proc/meminfo", "MemAvailable:     9999999 kB\n");
    put("/proc/self/cgroup", "0::/\n");
    put("/sys/fs/cgroup/memory.max", "max\n");
    put("/sys/fs/cgroup/memory.current", "1048576\n");
    expect_ok("memory", "9766 MiB");
    put("/sys/fs/cgroup/memory.max", "536870912\n");
    expect_warn("memory", "511 MiB", "--memory");
    put("/sys/fs/cgroup/memory.stat", "file 5\ninactive_file 1048576\n"); /* cached files give way */
    expect_ok("memory", "512 MiB");
    put("/sys/devices/system/cpu/cpu1/cache/index0/level", "3\n");
    put("/sys/devices/system/cpu/cpu1/cache/index0/type", "Unified\n");
    put("/sys/devices/system/cpu/cpu1/cache/index0/size", "96M\n");
    put("/sys/devices/system/cpu/cpu1/cache/index0/shared_cpu_list", "0-7\n");
    read_machine();
    assert_int_equal(facts.dram_bytes, 384u << 20);
}

UNIT_TESTS(system, bench_test_dir_make, bench_test_dir_remove)
