/* SPDX-License-Identifier: MIT */
/*
 * Writes the tests' sample set to stdout. With an argument, the set is from a made-up machine that never
 * changes.
 */
#include "harness/records/tests/fixture.h"

TEST_PART(write_fixture)
{
    struct bench_sample_set set;
    struct qk_error err = {.text = ""};
    bench_test_set(&set);
    if (argc > 1) {
        set.env = (struct bench_environment){
            .cpu_vendor = "AuthenticAMD",
            .cpu_family = 25,
            .cpu_model = 97,
            .cpu_stepping = -1,
            .cache_count = 2,
            .caches = {{1, "Data", 32768, 1}, {3, "Unified", 32 << 20, 2}},
            .cpu_name = "AMD EPYC-Milan \"v2\"",
            .cpu_flags = "fma avx avx2",
            .cpus = 2,
            .kernel = "Linux 6.1.0",
            .host = "bench",
            .governor = "schedutil",
            .load = {0.25, 1.0 / 3, 0},
            .commit = "unknown",
            .version = "0.1.0",
            .build = "release",
            .date = "2026-01-02T03:04:05+00:00",
        };
        bench_environment_kernels(&set.env, "BASE AVX2", "gcc 12.2.0");
    }
    const int code = bench_sample_set_write_json(&set, stdout, &err);
    bench_sample_set_free(&set);
    if (code != QK_OK)
        fprintf(stderr, "%s (%s)\n", err.text, err.where);
    return code != QK_OK || fflush(stdout) != 0;
}
