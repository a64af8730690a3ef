/* SPDX-License-Identifier: MIT */
/*
 * Runs the checker over the whole table and prints one TAP line per row. It is plain C without a test
 * library, so that it also runs where there is none (under an emulator, on another architecture).
 */
#include "kernels/check/check.h"
#include "kernels/table/table.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    struct qk_error err;
    struct qk_cpu cpu;
    int failed = 0;
    const char *seed = getenv("QK_SEED");
    if (qk_cpu_detect(&cpu, getenv("QK_DISABLE_ISA"), &err)) {
        printf("Bail out! %s: %s\n", err.where, err.text);
        return 1;
    }
    printf("1..%zu\n", qk_table_builtin()->count);
    for (size_t i = 0; i < qk_table_builtin()->count; i++) {
        const struct qk_variant *v = &qk_table_builtin()->rows[i];
        const char *missing = qk_variant_missing(v, &cpu);
        const int code = missing ? 0 : qk_check_variant(v, seed ? strtoull(seed, NULL, 0) : 1, NULL, &err);
        printf("%s %zu - %s/%s%s%s\n", code ? "not ok" : "ok", i + 1, v->op_name, v->name,
               missing ? " # SKIP " : "", missing ? missing : "");
        if (code)
            printf("# %s: %s\n", err.where, err.text);
        failed += code != 0;
    }
    return failed != 0;
}
