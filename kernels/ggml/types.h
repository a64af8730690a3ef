/* SPDX-License-Identifier: MIT */
/*
 * The block types of ggml that rows are made of, and how a library shows that it means the same by them.
 * Bytes and formulas were found by reading ggml-org/ggml@d99724f2 (src/ggml-common.h, src/ggml-quants.c).
 * They were then compared with what llama.cpp v0.5.0 (ggml 0.25.1) writes.
 */
#pragma once

#include "kernels/support.h"

/* Weights first, then what activations are quantised to. Q8_0 is both. */
enum qk_ggml_id {
    QK_GGML_TQ1_0,
    QK_GGML_TQ2_0,
    QK_GGML_Q2_0,
    QK_GGML_Q1_0,
    QK_GGML_Q8_0,
    QK_GGML_WEIGHTS,
    QK_GGML_Q8_K = QK_GGML_WEIGHTS,
    QK_GGML_TYPES
};

enum { QK_GGML_BLOCK_MAX = 256, QK_GGML_BYTES_MAX = 292 };

struct qk_ggml_type {
    const char *name; /* as the library calls it */
    int number;
    size_t block, bytes;        /* elements and bytes of a block */
    enum qk_ggml_id activation; /* of its dot product */
    /*
     * Libraries that know the type export this. A number above what a library knows gives rubbish, or ends
     * it.
     */
    const char *guard;
    /*
     * What its quantiser makes of a block of x[k] = 0.5, 0, -0.5, 0.5, ... and of x[k] = (37 k mod 65 - 32) /
     * 16, in hexadecimal.
     */
    const char *thirds, *steps;
    float first[3]; /* of the first of these, dequantised */
    float dot;      /* the first of these times itself, quantised as activations, to within a 1000th */
};
extern const struct qk_ggml_type qk_ggml_types[QK_GGML_TYPES];

/* x[k], k from 0 to n, of those blocks. */
void qk_ggml_input(float *x, size_t n, bool steps);
/* n elements of type Q8_0 or Q8_K as f32. */
void qk_ggml_dequantise(float *x, const void *blocks, size_t n, enum qk_ggml_id type);
