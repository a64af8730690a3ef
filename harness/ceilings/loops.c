/* SPDX-License-Identifier: MIT */
#include "harness/ceilings/loops.h"

#if defined(__x86_64__)
#include <cpuid.h>
#define LOOP_FN(kind, isa)                                   bench_loop_##kind##_##isa
#define CEILING_LOOP(kind, isa, instruction, registers, ops) bench_loop_fn bench_loop_##kind##_##isa;
#include "harness/ceilings/loops.def"
#undef CEILING_LOOP
#else
#define LOOP_FN(kind, isa) NULL
#endif

const struct bench_ceiling_loop bench_ceiling_loops[] = {
#define CEILING_LOOP(kind, isa, instruction, registers, ops)                                                 \
    {BENCH_CEILING_##kind, QK_ISA_##isa, #instruction, #registers, ops, LOOP_FN(kind, isa)},
#include "harness/ceilings/loops.def"
#undef CEILING_LOOP
};
const size_t bench_ceiling_loop_count = sizeof bench_ceiling_loops / sizeof *bench_ceiling_loops;

#define CEILING_KIND(kind, what) #kind,
const char *const bench_ceiling_kind_names[] = {
#include "harness/ceilings/loops.def"
    NULL};
#undef CEILING_KIND
#define CEILING_KIND(kind, what) what,
const char *const bench_ceiling_kind_words[] = {
#include "harness/ceilings/loops.def"
};
#undef CEILING_KIND

static bool has_ssse3(void)
{
#if defined(__x86_64__)
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3);
#else
    return false;
#endif
}

const char *bench_ceiling_loop_missing(const struct bench_ceiling_loop *loop, const struct qk_cpu *cpu)
{
    if (!loop->run)
        return "no loops are written for this architecture";
    if (!cpu->present[loop->isa])
        return cpu->why[loop->isa];
    if (loop->isa == QK_ISA_BASE && !bench_ceiling_is_bandwidth(loop->kind) && !has_ssse3())
        return "the CPU does not have ssse3";
    return NULL;
}
