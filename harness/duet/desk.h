/* SPDX-License-Identifier: MIT */
/*
 * The measuring inside a launch. A case is made ready (prepare.c), then its blocks are timed (measure.c). Tests call
 * both without a launch.
 */
#ifndef QKBENCH_HARNESS_DUET_DESK_H
#define QKBENCH_HARNESS_DUET_DESK_H

#include "harness/duet/duet.h"
#include "harness/duet/protocol.h"
#include "harness/engine/buffers.h"

/* Buffers that cases of one op and shape share. */
struct bench_duet_room {
    struct bench_group group;
    struct bench_buffers buffers;
    struct qk_plan expected; /* what the reference was last run on; no buffers: not at all */
    size_t rows, next_row;   /* there are, and the one where the next slice of a part begins */
    struct bench_duet_room *next;
};

/*
 * What one slice of an arm is: `calls` declared calls and `extra` more. Where a call is longer than a slice it is one
 * call on the next `rows` rows, a slice's share of them, and `more_rows` extra ones.
 */
struct bench_duet_ready_arm {
    struct qk_variant variant;
    struct bench_buffers view; /* the room's buffers with this arm's plan */
    uint64_t calls, extra;
    size_t rows, more_rows;      /* rows 0: whole calls */
    size_t unit[QK_BUFFERS_MAX]; /* bytes of a row in each buffer */
    double slices;               /* that make up the declared call; 1 for whole calls */
};

struct bench_duet_ready {
    uint64_t index;
    enum bench_memory memory;
    struct bench_duet_room *room;
    struct bench_duet_ready_arm arm[2];
    size_t pairs; /* of a block */
    bool discard; /* a first pair that warms up */
    double extra; /* share of extra work of arm 1 */
    struct bench_duet_ready *next;
};

struct bench_duet_desk {
    struct qk_table table[BENCH_SIDES]; /* without rows: no such side */
    struct qk_cpu isa;
    uint64_t seed;
    struct bench_sw sw;
    struct bench_duet_room *rooms;
    struct bench_duet_ready *ready;
    void (*note)(void *ctx, const char *text); /* may be NULL */
    void *ctx;
};

/* QK_ERR_UNAVAILABLE, QK_ERR_CHECK, QK_ERR_MEMORY, QK_ERR_ARG as bench_duet_config.refused says. */
int bench_duet_prepare(struct bench_duet_desk *desk, const struct bench_duet_work *work, bool check,
                       struct qk_error *err);
/* QK_ERR_INTERNAL: that case is not prepared. */
int bench_duet_measure(struct bench_duet_desk *desk, uint64_t index, uint64_t number, uint64_t launch,
                       struct bench_duet_block *block, struct qk_error *err);
/* Forgets all cases and their buffers. */
void bench_duet_clear(struct bench_duet_desk *desk);

#endif
