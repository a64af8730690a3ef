/* SPDX-License-Identifier: MIT */
/*
 * ternary_gemv: a ternary matrix times one row of activations. It is a semantic op: form.h says what is
 * computed, and each row has a form of its own for the matrix and the activations.
 *
 *     y            [rows] f32
 *     weights      as the row's prepare_weights made it
 *     activations  as the row's prepare_activations made it
 *
 * y is aligned to 4 bytes, the other two as the form asks for. Results stay within the form's tolerance.
 */
#pragma once

struct qk_ternary; /* form.h */

typedef void qk_ternary_gemv_fn(float *restrict y, const void *restrict weights,
                                const void *restrict activations, const struct qk_ternary *t);
