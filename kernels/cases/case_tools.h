/* SPDX-License-Identifier: MIT */
/* What most cases do alike: plan buffers, fill arrays of a type, and compare outputs to the bit. */
#pragma once

#include "kernels/cases/case.h"

struct qk_extent {
    const char *name;
    bool output;
    size_t rows, columns, unit; /* unit: an element's bytes, which is also its alignment */
};

/*
 * Adds the buffers to the plan, and their bytes to the plan's declared work. Every byte counts: the result
 * depends on the inputs whole, and the outputs are written whole. The declared operations are factors[0] *
 * factors[1] * ..., ended by 0. QK_ERR_MEMORY when a size or the number of operations overflows.
 */
int qk_plan_buffers(struct qk_plan *p, const struct qk_extent *extents, int count, const size_t *factors,
                    struct qk_error *err);

/* QK_ERR_ARG unless the shape is ROWSxCOLS, both in multiples of these. */
int qk_matrix_of(const struct qk_shape *shape, const char *op, int rows, int columns, struct qk_error *err);

/*
 * The values by kind of fill:
 *
 *     ORDINARY  f32: uniform in [-1, 1); f16: any sign and fraction, magnitude in [2^-6, 2)
 *     EXTREME   as case.h says, with infinities and NaN
 *     CODES     f32: multiples of 0.5 from -127 to 127; f16: every bit pattern
 *     CONSTANT  one value
 *
 * When `to` is NULL, a fill draws nothing from rng.
 */
void qk_fill_f32(float *to, size_t n, enum qk_fill kind, struct qk_rng *rng);
void qk_fill_f16(uint16_t *to, size_t n, enum qk_fill kind, struct qk_rng *rng);
/* A case's fill, when all inputs are f32. */
void qk_fill_f32_inputs(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers);
void qk_fill_bytes(void *to, size_t n, enum qk_fill kind, struct qk_rng *rng);

/*
 * Compares output `index` of the plan as struct qk_case's `same` does: bit for bit, except that any NaN
 * equals any other.
 */
bool qk_same_f32(const struct qk_plan *p, int index, void *const *expected, void *const *found, char *why,
                 size_t size);
/* A case's same, when all outputs are f32. */
bool qk_same_f32_outputs(const struct qk_plan *p, void *const *expected, void *const *found, char *why,
                         size_t size);
bool qk_same_bytes(const struct qk_plan *p, int index, void *const *expected, void *const *found, char *why,
                   size_t size);
