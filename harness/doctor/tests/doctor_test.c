/* SPDX-License-Identifier: MIT */
/* Every verdict about the pinned CPU and who else uses it, on made-up machines. */
#include "harness/doctor/tests/doctor_machine.h"

#include <string.h>

#define CPU1 "/sys/devices/system/cpu/cpu1/"

UNIT_TEST(nothing_known)
{
    static const char *const warned[] = {"perf_event_paranoid", "pmu", "noise_cache", "noise_dram", "memory"};
    new_machine();
    bench_doctor_judge(&doctor, &facts);
    assert_true(doctor.count >= 20);
    for (size_t i = 0; i < doctor.count; i++) {
        const struct bench_finding *f = &doctor.findings[i];
        bool warns = false;
        for (size_t k = 0; k < sizeof warned / sizeof *warned; k++)
            warns |= !strcmp(f->name, warned[k]);
        if (warns)
            expect_warn(f->name, "", NULL);
        else
            expect_ok(f->name, "not known");
    }
    assert_null(bench_doctor_fatal(&doctor));
    assert_int_equal(bench_doctor_worst(&doctor), BENCH_HEALTH_WARN);
}

UNIT_TEST(affinity)
{
    new_machine();
    strcpy(facts.allowed, "0-3");
    expect_ok("affinity", "pinned to CPU 1; allowed: 0-3");
    strcpy(facts.allowed, "1");
    expect_warn("affinity", "the only one", NULL);
    facts.env.cpus = 4;
    expect_warn("affinity", "the only one", "taskset -c 0-3");
    strcpy(facts.allowed, "0,3");
    facts.cpu = 0;
    expect_warn("affinity", "CPU 0", "--cpu 3");
    facts.cpu = 1;
    expect("affinity", BENCH_HEALTH_BAD, "not among", "0,3");
    assert_string_equal(bench_doctor_fatal(&doctor)->name, "affinity");
    strcpy(facts.allowed, "none");
    assert_true(finding("affinity")->fatal);
}

UNIT_TEST(cpu_quota)
{
    new_machine();
    put("/proc/self/cgroup", "0::/a/b\n");
    expect_ok("cpu_quota", "not known");
    put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    expect_ok("cpu_quota", "none");
    put("/sys/fs/cgroup/a/cpu.max", "250000 100000\n"); /* the parent's binds the child */
    expect_warn("cpu_quota", "2.50 CPUs", "docker update");
    put("/sys/fs/cgroup/cpu.max", "25000 50000\n"); /* and the least of all counts */
    expect("cpu_quota", BENCH_HEALTH_BAD, "0.50 CPUs", "CPUQuota");
    has(finding("cpu_quota")->costs, "50 %");

    new_machine(); /* version 1, the container's own part mounted */
    put("/proc/self/cgroup", "12:cpuset:/x\n3:cpu,cpuacct:/docker/0123\n0::/\n");
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    expect_ok("cpu_quota", "none");
    put("/sys/fs/cgroup/cpu,cpuacct/docker/0123/cpu.cfs_quota_us", "150000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/docker/0123/cpu.cfs_period_us", "50000\n");
    expect_warn("cpu_quota", "3.00 CPUs", "docker");
    put("/sys/fs/cgroup/cpuset/docker/0123/cpu.cfs_quota_us", "50000\n");
    put("/proc/self/cgroup", "3:cpuset:/docker/0123\nnonsense\n"); /* "cpu" is not "cpuset" */
    expect_ok("cpu_quota", "not known");
}

