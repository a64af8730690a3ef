/* SPDX-License-Identifier: MIT */
/* What was tuned, for people. */
#pragma once

#include "harness/tune/tune.h"

#include <stdio.h>

/* The rows that were chosen, and how much faster they are. stored: it was read. QK_ERR_MEMORY, QK_ERR_IO. */
int report_tune_text(const struct bench_tune *t, bool stored, FILE *to, struct qk_error *err);
