/* SPDX-License-Identifier: MIT */
/*
 * Measuring inside a launch. prepare.c makes a case ready, then measure.c times its blocks. Tests call both
 * without a launch.
 *
 * Timed calls use two values of an input in turn, and blocks have proof slices (proof.c). For a proof each
 * arm makes the calls of a slice once more, alone and on poisoned outputs. Then the outputs are compared
 * with the reference's. All inputs, and everything around the buffers, are compared with what was there
 * before.
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
    size_t rows, next_row;                /* all rows; the row where the next part of a call begins */
    bool odd;                             /* the next slice begins with the buffers `odd` */
    bool exchanged;                       /* the two values of inputs have changed places */
    uint64_t *digests[2][QK_BUFFERS_MAX]; /* of both values of the inputs after filling, piece by piece */
    struct bench_duet_room *next;
};

/*
 * One slice of an arm: `calls` declared calls and `extra` more. Where a call is longer than a slice, the
 * slice is one call on the next `rows` rows, a slice's share of them, and `more_rows` extra ones.
 */
struct bench_duet_ready_arm {
    const struct bench_duet_desk *desk;
    struct bench_duet_room *room;
    double *wait_ns; /* its next slice writes here how long it waited, per declared call */
    struct qk_variant variant;
    enum bench_duet_side side;
    struct bench_buffers view; /* the room's buffers with this arm's plan */
    uint64_t calls, extra;
    size_t rows, more_rows;      /* rows 0: whole calls */
    size_t unit[QK_BUFFERS_MAX]; /* bytes of a row in each buffer */
    double slices;               /* in one declared call; 1 for whole calls */
    /*
     * A proof compares `sample_rows` of a slice's rows, at one of `sample_places` places, by the plan
     * `sample`. sample_rows 0: it compares all rows.
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
    bool discard; /* make a first pair that only warms up */
    double extra; /* share of extra work of arm 1 */
    struct bench_duet_ready *next;
};

struct bench_duet_desk {
    struct qk_table table[BENCH_SIDES]; /* a side that is not there has no rows */
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
 * Makes the case ready. Compares no output, because proofs do that (bench_duet_measure). QK_ERR_UNAVAILABLE,
 * QK_ERR_MEMORY, QK_ERR_ARG as bench_duet_config.refused says. QK_ERR_CHECK: a call changed an input, or
 * what lies around a buffer.
 */
int bench_duet_prepare(struct bench_duet_desk *desk, const struct bench_duet_work *work,
                       struct qk_error *err);
/*
 * Times one block. QK_ERR_INTERNAL: the case is not prepared. QK_ERR_CHECK: a proof slice shows that an
 * arm's timed calls do something else than the reference. The text says which, where, what was found and
 * what was expected.
 */
int bench_duet_measure(struct bench_duet_desk *desk, uint64_t index, uint64_t number, uint64_t launch,
                       const struct bench_duet_proof *proof, struct bench_duet_block *block,
                       struct qk_error *err);
/* QK_ERR_CHECK when the arm's calls changed the thread's state. The state is then put right. */
int bench_duet_kept(const struct bench_duet_desk *desk, const struct bench_duet_ready_arm *arm,
                    struct qk_error *err);
/* Forgets all cases and their buffers. */
void bench_duet_clear(struct bench_duet_desk *desk);

/* Poisons what lies around the room's buffers and remembers its inputs. QK_ERR_MEMORY. */
int bench_duet_remember(struct bench_duet_room *room, struct qk_error *err);
void bench_duet_forget(struct bench_duet_room *room);
/*
 * The row where the next part of `rows` rows begins. When the parts start over, it is the other value's
 * turn.
 */
size_t bench_duet_next_rows(struct bench_duet_room *room, size_t rows);
/* The arm's buffers from `row` on. The first call is on the buffers `odd`, or on `at`. */
struct bench_buffers bench_duet_at(const struct bench_duet_ready_arm *arm, size_t row, bool odd);
/* Are all inputs, and everything around the buffers, as they were? */
bool bench_duet_untouched(const struct bench_duet_ready *ready);
/*
 * Makes both arms' proof slices, as drawn. QK_ERR_CHECK, QK_ERR_MEMORY. If earlier calls touched what they
 * must not, it restores that first, and refuses the case even when neither slice touches it again. What a
 * refused slice touched is restored for other cases.
 */
int bench_duet_prove(const struct bench_duet_desk *desk, const struct bench_duet_ready *ready,
                     const struct bench_duet_draw *draw, struct bench_duet_proof *proof,
                     struct qk_error *err);
