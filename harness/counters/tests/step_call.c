/* SPDX-License-Identifier: MIT */
/*
 * Calls variants once on their op's smallest shape, while another tool counts their instructions. It can also
 * count them itself.
 *
 *   step_call --list                lists variants that the tool understands and this machine runs, as lines
 *                                   `op name`; exits 77 with the reason when the tool would count something
 *                                   else
 *   step_call --count OP NAME...    counts instructions by single-stepping; prints one number a line
 *   step_call --call OP NAME...     calls them
 *
 * Exit codes: 0, 1 could not, 2 usage, 77 not here.
 */
#include "harness/counters/step.h"
#include "harness/engine/buffers.h"
#include "kernels/table/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 7, COULD_NOT = 1, USAGE = 2, NOT_HERE = 77 };

static int failed(const struct qk_error *err, int code)
{
    fprintf(stderr, "%s: %s\n", err->where, err->text);
    return code == QK_ERR_UNAVAILABLE ? NOT_HERE : COULD_NOT;
}

static int list(const struct qk_cpu *cpu)
{
#ifdef INSTRUMENTED
    (void)cpu;
    fputs("instrumented build: valgrind cannot run it\n", stderr);
    return NOT_HERE;
#else
    for (size_t i = 0; i < qk_table_builtin()->count; i++) {
        const struct qk_variant *v = &qk_table_builtin()->rows[i];
        if (!qk_variant_missing(v, cpu) && (v->isa == QK_ISA_BASE || v->isa == QK_ISA_AVX2))
            printf("%s %s\n", v->op_name, v->name);
    }
    return 0;
#endif
}

static int call(const struct qk_variant *v, struct qk_error *err)
{
    struct bench_group group = {.op = v->op};
    struct bench_buffers buffers = {0}, view = {0};
    struct qk_plan plan;
    int code = bench_steps_smallest_shape(v->op, &group.shape, &plan, err);
    if (!code)
        code = bench_buffers_fill(&buffers, &group, SEED, err);
    if (!code)
        code = bench_buffers_view(&view, &buffers, v, err);
    if (!code)
        bench_buffers_call(&view, v->fn, 1);
    bench_buffers_view_free(&view);
    bench_buffers_free(&buffers);
    return code;
}

int main(int argc, char **argv)
{
    struct qk_error err = {.text = ""};
    struct qk_cpu cpu;
    int code = qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), &err);
    if (code)
        return failed(&err, code);
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list(&cpu);
    if (argc < 4 || argc % 2)
        return USAGE;
    const bool count = strcmp(argv[1], "--count") == 0;
    for (int i = 2; i < argc; i += 2) {
        const struct qk_variant *v = qk_table_find(qk_table_builtin(), argv[i], argv[i + 1]);
        struct bench_steps steps;
        if (!v)
            return USAGE;
        code = count ? bench_steps_smallest(v, SEED, NULL, &steps, &err) : call(v, &err);
        if (code)
            return failed(&err, code);
        if (count)
            printf("%llu\n", (unsigned long long)steps.instructions);
    }
    return 0;
}
