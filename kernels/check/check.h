/* SPDX-License-Identifier: MIT */
/*
 * Is a variant right? Every variant is compared with its op's reference before anything times it: guard
 * pages, poisoned padding, odd offsets, every tail, every code, extreme values; then what a call really
 * touches is found out and held against the declared work.
 */
#pragma once

#include "kernels/case.h"

/*
 * Checks one variant that can run here. Adds the number of calls made to *calls (may be NULL). The same seed
 * gives the same inputs. A ceiling row is held to its bounds and to the bytes it writes, not to values. 0;
 * QK_ERR_CHECK with shape, fill and place, found and expected; QK_ERR_MEMORY. Not for use from several
 * threads: it catches the process's fault signals while it runs.
 */
int qk_check_variant(const struct qk_variant *v, uint64_t seed, uint64_t *calls, struct qk_error *err);

/*
 * One call of the variant on that shape with ordinary inputs, its buffers ending at a guard page: what it is
 * to be timed on, which may be larger than all that qk_check_variant tries. Errors as above, and the plan's.
 */
int qk_check_on_shape(const struct qk_variant *v, const struct qk_shape *shape, uint64_t seed,
                      struct qk_error *err);
