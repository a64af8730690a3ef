/* SPDX-License-Identifier: MIT */
/*
 * Verdicts about memory, kernel settings, counters and timer, and about the noise that results from all of
 * it.
 */
#include "harness/doctor/private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void bench_probe_numa(const struct bench_facts *f, struct bench_finding *to)
{
    char list[128], balancing[16];
    if (!bench_facts_line(f, list, sizeof list, "/sys/devices/system/node/online") ||
        !bench_list_members(list)) {
        bench_found(to, BENCH_HEALTH_OK, "not known: no list of nodes in sysfs; the kernel has no NUMA then");
        return;
    }
    const int nodes = bench_list_members(list);
    const bool moves = bench_facts_line(f, balancing, sizeof balancing, "/proc/sys/kernel/numa_balancing") &&
                       atoi(balancing) != 0;
    bench_found(to, nodes > 1 && moves ? BENCH_HEALTH_WARN : BENCH_HEALTH_OK, "%d node%s%s", nodes,
                nodes > 1 ? "s" : "",
                nodes == 1 ? ""
                : moves    ? ", and the kernel moves pages between them"
                           : "; pages stay where they were touched first");
    if (to->health == BENCH_HEALTH_OK)
        return;
    bench_costs(to, "the kernel unmaps pages to see who uses them: page faults inside slices");
    bench_mend(to, "sysctl kernel.numa_balancing=0");
}

