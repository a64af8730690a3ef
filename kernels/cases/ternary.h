/* SPDX-License-Identifier: MIT */
/*
 * What the cases of the semantic ops share (form.h): sizes, inputs, and the one exact result.
 *
 * Inputs are of two kinds. With all fills but EXTREME, activations are int8 times a power of two, and each
 * 32 columns hold a 127 or -127. Every known quantiser keeps such values as they are, so the exact result
 * is the same for all rows. With EXTREME, activations are ordinary f32. A row's result is then held against
 * the exact product with its own dequantised activations. A row that does not offer them is not judged by
 * these.
 *
 * The bound is the row's own: (tolerance + columns / block) * 2^-24 * B, B as form.h has it. It is worked out
 * in f64, whose own error is below 2^-28 of it.
 */
#pragma once

#include "kernels/cases/case.h"

/* Buffers of a plan, in order. */
enum qk_ternary_buffer {
    QK_TERNARY_Y,
    QK_TERNARY_W,
    QK_TERNARY_SCALE,
    QK_TERNARY_X,
    QK_TERNARY_WEIGHTS, /* from here on the row's */
    QK_TERNARY_ACTIVATIONS,
    QK_TERNARY_SEEN, /* the dequantised activations */
    QK_TERNARY_BUFFERS
};

/*
 * A plan for ROWSxCOLS[xTOKENS][xGROUP]; without tokens for a gemv. Its own buffers have the sizes of 2-bit
 * weights and int8 activations. QK_ERR_ARG, QK_ERR_MEMORY.
 */
int qk_ternary_plan(const struct qk_shape *shape, bool has_tokens, struct qk_plan *p, struct qk_error *err);
struct qk_ternary qk_ternary_sizes(const struct qk_plan *p);

/* Members of struct qk_case. */
const char *qk_ternary_lacks(const struct qk_form *form, const struct qk_plan *p);
int qk_ternary_plan_form(struct qk_plan *p, struct qk_error *err);
void qk_ternary_fill(const struct qk_plan *p, enum qk_fill kind, struct qk_rng *rng, void *const *buffers);
void qk_ternary_expect(const struct qk_plan *p, void *const *buffers);
bool qk_ternary_same(const struct qk_plan *p, void *const *expected, void *const *found, char *why,
                     size_t size);

/* The row's tolerance in multiples of 2^-24 * B. */
double qk_ternary_tolerance(const struct qk_plan *p);

/* What is done outside of calls: QK_LOAD and QK_JUDGE. */
void qk_ternary_aside(const struct qk_plan *p, const struct qk_ternary *t, void *const *b);

/* The kernels of both ops differ in their type only. */
#define QK_TERNARY_CALLS(op)                                                                                 \
    static void call(qk_fn *fn, const struct qk_plan *p, void *const *even, void *const *odd,                \
                     uint64_t calls)                                                                         \
    {                                                                                                        \
        qk_##op##_fn *const kernel = QK_FN(op, fn);                                                          \
        const struct qk_ternary t = qk_ternary_sizes(p);                                                     \
        const bool prepares = p->part == QK_WHOLE || p->part == QK_PREPARE;                                  \
        const bool multiplies = p->part == QK_WHOLE || p->part == QK_PRODUCT;                                \
        if (!prepares && !multiplies)                                                                        \
            qk_ternary_aside(p, &t, even);                                                                   \
        for (uint64_t i = 0; i < calls && (prepares || multiplies); i++) {                                   \
            void *const *const b = i & 1 ? odd : even;                                                       \
            if (prepares)                                                                                    \
                p->form->prepare_activations(b[QK_TERNARY_ACTIVATIONS], b[QK_TERNARY_X], &t);                \
            if (multiplies)                                                                                  \
                kernel(b[QK_TERNARY_Y], b[QK_TERNARY_WEIGHTS], b[QK_TERNARY_ACTIVATIONS], &t);               \
        }                                                                                                    \
    }
