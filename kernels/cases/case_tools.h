/* SPDX-License-Identifier: MIT */
/* What most cases do alike: plan buffers, fill arrays of a type, compare outputs to the bit. */
#pragma once

#include "kernels/case.h"

struct qk_extent {
    const char *name;
    bool output;
    size_t rows, columns, unit; /* unit: bytes of an element, which is also its alignment */
};

/*
 * Adds the buffers to the plan, each decided by or deciding the result whole, and their bytes to its declared
 * work. QK_ERR_MEMORY when a size overflows, the declared number of operations included: it is factors[0] *
 * [1] * ..., ended by 0.
 */
int qk_plan_buffers(struct qk_plan *p, const struct qk_extent *extents, int count, const size_t *factors,
                    struct qk_error *err);

/*
 * ORDINARY: uniform in (-1, 1). EXTREME: as case.h says, infinities and NaN included. CODES: every byte and
 * small fractions (f32), every bit pattern (f16). CONSTANT: one value. None of the fills draws anything when
 * `to` is NULL.
 */
void qk_fill_f32(float *to, size_t n, enum qk_fill kind, struct qk_rng *rng);
void qk_fill_f16(uint16_t *to, size_t n, enum qk_fill kind, struct qk_rng *rng);
/* A case's fill, when all inputs are f32. */
void qk_fill_f32_inputs(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers);
void qk_fill_bytes(void *to, size_t n, enum qk_fill kind, struct qk_rng *rng);

/*
 * Output `index` of the plan, found against expected, as case.h's same: bit for bit, except that any NaN
 * equals any.
 */
bool qk_same_f32(const struct qk_plan *p, int index, void *const *expected, void *const *found, char *why,
                 size_t size);
/* A case's same, when all outputs are f32. */
bool qk_same_f32_outputs(const struct qk_plan *p, void *const *expected, void *const *found, char *why,
                         size_t size);
bool qk_same_bytes(const struct qk_plan *p, int index, void *const *expected, void *const *found, char *why,
                   size_t size);
