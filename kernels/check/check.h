/* SPDX-License-Identifier: MIT */
/*
 * Is a variant right? The checker compares every variant with its op's reference before anything times it. It
 * uses guard pages, poisoned padding, odd offsets, every tail, every code and extreme values. Then it finds
 * out what a call really touches, and holds that against the declared work.
 */
#pragma once

#include "kernels/cases/case.h"

/*
 * Checks one variant that can run here. The same seed gives the same inputs. Adds the number of calls it made
 * to *calls, which may be NULL. A ceiling is held to its bounds and to the bytes it writes, not to values.
 * Returns 0, QK_ERR_MEMORY, or QK_ERR_CHECK with shape, fill, place, found and expected. Not for use from
 * several threads, because it catches the process's fault signals while it runs.
 */
int qk_check_variant(const struct qk_variant *v, uint64_t seed, uint64_t *calls, struct qk_error *err);

/*
 * Calls the variant once on this shape, with ordinary inputs and with buffers that end at a guard page. It is
 * meant for the shape that will be timed, which may be larger than all that qk_check_variant tries. Errors as
 * above, and those of the case's plan.
 */
int qk_check_on_shape(const struct qk_variant *v, const struct qk_shape *shape, uint64_t seed,
                      struct qk_error *err);
