/* SPDX-License-Identifier: MIT */
/* Ceilings as text of at most 120 columns. */
#pragma once

#include "harness/ceilings/ceilings.h"

/*
 * Writes facts, a table of bandwidths and one of peaks. `stored` says that the numbers were read, not
 * measured just now. QK_ERR_IO when the stream fails, QK_ERR_MEMORY.
 */
int report_ceilings_text(const struct bench_ceilings *c, bool stored, FILE *to, struct qk_error *err);