void bench_probe_huge_pages(const struct bench_facts *f, struct bench_finding *to)
{
    char text[64], mode[16];
    if (!bench_facts_line(f, text, sizeof text, "/sys/kernel/mm/transparent_hugepage/enabled") ||
        sscanf(text, "%*[^[][%15[a-z]", mode) + sscanf(text, "[%15[a-z]", mode) < 1) {
        bench_found(to, BENCH_HEALTH_OK,
                    "not known, so none: the kernel shows no transparent_hugepage/enabled");
        return;
    }
    const bool always = !strcmp(mode, "always");
    bench_found(to, always ? BENCH_HEALTH_WARN : BENCH_HEALTH_OK, "transparent ones: %s%s", mode,
                always ? "" : "; buffers are on ordinary pages, for the whole run");
    if (!always)
        return;
    bench_costs(to, "pages may be merged in the middle of a run. Which pages a buffer has is worth 0.13 %% "
                    "in L2 and 0.26 %% at 32 MB; arms that share their buffers, as here, change together");
    bench_mend(to, "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
}

void bench_probe_aslr(const struct bench_facts *f, struct bench_finding *to)
{
    char text[16];
    const bool known = bench_facts_line(f, text, sizeof text, "/proc/sys/kernel/randomize_va_space");
    if (!known && !f->fixed_layout) {
        bench_found(to, BENCH_HEALTH_OK, "not known: /proc/sys/kernel/randomize_va_space: %s",
                    bench_facts_why(errno));
        return;
    }
    if (!f->fixed_layout && atoi(text) > 0) {
        bench_found(to, BENCH_HEALTH_OK,
                    "on (%s): every launch has its own layout, as launches to be compared should", text);
        return;
    }
    bench_found(to, BENCH_HEALTH_WARN,
                f->fixed_layout ? "off for this process (setarch -R, a debugger)" : "off");
    bench_costs(to, "repeated launches share one layout, so they agree on what is luck of placement: up to "
                    "0.06 %% between equal functions");
    bench_mend(to, f->fixed_layout ? "start it without setarch -R" : "sysctl kernel.randomize_va_space=2");
}

static const char *const without_counters = "no cycles, IPC or cache misses: the clock is estimated from "
                                            "multiply chains, instructions are counted by stepping";

void bench_probe_perf_event_paranoid(const struct bench_facts *f, struct bench_finding *to)
{
    char text[16];
    if (!bench_facts_line(f, text, sizeof text, "/proc/sys/kernel/perf_event_paranoid")) {
        bench_found(to, BENCH_HEALTH_WARN, "not known: %s; a kernel without perf events has none",
                    bench_facts_why(errno));
        bench_costs(to, "%s", without_counters);
        return;
    }
    if (atoi(text) <= 2 || f->pmu_errno == 0) {
        bench_found(to, BENCH_HEALTH_OK, "%s: a process may count its own user code%s", text,
                    atoi(text) > 2 ? " with this one's rights" : "");
        return;
    }
    bench_found(to, BENCH_HEALTH_WARN, "%s: only privileged processes may count", text);
    bench_costs(to, "%s", without_counters);
    bench_mend(to, "sysctl kernel.perf_event_paranoid=2");
}

/* Why perf_event_open says so, for hardware events of the own process. */
static const char *pmu_reason(const struct bench_facts *f)
{
    switch (f->pmu_errno) {
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
        return bench_facts_vm(f) ? "the hypervisor hands no counters to this machine"
                                 : "the kernel found no counters";
    case EACCES:
    case EPERM:
        return "forbidden by perf_event_paranoid, or by a container's seccomp filter";
    case ENOSYS:
        return "the kernel, or a container's seccomp filter, does not have the call";
    default:
        return "perf_event_open(2) knows the reason";
    }
}

/* How this hypervisor would hand a PMU to the machine. */
static const char *pmu_of_hypervisor(const struct bench_facts *f)
{
    static const char *const known[][2] = {
#define HYPERVISOR(name, remedy) {name, remedy},
#include "harness/doctor/doctor.def"
#undef HYPERVISOR
    };
    char vendor[80];
    size_t i = 0;
    bench_facts_line(f, vendor, sizeof vendor, "/sys/class/dmi/id/sys_vendor");
    while (strncmp(vendor, known[i][0], strlen(known[i][0])) != 0 &&
           strncmp(f->env.virtualised, known[i][0], strlen(known[i][0])) != 0)
        i++;
    return known[i][1];
}

void bench_probe_pmu(const struct bench_facts *f, struct bench_finding *to)
{
    const char *comma = *f->pmu_cpuid ? "; " : "";
    if (f->pmu_errno == 0 && fabs(f->pmu_counted - f->pmu_expected) <= 0.01 * f->pmu_expected) {
        bench_found(to, BENCH_HEALTH_OK, "counts: %.0f instructions in a loop of %.0f%s%s", f->pmu_counted,
                    f->pmu_expected, comma, f->pmu_cpuid);
        return;
    }
    bench_costs(to, "%s", without_counters);
    if (f->pmu_errno == 0)
        bench_found(to, BENCH_HEALTH_WARN,
                    "opens, but is not to be trusted: %.0f instructions in a loop of %.0f%s%s",
                    f->pmu_counted, f->pmu_expected, comma, f->pmu_cpuid);
    else if (f->pmu_errno < 0)
        bench_found(to, BENCH_HEALTH_WARN, "not known: not tried%s%s", comma, f->pmu_cpuid);
    else
        bench_found(to, BENCH_HEALTH_WARN, "none: perf_event_open: %s: %s%s%s", strerror(f->pmu_errno),
                    pmu_reason(f), comma, f->pmu_cpuid);
    if (f->pmu_errno == EACCES || f->pmu_errno == EPERM)
        bench_mend(to, "sysctl kernel.perf_event_paranoid=2; in a container --cap-add PERFMON");
    else if (f->pmu_errno >= 0 && f->pmu_errno != ENOSYS && bench_facts_vm(f))
        bench_mend(to, "%s", pmu_of_hypervisor(f));
}

void bench_probe_vm(const struct bench_facts *f, struct bench_finding *to)
{
    if (!*f->env.virtualised) {
        bench_found(to, BENCH_HEALTH_OK, "not known: /proc/cpuinfo does not tell");
    } else if (!bench_facts_vm(f)) {
        bench_found(to, BENCH_HEALTH_OK, "no");
    } else {
        bench_found(to, BENCH_HEALTH_WARN, "yes: %s", f->env.virtualised);
        bench_costs(to, "absolute times wander with neighbours nobody here sees: medians of 60 launches of "
                        "the same code had a CV of 6.5 %%, their paired ratios a sd of 0.006 %%");
    }
}

/* Switching is possible only to what the kernel lists. */
static void mend_timer(const struct bench_facts *f, struct bench_finding *to)
{
    static const char *const folder = "/sys/devices/system/clocksource/clocksource0";
    char available[128];
    if (bench_facts_line(f, available, sizeof available, "%s/available_clocksource", folder) &&
        qk_has_word(available, "tsc"))
        bench_mend(to, "echo tsc > %s/current_clocksource", folder);
    else if (!bench_facts_vm(f))
        bench_mend(to, "tsc=reliable on the kernel's command line");
}

void bench_probe_timer(const struct bench_facts *f, struct bench_finding *to)
{
    char source[40], flags[80] = "", cost[80] = "cost of a read not known", lost[240] = "";
    const double slice_ns = 400e3; /* engine/schedule.c */
    if (!bench_facts_line(f, source, sizeof source,
                          "/sys/devices/system/clocksource/clocksource0/current_clocksource"))
        snprintf(source, sizeof source, "source not known");
    static const char *const names[] = {"constant_tsc", "nonstop_tsc"};
    bool wanders = false;
    for (int i = 0; i < 2; i++)
        if (qk_has_word(f->env.cpu_flags, names[i]))
            snprintf(flags + strlen(flags), sizeof flags - strlen(flags), "; %s", names[i]);
        else
            wanders = !strcmp(source, "tsc");
    if (isinf(f->timer_step_ns))
        snprintf(cost, sizeof cost, "it does not advance");
    else if (!isnan(f->timer_ns))
        snprintf(cost, sizeof cost, "a read takes %.0f ns, the smallest step seen is %.0f ns", f->timer_ns,
                 f->timer_step_ns);
    if (f->dropped.count)
        snprintf(lost, sizeof lost, "; %llu blocks of the noise do not count: %s",
                 (unsigned long long)f->dropped.count, f->dropped.why);
    else if (f->clock_useless)
        snprintf(lost, sizeof lost, "; it stands still while calls are timed");
    bench_found(to, BENCH_HEALTH_OK, "%s: %s%s%s", source, cost, flags, lost);
    if (f->clock_useless || f->timer_step_ns >= bench_limit(BENCH_LIMIT_timer_step_fatal)) {
        to->health = BENCH_HEALTH_BAD;
        to->fatal = true;
    } else if (f->timer_step_ns >= bench_limit(BENCH_LIMIT_timer_step_warn) ||
               f->timer_ns >= bench_limit(BENCH_LIMIT_timer_read_warn) || wanders || f->dropped.count) {
        to->health = BENCH_HEALTH_WARN;
    }
    if (to->health == BENCH_HEALTH_OK)
        return;
    if (isinf(f->timer_step_ns) || f->clock_useless)
        bench_costs(to, "nothing can be timed");
    else if (f->dropped.count)
        bench_costs(to, "blocks that it spoils are measured again");
    else if (wanders && !to->fatal)
        bench_costs(
            to,
            "without constant_tsc and nonstop_tsc in cpuinfo its rate may change with the clock or in sleep");
    else
        bench_costs(
            to,
            "its two reads and steps are %.2g %% of a slice of 400 us; at 36 ns and 1 ns they are 0.02 %%",
            200 * ((isnan(f->timer_ns) ? 0 : f->timer_ns) + f->timer_step_ns) / slice_ns);
    mend_timer(f, to);
}

static void noise(const struct bench_aa *aa, enum bench_limit_name warn, enum bench_limit_name bad,
                  double fatal, struct bench_finding *to)
{
    const double off = bench_aa_percent(aa);
    if (*aa->why || isnan(off)) {
        bench_found(to, BENCH_HEALTH_WARN, "not measured: %s",
                    *aa->why ? aa->why : "too few blocks for an interval");
        bench_costs(to, "how small a difference can be told here is not known");
        return;
    }
    bench_found(to,
                off >= bench_limit(bad)    ? BENCH_HEALTH_BAD
                : off >= bench_limit(warn) ? BENCH_HEALTH_WARN
                                           : BENCH_HEALTH_OK,
                "A/A paired %+.3f %% [%+.3f, %+.3f], %zu pairs in %zu blocks; plain times spread %+.1f to "
                "%+.1f %% (5th to 95th percentile)",
                100 * (aa->ratio.value - 1), 100 * (aa->ratio.low - 1), 100 * (aa->ratio.high - 1), aa->pairs,
                aa->blocks, 100 * (aa->ns.low / aa->ns.median - 1), 100 * (aa->ns.high / aa->ns.median - 1));
    to->fatal = off >= fatal;
    if (to->health == BENCH_HEALTH_OK)
        return;
    bench_costs(to, "in so short a run, differences below %.2g %% cannot be told from noise", off);
    bench_mend(to, "what the findings above name; longer runs narrow it");
}

void bench_probe_noise_cache(const struct bench_facts *f, struct bench_finding *to)
{
    noise(&f->cache, BENCH_LIMIT_aa_cache_warn, BENCH_LIMIT_aa_cache_bad,
          bench_limit(BENCH_LIMIT_aa_cache_fatal), to);
}

void bench_probe_noise_dram(const struct bench_facts *f, struct bench_finding *to)
{
    noise(&f->dram, BENCH_LIMIT_aa_dram_warn, BENCH_LIMIT_aa_dram_bad, INFINITY, to);
}

void bench_probe_memory(const struct bench_facts *f, struct bench_finding *to)
{
    struct bench_memory_free memory;
    bench_memory_read(f->root, &memory);
    const double free_bytes = isinf(memory.free) ? NAN : memory.free, set = (double)f->dram_bytes,
                 mib = 0x1p20;
    if (isnan(free_bytes)) {
        bench_found(to, BENCH_HEALTH_WARN,
                    "not known: /proc/meminfo has no MemAvailable; wanted: twice %.0f MiB", set / mib);
        bench_costs(to, "a DRAM case may end in the out-of-memory killer");
        return;
    }
    bench_found(to,
                free_bytes >= 2 * set ? BENCH_HEALTH_OK
                : free_bytes >= set   ? BENCH_HEALTH_WARN
                                      : BENCH_HEALTH_BAD,
                "%.0f MiB free, the DRAM set is %.0f MiB", free_bytes / mib, set / mib);
    if (to->health == BENCH_HEALTH_OK)
        return;
    bench_costs(to, to->health == BENCH_HEALTH_WARN
                        ? "the set fits, but not beside the copy that proves its results"
                        : "the set does not fit: nothing can be measured from DRAM");
    bench_mend(to, "ps -eo rss,pid,args --sort=-rss | head; in a container a larger --memory");
}
