/* SPDX-License-Identifier: MIT */
/*
 * Verdicts about the pinned CPU and who else uses it. The figures in `costs` were measured with one AVX2
 * kernel in a busy virtual machine with two CPUs. They show how large an effect can be, not how large it is
 * here.
 */
#include "harness/doctor/private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const ps = "ps -eo pcpu,pid,args --sort=-pcpu | head, and stop what can wait";

/* Verdict for a figure of which more is worse. */
static enum bench_health above(double x, enum bench_limit_name warn, enum bench_limit_name bad)
{
    return x >= bench_limit(bad)    ? BENCH_HEALTH_BAD
           : x >= bench_limit(warn) ? BENCH_HEALTH_WARN
                                    : BENCH_HEALTH_OK;
}

/* First member of the list that is not n; -1 when there is none. */
static int another(const char *list, int n)
{
    for (int i = 0; i < 4096; i++)
        if (i != n && bench_list_has(list, i))
            return i;
    return -1;
}

void bench_probe_affinity(const struct bench_facts *f, struct bench_finding *to)
{
    const int count = bench_list_members(f->allowed);
    if (!*f->allowed) {
        bench_found(to, BENCH_HEALTH_OK, "pinned to CPU %d; which others are allowed is not known", f->cpu);
    } else if (!count || !bench_list_has(f->allowed, f->cpu)) {
        bench_found(to, BENCH_HEALTH_BAD, "CPU %d is not among those this process may run on: %s", f->cpu,
                    f->allowed);
        bench_costs(to, "there is no CPU to measure on");
        bench_mend(to, "--cpu N with one of %.40s", f->allowed);
        to->fatal = true;
    } else if (count == 1) {
        bench_found(to, BENCH_HEALTH_WARN, "pinned to CPU %d, the only one this process may run on", f->cpu);
        bench_costs(to, "everything else that may not run elsewhere interrupts slices on it");
        if (f->env.cpus > 1)
            bench_mend(to, "taskset -c 0-%d, or a wider --cpuset-cpus of the container", f->env.cpus - 1);
    } else if (f->cpu == 0) {
        bench_found(to, BENCH_HEALTH_WARN, "pinned to CPU 0; allowed: %s", f->allowed);
        bench_costs(to, "CPU 0 takes most interrupts, each of which lengthens a slice");
        bench_mend(to, "--cpu %d", another(f->allowed, 0));
    } else {
        bench_found(to, BENCH_HEALTH_OK, "pinned to CPU %d; allowed: %s", f->cpu, f->allowed);
    }
}

void bench_probe_cpu_quota(const struct bench_facts *f, struct bench_finding *to)
{
    char why[120];
    const double cpus = bench_cgroup_cpus(f->root, why, sizeof why);
    if (isnan(cpus)) {
        bench_found(to, BENCH_HEALTH_OK, "not known: %s", why);
    } else if (isinf(cpus)) {
        bench_found(to, BENCH_HEALTH_OK, "none: no cgroup limits CPU time");
    } else {
        bench_found(to, cpus < 1 ? BENCH_HEALTH_BAD : BENCH_HEALTH_WARN, "a cgroup allows %.2f CPUs", cpus);
        if (cpus < 1)
            bench_costs(to, "the pinned CPU is stopped for %.0f %% of every period, inside slices",
                        100 - 100 * cpus);
        else
            bench_costs(to, "once all its processes together use that, the kernel stops them inside slices");
        bench_mend(to, "docker update --cpus 0 CONTAINER; systemctl set-property UNIT CPUQuota=");
    }
}

void bench_probe_governor(const struct bench_facts *f, struct bench_finding *to)
{
    if (!*f->env.governor) {
        bench_found(to, BENCH_HEALTH_OK, "not known: %s%s", f->env.governor_why,
                    bench_facts_vm(f) ? "; the host decides" : "");
        return;
    }
    const bool steady = !strcmp(f->env.governor, "performance");
    bench_found(to, steady ? BENCH_HEALTH_OK : BENCH_HEALTH_WARN, "%s", f->env.governor);
    if (steady)
        return;
    bench_costs(
        to, "the clock follows the load, so absolute times change within a run; paired ratios change less");
    bench_mend(to, "cpupower -c %d frequency-set -g performance", f->cpu);
}

