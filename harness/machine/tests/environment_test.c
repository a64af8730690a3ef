/* SPDX-License-Identifier: MIT */
#include "harness/machine/environment.h"

#include "harness/machine/tests/scratch.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static void put(const char *path, const char *text)
{
    bench_test_put(bench_test_path(path), text, strlen(text));
}

static void put_cache(int cpu, int index, const char *level, const char *type, const char *size,
                      const char *list)
{
    const char *const names[] = {"level", "type", "size", "shared_cpu_list"};
    const char *const texts[] = {level, type, size, list};
    for (int i = 0; i < 4; i++) {
        char path[128], line[64];
        snprintf(path, sizeof path, "root/sys/devices/system/cpu/cpu%d/cache/index%d/%s", cpu, index,
                 names[i]);
        snprintf(line, sizeof line, "%s\n", texts[i]);
        put(path, line);
    }
}

/* Two CPUs that differ wherever they can, so that the test sees a mix-up. */
static void make_tree(void)
{
    put("root/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n"
                             "model name\t: Big One\nstepping\t: 7\nmicrocode\t: 0x1\nflags\t\t: fpu avx\n\n"
                             "processor\t: 1\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\n"
                             "model name\t: Small: Two\nstepping\t: 1\nmicrocode\t: 0x1000065\n"
                             "flags\t\t: fpu avx2 xhypervisor\nbugs\t\t:\n\n");
    put("root/proc/loadavg", "0.50 1.25 2.00 1/234 5678\n");
    put("root/sys/devices/system/cpu/online", "0-1,4,6-7\n");
    put("root/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "schedutil\n");
    put_cache(1, 0, "3", "Unified", "32M", "0-7,16-23");
    put_cache(1, 1, "1", "Instruction", "64K", "1");
    put_cache(1, 2, "1", "Data", "48K", "1");
    put_cache(1, 3, "2", "Unified", "what", "1"); /* a size that is none: left out */
    put_cache(1, 4, "2", "Unified", "1024K", "0-1");
    put_cache(0, 0, "1", "Data", "1", "0");
}

UNIT_TEST(fake_machine)
{
    struct bench_environment env;
    make_tree();
    bench_environment_read_from(bench_test_path("root"), &env, 1);
    assert_string_equal(env.cpu_vendor, "AuthenticAMD");
    assert_int_equal(env.cpu_family, 25);
    assert_int_equal(env.cpu_model, 17);
    assert_int_equal(env.cpu_stepping, 1);
    assert_string_equal(env.cpu_name, "Small: Two");
    assert_string_equal(env.microcode, "0x1000065");
    assert_string_equal(env.cpu_flags, "fpu avx2 xhypervisor");
    assert_int_equal(env.cpus, 5);
    assert_string_equal(env.governor, "schedutil");
    assert_string_equal(env.governor_why, "");
    assert_true(env.load[0] == 0.5 && env.load[1] == 1.25 && env.load[2] == 2);
    assert_int_equal(env.cache_count, 4);
    assert_string_equal(env.caches[0].type, "Data");
    assert_string_equal(env.caches[1].type, "Instruction");
    assert_int_equal(env.caches[2].level, 2);
    assert_int_equal(env.caches[3].sharing, 16);
    assert_int_equal(bench_environment_cache(&env, 1), 48 << 10);
    assert_int_equal(bench_environment_cache(&env, 2), 1 << 20);
    assert_int_equal(bench_environment_cache(&env, 3), 32 << 20);
    assert_int_equal(bench_environment_cache(&env, 4), 0);
    env.caches[0].level = 5; /* of level 1 only the instruction cache is left */
    assert_int_equal(bench_environment_cache(&env, 1), 0);
#if defined(__x86_64__)
    assert_string_equal(env.virtualised, "no"); /* "xhypervisor" is another flag */
#endif
    bench_environment_read_from(bench_test_path("root"), &env, 0);
    assert_string_equal(env.cpu_vendor, "GenuineIntel");
    assert_int_equal(bench_environment_cache(&env, 1), 1);
    assert_string_equal(env.governor, "");
    assert_says(env.governor_why, "cpu0/cpufreq");
}

UNIT_TEST(nothing_there)
{
    struct bench_environment env;
    struct utsname names;
    assert_int_equal(uname(&names), 0);
    bench_environment_read_from(bench_test_path("empty"), &env, 0);
    assert_string_equal(env.cpu_vendor, names.machine);
    assert_int_equal(env.cpu_family, -1);
    assert_int_equal(env.cpu_model, -1);
    assert_int_equal(env.cpu_stepping, -1);
    assert_int_equal(env.cache_count, 0);
    assert_int_equal(env.cpus, 0);
    assert_string_equal(env.virtualised, "");
    assert_true(env.load[0] == -1 && env.load[2] == -1);
    assert_string_equal(env.governor, "");
    assert_true(strlen(env.governor_why) > 20);
}

UNIT_TEST(damaged_files)
{
    struct bench_environment env;
    char flags[8192];
    memset(flags, 'f', sizeof flags);
    memcpy(flags, "processor: 0\nflags : ", 21);
    flags[sizeof flags - 1] = '\0';
    put("odd/proc/cpuinfo", flags);
    put("odd/proc/loadavg", "much\n");
    put("odd/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "");
    const char *const lists[] = {"", "-", "3-1", "1,", "0-99999999999", "0;1"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        put("odd/sys/devices/system/cpu/online", lists[i]);
        bench_environment_read_from(bench_test_path("odd"), &env, 0);
        assert_int_equal(env.cpus, 0);
    }
    assert_int_equal(strlen(env.cpu_flags), sizeof env.cpu_flags - 1);
    assert_true(env.load[0] == -1);
    assert_says(env.governor_why, "empty");
}

UNIT_TEST(this_machine)
{
    struct bench_environment env;
    regex_t date;
    bench_environment_read(&env, 0);
    assert_true(*env.cpu_vendor && *env.kernel && *env.host && *env.commit && *env.version);
    assert_true(!strcmp(env.build, "release") || !strcmp(env.build, "debug"));
    assert_true((*env.governor != '\0') != (*env.governor_why != '\0'));
    assert_true(env.cpus >= 1);
    assert_int_equal(
        regcomp(&date, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[+-][0-9]{2}:[0-9]{2}$", REG_EXTENDED), 0);
    assert_int_equal(regexec(&date, env.date, 0, NULL, 0), 0);
    regfree(&date);
#if defined(__x86_64__)
    assert_true(env.cpu_family > 0 && env.cpu_model >= 0);
    assert_int_equal(!strcmp(env.virtualised, "no"), !strstr(env.cpu_flags, " hypervisor"));
#endif
}

UNIT_TEST(fingerprint_is_of_the_identity)
{
    struct bench_environment env, other;
    make_tree();
    bench_environment_read_from(bench_test_path("root"), &env, 1);
    bench_environment_kernels(&env, "BASE AVX2", "gcc 12.2.0");
    assert_int_equal(strlen(env.fingerprint), 16);
    assert_int_equal(strspn(env.fingerprint, "0123456789abcdef"), 16);
    /* What is shown only does not count. */
    other = env;
    strcpy(other.governor, "performance");
    strcpy(other.cpu_name, "x");
    strcpy(other.date, "x");
    strcpy(other.commit, "x");
    strcpy(other.host, "x");
    other.load[0] = 9;
    bench_environment_kernels(&other, "BASE AVX2", "gcc 12.2.0");
    assert_string_equal(other.fingerprint, env.fingerprint);
    /* Each part of the identity does. */
    void *const parts[] = {other.cpu_vendor,         &other.cpu_family,   &other.cpu_model,
                           &other.cpu_stepping,      &other.cache_count,  &other.caches[0].bytes,
                           &other.caches[0].sharing, other.caches[3].type};
    for (int part = 0; part < 10; part++) {
        other = env;
        if (part < 8)
            *(unsigned char *)parts[part] ^= 1;
        bench_environment_kernels(&other, part == 8 ? "BASE" : "BASE AVX2",
                                  part == 9 ? "clang 14" : "gcc 12.2.0");
        assert_string_not_equal(other.fingerprint, env.fingerprint);
    }
}

/* So that a change of the hashed text, which would orphan every stored baseline, is noticed. */
UNIT_TEST(fingerprint_stays)
{
    struct bench_environment other;
    bench_environment_init(&other);
    strcpy(other.cpu_vendor, "GenuineIntel");
    other.cpu_family = 6;
    other.cpu_model = 85;
    other.cpu_stepping = 7;
    other.cache_count = 1;
    other.caches[0] = (struct bench_cache){1, "Data", 32768, 2};
    bench_environment_kernels(&other, "BASE AVX2", "gcc 12.2.0");
    assert_string_equal(other.fingerprint, "646597c185001de3");
}

/* The same core seen twice: what cpuid says of L1 and L2 is what sysfs says, where there are both. */
UNIT_TEST(cpuid_agrees_with_sysfs)
{
#if !defined(__x86_64__)
    skip();
#endif
    struct bench_environment env, seen;
    bench_environment_init(&env);
    bench_environment_read(&seen, 0);
    strcpy(env.cpu_vendor, seen.cpu_vendor);
    bench_environment_cpuid_caches(&env);
    if (env.cache_count == 0) /* a hypervisor may hide them in both */
        skip();
    for (int level = 1; level <= 2; level++)
        assert_int_equal(bench_environment_cache(&env, level), bench_environment_cache(&seen, level));
    assert_in_range(bench_environment_cache(&env, 1), 16 << 10, 256 << 10);
    assert_true(bench_environment_cache(&env, 2) > bench_environment_cache(&env, 1));
}

UNIT_TEST(long_texts_are_cut)
{
    struct bench_environment env;
    char text[200];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    bench_environment_init(&env);
    bench_environment_kernels(&env, text, text);
    assert_int_equal(strlen(env.isa_levels), sizeof env.isa_levels - 1);
    assert_int_equal(strlen(env.compiler), sizeof env.compiler - 1);
}

UNIT_TESTS(environment, bench_test_dir_make, bench_test_dir_remove)
