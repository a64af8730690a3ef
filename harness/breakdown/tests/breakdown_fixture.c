/* SPDX-License-Identifier: MIT */
#include "harness/breakdown/tests/breakdown_fixture.h"

#include "harness/records/json_writer.h"
#include "kernels/tests/cmocka_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct qk_variant *bench_test_variant(const char *name)
{
    for (size_t i = 0; i < qk_table_builtin()->count; i++)
        if (!strcmp(qk_table_builtin()->rows[i].name, name))
            return &qk_table_builtin()->rows[i];
    fail_msg("no variant %s", name);
    return NULL;
}

void bench_test_breakdown_row(struct bench_breakdown_row *row, const char *variant,
                              const double at[BENCH_TEST_ARMS], double wobble)
{
    memset(row, 0, sizeof *row);
    row->variant = bench_test_variant(variant);
    snprintf(row->shape, sizeof row->shape, "4096");
    row->elements = 4096;
    row->stages = BENCH_TEST_ARMS - 1;
    row->blocks = BENCH_TEST_BLOCKS;
    row->rounds = BENCH_TEST_ROUNDS;
    row->same_code = true;
    row->samples_ns =
        calloc((size_t)BENCH_TEST_BLOCKS * BENCH_TEST_ARMS * BENCH_TEST_ROUNDS, sizeof *row->samples_ns);
    assert_non_null(row->samples_ns);
    double *x = row->samples_ns;
    for (int b = 0; b < BENCH_TEST_BLOCKS; b++) {
        row->core_ghz[b] = 3.5;
        for (int a = 0; a < BENCH_TEST_ARMS; a++) {
            row->calls[a] = (uint64_t)(400000 / at[a]) + 1;
            for (int r = 0; r < BENCH_TEST_ROUNDS; r++) {
                const double sign = (a * 5 + b * 3 + r * 7) % 11 < 6 ? 1 : -1;
                *x++ = bench_stored(at[a] * (1 + (b - 5) * 0.01) + wobble * sign);
            }
        }
    }
}

/* Adds steps of each arm, a quotient, and a metric that nothing counts here. */
static void add_counts(struct bench_breakdown_row *row, double steps)
{
    static const struct bench_breakdown_count like[] = {
        {.name = "cycles", .unit = "cycles/element", .shape = "4096", .adds_up = true, .why = "PAPI: no PMU"},
        {.name = "ipc", .unit = "instructions/cycle", .shape = "4096"},
        {.name = "steps", .unit = "instructions", .shape = "256", .adds_up = true},
        {.name = "steps.fma", .unit = "instructions", .shape = "256", .adds_up = true},
    };
    enum { LIKE = sizeof like / sizeof *like };
    row->counts = calloc(LIKE, sizeof *row->counts);
    assert_non_null(row->counts);
    memcpy(row->counts, like, sizeof like);
    row->count_count = LIKE;
    for (size_t a = 0; a < BENCH_TEST_ARMS; a++) {
        const double stage = (double)(a < row->stages ? a + 1 : row->stages);
        row->counts[0].value[a] = NAN;
        row->counts[1].value[a] = 1.5 + stage / 4;
        row->counts[2].value[a] = steps * stage + 3;
        row->counts[3].value[a] = 2 * stage;
    }
}

void bench_test_breakdown(struct bench_breakdown *bd)
{
    static const struct {
        const char *variant, *reason;
        enum bench_status status;
        double at[BENCH_TEST_ARMS];
    } rows[] = {
        {"scalar", "", BENCH_OK, {500, 800, 1200, 1350, 1700, 1700.25}},
        {"p1_unpack", "", BENCH_OK, {500, 250, 1550, 1650, 1650.5, 1650}},
        {"p2_fma", "", BENCH_OK, {250, 500, 1550, 1580, 1600, 1600.5}},
        {"p2_unroll8", "AVX2 is switched off by QK_DISABLE_ISA", BENCH_SKIP, {0}},
        {"p3_prefetch", "check failed: made to fail: shape 256", BENCH_ERROR, {0}},
        {"p4_permute", "", BENCH_OK, {80, 160, 220, 260, 285, 284.75}},
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    struct qk_error err;
    memset(bd, 0, sizeof *bd);
    snprintf(bd->env.version, sizeof bd->env.version, "0.1.0");
    snprintf(bd->env.cpu_name, sizeof bd->env.cpu_name, "AMD EPYC 9R14");
    snprintf(bd->env.compiler, sizeof bd->env.compiler, "gcc 12.2.0");
    snprintf(bd->env.commit, sizeof bd->env.commit, "0123456789ab");
    snprintf(bd->env.date, sizeof bd->env.date, "2026-01-02T03:04:05+00:00");
    bench_environment_kernels(&bd->env, "BASE AVX2", "gcc 12.2.0");
    snprintf(bd->source, sizeof bd->source, "seed; the largest that fits L1 (32 KiB)");
    bd->seed = 42;
    bd->cpu = 1;
    bd->clock_ghz = 3.5;
    bd->failed = true;
    bd->rows = calloc(ROWS, sizeof *bd->rows);
    assert_non_null(bd->rows);
    bd->count = ROWS;
    for (size_t i = 0; i < ROWS; i++) {
        struct bench_breakdown_row *row = &bd->rows[i];
        if (rows[i].status == BENCH_OK) {
            bench_test_breakdown_row(row, rows[i].variant, rows[i].at, 0.5);
            assert_int_equal(bench_breakdown_estimate(row, &err), 0);
            add_counts(row, rows[i].at[0]);
            continue;
        }
        row->variant = bench_test_variant(rows[i].variant);
        row->elements = 4096;
        row->status = rows[i].status;
        snprintf(row->shape, sizeof row->shape, "4096");
        snprintf(row->reason, sizeof row->reason, "%s", rows[i].reason);
    }
}
