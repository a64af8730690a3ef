/* SPDX-License-Identifier: MIT */
#include "harness/duet/duet.h"

#include "harness/counters/step.h"
#include "harness/machine/config.h"
#include "harness/machine/datafile.h"
#include "kernels/check/check.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int bench_module_own_from(const char *folder, const char *installed, char *to, size_t size,
                          struct qk_error *err)
{
    static const char name[] = "libqkernels.so";
    const char *const form[] = {"%s/kernels/%s", "%s/%s"};
    for (int i = 0; i < 3; i++) {
        const int n =
            i < 2 ? snprintf(to, size, form[i], folder, name) : snprintf(to, size, "%s/%s", installed, name);
        if (n > 0 && (size_t)n < size && access(to, R_OK) == 0)
            return 0;
    }
    return qk_fail(
        err, QK_ERR_IO, name,
        "the kernels built with this program, %s, are neither in '%s/kernels' nor in '%s' nor in '%s'", name,
        folder, folder, installed);
}

int bench_module_own(char *to, size_t size, struct qk_error *err)
{
    char folder[PATH_MAX];
    bench_program_folder(folder, sizeof folder);
    return bench_module_own_from(folder, QK_MODULE_DIR, to, size, err);
}

/* Could a CPU of the row's level run all that was stepped? */
static int keeps_to_level(const struct qk_variant *v, const struct qk_shape *shape, const char *function,
                          const struct bench_steps *steps, const char *where, struct qk_error *err)
{
    const struct bench_step_beyond *beyond = &steps->beyond[v->isa];
    char text[QK_SHAPE_TEXT];
    if (!beyond->times)
        return 0;
    qk_shape_print(shape, text);
    return qk_fail(err, QK_ERR_CHECK, where,
                   "runs %s (%s), which level %s has not, %+td bytes from %s's start, on %s: the "
                   "first of %llu such among %llu instructions",
                   beyond->name, beyond->feature, v->isa_name, beyond->offset, function, text,
                   (unsigned long long)beyond->times, (unsigned long long)steps->instructions);
}

/* Steps one call, or its beginning. Of a PREPARED row, what it does before its kernel as well. */
static int check_shape(const struct qk_variant *v, const struct qk_shape *shape, uint64_t seed,
                       uint64_t instructions, const char *where, struct bench_steps *steps,
                       struct qk_error *err)
{
    const struct bench_step_limits limits = {.instructions = instructions, .beginning = true};
    struct bench_steps before;
    struct qk_error found;
    int code = bench_steps_shape(v, shape, seed, &limits, steps, &found);
    if (!code && v->form)
        code = bench_steps_prepare(v, shape, seed, &limits, &before, &found);
    if (code)
        return qk_fail(err, code, where, "%s", found.text);
    code = keeps_to_level(v, shape, "the kernel", steps, where, err);
    return code || !v->form ? code : keeps_to_level(v, shape, "prepare_activations", &before, where, err);
}

/* Has the row calls on this shape? */
static bool has_shape(const struct qk_variant *v, const struct qk_shape *shape)
{
    struct qk_plan plan;
    return qk_plan_for(v, shape, &plan, NULL) != QK_ERR_UNAVAILABLE;
}

/* The smallest shape of the op, or the first of the check's that the row has. */
static int smallest_shape(const struct qk_variant *v, struct qk_shape *shape, struct qk_error *err)
{
    char text[QK_SHAPE_TEXT];
    struct qk_plan plan;
    int code = bench_steps_smallest_shape(v->op, shape, &plan, err);
    const char *at = qk_op_row(v->op)->on->check_shapes;
    while (!code && !has_shape(v, shape) && (at = qk_shape_word(at, text)))
        code = qk_shape_parse(text, shape, err);
    return code;
}

/* The largest shape of the op's default set that the row has. */
static int largest_shape(const struct qk_variant *v, struct qk_shape *largest, struct qk_error *err)
{
    const struct qk_case *const on = qk_op_row(v->op)->on;
    char text[QK_SHAPE_TEXT];
    uint64_t ops = 0;
    int code = 0;
    for (const char *at = on->sets[0].shapes; !code && (at = qk_shape_word(at, text));) {
        struct qk_shape shape;
        struct qk_plan plan;
        code = qk_shape_parse(text, &shape, err);
        if (!code)
            code = on->plan(&shape, &plan, err);
        if (code || plan.ops < ops || !has_shape(v, &shape))
            continue;
        ops = plan.ops;
        *largest = shape;
    }
    return code;
}

