/* SPDX-License-Identifier: MIT */
#include "harness/ceilings/tests/ceilings_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct qk_cpu bench_test_cpu(void)
{
    struct qk_cpu cpu;
    memset(&cpu, 0, sizeof cpu);
    for (int i = 0; i < QK_ISA_COUNT; i++)
        cpu.present[i] = i != QK_ISA_AVXVNNI;
    strcpy(cpu.why[QK_ISA_AVXVNNI], "this CPU lacks avx_vnni");
    return cpu;
}

static double rate_of(const struct bench_ceiling *row)
{
    static const double table[][5] = {
        [BENCH_CEILING_read] = {0, 200, 100, 50, 20},     [BENCH_CEILING_read_ahead] = {[BENCH_DRAM] = 18},
        [BENCH_CEILING_read_lines] = {[BENCH_DRAM] = 19}, [BENCH_CEILING_write] = {0, 100, 100, 50, 10},
        [BENCH_CEILING_copy] = {0, 200, 100, 50, 10},     [BENCH_CEILING_nt_write] = {0, 16, 16, 16, 16}};
    return row->level == BENCH_REGISTERS ? 2 : row->threads * table[row->loop->kind][row->level];
}

void bench_test_ceilings(struct bench_ceilings *c)
{
    const struct bench_cache caches[] = {{1, "Data", 32 << 10, 1},
                                         {1, "Instruction", 32 << 10, 1},
                                         {2, "Unified", 1 << 20, 1},
                                         {3, "Unified", 32 << 20, 2}};
    const struct qk_cpu cpu = bench_test_cpu();
    memset(c, 0, sizeof *c);
    bench_environment_init(&c->env);
    memcpy(c->env.caches, caches, sizeof caches);
    c->env.cache_count = 4;
    strcpy(c->env.cpu_vendor, "AuthenticAMD");
    strcpy(c->env.cpu_name, "A CPU that never was");
    strcpy(c->env.date, "2026-01-02T03:04:05+00:00");
    strcpy(c->env.version, "0.1.0");
    strcpy(c->env.commit, "0123456789ab");
    bench_environment_kernels(&c->env, "BASE AVX2 AVX512", "gcc 12.2.0");
    bench_ceilings_init(c);
    c->seed = 42;
    c->cpu = 1;
    c->threads = 2;
    c->timer_step_ns = 10;
    c->timer_cost_ns = 20.5;
    c->clock_ghz = 3.9;
    c->clock_best = 4;
    c->huge_share = 0.5;
    c->seconds = 14;
    if (bench_ceilings_plan(c, &cpu, NULL))
        abort();
    for (size_t i = 0; i < c->count; i++) {
        struct bench_ceiling *row = &c->rows[i];
        strcpy(row->reason, cpu.why[row->loop->isa]); /* also on an architecture without loops */
        if (*row->reason)
            continue;
        row->best = rate_of(row);
        row->median = 0.9 * row->best;
        row->spread = 0.02;
        row->per_cycle = row->level == BENCH_REGISTERS ? row->best / 4 : NAN;
        row->repetitions = 50;
    }
}
