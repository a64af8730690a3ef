/* SPDX-License-Identifier: MIT */
/*
 * Prints a line of a small trace: write_trace header|full|bare. A full block has every member, a bare one
 * only those it must have.
 */
#include "harness/duet/trace.h"

#include "kernels/tests/parts.h"

#include <math.h>
#include <string.h>

TEST_PART(write_trace)
{
    struct bench_duet_case cases[] = {
        {.name = "qk256_dequant/scalar/4096",
         .arm = {{BENCH_SIDE_BASE, "scalar"}, {BENCH_SIDE_CANDIDATE, "scalar"}},
         .budget_ns = 1e9},
        {.name = "qk256_dequant/scalar/2x300 (slowed)",
         .memory = QK_MEMORY_DRAM,
         .arm = {{BENCH_SIDE_BASE, "scalar"}, {BENCH_SIDE_COPY, "scalar"}},
         .extra = 0.016,
         .budget_ns = INFINITY},
    };
    unsigned char bytes[] = "a module";
    const struct bench_image base = {.path = "base.so", .part = {{bytes, sizeof bytes}}},
                             gone = {.path = "/nonexistent.so"};
    const struct bench_duet_config cfg = {
        .image = {&base, &gone}, .cases = cases, .case_count = 2, .job = {.seed = UINT64_MAX, .cpu = 1}};
    const struct bench_duet_block full = {.number = 3,
                                          .launch = 1,
                                          .pairs = 3,
                                          .order = 5,
                                          .base_ns = {273.4375, 0.1, 1e9},
                                          .cand_ns = {274, 0.1000001, 1.5e9},
                                          .base_wait_ns = {0, 0, 2e6},
                                          .log_ratio = 0.0020550298361365596,
                                          .wall_ns = 25e6,
                                          .proof_ns = 1.5e6,
                                          .core_ghz = 3.5,
                                          .events = {.recorded = true}};
    struct bench_duet_block bare = {.index = 1,
                                    .pairs = BENCH_DUET_PAIRS_MAX,
                                    .order = UINT64_MAX,
                                    .extra = 1.0 / 60,
                                    .wall_ns = 1,
                                    .core_ghz = NAN};
    struct bench_environment env;
    struct qk_error err;
    json_t *policy = json_pack("{s: f}", "alpha", 0.001);
    bench_environment_init(&env);
    strcpy(env.date, "2024-01-02T03:04:05+00:00");
    bench_environment_kernels(&env, "BASE AVX2", "gcc 12.2.0");
    for (size_t p = 0; p < bare.pairs; p++)
        bare.base_ns[p] = bare.cand_ns[p] = 1;
    int code = argc != 2 || qk_shape_parse("4096", &cases[0].shape, &err) ||
               qk_shape_parse("2x300", &cases[1].shape, &err);
    if (!code)
        code = !strcmp(argv[1], "header")
                   ? bench_trace_header(&cfg, &env, policy, stdout, &err)
                   : bench_trace_block(&cfg, strcmp(argv[1], "full") ? &bare : &full, stdout, &err);
    json_decref(policy);
    return code || fflush(stdout);
}
