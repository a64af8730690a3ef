/* SPDX-License-Identifier: MIT */
/* Verdicts about noise, and the noise measurement itself on this machine. */
#include "harness/doctor/tests/doctor_machine.h"
#include "harness/machine/pinning.h"

#include <math.h>
#include <string.h>

static void set_aa(struct bench_aa *aa, double low, double high)
{
    *aa = (struct bench_aa){.name = "op/v/1",
                            .bytes = 1,
                            .blocks = 8,
                            .pairs = 16,
                            .ratio = {1, low, high},
                            .ns = {95, 100, 150}};
}

UNIT_TEST(noise)
{
    new_machine();
    set_aa(&facts.cache, 0.9995, 1.0001);
    set_aa(&facts.dram, 0.997, 1.004);
    assert_float_equal(bench_aa_percent(&facts.cache), 0.05, 1e-9);
    expect_ok(
        "noise_cache",
        "A/A paired +0.000 % [-0.050, +0.010], 16 pairs in 8 blocks; plain times spread -5.0 to +50.0 %");
    expect_ok("noise_dram", "+0.400");
    set_aa(&facts.cache, 0.9999, 1.004);
    set_aa(&facts.dram, 0.99, 1);
    expect_warn("noise_cache", "+0.400", "longer runs");
    expect_warn("noise_dram", "-1.000", "longer runs");
    set_aa(&facts.cache, 0.985, 1);
    set_aa(&facts.dram, 0.9, 1.1);
    expect("noise_cache", BENCH_HEALTH_BAD, "-1.500", "longer runs");
    expect("noise_dram", BENCH_HEALTH_BAD, "+10.000",
           "longer runs"); /* DRAM alone makes nothing meaningless */
    assert_null(bench_doctor_fatal(&doctor));
    set_aa(&facts.cache, 0.99, 1.051);
    assert_true(finding("noise_cache")->fatal);
    assert_string_equal(bench_doctor_fatal(&doctor)->name, "noise_cache");
    assert_int_equal(bench_doctor_worst(&doctor), BENCH_HEALTH_BAD);
    set_aa(&facts.cache, NAN, NAN);
    expect_warn("noise_cache", "too few blocks", NULL);
    strcpy(facts.dram.why, "no room");
    expect_warn("noise_dram", "no room", NULL);
}

UNIT_TEST(spread)
{
    double x[101], scratch[101];
    for (int i = 0; i <= 100; i++)
        x[i] = (i * 37) % 101;
    const struct bench_spread s = bench_spread_of(x, 101, scratch);
    assert_true(s.low == 5 && s.median == 50 && s.high == 95);
    assert_true(x[1] == 37);
    assert_true(isnan(bench_spread_of(x, 0, scratch).median));
}

UNIT_TEST(this_machine)
{
    char why[80] = "";
    new_machine();
    bench_facts_ask(&facts);
    assert_true(facts.pmu_errno >= 0);
    assert_true(facts.timer_ns > 0 && facts.timer_step_ns >= 1);
    bench_doctor_allowed(facts.allowed, sizeof facts.allowed);
    assert_true(*facts.allowed);
    assert_true(isnan(bench_adds_per_cycle(NAN, why, sizeof why)));
    assert_string_equal(why, "the core clock is not known");
#if defined(__x86_64__)
    assert_true(bench_adds_per_cycle(3, why, sizeof why) > 0);
#endif
}

static int asked;

static bool stop(void)
{
    return ++asked > 3;
}

/* It measures this machine for three blocks and is interrupted: nothing half-done comes out. */
UNIT_TEST(interrupted)
{
    struct qk_error err;
    struct qk_cpu isa;
    assert_int_equal(qk_cpu_detect(&isa, NULL, NULL), QK_OK);
    const struct bench_doctor_config cfg = {.job = {.table = qk_table_builtin(),
                                                    .cpu = bench_pin(-1, NULL),
                                                    .quick = true,
                                                    .seed = 3,
                                                    .isa = &isa,
                                                    .stop = stop}};
    assert_int_equal(bench_doctor_run(&doctor, &cfg, &err), QK_ERR_INTERRUPTED);
    assert_int_equal(asked, 4);
    assert_int_equal(doctor.count, 0);
}

/* Too little memory for the DRAM set: the cache is measured, the rest says why not. */
UNIT_TEST(little_memory)
{
    struct qk_error err;
    struct qk_cpu isa;
    new_machine();
    put("/proc/meminfo", "MemAvailable:     400000 kB\n");
    assert_int_equal(qk_cpu_detect(&isa, NULL, NULL), QK_OK);
    const struct bench_doctor_config cfg = {
        .job = {
            .table = qk_table_builtin(), .cpu = bench_pin(-1, NULL), .quick = true, .seed = 3, .isa = &isa}};
    assert_int_equal(bench_doctor_measure(&facts, &cfg, &err), QK_OK);
    assert_true(facts.cache.pairs >= facts.cache.blocks && facts.cache.blocks >= 8);
    assert_true(facts.cache.ratio.low <= facts.cache.ratio.value &&
                facts.cache.ratio.value <= facts.cache.ratio.high);
    assert_true(facts.cache.ns.low <= facts.cache.ns.median && facts.cache.ns.median <= facts.cache.ns.high);
    assert_string_equal(facts.cache.why, "");
    assert_int_equal(facts.dram.pairs, 0);
    has(facts.adds_why, "not one the loop"); /* no flags, so nothing known of its adders */
    expect_warn("noise_dram", "needs twice 256 MiB, 391 MiB are free", NULL);
}

UNIT_TESTS(noise, bench_test_dir_make, bench_test_dir_remove)
