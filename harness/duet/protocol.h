/* SPDX-License-Identifier: MIT */
/* What the program (duet.c, process.c) and its launches (launch.c) say to each other. */
#ifndef QKBENCH_HARNESS_DUET_PROTOCOL_H
#define QKBENCH_HARNESS_DUET_PROTOCOL_H

#include "harness/duet/case.h"

/*
 * Both ends are one program, so structs go as they are, one to a packet of a SOCK_SEQPACKET socket, which keeps their
 * borders. Every order is answered by any number of notes, then one BENCH_DUET_DONE.
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
/*
 * Receives one packet of these bytes with one of our heads. Returns 1; 0 when nobody is there any more; -1 when
 * something else came. Blocks.
 */
int bench_duet_receive(int fd, void *packet, size_t bytes);

#endif
