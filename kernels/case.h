/* SPDX-License-Identifier: MIT */
/*
 * What checker and harness need to know of an op: its shapes, its buffers, how inputs are made, how outputs
 * are compared, how it is called, and the work one call does. Each op's <op>/case.c defines one struct
 * qk_case.
 */
#pragma once

#include "kernels/kernels.h"
#include "kernels/support.h"

enum { QK_BUFFERS_MAX = 8, QK_SHAPE_DIMS = 3, QK_SHAPE_TEXT = 72 };

/* Sizes of one call: a vector has one dimension (elements), a matrix ROWSxCOLS or ROWSxCOLSxBATCH. */
struct qk_shape {
    int dims;
    size_t dim[QK_SHAPE_DIMS];
};

/* Reads "4096" or "6912x2560". QK_ERR_ARG says what was found and expected. */
int qk_shape_parse(const char *text, struct qk_shape *shape, struct qk_error *err);
/* The same text back; to[QK_SHAPE_TEXT]. */
void qk_shape_print(const struct qk_shape *shape, char *to);
/*
 * The next word of a blank-separated list of shapes, into word[QK_SHAPE_TEXT] (cut there, which then parses
 * as no shape); returns the list after it, NULL when there is none.
 */
const char *qk_shape_word(const char *list, char *word);

struct qk_buffer {
    const char *name;
    bool output;
    size_t bytes;
    size_t align; /* of its element type: what a caller must guarantee, in bytes */
};

/* One call on one shape: its buffers in the kernel's order, and its declared work. */
struct qk_plan {
    int buffer_count;
    struct qk_buffer buffers[QK_BUFFERS_MAX];
    /*
     * What the kernel is told: count, its blocks or rows, to which its work is proportional and which a
     * caller may lower (a control arm plans a larger shape and calls it smaller); dims, its other sizes, in
     * the op's own order.
     */
    size_t count, dims[QK_SHAPE_DIMS];
    uint64_t elements;   /* results: what rates are per */
    uint64_t ops;        /* arithmetic operations */
    uint64_t bytes_read; /* input bytes that decide the result, each counted once */
    uint64_t bytes_written;
};

enum qk_fill {
    QK_FILL_ORDINARY, /* random codes, moderate values, no two table entries alike: what is timed */
    QK_FILL_EXTREME,  /* zeros of both signs, denormals, huge and infinite values, negative ones */
    QK_FILL_CODES,    /* every code in every place: the bytes count up */
    QK_FILL_CONSTANT, /* all codes alike */
    QK_FILL_COUNT
};

/* A named list of shapes, blank-separated. */
struct qk_shape_set {
    const char *name, *shapes;
};

struct qk_case {
    const struct qk_shape_set
        *sets;                /* ended by a NULL name; the first is the default, small, and named "seed" */
    const char *check_shapes; /* what the checker runs: every tail, blank-separated */
    const char *touch_shape;  /* small shape on which it finds out what a call touches */
    /* QK_ERR_ARG when the shape is not one this op can have, QK_ERR_MEMORY when a size overflows. */
    int (*plan)(const struct qk_shape *shape, struct qk_plan *plan, struct qk_error *err);
    /*
     * Shapes made for a number of bytes: one size is 0 and grows, in multiples of `step` (0: of 1). The
     * second, where there is one, is for bytes that sixteen rows of the first do not fit.
     */
    struct qk_shape large[2];
    size_t step;
    /*
     * Writes the input buffers; outputs are left alone. buffers: [plan->buffer_count], as planned. With the
     * ordinary fill an input that is NULL is left out.
     */
    void (*fill)(const struct qk_plan *plan, enum qk_fill fill, struct qk_rng *rng, void *const *buffers);
    /*
     * Bit i: buffer i is an input of which timed calls use two values in turn, so that what one call left in
     * the outputs is wrong for the next. A small one that decides most elements of the result, with all that
     * must fit it.
     */
    unsigned alternates;
    /*
     * Calls fn `calls` times in a row, call i on `even` or `odd` by i & 1. Nothing but the calls and the
     * loop. The two sets may be one.
     */
    void (*call)(qk_fn *fn, const struct qk_plan *plan, void *const *even, void *const *odd, uint64_t calls);
    /*
     * From so many sizes of a shape on, each row of the outputs is made of the same row of the inputs, and of
     * inputs that all rows share. 0: never. Rows are dim[0] of a matrix, otherwise what plan->count counts.
     * Any multiple of 16 of them, from a multiple of 16 on, can then be computed alone.
     */
    int rows_apart;
    /*
     * Compares the outputs with the reference's. True when they agree by the op's rule; otherwise false with
     * the place, found and expected in why[size].
     */
    bool (*same)(const struct qk_plan *plan, void *const *expected, void *const *found, char *why,
                 size_t size);
    /*
     * That rule is a bound around the exact result: two right variants may differ. Otherwise all return the
     * same bits (a NaN's payload is free), and which of them runs decides nothing but the time.
     */
    bool bounded;
};

/* The largest of these whose buffers together take at most `bytes`; false when there is none. */
bool qk_shape_for_bytes(const struct qk_case *on, size_t bytes, struct qk_shape *shape);

/*
 * Defines a case's `call`: the op's kernel with these arguments, in which b are the buffers of the call at
 * hand.
 */
#define QK_CALLS(op, ...)                                                                                    \
    static void call(qk_fn *fn, const struct qk_plan *p, void *const *even, void *const *odd,                \
                     uint64_t calls)                                                                         \
    {                                                                                                        \
        qk_##op##_fn *const kernel = QK_FN(op, fn);                                                          \
        for (uint64_t i = 0; i < calls; i++) {                                                               \
            void *const *const b = i & 1 ? odd : even;                                                       \
            kernel(__VA_ARGS__);                                                                             \
        }                                                                                                    \
    }

#define OP(op, stages, what) extern const struct qk_case qk_##op##_case;
#include "kernels/ops.def"
#undef OP

/*
 * A caller's own inputs instead of the seeded ones: weights of a real model, say. fill writes the input
 * buffers; verify, which may be NULL, judges the reference's output independently of it (QK_ERR_CHECK with
 * found and expected). ctx belongs to the caller.
 */
struct qk_inputs {
    int (*fill)(void *ctx, const struct qk_plan *plan, void *const *buffers, struct qk_error *err);
    int (*verify)(void *ctx, const struct qk_plan *plan, void *const *buffers, struct qk_error *err);
    void *ctx;
};
