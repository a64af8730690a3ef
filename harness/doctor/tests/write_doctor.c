/* SPDX-License-Identifier: MIT */
/* Prints the doctor's JSON, of which golden/ has copies: write_doctor nothing|healthy|hopeless. */
#include "harness/doctor/private.h"

#include "kernels/tests/parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void make_healthy(struct bench_facts *f)
{
    const struct bench_aa aa = {.name = "op/v/1",
                                .bytes = 4096,
                                .blocks = 8,
                                .pairs = 16,
                                .ratio = {1, 0.9999, 1.0001},
                                .ns = {95, 100, 150}};
    f->cache = f->dram = aa;
    f->core_ghz = (struct bench_spread){3.6, 3.65, 3.66};
    f->adds_per_cycle = (struct bench_spread){3.9, 3.95, 4};
    f->timer_ns = 36;
    f->timer_step_ns = 20;
    f->before = (struct bench_ticks){.known = true};
    f->after = (struct bench_ticks){true, 1, 100, 2, 100};
}

TEST_PART(write_doctor)
{
    static struct bench_facts f;
    static struct bench_doctor d = {.seed = 77};
    const char *const what = argc > 1 ? argv[1] : "";
    bench_facts_init(&f, "/nowhere", 1);
    if (strcmp(what, "nothing") != 0)
        make_healthy(&f);
    if (!strcmp(what, "hopeless")) {
        f.timer_step_ns = INFINITY;
        f.cache.ratio.high = 1.2;
    }
    strcpy(f.env.date, "2026-01-02T03:04:05+00:00");
    strcpy(f.env.version, "0.1.0");
    bench_doctor_judge(&d, &f);
    return bench_fields_write(&bench_doctor_fields, &d, "", stdout, NULL) ? 1 : 0;
}
