/* SPDX-License-Identifier: MIT */
/* What ceilings say, as text of at most 120 columns. */
#pragma once

#include "harness/ceilings/ceilings.h"

/*
 * Facts, a table of bandwidths and one of peaks. `stored`: the numbers were read, not measured just now.
 * QK_ERR_IO when the stream fails, QK_ERR_MEMORY.
 */
int report_ceilings_text(const struct bench_ceilings *c, bool stored, FILE *to, struct qk_error *err);
