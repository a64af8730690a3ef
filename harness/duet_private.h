/* SPDX-License-Identifier: MIT */
/*
 * What the files of the duet share: the protocol between the program (duet.c, duet_process.c) and its launches
 * (duet_launch.c), and the measuring itself (duet_measure.c), which tests call without a launch.
 */
#ifndef QKBENCH_HARNESS_DUET_PRIVATE_H
#define QKBENCH_HARNESS_DUET_PRIVATE_H

#include "harness/buffers.h"
#include "harness/counters_sw.h"
#include "harness/duet.h"

#include <sys/types.h>

/*
 * Both ends are one program, so structs go as they are, one to a packet of a SOCK_SEQPACKET socket, which keeps their
 * borders. Every order is answered: any number of notes, then one BENCH_DUET_DONE.
 */
enum {
    BENCH_DUET_MAGIC = 0x54455544,
    BENCH_DUET_VERSION = 1,
    BENCH_DUET_VARIANT = 64,
    BENCH_DUET_PATH = 4096
};

enum bench_duet_message {
    BENCH_DUET_OPEN = 1, /* cpu, seed, path: pins, loads */
    BENCH_DUET_PREPARE, /* work, check: buffers, checks, calls per slice; a note before each arm's first call */
    BENCH_DUET_MEASURE, /* work.index, number, launch: answered with a block */
    BENCH_DUET_CLEAR,   /* forgets all cases and their buffers */
    BENCH_DUET_NOTE,    /* text: what is being done, in case it is the last that is heard */
    BENCH_DUET_DONE     /* code, error, side */
};

struct bench_duet_head {
    uint32_t magic, version, bytes, message;
};

struct bench_duet_work {
    uint64_t index;
    enum qk_op op;
    struct qk_shape shape;
    enum bench_memory memory;
    enum bench_duet_side side[2];
    char variant[2][BENCH_DUET_VARIANT];
    double extra;
};

struct bench_duet_order {
    struct bench_duet_head head;
    int cpu;
    bool check;
    uint64_t seed, number, launch;
    struct bench_duet_work work;
    char path[BENCH_SIDES][BENCH_DUET_PATH]; /* empty: no such side */
};

struct bench_duet_answer {
    struct bench_duet_head head;
    int code; /* qk_code */
    int side; /* whose module cannot be loaded, or -1 */
    struct qk_error error;
    struct bench_duet_block block;
};

/* Sends, without a signal when nobody is there any more. */
bool bench_duet_send(int fd, enum bench_duet_message message, void *packet, size_t bytes);
/* One packet of these bytes and one of our heads: 1; 0: nobody there any more; -1: something else came. Blocks. */
int bench_duet_receive(int fd, void *packet, size_t bytes);

/* A process that measures, seen from the program. */
struct bench_duet_process {
    pid_t pid;
    int fd;
    unsigned patience_ms;
    bool (*stop)(void);
    char doing[200]; /* its last note */
};
enum { BENCH_DUET_DIED = 1 };

/* Copies of the modules of the sides that `needed` says, in a private folder. Remove in any case. */
struct bench_duet_copies {
    char folder[1024];
    char path[BENCH_SIDES][1100]; /* empty: no such side */
};
int bench_duet_copies_make(struct bench_duet_copies *c, const char *const *path, const bool *needed,
                           struct qk_error *err);
void bench_duet_copies_remove(struct bench_duet_copies *c);

int bench_duet_process_start(struct bench_duet_process *p, const struct bench_duet_config *cfg,
                             struct qk_error *err);
/*
 * Sends the order and waits for its answer. The answer's code with its error; QK_ERR_INTERRUPTED; BENCH_DUET_DIED with
 * the reason when there will be no more answers. After the latter two only _end may follow.
 */
int bench_duet_process_ask(struct bench_duet_process *p, enum bench_duet_message message,
                           struct bench_duet_order *order, struct bench_duet_answer *answer,
                           struct qk_error *err);
void bench_duet_process_end(struct bench_duet_process *p);

/* Buffers that cases of one op and shape share. */
struct bench_duet_room {
    struct bench_group group;
    struct bench_buffers buffers;
    struct qk_plan expected; /* what the reference was last run on; no buffers: not at all */
    size_t rows, next_row;   /* there are, and the one where the next slice of a part begins */
    struct bench_duet_room *next;
};

/*
 * What one slice of an arm is: `calls` declared calls and `extra` more; or, where a call is longer than a slice, one
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
    struct bench_module module[BENCH_SIDES]; /* table NULL: no such side */
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

/* bench_module_own with the program's folder and the installed one given. */
int bench_module_own_from(const char *folder, const char *installed, char *to, size_t size,
                          struct qk_error *err);

#endif
