/* SPDX-License-Identifier: MIT */
/* read_policy FILE...: prints a line for each, "ok" or the JSON path and the reason of the refusal. */
#include "baselines/gate/policy.h"

#include "kernels/tests/parts.h"

#include <stdio.h>

TEST_PART(read_policy)
{
    for (int i = 1; i < argc; i++) {
        struct baseline_policy p;
        struct qk_error err;
        if (baseline_policy_read(&p, argv[i], &err) != 0) {
            printf("%s: %s\n", err.where, err.text);
            continue;
        }
        puts("ok");
        baseline_policy_free(&p);
    }
    return 0;
}