UNIT_TEST(frequency)
{
    new_machine();
    put(CPU1 "cpufreq/scaling_governor", "performance\n");
    read_machine();
    expect_ok("governor", "performance");
    put(CPU1 "cpufreq/scaling_governor", "schedutil\n");
    read_machine();
    expect_warn("governor", "schedutil", "cpupower -c 1");
    put("/sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
    expect_warn("turbo", "on", "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo");
    put("/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
    expect_ok("turbo", "off");
    put("/sys/devices/system/cpu/cpufreq/boost", "1\n");
    expect_warn("turbo", "on", "echo 0 > /sys/devices/system/cpu/cpufreq/boost");
    put("/sys/devices/system/cpu/cpufreq/boost", "0\n");
    expect_ok("turbo", "off");
    facts.core_ghz = (struct bench_spread){3.66, 3.68, 3.69};
    expect_ok("core_clock", "3.68 GHz");
    facts.core_ghz.low = 3.5;
    expect_warn("core_clock", "5.2 %", "see governor");
    facts.core_ghz.low = 1.5;
    expect("core_clock", BENCH_HEALTH_BAD, "1.50 to 3.69", "see");
    make_virtual();
    expect("core_clock", BENCH_HEALTH_BAD, "1.50", NULL);
}

UNIT_TEST(throttling)
{
    new_machine();
    assert_int_equal(bench_throttled(root, 1), -1);
    put(CPU1 "thermal_throttle/core_throttle_count", "0\n");
    assert_int_equal(bench_throttled(root, 1), 0);
    put(CPU1 "thermal_throttle/package_throttle_count", "7\n");
    put(CPU1 "thermal_throttle/core_throttle_count", "4\n");
    assert_int_equal(bench_throttled(root, 1), 11);
    put(CPU1 "thermal_throttle/core_throttle_count", "what\n");
    assert_int_equal(bench_throttled(root, 1), 7);
    facts.throttled_before = facts.throttled_after = 0;
    expect_ok("throttling", "none");
    facts.throttled_before = facts.throttled_after = 7;
    expect_warn("throttling", "7 events since boot, 0", "turbo");
    facts.throttled_after = 9;
    expect("throttling", BENCH_HEALTH_BAD, "9 events since boot, 2", "turbo");
}

UNIT_TEST(sharing)
{
    new_machine();
    put(CPU1 "topology/thread_siblings_list", "1\n");
    expect_ok("smt", "only thread");
    put("/sys/devices/system/cpu/smt/control", "off\n");
    expect_ok("smt", "smt: off");
    put("/sys/devices/system/cpu/smt/control", "notsupported\n");
    make_virtual();
    expect_ok("smt", "may hide");
    put(CPU1 "topology/thread_siblings_list", "1,9\n");
    expect_warn("smt", "CPU 9", "echo 0 > /sys/devices/system/cpu/cpu9/online");

    facts.adds_per_cycle = (struct bench_spread){3.8, 3.95, 4};
    expect_ok("shared_core", "no: 3.95");
    facts.adds_per_cycle.median = 3;
    expect_warn("shared_core", "core shared with a neighbour: 3.00", "cpu9/online");
    put(CPU1 "topology/thread_siblings_list", "1\n");
    expect_warn("shared_core", "3.00", NULL);
    facts.before = (struct bench_ticks){true, 0, 0, 0, 0};
    facts.after = (struct bench_ticks){true, 0, 100, 50, 100};
    facts.adds_per_cycle.median = 2;
    expect("shared_core", BENCH_HEALTH_BAD, "2.00", "ps -eo");

    put("/sys/devices/system/cpu/isolated", "\n");
    expect_warn("isolation", "no CPU is isolated", "isolcpus=1");
    put("/sys/devices/system/cpu/isolated", "2-3\n");
    expect_warn("isolation", "2-3", "--cpu 2");
    put("/sys/devices/system/cpu/isolated", "1-3\n");
    expect_ok("isolation", "CPU 1 is isolated");
}

UNIT_TEST(steal_and_load)
{
    new_machine();
    put("/proc/loadavg", "0.50 0.40 0.30 1/99 1234\n");
    put("/sys/devices/system/cpu/online", "0-3\n");
    read_machine();
    put("/proc/stat",
        "cpu  20 0 0 180 0 0 0 0 0 0\ncpu0 10 0 0 90 0 0 0 0 0 0\ncpu1 10 0 0 90 0 0 0 0 0 0\n");
    bench_ticks_read(root, 1, &facts.before);
    put("/proc/stat",
        "cpu  302 1 1 288 4 1 1 2 0 0\ncpu0 12 1 1 180 4 1 1 0 0 0\ncpu1 290 0 0 108 0 0 0 2 0 0\nintr 5\n");
    bench_ticks_read(root, 1, &facts.after);
    assert_float_equal(bench_facts_steal(&facts), 2.0 / 300, 1e-12);
    assert_float_equal(bench_facts_others_busy(&facts), 6.0 / 100,
                       1e-12); /* waiting for a disk is not busy */
    expect_ok("steal", "0.7 %");
    expect_ok("load", "other CPUs 6 % busy while measuring; load 0.50 0.40 0.30");
    facts.after.steal = 9;
    expect_warn("steal", "3.0 %", NULL);
    facts.after.steal = 60;
    expect("steal", BENCH_HEALTH_BAD, "20.0 %", NULL);
    facts.after.others_busy = facts.before.others_busy + 50;
    expect_warn("load", "50 %", "ps -eo");
    facts.after.others_busy = facts.before.others_busy + 99;
    expect("load", BENCH_HEALTH_BAD, "99 %", "ps -eo");
    facts.after.known = false;
    expect_ok("steal", "not known");
    expect_ok("load", "load 0.50");
    facts.env.load[0] = 2;
    expect_warn("load", "load 2.00", "ps");
    make_virtual();
    expect_warn("steal", "not known", NULL);
}

/* Bytes of a file that are no text stay within their line and within JSON. */
UNIT_TEST(odd_bytes)
{
    new_machine();
    put(CPU1 "cpufreq/scaling_governor", "a\tb\xff\x1b[1m\n");
    read_machine();
    expect_warn("governor", "a?b??[1m", "cpupower");
}

UNIT_TEST(lists)
{
    assert_true(bench_list_has("0-3,8", 0) && bench_list_has("0-3,8", 3) && bench_list_has("0-3,8", 8));
    assert_false(bench_list_has("0-3,8", 4) || bench_list_has("", 0) || bench_list_has("x", 0));
    assert_false(bench_list_has("0-", 1) || bench_list_has("0;1", 1));
}

UNIT_TESTS(doctor, bench_test_dir_make, bench_test_dir_remove)
