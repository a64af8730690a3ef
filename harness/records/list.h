/* SPDX-License-Identifier: MIT */
/* The variants of a table as a record, which `qkbench list --json` prints. */
#pragma once

#include "harness/records/fields/fields.h"
#include "kernels/table/table.h"

struct bench_list {
    const struct qk_table *table;
    const struct qk_cpu *cpu; /* decides what can run here */
};

/* "plain", ...: indexed by enum qk_kind; ends with NULL. */
extern const char *const bench_list_kinds[];
extern const struct bench_fields bench_list_fields;
