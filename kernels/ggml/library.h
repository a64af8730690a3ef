/* SPDX-License-Identifier: MIT */
/*
 * A CPU library of ggml that was loaded, and proved to be what this program takes it for. Nothing is linked
 * with it, and no header of it is used. Structs and signatures below were found by reading
 * ggml-org/ggml@d99724f2 and tested with ggml 0.9.4 to 0.25.1 on x86-64.
 */
#pragma once

#include "kernels/ggml/types.h"
#include "kernels/kernels.h"

typedef void qk_ggml_from_float_fn(const float *x, void *blocks, int64_t n);
typedef void qk_ggml_to_float_fn(const void *blocks, float *x, int64_t n);
/* With nrc = 1, for one row of weights, the strides bs, bx and by are 0. */
typedef void qk_ggml_dot_fn(int n, float *y, size_t bs, const void *weights, size_t bx,
                            const void *activations, size_t by, int nrc);
/*
 * Of a repacked matrix: n columns, tokens rows of activations, rows of weights. bs: floats between tokens'
 * y.
 */
typedef void qk_ggml_repacked_fn(int n, float *y, size_t bs, const void *weights, const void *activations,
                                 int tokens, int rows);

struct qk_ggml_functions {
    bool known; /* false: the library is older than the type */
    qk_ggml_from_float_fn *from_float;
    qk_ggml_dot_fn *dot; /* NULL of Q8_K */
};

struct qk_ggml {
    void *handle; /* of the CPU library */
    char version[64];
    int score; /* what the library makes of this CPU, 1 if it does not say; 0: the CPU lacks something */
    enum qk_isa isa; /* the lowest level that has all that the library was built for */
    struct qk_ggml_functions of[QK_GGML_TYPES]; /* when the score is 0: which types it knows */
};

/*
 * Loads the library `path`, after the library `base` that it needs, unless that is NULL. Then it asks for
 * version and score, checks the struct of each type, and has each type's functions convert known numbers.
 * Nothing is called whose struct does not fit. What is wrong may still end the process, so this is for a
 * child. Release with qk_ggml_close, also after an error.
 *
 *     QK_ERR_IO       the loader refuses a file
 *     QK_ERR_FORMAT   no CPU library of ggml, a version that is unknown or too old, or a type that is another
 */
int qk_ggml_open(struct qk_ggml *g, const char *path, const char *base, struct qk_error *err);
void qk_ggml_close(struct qk_ggml *g);

/* The function of that name in the library. NULL: it exports none. */
typedef void qk_ggml_fn(void);
qk_ggml_fn *qk_ggml_function(const struct qk_ggml *g, const char *name);
