/* SPDX-License-Identifier: MIT */
/*
 * An op of a plug-in's own: what qkbench must know to check, time and judge its rows as it does those of its
 * own ops. A description is data. So the process that decides can read it and need not run any of it.
 *
 *    - The first row of the op is its reference. It has level BASE and defines what is right.
 *    - All rows of the op have the signature qk_own_fn. They get the buffers in the order of the description,
 *      and the sizes of the call. What binds other kernels binds them, too.
 *    - Each byte of an input decides the result, and each byte of an output is written. The check sees it.
 *    - A caller may make one call on fewer rows, the first size, and then the next on the rest. So a buffer
 *      that grows with the first size holds one row after the other.
 *
 * Two plug-ins of one process may bring the same op. Then their descriptions are equal, and the reference of
 * the first is the reference of both. In a gate that is the base's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Bounds of a description. */
enum {
    QK_OWN_OPS = 8,  /* ops in a process */
    QK_OWN_DIMS = 4, /* sizes of a call */
    QK_OWN_BUFFERS = 8,
    QK_OWN_NAME = 48, /* bytes of a name, with the one that ends it */
    QK_OWN_TEXT = 240,
    QK_OWN_ALIGN = 64,
    QK_OWN_MULTIPLE = 64,
    QK_OWN_TOUCH_BYTES = 16384 /* of all buffers on the shape touch_shape */
};

/* Sizes of a call, as bits: of the shape 64x256, QK_M is 64 and QK_N is 256. */
enum qk_own_dim { QK_M = 1, QK_N = 2, QK_K = 4, QK_L = 8 };

/*
 * A number that depends on the shape: times * the product of the sizes whose bits are in `dims` / per. It is
 * rounded up. times and per are not 0.
 */
struct qk_own_count {
    uint32_t times, per, dims;
};

/* The type of a buffer's elements. F16 is IEEE binary16, F32 is binary32. */
enum qk_own_type { QK_U8 = 1, QK_I8, QK_U16, QK_I16, QK_I32, QK_F16, QK_F32 };

/*
 * IN: an input. VARIED: an input of which timed calls use two values in turn, so that what one call left in
 * the outputs is wrong for the next. An op has at least one, a small one that decides most of the result.
 * OUT: an output.
 */
enum qk_own_role { QK_IN = 1, QK_VARIED, QK_OUT };

struct qk_own_buffer {
    const char *name; /* a word like an op's name; no two of an op are alike */
    uint32_t role, type;
    uint32_t align; /* in bytes: 0, as the type's, or a power of two from there to QK_OWN_ALIGN */
    /* Elements. Their bytes are a multiple of align. */
    struct qk_own_count elements;
    /*
     * Of an input: the least and the greatest value that an element may have; of integers both are included.
     * VARIED: they differ.
     */
    double low, high;
    /*
     * Of an output of floats: |found - expected| <= absolute + relative * |expected|. Both 0: the same bits,
     * as for integers. A NaN stands for any NaN.
     */
    double absolute, relative;
};

/* What the inputs are for: ordinary values are timed. The others look for mistakes. */
enum qk_own_fill { QK_OWN_ORDINARY, QK_OWN_EXTREME, QK_OWN_COUNTING, QK_OWN_CONSTANT };

/* A row: buffers[buffer_count], and the sizes of the call, dims[]. */
typedef void qk_own_fn(void *const *buffers, const size_t *dims);
/*
 * Writes the inputs, all whose pointer is not NULL, and no output. It depends on its arguments alone: the
 * same seed gives the same bytes. `kind` is an enum qk_own_fill. Another seed makes a VARIED buffer another.
 */
typedef void qk_own_fill_fn(void *const *buffers, const size_t *dims, uint32_t kind, uint64_t seed);

struct qk_own_op {
    uint32_t bytes;   /* sizeof(struct qk_own_op) */
    uint32_t dims;    /* sizes of a shape: 1 to QK_OWN_DIMS */
    const char *name; /* letters, digits and _; no built-in op has it */
    const char *what; /* a line for the reader: what it computes */
    const struct qk_own_buffer *buffers;
    uint32_t buffer_count;
    /*
     * Shapes as text, "64x256 1000x4096". `shapes` are timed. `check_shapes` are small and have every tail.
     * On touch_shape, one small shape, the checker finds out what a call reads and writes.
     */
    const char *shapes, *check_shapes, *touch_shape;
    uint32_t multiple[QK_OWN_DIMS]; /* each size is a multiple of this, at most QK_OWN_MULTIPLE; 0: of 1 */
    struct qk_own_count results, operations; /* the work of a call; rates are given per result */
    qk_own_fill_fn *fill; /* in the module's own code. NULL: random values from low to high */
};
