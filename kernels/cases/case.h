/* SPDX-License-Identifier: MIT */
/*
 * What the checker and the harness need to know of an op:
 *
 *    - its shapes and its buffers,
 *    - how its inputs are made and its outputs compared,
 *    - how it is called, and how much work one call does.
 *
 * Each op's <op>/case.c defines one struct qk_case.
 */
#pragma once

#include "kernels/form.h"
#include "kernels/kernels.h"
#include "kernels/support.h"

enum { QK_BUFFERS_MAX = 8, QK_SHAPE_DIMS = 5, QK_SHAPE_TEXT = 112 };

/*
 * The sizes of one call. A vector has one dimension (its elements), a matrix has two or three: ROWSxCOLS or
 * ROWSxCOLSxBATCH.
 */
struct qk_shape {
    int dims;
    size_t dim[QK_SHAPE_DIMS];
};

/* Reads "4096" or "6912x2560". On QK_ERR_ARG the text says what was found and what was expected. */
int qk_shape_parse(const char *text, struct qk_shape *shape, struct qk_error *err);
/* Writes the shape as the text that qk_shape_parse reads, into to[QK_SHAPE_TEXT]. */
void qk_shape_print(const struct qk_shape *shape, char *to);
/*
 * Copies the next word of a blank-separated list of shapes into word[QK_SHAPE_TEXT]. A word that is too long
 * is cut, and then parses as no shape. Returns the rest of the list, or NULL when there was no word.
 */
const char *qk_shape_word(const char *list, char *word);

/* Who uses a buffer. All but SHARED and SOURCE belong to one row: they are in its form, or only judge it. */
enum qk_use {
    QK_SHARED,  /* the calls of every row */
    QK_SOURCE,  /* what rows make their own from; calls do not touch it */
    QK_LOADED,  /* made once (QK_LOAD); calls only read it */
    QK_SCRATCH, /* each call writes it, then reads it */
    QK_JUDGED,  /* what the row says of its scratch (QK_JUDGE); calls do not touch it */
};

struct qk_buffer {
    const char *name;
    bool output;
    size_t bytes;
    size_t align; /* in bytes, of its element type: what a caller must guarantee */
    enum qk_use use;
};

/* What a case's `call` does. Most ops have no parts. */
enum qk_part {
    QK_WHOLE,   /* the call */
    QK_LOAD,    /* fills what is LOADED; outside of calls */
    QK_PREPARE, /* the first part of a call: fills the scratch */
    QK_PRODUCT, /* the rest of a call, on a filled scratch */
    QK_JUDGE,   /* fills what is JUDGED, where a row offers that, from the scratch; outside of calls */
};

/*
 * One call on one shape: its buffers, in the order of the kernel's parameters, and the work that the op
 * declares.
 */
struct qk_plan {
    int buffer_count;
    struct qk_buffer buffers[QK_BUFFERS_MAX];
    /*
     * The sizes that the kernel is given. count is the number of blocks or rows. The work is proportional to
     * it, and a caller may lower it: a control arm plans a larger shape and calls it with a smaller count.
     * dims are the other sizes, in the op's own order.
     */
    size_t count, dims[QK_SHAPE_DIMS];
    uint64_t elements;   /* results; rates are given per element */
    uint64_t ops;        /* arithmetic operations */
    uint64_t bytes_read; /* input bytes that the result depends on, each counted once */
    uint64_t bytes_written;
    const struct qk_form *form; /* of the PREPARED row that these calls are of (qk_plan_for) */
    enum qk_part part;
};

enum qk_fill {
    QK_FILL_ORDINARY, /* timed inputs: random codes, moderate values, no two table entries alike */
    QK_FILL_EXTREME,  /* zeros of both signs, denormals, huge and infinite values, negative ones; of a
                         semantic op: activations that quantisers round */
    QK_FILL_CODES,    /* every code in every place: the bytes count up */
    QK_FILL_CONSTANT, /* all codes alike */
    QK_FILL_COUNT
};

/* A named list of shapes, blank-separated. */
struct qk_shape_set {
    const char *name, *shapes;
};

