/* SPDX-License-Identifier: MIT */
/*
 * ternary_gemm: a ternary matrix times several rows of activations. It is a semantic op as ternary_gemv.
 *
 *     y            [tokens][rows] f32
 *     weights      as the row's prepare_weights made it
 *     activations  as the row's prepare_activations made it
 *
 * y is aligned to 4 bytes, the other two as the form asks for. Results stay within the form's tolerance.
 */
#pragma once

struct qk_ternary; /* form.h */

typedef void qk_ternary_gemm_fn(float *restrict y, const void *restrict weights,
                                const void *restrict activations, const struct qk_ternary *t);
