/* SPDX-License-Identifier: MIT */
/* A breakdown as text and markdown. report.h has the rules of both. */
#pragma once

#include "baselines/claims/components.h"

#include <stdio.h>

struct report_breakdown_input {
    const struct bench_breakdown *bd;
    const struct baseline_components *claims; /* judged against bd; NULL: no claims beside it */
};

/*
 * Writes the facts of the run. For each shape follows the roadmap's table (component by variant, ms per
 * token) and a table for each variant. Then come the claimed gains, and what was not measured. QK_ERR_IO
 * when the stream fails, QK_ERR_MEMORY.
 */
int report_breakdown_text(const struct report_breakdown_input *in, FILE *to, struct qk_error *err);
int report_breakdown_markdown(const struct report_breakdown_input *in, FILE *to, struct qk_error *err);
