/* SPDX-License-Identifier: MIT */
/*
 * The memory that kernels are timed on. bench_map gives whole pages that are there before anything is timed,
 * between two that nobody may touch. A struct bench_buffers holds the buffers of one op on one shape, filled,
 * with the reference's results beside them. All arms work on the same buffers.
 */
#pragma once

#include "harness/engine/matrix.h"

/*
 * At least `bytes` zero bytes from a page's start on, as an allocator gives large buffers, so that no arm
 * gains from a lucky offset. Every page has been written. The page before the first and the one after the
 * last cannot be read or written. NULL when the system refuses, when bytes is 0, or when its rounding up
 * overflows.
 */
void *bench_map(size_t bytes);
/* How many bytes of padding follow these, up to the page that cannot be touched. */
size_t bench_map_padding(size_t bytes);
/* What bench_map gave for the same size, or NULL. */
void bench_unmap(void *p, size_t bytes);

struct bench_buffers {
    const struct bench_group *group; /* borrowed */
    struct qk_plan plan;
    void *at[QK_BUFFERS_MAX];       /* in the plan's order */
    void *odd[QK_BUFFERS_MAX];      /* the same, but for second values of the inputs that the case names */
    void *expected[QK_BUFFERS_MAX]; /* outputs: what the reference wrote; inputs: those it read */
    bool turn;                      /* the next call is on `odd` */
};

/* Bytes a group's buffers take, a copy of the outputs and all second values included. False on overflow. */
bool bench_group_bytes(const struct bench_group *group, size_t *bytes);
/* Bytes that calls in a row touch: all buffers, and the second values. SIZE_MAX on overflow. */
size_t bench_plan_bytes(enum qk_op op, const struct qk_plan *plan);
/* Where they read from. */
enum qk_memory bench_memory_of(enum qk_op op, const struct qk_plan *plan,
                               const struct bench_environment *env);

/*
 * Maps and fills the buffers. Inputs come from the seed, or are the group's own. Those that the op's case
 * names (`alternates`) get a second value, drawn by another seed, and calls use the two in turn: what one
 * call left in the outputs is wrong for the next. Free with bench_buffers_free in any case.
 *   QK_ERR_ARG
 *   QK_ERR_MEMORY  also when there is not enough, before any is taken (machine/memory.h)
 *   QK_ERR_FORMAT  from the file that the group's own inputs come from
 */
int bench_buffers_fill(struct bench_buffers *b, const struct bench_group *group, uint64_t seed,
                       struct qk_error *err);
/* Writes the inputs once more, both values as they were. */
int bench_buffers_refill(struct bench_buffers *b, uint64_t seed, struct qk_error *err);
/*
 * Runs the reference into `expected`, on the inputs whose turn it is. QK_ERR_MEMORY. QK_ERR_CHECK: the
 * group's own inputs fail their verification.
 */
int bench_buffers_expect(struct bench_buffers *b, struct qk_error *err);
void bench_buffers_free(struct bench_buffers *b);
/* Frees the copy of the outputs, when nothing is left to be compared with it. */
void bench_buffers_drop_expected(struct bench_buffers *b);

/*
 * `calls` calls of fn, which is of the op, in a row. They use `at` and `odd` in turn, from one to the next as
 * well.
 */
void bench_buffers_call(struct bench_buffers *b, qk_fn *fn, uint64_t calls);
/*
 * Poisons the outputs, calls the variant once on the inputs whose turn it is, which it stays, and compares
 * its outputs with `expected`, made for the same turn. Where they differ is in why[size]. A ceiling's values
 * are not compared.
 */
bool bench_buffers_same(struct bench_buffers *b, const struct qk_variant *v, char *why, size_t size);
/*
 * The time of one call in ns. Doubles the calls until they take a millisecond. NaN when they do not, however
 * many they are: the clock stands still.
 */
double bench_buffers_time(struct bench_buffers *b, qk_fn *fn);