void bench_probe_turbo(const struct bench_facts *f, struct bench_finding *to)
{
    static const char *const boost = "/sys/devices/system/cpu/cpufreq/boost",
                             *const no_turbo = "/sys/devices/system/cpu/intel_pstate/no_turbo";
    char text[16];
    bool intel = false, there = bench_facts_line(f, text, sizeof text, "%s", boost);
    if (!there)
        intel = there = bench_facts_line(f, text, sizeof text, "%s", no_turbo);
    if (!there) {
        bench_found(to, BENCH_HEALTH_OK,
                    "not known: neither cpufreq/boost nor intel_pstate/no_turbo in sysfs%s",
                    bench_facts_vm(f) ? "; the host decides" : "");
    } else if ((atoi(text) != 0) == intel) {
        bench_found(to, BENCH_HEALTH_OK, "off (%s is %s)", intel ? "no_turbo" : "boost", text);
    } else {
        bench_found(to, BENCH_HEALTH_WARN, "on (%s is %s)", intel ? "no_turbo" : "boost", text);
        bench_costs(to, "the clock moves with heat and neighbours: 3.55 to 3.70 GHz seen within runs, 4 %% "
                        "of absolute times; paired ratios stay");
        bench_mend(to, "echo %d > %s", intel, intel ? no_turbo : boost);
    }
}

void bench_probe_core_clock(const struct bench_facts *f, struct bench_finding *to)
{
    const struct bench_spread *g = &f->core_ghz;
    if (isnan(g->median)) {
        bench_found(to, BENCH_HEALTH_OK, "not known: %s", f->ghz_why);
        return;
    }
    const double percent = 100 * (g->high - g->low) / g->median;
    bench_found(to, above(percent, BENCH_LIMIT_clock_warn, BENCH_LIMIT_clock_bad),
                "%.2f GHz estimated; 5th to 95th percentile %.2f to %.2f, %.1f %%", g->median, g->low,
                g->high, percent);
    if (to->health == BENCH_HEALTH_OK)
        return;
    bench_costs(to,
                "absolute times and cycles per element are uncertain by that much; paired ratios are not");
    if (!bench_facts_vm(f))
        bench_mend(to, "see governor, turbo and throttling");
}

void bench_probe_throttling(const struct bench_facts *f, struct bench_finding *to)
{
    const long long now = f->throttled_after, during = now - f->throttled_before;
    if (f->throttled_before < 0 || now < 0) {
        bench_found(to, BENCH_HEALTH_OK, "not known: no thermal_throttle counters for CPU %d in sysfs%s",
                    f->cpu, bench_facts_vm(f) ? "; a virtual machine has none" : "");
        return;
    }
    if (now == 0) {
        bench_found(to, BENCH_HEALTH_OK, "none since boot");
        return;
    }
    bench_found(to, during > 0 ? BENCH_HEALTH_BAD : BENCH_HEALTH_WARN,
                "%lld events since boot, %lld while measuring", now, during);
    bench_costs(to, during > 0
                        ? "the clock dropped within the run: absolute times are too long by an unknown factor"
                        : "a longer or hotter run than this one had its clock dropped");
    bench_mend(to, "turbo off (see turbo) makes less heat; otherwise cooling");
}

void bench_probe_smt(const struct bench_facts *f, struct bench_finding *to)
{
    char list[128], control[32];
    if (!bench_facts_line(f, list, sizeof list, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
                          f->cpu) ||
        !bench_list_members(list)) {
        bench_found(to, BENCH_HEALTH_OK,
                    "not known: no thread_siblings_list of CPU %d in sysfs; see shared_core", f->cpu);
        return;
    }
    const int sibling = another(list, f->cpu);
    if (sibling >= 0) {
        bench_found(to, BENCH_HEALTH_WARN,
                    "CPU %d shares its core with CPU %d, which is online (threads: %s)", f->cpu, sibling,
                    list);
        bench_costs(to, "whatever runs there takes up to half of the core from slices; see shared_core");
        bench_mend(to, "echo 0 > /sys/devices/system/cpu/cpu%d/online", sibling);
    } else if (bench_facts_line(f, control, sizeof control, "/sys/devices/system/cpu/smt/control") &&
               !strncmp(control, "notsupported", 12) && bench_facts_vm(f)) {
        bench_found(to, BENCH_HEALTH_OK,
                    "one thread per core is shown, but a virtual machine may hide siblings; see shared_core");
    } else {
        bench_found(to, BENCH_HEALTH_OK, "CPU %d is the only thread of its core%s%s%s", f->cpu,
                    *control ? " (smt: " : "", control, *control ? ")" : "");
    }
}

