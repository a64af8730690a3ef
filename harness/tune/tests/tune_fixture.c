/* SPDX-License-Identifier: MIT */
#include "harness/tune/tests/tune_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bench_tuned entry(const char *op, enum qk_memory memory, const char *reason, size_t count)
{
    struct bench_tuned made = {.memory = memory, .count = count, .rows = calloc(count, sizeof *made.rows)};
    if (!made.rows)
        abort();
    strcpy(made.op, op);
    strcpy(made.date, "2026-01-02T03:04:05+00:00");
    strcpy(made.reason, reason);
    if (!*reason)
        strcpy(made.shape, "26032x2560");
    made.blocks = *reason ? 0 : 24;
    for (size_t i = 0; i < count; i++) {
        snprintf(made.rows[i].variant, sizeof made.rows[i].variant, "row%zu", i);
        made.rows[i].ns = NAN;
        made.rows[i].gain = (struct bench_interval){NAN, NAN, NAN};
        strcpy(made.rows[i].reason, *reason ? reason : i ? "" : "a first look took 20.0 times as long");
        if (*reason || !i)
            continue;
        made.rows[i].ns = 1000.5 + (double)i;
        if (i + 1 < count)
            made.rows[i].gain = (struct bench_interval){1.25, 1.2, 1.3};
    }
    snprintf(made.chosen, sizeof made.chosen, "row%zu", *reason || count < 2 ? count - 1 : 1);
    return made;
}

void bench_test_tune(struct bench_tune *t)
{
    *t = (struct bench_tune){.seed = 42, .cpu = 1, .seconds = 4.5, .cache_bytes = 1 << 20, .count = 3};
    bench_environment_init(&t->env);
    strcpy(t->env.cpu_vendor, "AuthenticAMD");
    strcpy(t->env.cpu_name, "A CPU that never was");
    strcpy(t->env.date, "2026-01-02T03:04:05+00:00");
    strcpy(t->env.version, "0.1.0");
    strcpy(t->env.commit, "0123456789ab");
    bench_environment_kernels(&t->env, "BASE AVX2", "gcc 12.2.0");
    t->ops = calloc(t->count, sizeof *t->ops);
    if (!t->ops)
        abort();
    t->ops[0] = entry("i2s16_gemv", QK_MEMORY_CACHE, "no other row is near row2 in cache", 3);
    t->ops[1] = entry("i2s16_gemv", QK_MEMORY_DRAM, "", 3);
    t->ops[2] = entry("rope", QK_MEMORY_CACHE, "one row can run here", 1);
}
