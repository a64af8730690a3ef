/* SPDX-License-Identifier: MIT */
/*
 * What an input says of a claim that names cases or rows of whole models.
 *
 * A case is op/variant/shape. A row of a whole model is KERNELS/HEAD/TEST/THREADS: "best/i8/tg16/1". Cases
 * that both globs of a claim match are compared when their shapes are equal, or when each glob matches one.
 * Rows are compared when test, depth and threads are equal.
 *
 *   - Gains of cases are for each element. In one group they are paired by round. Of two groups they are
 *     paired by block, for as many as both have, because groups take turns block by block.
 *   - Bytes are those that the cases declare for a call. They have no interval.
 *   - Rates are ops, bytes or elements of a call over the medians of the blocks.
 *   - Gains of models are paired by repetition.
 *
 * A claimed rate is impossible when its bytes are more than one thread reads from the smallest cache that
 * holds a call's bytes, or from DRAM. Ceilings among the inputs say how much that is. Tokens a second are
 * impossible when a token's bytes need more than the row's own read ceiling.
 */
#pragma once

#include "baselines/claims/audit.h"

/*
 * Adds a row for each comparison that the input has. `all` are the inputs with the ceilings. QK_ERR_MEMORY.
 */
int baseline_measured_add(struct baseline_audit *audit, const struct baseline_claim *claim,
                          const struct baseline_audit_input *input, const struct baseline_audit_input *all,
                          size_t count, struct qk_error *err);