/*
 * A kernel may do something else from some size on, which it decides early in a call, or with what is left
 * over, late in it. A step takes 7 us. What is known of the smallest shape is not found out again.
 */
static int check_other_shapes(const struct qk_variant *v, const struct qk_shape *known, uint64_t seed,
                              const char *where, struct qk_error *err)
{
    enum { START = 2048, ALL = 10240 }; /* instructions */
    const struct qk_case *on = qk_op_row(v->op)->on;
    const char *at = on->check_shapes;
    char text[QK_SHAPE_TEXT], done[QK_SHAPE_TEXT];
    struct bench_steps steps;
    struct qk_shape shape;
    shape = *known;
    int code = largest_shape(v, &shape, err);
    if (!code)
        code = check_shape(v, &shape, seed, START, where, &steps, err);
    qk_shape_print(known, done);
    for (uint64_t left = ALL; left && !code && (at = qk_shape_word(at, text));) {
        if (!strcmp(text, done))
            continue;
        code = qk_shape_parse(text, &shape, err);
        if (!code && !has_shape(v, &shape))
            continue;
        if (!code)
            code = check_shape(v, &shape, seed, left, where, &steps, err);
        if (!code)
            left -= steps.instructions;
    }
    return code;
}

/* Did the one call run what only the row's level has? */
static int check_claim(const struct qk_variant *v, const struct bench_steps *steps, const char *where,
                       struct qk_error *err)
{
    char found[200] = "";
    /*
     * Rows left to the compiler claim nothing: it may find no vectors in a sum of floats, or in an
     * instrumented build.
     */
    if (v->isa == QK_ISA_BASE || steps->levels[v->isa] || v->made == QK_BY_COMPILER)
        return 0;
    for (int i = 0; i < QK_ISA_COUNT; i++) {
        const size_t used = strlen(found);
        snprintf(found + used, sizeof found - used, "%s%llu %s", i ? ", " : "",
                 (unsigned long long)steps->levels[i], qk_isa_row(i)->name);
    }
    return qk_fail(
        err, QK_ERR_CHECK, where,
        "does not run what it claims: of the %llu instructions of one call none is of level %s (%s)",
        (unsigned long long)steps->instructions, v->isa_name, found);
}

/* What a reader should know of a row that is right; `why` its steps are missing, or empty. */
static void describe(const struct bench_steps *steps, const char *why, char *note)
{
    char called[BENCH_DUET_NAME / 2] = ""; /* as many names as fit */
    int used = 0;
    for (int i = 0; i < steps->called_count && i < BENCH_STEP_CALLED && used < (int)sizeof called; i++)
        used += snprintf(called + used, sizeof called - (size_t)used, "%s%s", i ? ", " : "calls ",
                         steps->called[i]);
    if (!*why && !steps->whole)
        why = "not stepped to its end";
    else if (!*why && !steps->has_kinds)
        why = steps->why_no_kinds;
    snprintf(note, BENCH_DUET_NAME, "%s%.50s%s%s%s", *why ? "level not proven: " : "", why,
             *why && *called ? "; " : "", called, steps->called_count > BENCH_STEP_CALLED ? ", ..." : "");
}

int bench_module_verify(const struct qk_variant *v, uint64_t seed, double *instructions, char *note,
                        struct qk_error *err)
{
    char where[BENCH_DUET_NAME];
    struct qk_cpu cpu;
    struct bench_steps steps = {.called_count = 0};
    struct qk_shape shape;
    struct qk_error found;
    *instructions = NAN;
    *note = '\0';
    snprintf(where, sizeof where, "%s/%s", v->op_name, v->name);
    int code = qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), err);
    if (code)
        return code;
    const char *missing = qk_variant_missing(v, &cpu);
    if (missing)
        return qk_fail(err, QK_ERR_UNAVAILABLE, where, "%s", missing);
    code = qk_check_variant(v, seed, NULL, &found);
    if (code)
        return qk_fail(err, code, where, "%.300s (%.150s)", found.text, found.where);
    code = smallest_shape(v, &shape, &found);
    if (!code)
        code = check_shape(v, &shape, seed, 0, where, &steps, &found);
    if (!code && steps.whole)
        *instructions = (double)steps.instructions;
    describe(&steps, code == QK_ERR_UNAVAILABLE ? found.text : "", note);
    if (!code && steps.has_kinds && steps.whole)
        code = check_claim(v, &steps, where, &found);
    if (!code && steps.has_kinds)
        code = check_other_shapes(v, &shape, seed, where, &found);
    return code && code != QK_ERR_UNAVAILABLE ? qk_fail(err, code, found.where, "%s", found.text) : 0;
}