void bench_probe_shared_core(const struct bench_facts *f, struct bench_finding *to)
{
    const struct bench_spread *a = &f->adds_per_cycle;
    char list[128];
    if (isnan(a->median)) {
        bench_found(to, BENCH_HEALTH_OK, "not known: %s", f->adds_why);
        return;
    }
    const bool shared = a->median < bench_limit(BENCH_LIMIT_adds_warn);
    bench_found(to,
                !shared                                         ? BENCH_HEALTH_OK
                : a->median < bench_limit(BENCH_LIMIT_adds_bad) ? BENCH_HEALTH_BAD
                                                                : BENCH_HEALTH_WARN,
                "%s%.2f additions per cycle of at least 4 (5th to 95th percentile %.2f to %.2f)",
                shared ? "core shared with a neighbour: " : "no: ", a->median, a->low, a->high);
    if (!shared)
        return;
    bench_costs(to, "kernels bound by arithmetic slow down, those bound by stores do not: one speed-up at "
                    "4096 elements read 4.66x or 7x, as the neighbour was idle or busy");
    bench_facts_line(f, list, sizeof list, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
                     f->cpu);
    if (another(list, f->cpu) >= 0)
        bench_mend(to, "echo 0 > /sys/devices/system/cpu/cpu%d/online", another(list, f->cpu));
    else if (bench_facts_others_busy(f) >= bench_limit(BENCH_LIMIT_load_warn))
        bench_mend(to, "%s: another CPU seen here may be the core's other thread", ps);
}

void bench_probe_isolation(const struct bench_facts *f, struct bench_finding *to)
{
    char list[128];
    errno = 0;
    if (!bench_facts_line(f, list, sizeof list, "/sys/devices/system/cpu/isolated") && errno) {
        bench_found(to, BENCH_HEALTH_OK, "not known: cpu/isolated in sysfs: %s", bench_facts_why(errno));
        return;
    }
    if (bench_list_has(list, f->cpu)) {
        bench_found(to, BENCH_HEALTH_OK, "CPU %d is isolated (%s)", f->cpu, list);
        return;
    }
    if (*list)
        bench_found(to, BENCH_HEALTH_WARN, "CPU %d is not among the isolated ones: %s", f->cpu, list);
    else
        bench_found(to, BENCH_HEALTH_WARN, "no CPU is isolated");
    bench_costs(to, "other processes run on it too. Pairing stands it: at load 3 in cache, A/A had a sd of "
                    "0.007 %% paired and 2.5 %% between medians of separate runs");
    if (*list)
        bench_mend(to, "taskset -c %s qkbench ... --cpu %d", list, another(list, f->cpu));
    else
        bench_mend(to, "isolcpus=%d nohz_full=%d rcu_nocbs=%d on the kernel's command line", f->cpu, f->cpu,
                   f->cpu);
}

void bench_probe_steal(const struct bench_facts *f, struct bench_finding *to)
{
    const double steal = 100 * bench_facts_steal(f);
    if (isnan(steal)) {
        bench_found(to, bench_facts_vm(f) ? BENCH_HEALTH_WARN : BENCH_HEALTH_OK,
                    "not known: /proc/stat does not tell CPU %d's time", f->cpu);
        if (bench_facts_vm(f))
            bench_costs(to, "slices that the hypervisor interrupted cannot be told from slow ones");
        return;
    }
    bench_found(to, above(steal, BENCH_LIMIT_steal_warn, BENCH_LIMIT_steal_bad),
                "%.1f %% of CPU %d's time went to other virtual machines while measuring", steal, f->cpu);
    if (to->health != BENCH_HEALTH_OK)
        bench_costs(to,
                    "that share of all slices is too long. Means follow it; medians of paired ratios hardly: "
                    "real 5 %% were found by a mean in 27 %% of windows, by paired medians in all");
}

void bench_probe_load(const struct bench_facts *f, struct bench_finding *to)
{
    const double *load = f->env.load, busy = bench_facts_others_busy(f);
    char loads[80] = "load averages not known", others[80] = "";
    double share = busy;
    if (load[0] >= 0)
        snprintf(loads, sizeof loads, "load %.2f %.2f %.2f before", load[0], load[1], load[2]);
    if (!isnan(busy))
        snprintf(others, sizeof others, "other CPUs %.0f %% busy while measuring; ", 100 * busy);
    else if (load[0] >= 0 && f->env.cpus > 0)
        share = load[0] / f->env.cpus;
    if (isnan(share)) {
        bench_found(to, BENCH_HEALTH_OK, "not known: neither /proc/stat nor /proc/loadavg tells");
        return;
    }
    bench_found(to, above(share, BENCH_LIMIT_load_warn, BENCH_LIMIT_load_bad), "%s%s", others, loads);
    if (to->health == BENCH_HEALTH_OK)
        return;
    bench_costs(to, "neighbours take cache, DRAM and boost. At load 3, A/A of 32 MB had a sd of 0.20 %% "
                    "paired, 5.7 %% between medians of separate runs");
    bench_mend(to, "%s", ps);
}
