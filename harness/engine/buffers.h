/* SPDX-License-Identifier: MIT */
/*
 * The memory that kernels are timed on. bench_map gives whole pages, which exist before anything is timed.
 * They lie between two pages that nobody may touch. A struct bench_buffers holds the filled buffers of one op
 * on one shape, and the reference's results. All arms work on the same buffers.
 */
#pragma once

#include "harness/engine/matrix.h"

/*
 * Maps at least `bytes` zero bytes. They begin at a page's start, as large buffers of an allocator do, so
 * that no arm gains from a lucky offset. Every page has been written. The page before the first and the page
 * after the last can be neither read nor written. NULL when the system refuses, when bytes is 0, or when
 * rounding it up overflows.
 */
void *bench_map(size_t bytes);
/* Number of bytes between the end of these `bytes` and the page that cannot be touched. */
size_t bench_map_padding(size_t bytes);
/* Unmaps what bench_map gave for the same size. p may be NULL. */
void bench_unmap(void *p, size_t bytes);

struct bench_buffers {
    const struct bench_group *group; /* borrowed */
    struct qk_plan plan;
    void *at[QK_BUFFERS_MAX];       /* in the order of the plan */
    void *odd[QK_BUFFERS_MAX];      /* the same, but with second values of the inputs that the case names */
    void *expected[QK_BUFFERS_MAX]; /* for outputs, what the reference wrote; for inputs, what it read */
    bool turn;                      /* the next call is on `odd` */
    qk_fn *volatile *calling;       /* that of the job (machine/job.h) */
    /*
     * Of a view (bench_buffers_view): the buffers that it is one of, whose turn it takes. NULL: it is none.
     * The time that the row took to prepare its weights; NaN when it prepares none.
     */
    struct bench_buffers *of;
    double load_ns;
};

/*
 * Bytes that a group's buffers take, with a copy of the outputs and all second values. Those that rows have
 * to themselves are counted once. False on overflow.
 */
bool bench_group_bytes(const struct bench_group *group, size_t *bytes);
/*
 * Bytes that consecutive calls touch: all buffers but those that rows are prepared from, and the second
 * values. SIZE_MAX on overflow.
 */
size_t bench_plan_bytes(enum qk_op op, const struct qk_plan *plan);
/* Where they read from. */
enum qk_memory bench_memory_of(enum qk_op op, const struct qk_plan *plan,
                               const struct bench_environment *env);

/*
 * Maps and fills the buffers. Inputs come from the seed, or from the group's own inputs. The op's case names
 * inputs that get a second value, drawn with another seed (`alternates`). Calls use the two values in turn,
 * so that the outputs of one call are wrong for the next. Free with bench_buffers_free in any case.
 *   QK_ERR_ARG
 *   QK_ERR_MEMORY: also when memory is short, before any is taken (machine/memory.h)
 *   QK_ERR_FORMAT: from the file that the group's own inputs come from
 */
int bench_buffers_fill(struct bench_buffers *b, const struct bench_group *group, uint64_t seed,
                       struct qk_error *err);
/* Writes both values of the inputs once more. */
int bench_buffers_refill(struct bench_buffers *b, uint64_t seed, struct qk_error *err);
/*
 * Runs the reference into `expected`, on the inputs whose turn it is. QK_ERR_MEMORY. QK_ERR_CHECK when the
 * group's own inputs fail their verification.
 */
int bench_buffers_expect(struct bench_buffers *b, struct qk_error *err);
void bench_buffers_free(struct bench_buffers *b);

/*
 * What the calls of a row work on. It shares b's buffers. A PREPARED row has more to itself: its weights,
 * which it prepares here and which are read-only from then on, and its activations. Such a row must have
 * been checked. QK_ERR_UNAVAILABLE: it has no such shape. QK_ERR_MEMORY. Free it before b, in any case.
 */
int bench_buffers_view(struct bench_buffers *view, struct bench_buffers *b, const struct qk_variant *v,
                       struct qk_error *err);
/*
 * A second view of a PREPARED row's `view`, for the product alone: activations are prepared here, once for
 * each value of the inputs. The weights are those of `view`. Free it before that.
 */
int bench_buffers_product(struct bench_buffers *product, struct bench_buffers *view,
                          const struct qk_variant *v, struct qk_error *err);
void bench_buffers_view_free(struct bench_buffers *view);

/* Frees the copy of the outputs, once nothing is left to compare with it. */
void bench_buffers_drop_expected(struct bench_buffers *b);

/*
 * Makes `calls` calls of fn, a function of the op, in a row. They use `at` and `odd` in turn. The turn
 * carries over to the next use of b.
 */
void bench_buffers_call(struct bench_buffers *b, qk_fn *fn, uint64_t calls);
/*
 * Poisons the outputs, calls the variant once, and compares its outputs with `expected`. The call uses the
 * inputs whose turn it is and leaves the turn unchanged. `expected` must have been made for the same turn.
 * why[size] says where the outputs differ. The outputs of a ceiling are not compared.
 */
bool bench_buffers_same(struct bench_buffers *b, const struct qk_variant *v, char *why, size_t size);
/*
 * Time of one call in ns. It doubles the calls until they take a millisecond. NaN when they never do, because
 * the clock stands still.
 */
double bench_buffers_time(struct bench_buffers *b, qk_fn *fn);
