/* SPDX-License-Identifier: MIT */
/*
 * The measuring inside a launch. A case is made ready (prepare.c), then its blocks are timed (measure.c).
 * Tests call both without a launch.
 *
 * Timed calls use two values of an input in turn, and blocks have proof slices (proof.c). Each arm makes the
 * calls of a slice once more, alone and on poisoned outputs. Then the outputs are compared with the
 * reference's, and all inputs and all that lies around the buffers with what was there.
 */
#pragma once

#include "harness/duet/duet.h"
#include "harness/duet/protocol.h"
#include "harness/engine/buffers.h"
#include "kernels/check/state.h"

/* Buffers that cases of one op and shape share. */
struct bench_duet_room {
    struct bench_group group;
    struct bench_buffers buffers;
    size_t rows, next_row; /* there are, and the one where the next slice of a part begins */
    bool odd;              /* the next slice begins with the buffers `odd` */
    bool exchanged;        /* the two values of inputs have changed places */
    uint64_t
        *digests[2][QK_BUFFERS_MAX]; /* of both values of the inputs as they were filled, piece by piece */
    struct bench_duet_room *next;
};

/*
 * What one slice of an arm is: `calls` declared calls and `extra` more. Where a call is longer than a slice
 * it is one call on the next `rows` rows, a slice's share of them, and `more_rows` extra ones.
 */
struct bench_duet_ready_arm {
    const struct bench_duet_desk *desk;
    struct bench_duet_room *room;
    double *wait_ns; /* where its next slice says how long it waited, per declared call */
    struct qk_variant variant;
    enum bench_duet_side side;
    struct bench_buffers view; /* the room's buffers with this arm's plan */
    uint64_t calls, extra;
    size_t rows, more_rows;      /* rows 0: whole calls */
    size_t unit[QK_BUFFERS_MAX]; /* bytes of a row in each buffer */
    double slices;               /* that make up the declared call; 1 for whole calls */
    /*
     * Rows of a slice that a proof compares: of a plan of their own, at one of so many places. 0: all of
     * them.
     */
    size_t sample_rows, sample_places;
    struct qk_plan sample;
};

struct bench_duet_ready {
    uint64_t index;
    enum qk_memory memory;
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
    struct qk_state state; /* of the thread before a module was loaded */
    struct bench_duet_room *rooms;
    struct bench_duet_ready *ready;
    void (*note)(void *ctx, const char *text); /* may be NULL */
    void *ctx;
};

/*
 * Compares no output: proofs do (bench_duet_measure). QK_ERR_UNAVAILABLE, QK_ERR_MEMORY, QK_ERR_ARG as
 * bench_duet_config.refused says. QK_ERR_CHECK: a call changed an input, or what lies around a buffer.
 */
int bench_duet_prepare(struct bench_duet_desk *desk, const struct bench_duet_work *work,
                       struct qk_error *err);
/*
 * QK_ERR_INTERNAL: that case is not prepared. QK_ERR_CHECK: a proof slice shows that the timed calls of an
 * arm do something else than the reference; which, where, found and expected.
 */
int bench_duet_measure(struct bench_duet_desk *desk, uint64_t index, uint64_t number, uint64_t launch,
                       const struct bench_duet_proof *proof, struct bench_duet_block *block,
                       struct qk_error *err);
/* Did the arm's calls leave the thread as they found it? QK_ERR_CHECK. What they changed is put right. */
int bench_duet_kept(const struct bench_duet_desk *desk, const struct bench_duet_ready_arm *arm,
                    struct qk_error *err);
/* Forgets all cases and their buffers. */
void bench_duet_clear(struct bench_duet_desk *desk);

/* Poisons what lies around the room's buffers and remembers its inputs. QK_ERR_MEMORY. */
int bench_duet_remember(struct bench_duet_room *room, struct qk_error *err);
void bench_duet_forget(struct bench_duet_room *room);
/* Where the next part of so many rows begins. When they come round again, it is the other value's turn. */
size_t bench_duet_next_rows(struct bench_duet_room *room, size_t rows);
/* The arm's buffers from that row on; the first call is on `odd`, or on `at`. */
struct bench_buffers bench_duet_at(const struct bench_duet_ready_arm *arm, size_t row, bool odd);
/* Are all inputs and all that lies around the buffers as they were? */
bool bench_duet_untouched(const struct bench_duet_ready *ready);
/*
 * Both arms' proof slices, as drawn. QK_ERR_CHECK, QK_ERR_MEMORY. What was touched before is restored first,
 * and is refused even when neither slice touches it again. What a refused slice touched is restored for other
 * cases.
 */
int bench_duet_prove(const struct bench_duet_desk *desk, const struct bench_duet_ready *ready,
                     const struct bench_duet_draw *draw, struct bench_duet_proof *proof,
                     struct qk_error *err);
