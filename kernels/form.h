/* SPDX-License-Identifier: MIT */
/*
 * Semantic ops: ternary_gemv and ternary_gemm. Such an op says what is computed, and not in which layout.
 * qkbench owns a plain matrix and plain activations. A row brings both into a form of its own. So kernels of
 * different layouts stand in one table, judged by one exact result:
 *
 *     y[t][r] = sum over c of w[r][c] * scale[r][c / group] * x[t][c]
 *
 *   w      [rows][columns] i8, each -1, 0 or 1
 *   scale  [rows][columns / group] IEEE binary16, positive, normal, at most 2
 *   x      [tokens][columns] f32, finite
 *   y      [tokens][rows] f32
 *
 * A row of this kind (PREPARED) is a kernel and a struct qk_form. A matrix is prepared once. Each timed call
 * is prepare_activations and then the kernel. The kernel is timed alone as well.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The sizes of a call. group divides columns, and is columns where a row of the matrix has one scale. columns
 * is a multiple of 32, at most 2^18. tokens is 1 for ternary_gemv.
 */
struct qk_ternary {
    size_t rows, columns, tokens, group;
    void *context; /* that of the row's form */
};

/*
 * The sum of magnitudes B that a row's error is measured by. PRODUCTS: sum |w * scale * x|. CODES: sum 3 *
 * scale * |x|, for kernels that sum codes (w + 1) * x and take the sum of x off at the end.
 */
enum qk_bound { QK_BOUND_PRODUCTS = 1, QK_BOUND_CODES = 2 };

/* Which scales a form has: the sum of these and of groups' sizes. */
enum { QK_SCALE_PER_ROW = 1, QK_SCALE_PER_ANY = 1 | 32 | 64 | 128 | 256 };

/* Largest alignment, and largest constant part of a tolerance, that a form may ask for. */
enum { QK_FORM_ALIGN = 4096, QK_FORM_TOLERANCE = 4096 };

/*
 * What a PREPARED row needs besides its kernel. qkbench owns all memory. Buffers overlap nothing. Plain ones
 * are aligned for their type. Both prepared ones are aligned to `align`, and no further.
 *
 *    - Prepared weights and activations hold no pointers: qkbench may move their bytes. Calls do not write
 *      the weights, and the kernel does not write the activations. During calls the weights are read-only.
 *    - What a function was not given it does not know. It keeps nothing from one call to the next: neither
 *      in memory of its own nor in prepared activations, whose bytes are any at the start of
 *      prepare_activations.
 *    - prepare_weights may allocate memory and frees it. It may take its time: that is a column of its own.
 *      The others are kernels: they allocate nothing, open nothing and make no thread.
 *    - No function is called with sizes that the form says it has not.
 */
struct qk_form {
    uint32_t bytes; /* sizeof(struct qk_form) */
    uint32_t align; /* of the prepared buffers: a power of two up to QK_FORM_ALIGN */
    uint32_t bound; /* enum qk_bound */
    /* |y - exact| <= (tolerance + columns / block) * 2^-24 * B; block 0: no such term. */
    uint32_t tolerance, block;
    /* Its scales, as QK_SCALE_PER_ROW | 64; its rows and columns are multiples of these, 1 or more. */
    uint32_t scales, rows_of, columns_of;
    /* How many bytes a prepared matrix takes, and the activations of a call. 0: the row has no such sizes. */
    size_t (*weight_bytes)(const struct qk_ternary *t);
    size_t (*activation_bytes)(const struct qk_ternary *t);
    /* Writes what of `weights` decides results. */
    void (*prepare_weights)(void *weights, const int8_t *w, const uint16_t *scale,
                            const struct qk_ternary *t);
    /*
     * Where x is small integers times a power of two, it must keep them as they are: values x = q * 2^e with
     * |q| <= 127, one e for all of a token, and in each 32 columns a |q| of 127.
     */
    void (*prepare_activations)(void *activations, const float *x, const struct qk_ternary *t);
    /*
     * x [tokens][columns]: what prepared activations stand for. With it, results are checked on ordinary
     * activations, too. Each must be within a 127th of its token's largest magnitude. NULL: not offered.
     */
    void (*dequantise_activations)(float *x, const void *activations, const struct qk_ternary *t);
    void *context; /* the row's own; qkbench hands it back in struct qk_ternary */
};
