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

/* Did the one call run what only the row's level has? */
static int check_level(const struct qk_variant *v, const struct bench_steps *steps, const char *where,
                       struct qk_error *err)
{
    char found[200] = "";
    /*
     * Rows left to the compiler claim nothing: it may find no vectors in a sum of floats, or in an instrumented build.
     */
    if (v->isa == QK_ISA_BASE || steps->levels[v->isa] || v->made == QK_BY_COMPILER)
        return 0;
    for (int i = 0; i < QK_ISA_COUNT; i++) {
        const size_t used = strlen(found);
        snprintf(found + used, sizeof found - used, "%s%llu %s", i ? ", " : "",
                 (unsigned long long)steps->levels[i], qk_isa_row(i)->name);
    }
    return qk_fail(err, QK_ERR_CHECK, where,
                   "does not run what it claims: of the %llu instructions of one call none is of level %s "
                   "(%s)",
                   (unsigned long long)steps->instructions, v->isa_name, found);
}

int bench_module_verify(const struct qk_variant *v, uint64_t seed, bool *stepped, double *instructions,
                        struct qk_error *err)
{
    char where[BENCH_DUET_NAME];
    struct qk_cpu cpu;
    struct bench_steps steps;
    struct qk_error found;
    *stepped = false;
    *instructions = NAN;
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
    code = bench_steps_smallest(v, seed, NULL, &steps, &found);
    if (code == QK_ERR_UNAVAILABLE)
        return 0;
    if (code)
        return qk_fail(err, code, where, "%s", found.text);
    *instructions = (double)steps.instructions;
    *stepped = steps.has_kinds;
    return steps.has_kinds ? check_level(v, &steps, where, err) : 0;
}