struct qk_case {
    const struct qk_shape_set *sets; /* ended by a NULL name; the first is small, the default, named "seed" */
    const char *check_shapes;        /* the checker runs these: every tail, blank-separated */
    const char *touch_shape;         /* on this small shape it finds out what a call touches */
    /* QK_ERR_ARG when the op cannot have this shape. QK_ERR_MEMORY when a size overflows. */
    int (*plan)(const struct qk_shape *shape, struct qk_plan *plan, struct qk_error *err);
    /*
     * For an op of PREPARED rows, else NULL. form_lacks says why a form has no calls of this plan, or NULL.
     * It calls nothing of the row. plan_form turns an op's plan, whose own buffers have usual sizes, into
     * the row's plan; plan->form is set. QK_ERR_UNAVAILABLE: the row has no such sizes. QK_ERR_CHECK: it
     * gives sizes that nobody can have.
     */
    const char *(*form_lacks)(const struct qk_form *form, const struct qk_plan *plan);
    int (*plan_form)(struct qk_plan *plan, struct qk_error *err);
    /*
     * Shapes to fill a number of bytes with. One of the sizes is 0: it grows in multiples of `step` (0 means
     * 1). The second shape, if there is one, is taken when 16 steps of the first do not fit the bytes.
     */
    struct qk_shape large[2];
    size_t step;
    /*
     * Writes the input buffers and leaves the outputs alone. buffers: [plan->buffer_count], as planned. With
     * the ordinary fill, an input may be NULL and is then left out.
     */
    void (*fill)(const struct qk_plan *plan, enum qk_fill fill, struct qk_rng *rng, void *const *buffers);
    /*
     * Bit i stands for buffer i. Timed calls use two values of each marked input in turn, so that what one
     * call left in the outputs is wrong for the next. An op marks a small input that decides most
     * elements of the result, and every input that must fit that one.
     */
    unsigned alternates;
    /*
     * Calls fn `calls` times in a row. Call i uses `even` or `odd`, chosen by i & 1. It holds nothing but the
     * calls and the loop. `even` and `odd` may be the same set.
     */
    void (*call)(qk_fn *fn, const struct qk_plan *plan, void *const *even, void *const *odd, uint64_t calls);
    /*
     * Can rows be computed alone? Yes for shapes with at least this many sizes; 0 means never. Each row of
     * the outputs then depends on the same row of the inputs, and on inputs that all rows share. Rows are
     * dim[0] of a matrix, otherwise what plan->count counts. A caller may compute any multiple of 16 rows
     * alone, beginning at a multiple of 16.
     */
    int rows_apart;
    /* Writes the exact outputs, without any row. NULL: the reference row's are right (qk_expect). */
    void (*expect)(const struct qk_plan *plan, void *const *buffers);
    /*
     * Compares the outputs with the reference's. Returns true when they agree by the op's rule. Otherwise
     * why[size] says the place, what was found and what was expected.
     */
    bool (*same)(const struct qk_plan *plan, void *const *expected, void *const *found, char *why,
                 size_t size);
    /*
     * That rule is a bound around the exact result: two right variants may differ. Otherwise all return the
     * same bits (a NaN's payload is free), and which of them runs decides nothing but the time.
     */
    bool bounded;
};

/*
 * The plan of a row's calls on a shape: the op's, or for a PREPARED row that with its own buffers. Errors of
 * the case's plan and plan_form.
 */
int qk_plan_for(const struct qk_variant *v, const struct qk_shape *shape, struct qk_plan *plan,
                struct qk_error *err);
/* Why a row has no calls of this plan, by what its form says, or NULL. It calls nothing of the row. */
const char *qk_row_lacks(const struct qk_variant *v, const struct qk_plan *plan);
/* Does a row have this buffer to itself? */
static inline bool qk_owned(const struct qk_buffer *buffer)
{
    return buffer->use > QK_SOURCE;
}
/* May a call write it? */
static inline bool qk_written(const struct qk_buffer *buffer)
{
    return buffer->output || buffer->use == QK_SCRATCH;
}
/* Writes the outputs that are right for the inputs, by the case or by the op's reference. */
void qk_expect(enum qk_op op, const struct qk_plan *plan, void *const *buffers);

/*
 * The largest of the shapes in `large` whose calls touch at most `bytes` in all buffers. False when none is
 * small enough.
 */
bool qk_shape_for_bytes(const struct qk_case *on, size_t bytes, struct qk_shape *shape);

/*
 * Defines a case's `call`. The arguments are those of the op's kernel; b in them stands for the buffers of
 * the current call.
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
 * A caller's own inputs in place of the seeded ones, for example the weights of a real model. fill writes the
 * input buffers. verify judges the reference's output independently of the reference, and may be NULL. It
 * returns QK_ERR_CHECK with what was found and expected. ctx belongs to the caller.
 */
struct qk_inputs {
    int (*fill)(void *ctx, const struct qk_plan *plan, void *const *buffers, struct qk_error *err);
    int (*verify)(void *ctx, const struct qk_plan *plan, void *const *buffers, struct qk_error *err);
    void *ctx;
};
