/* SPDX-License-Identifier: MIT */
#include "harness/e2e/tests/e2e_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 4 };
static const struct {
    const char *name, *phase, *matrices;
    double seconds;
} set[SETS] = {{"baseline", "baseline", "qk256_dequant/scalar", 80},
               {"p1_unpack", "1", "qk256_dequant/p1_unpack", 64},
               {"p4_permute", "4", "qk256_dequant/p4_permute", 20},
               {"best", "-", "i2s16_gemv/avx512_mask", 2}};

static void *some(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (!p)
        abort();
    return p;
}

static void fill(struct bench_e2e_row *row, int s)
{
    for (size_t r = 0; r < row->repetitions; r++) {
        double ns = set[s].seconds * 1e9 * (1 + (double)r / 100) / (row->prompt ? 4 : 1);
        if (s == 1)
            ns *= 1 + (double)(r % 2) / 2;
        row->samples_ns[r] = round(ns);
        double left = row->samples_ns[r];
        double *parts = &row->parts_ns[r * BENCH_E2E_PARTS];
        parts[MODEL_PART_HEAD] = floor(left / 10);
        left -= parts[MODEL_PART_HEAD];
        for (size_t p = 0; p < BENCH_E2E_PARTS; p++)
            if (p != MODEL_PART_HEAD && p != MODEL_PART_ACT_QUANT &&
                !(row->prompt && p == BENCH_E2E_SAMPLING)) {
                parts[p] = floor(left / 2);
                left -= parts[p];
            }
        parts[MODEL_PART_ACT_QUANT] = left;
    }
}

/* The first token of a repetition takes twice as long as each of the others. */
static void add_times(struct bench_e2e_row *row)
{
    row->token_count = row->repetitions * row->generate;
    row->first_count = row->prompt ? row->repetitions : 0;
    row->token_ns = some(row->token_count + 1, sizeof(double));
    row->first_ns = some(row->first_count + 1, sizeof(double));
    for (size_t r = 0; r < row->first_count; r++)
        row->first_ns[r] = row->samples_ns[r] + 5000;
    for (size_t i = 0; i < row->token_count; i++)
        row->token_ns[i] = floor(row->samples_ns[i / row->generate] / (double)(row->generate + 1));
    for (size_t r = 0; r < row->repetitions && row->generate; r++) {
        double *const first = &row->token_ns[r * row->generate];
        *first = row->samples_ns[r] - first[1] * (double)(row->generate - 1);
    }
}

static void add_counter(struct bench_e2e_row *row)
{
    row->metrics = some(2, sizeof *row->metrics);
    row->metric_count = 2;
    row->metrics[0] =
        (struct bench_metric){strdup("instructions"), strdup("instructions/element"), 1.25, NULL};
    row->metrics[1] = (struct bench_metric){strdup("l3_misses"), strdup("misses/1000 elements"), NAN,
                                            strdup("no such event here")};
}

void bench_test_e2e(struct bench_e2e *e, size_t repetitions)
{
    memset(e, 0, sizeof *e);
    bench_environment_init(&e->env);
    e->env.caches[0] = (struct bench_cache){3, "Unified", 32 << 20, 2};
    e->env.cache_count = 1;
    strcpy(e->env.cpu_name, "A CPU that never was");
    strcpy(e->env.version, "0.1.0");
    strcpy(e->env.commit, "0123456789ab");
    bench_environment_kernels(&e->env, "BASE AVX2 AVX512", "gcc 12.2.0");
    e->seed = 42;
    strcpy(e->model, "synth:bitnet-2b");
    strcpy(e->model_type, "bitnet-b1.58 2.4B I2_S");
    e->model_bytes = 1187801280;
    e->model_parameters = 2412820480;
    e->layers = 30;
    e->batch = 512;
    e->kv_f16 = true;
    e->load = (struct bench_e2e_load){
        .open_ns = 12000000, .repack_ns = 1500000000, .head_ns = 250000000, .rss_bytes = 1250000000};
    e->kept_bytes = 666790400;
    e->i2s16_bytes = 521011200;
    e->qk256_bytes = 521011200;
    strcpy(e->cpu_mask, "0x0");
    e->bytes_per_token = 1179000000;
    e->peak_rss_bytes = 1300000000;
    e->count = 2 * SETS;
    e->rows = some(e->count, sizeof *e->rows);
    for (size_t i = 0; i < e->count; i++) {
        struct bench_e2e_row *row = &e->rows[i];
        const int s = (int)(i / 2);
        strcpy(row->kernels, set[s].name);
        strcpy(row->phase, set[s].phase);
        strcpy(row->matrices, set[s].matrices);
        strcpy(row->date, "2026-01-02T03:04:05Z");
        row->threads = 1;
        row->prompt = i % 2 ? 0 : 16;
        row->generate = i % 2 ? 8 : 0;
        row->repetitions = repetitions;
        row->samples_ns = some(repetitions, sizeof(double));
        row->parts_ns = some(repetitions * BENCH_E2E_PARTS, sizeof(double));
        fill(row, s);
        add_times(row);
        row->cache_bytes = 76800 * (row->prompt + row->generate);
        row->read_bytes = row->prompt ? 1.2e9 / 16 : 1.18e9;
        if (row->generate)
            add_counter(row);
    }
}
